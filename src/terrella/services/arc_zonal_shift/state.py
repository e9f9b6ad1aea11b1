"""Zonal shifts of one region. The edge holds them too, as it answers for the load balancers.

    arc-zonal-shift.shifts     id -> {"Id", "Resource", "Zone", "AwayFrom" (the zone's id), "StartedAt", "ExpiresAt",
                               "CanceledAt", "Comment"}
    arc-zonal-shift.settings   resource ARN -> {"Autoshift", "Practice"}; "" -> {"Observer"} of the region
"""

from __future__ import annotations

from typing import Any

from ...region.region import Region
from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps

Plain = dict[str, Any]
EDGE = "edge"


class State:
    """The maps."""

    def __init__(self, maps: Maps) -> None:
        self.shifts = maps.objects("arc-zonal-shift.shifts")
        self.settings = maps.objects("arc-zonal-shift.settings")

    def away(self, resource: str, now: float) -> frozenset[str]:
        """The zones a resource's traffic is shifted away from."""
        found = (each for _, each in self.shifts.items() if each["Resource"] == resource)
        return frozenset(each["Zone"] for each in found if status(each, now) == "ACTIVE")


def status(shift: Plain, now: float) -> str:
    if shift["CanceledAt"] is not None:
        return "CANCELED"
    return "ACTIVE" if now < shift["ExpiresAt"] else "EXPIRED"


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    return (EDGE,) if change.kind == "shift_put" else ()


service = Service("arc-zonal-shift", State, replicates=owed_to)


@service.change
def shift_put(state: State, change: Change, *, shift: Plain) -> None:
    state.shifts.put(shift["Id"], shift)


@service.change
def settings_put(state: State, change: Change, *, resource: str, settings: Plain) -> None:
    state.settings.put(resource, settings)
