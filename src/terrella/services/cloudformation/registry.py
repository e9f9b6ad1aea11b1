"""Every resource type of this world, found by looking into `resources/`: defining one there registers it."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from ...core.kinds import kinds
from .errors import ValidationError
from .known_types import known_types
from .resource_type import ResourceType

CUSTOM = "Custom::"
DOCS = "docs/services/cloudformation.md"


@functools.cache
def types() -> dict[str, ResourceType]:
    """Resource types by name."""
    found: dict[str, ResourceType] = {}
    for module in kinds(f"{__package__}.resources").values():
        for value in vars(module).values():
            for each in value if isinstance(value, tuple) else (value,):
                if isinstance(each, ResourceType):
                    assert found.get(each.type, each) is each, f"{each.type} is defined twice"
                    found[each.type] = each
    return found


def lookup(name: str) -> ResourceType | None:
    """The type of that name; every `Custom::` name is one and the same."""
    return types().get("AWS::CloudFormation::CustomResource" if name.startswith(CUSTOM) else name)


def recognize(names: Iterable[str]) -> None:
    """Raise ValidationError that names every type AWS does not have either."""
    unheard = [
        name
        for name in dict.fromkeys(names)
        if lookup(name) is None and name not in known_types() and not name.startswith(CUSTOM)
    ]
    if unheard:
        raise ValidationError(f"Template format error: Unrecognized resource types: [{', '.join(unheard)}]")


def require(names: Iterable[str]) -> None:
    """Raise ValidationError that names every type this world does not have."""
    absent = [name for name in dict.fromkeys(names) if lookup(name) is None]
    if absent:
        what, verb = ("type", "is") if len(absent) == 1 else ("types", "are")
        raise ValidationError(
            f"Resource {what} {', '.join(absent)} {verb} not supported in this world. What is: {DOCS}"
        )


def listed() -> str:
    """The types as the table of the docs page."""
    rows = ["| Type | `Fn::GetAtt` | Replaced when these change | Remarks |", "|---|---|---|---|"]
    for name, kind in sorted(types().items()):
        attributes = _code(kind.attributes) if kind.attributes is not None else kind.attributes_note
        replaced = _code(kind.create_only) if "update" in kind.handlers else "any property"
        rows.append(f"| `{name}` | {attributes} | {replaced} | {kind.note} |")
    return "\n".join(rows) + "\n"


def _code(names: str) -> str:
    return ", ".join(f"`{name}`" for name in names.split())
