"""What a caller must acknowledge before a template may create it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (Capabilities)
"""

from __future__ import annotations

from typing import Any

from .errors import InsufficientCapabilitiesException
from .registry import lookup

IAM, NAMED_IAM, AUTO_EXPAND = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"


def required(template: dict[str, Any]) -> tuple[str | None, list[str]]:
    """The capability the resources of a template need, and the types that need it."""
    types: dict[str, None] = {}
    named = False
    for resource in template["Resources"].values():
        kind = lookup(resource["Type"])
        if kind is not None and kind.needs:
            types[kind.type] = None
            named = named or (kind.name is not None and kind.name in resource.get("Properties", {}))
    if not types:
        return None, []
    return NAMED_IAM if named else IAM, list(types)


def check(template: dict[str, Any], acknowledged: list[str], transforms: list[str], reviewed: bool) -> None:
    """Raise InsufficientCapabilitiesException for what was not acknowledged.

    A macro's result needs no acknowledgement when a change set lets the caller review it first.
    """
    needed, _ = required(template)
    missing = []
    if needed and NAMED_IAM not in acknowledged and needed not in acknowledged:
        missing.append(needed)
    if transforms and not reviewed and AUTO_EXPAND not in acknowledged:
        missing.append(AUTO_EXPAND)
    if missing:
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{', '.join(missing)}]")
