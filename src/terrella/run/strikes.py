"""The faults in force in a live world, by the ids people heal them by."""

from __future__ import annotations

from typing import Any

from .. import faults
from ..faults import Fault, ProcessHarm
from ..net.places import CHECKER_REGIONS, region_names, with_zones


class Strikes:
    """What is broken at the moment."""

    def __init__(self) -> None:
        self._all: dict[str, tuple[Fault, float]] = {}
        self._count = 0

    def add(self, fault: Fault, now: float) -> str:
        """Put a fault in force and name it."""
        self._count += 1
        name = f"f{self._count}"
        self._all[name] = (fault, now)
        return name

    def remove(self, name: str) -> Fault:
        """Raises KeyError."""
        return self._all.pop(name)[0]

    def names(self) -> list[str]:
        return list(self._all)

    def harms(self) -> list[tuple[str, ProcessHarm]]:
        """What is done to processes, by which fault."""
        found = [(name, harm_of(fault)) for name, (fault, _) in self._all.items()]
        return [(name, harm) for name, harm in found if harm is not None]

    def plain(self) -> list[dict[str, Any]]:
        """As the places are told them."""
        return [fault.to_dict() for fault, _ in self._all.values()]

    def described(self) -> list[dict[str, Any]]:
        """As people are told them."""
        return [
            {"id": name, "since": since, "fault": fault.to_dict(), "words": fault.describe()}
            for name, (fault, since) in self._all.items()
        ]


def harm_of(fault: Fault) -> ProcessHarm | None:
    """What a fault does to a process, if anything."""
    harm: ProcessHarm | None = fault.on_process() if hasattr(fault, "on_process") else None
    return harm


def strangers(fault: Fault, regions: tuple[str, ...]) -> list[str]:
    """Regions a fault names that are not of this world. Health checkers probe from some whose services it does
    not have; on the network those are there."""
    if hasattr(fault, "on_packet"):
        regions = (*regions, *CHECKER_REGIONS)
    named: set[Any] = set()
    for value in faults.to_dict(fault).values():
        named.update(value if isinstance(value, list) else [value])
    homes = {zone: region for region in region_names() for zone in with_zones(region)}
    return sorted({homes[name] for name in named if homes.get(name, regions[0]) not in regions})
