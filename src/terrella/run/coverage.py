"""What this world has of AWS, operation by operation, as the page docs/coverage.md.

Read from the services themselves and from their published models, so the page promises nothing that is not
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.kinds import kinds
from ..region.service import Service
from ..wire import model
from .borrowed import SERVICES

HEAD = """# Coverage

What works, read from the program itself: `terrella coverage --write docs/coverage.md` writes this page.

**Owned** services are Terrella's own: they live in regions, replicate, and fail as regions fail. An operation
not listed under *works* is refused with `NotImplemented` (HTTP 501) and the name of this page; nothing
pretends to succeed. **Borrowed** services are answered by [moto](https://docs.getmoto.org): see
[borrowed services](services/borrowed.md). Everything else is refused.
"""


def owned() -> list[Service[Any]]:
    """Every service this world owns, by name."""
    found = [getattr(module, "service", None) for module in kinds("terrella.services").values()]
    return sorted((each for each in found if isinstance(each, Service)), key=lambda service: service.id)


def page(services: Iterable[Service[Any]]) -> str:
    """The page for these owned services and all borrowed ones."""
    services = list(services)
    parts = [HEAD, _overview(services)]
    parts += [_section(service, name) for service in services for name in service.models]
    parts.append(_borrowed())
    return "\n".join(parts)


def _overview(services: list[Service[Any]]) -> str:
    rows = [
        f"| [{name}](#{name}) | {service.home or 'every region'} "
        f"| {len(_works(service, name))} of {len(model.load(name).operations)} |"
        for service in services
        for name in service.models
    ]
    return "\n".join(["| service | control plane in | operations |", "|---|---|---|", *rows, ""])


def _section(service: Service[Any], name: str) -> str:
    works = _works(service, name)
    refused = sorted(set(model.load(name).operations) - set(works))
    lines = [f"## {name}", "", _paragraph("Works", works), "", _paragraph("Refused", refused), ""]
    return "\n".join([*lines, *_parameters(service, name)])


def _parameters(service: Service[Any], model_name: str) -> list[str]:
    """Each parameter of each operation that works, for services that tell of them."""
    if not service.parameters:
        return []
    lines = ["| operation | parameters that work | state only | refused |", "|---|---|---|---|"]
    for name in _works(service, model_name):
        shape, told = model.load(model_name).operations[name].input, service.parameters.get(name, {})
        members = list(shape.members) if shape is not None else []
        kinds = ([each for each in members if told.get(each) == kind] for kind in (None, "state only", "refused"))
        lines.append(f"| {name} | {' | '.join(', '.join(kind) for kind in kinds)} |")
    return [*lines, ""]


def _works(service: Service[Any], name: str) -> list[str]:
    modelled = model.load(name).operations
    return sorted(name for name in service.operations if name in modelled)


def _paragraph(title: str, names: list[str]) -> str:
    return f"**{title}** ({len(names)}): {', '.join(names)}." if names else f"**{title}**: none."


def _borrowed() -> str:
    names = ", ".join(sorted(SERVICES))
    return f"## Borrowed\n\n**{len(SERVICES)} services**: {names}.\n"
