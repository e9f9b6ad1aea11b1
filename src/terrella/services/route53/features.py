"""Features of a hosted zone: accelerated recovery, the copy of a public zone that is kept in us-west-2.

What it is good for is in takeover.py. Turning it on takes a while, and until us-west-2 has the copy.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import terms, zones
from .errors import InvalidInput, PriorRequestNotComplete
from .recovery import status
from .state import STANDBY, State, service

TAKES_S = 60.0  # AWS speaks of hours at times
SHARED = ("health_checks", "cidr_collections", "delegation_sets")  # what record sets and zones refer to


@service.operation
def update_hosted_zone_features(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    wanted = input.get("EnableAcceleratedRecovery")
    if wanted is None:
        raise InvalidInput("The input is not valid: no feature was specified")
    if zone["PrivateZone"]:
        raise InvalidInput("Accelerated recovery is for public hosted zones; the hosted zone is private.")
    if status(ctx, zone) in ("ENABLING", "DISABLING"):
        raise PriorRequestNotComplete(
            "The request was rejected because Route 53 was still processing a prior request."
        )
    if wanted is not zone.get("AcceleratedRecovery", {}).get("wanted", False):
        _turn(ctx, zone, wanted)
    return {}


def _turn(ctx: Context[State], zone: dict[str, Any], wanted: bool) -> None:
    """The zone as it is from now on goes to the edge; turning it on, a copy of all of it to us-west-2."""
    before, last = zone.get("AcceleratedRecovery", {}), ctx.here.journal.last
    recovery: dict[str, Any] = {"wanted": wanted, "settled_at": ctx.now + ctx.scaled(TAKES_S)}
    if wanted and STANDBY in ctx.here.world.regions:
        recovery["copy"] = last + 2
    elif not wanted and "copy" in before:
        recovery["copy"] = last + 1
    newer = zone | {"AcceleratedRecovery": recovery}
    ctx.commit("zone_updated", zone=newer, **terms.stamp(ctx.state, zone["Id"]))
    if wanted and "copy" in recovery:
        shared = {name: dict(getattr(ctx.state, name).items()) for name in SHARED}
        protections = ctx.state.protections_of(zone["Id"])
        ctx.commit("zone_copied", zone=newer, shared=shared, protections=protections, **contents(ctx.state, zone["Id"]))


def contents(state: State, zone: str) -> dict[str, Any]:
    """All record sets of a zone, by groups, and the traffic policy instances behind some."""
    instances = [each for _, each in state.traffic_instances.items() if each["HostedZoneId"] == zone]
    return {"records": [list(group) for group in state.groups(zone)], "instances": instances}


@service.change
def zone_copied(
    state: State, change: Change, *, zone: dict[str, Any], shared: dict[str, dict[str, Any]],
    protections: list[dict[str, Any]], records: list[list[dict[str, Any]]], instances: list[dict[str, Any]],
) -> None:  # fmt: skip
    """us-west-2 has a zone from now on; in us-east-1 nothing is new in it."""
    state.zones.put(zone["Id"], zone)
    state.fill_zone(zone["Id"], records, instances)
    for name, found in shared.items():
        for id, value in found.items():
            getattr(state, name).put(id, value)
    for each in protections:
        state.protections.put(f"{zone['Id']}/{each['RecordName']}/{each['RecordType']}", each)


@service.change
def copy_dropped(state: State, change: Change, *, id: str) -> None:
    """us-west-2 no longer has a zone."""
    state.forget_zone(id)


@service.on_arrival("zone_updated")
def follow(ctx: Context[State], change: Change) -> None:
    """In us-west-2: accelerated recovery was turned off."""
    zone = change.body["zone"]
    if ctx.region == STANDBY and not zone["AcceleratedRecovery"]["wanted"] and zone["Id"] in ctx.state.zones:
        ctx.commit("copy_dropped", id=zone["Id"])
