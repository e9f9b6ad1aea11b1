"""Reservations of a load balancer's capacity: kept and described. A node carries what the machine lets it, with or
without one; what is told are the bounds AWS sets, and a status that follows from the time.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/capacity-unit-reservation.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/capacity-unit-reservation.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import (
    CapacityDecreaseRequestLimitExceeded,
    CapacityUnitsLimitExceeded,
    InvalidConfigurationRequest,
    PriorRequestNotComplete,
    ValidationError,
)
from .load_balancers import put
from .state import Plain, State, service

PENDING_S = 60.0  # minutes out there
DECREASES = 2  # a day
LEAST, MOST = 100, 15_000
LEAST_OF_ZONE, MOST_NETWORK = 2_750, 45_000
DAY_S = 86_400.0


@service.operation
def describe_capacity_reservation(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _described(ctx, ctx.state.load_balancer(input["LoadBalancerArn"]))


@service.operation
def modify_capacity_reservation(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    wanted = (input.get("MinimumLoadBalancerCapacity") or {}).get("CapacityUnits")
    if (wanted is None) == (not input.get("ResetCapacityReservation")):
        raise ValidationError("Exactly one of MinimumLoadBalancerCapacity and ResetCapacityReservation is required")
    old = found.get("Capacity") or {}
    if ctx.now < old.get("ReadyAt", 0.0):
        raise PriorRequestNotComplete("A capacity reservation request of this load balancer is not complete")
    if wanted is not None:
        _check(found, wanted)
    left = _decreases_left(old, ctx.now)
    if (wanted or 0) < old.get("Units", 0):
        if not left:
            raise CapacityDecreaseRequestLimitExceeded("You've exceeded the daily capacity decrease limit")
        left -= 1
    ready = ctx.now + ctx.scaled(PENDING_S)
    capacity = {"Units": wanted or 0, "ModifiedAt": ctx.now, "ReadyAt": ready, "DecreasesLeft": left}
    put(ctx, found | {"Capacity": capacity})
    return _described(ctx, ctx.state.load_balancer(found["Arn"]))


def _check(load_balancer: Plain, wanted: int) -> None:
    network = load_balancer["Type"] == "network"
    least = LEAST_OF_ZONE * len(load_balancer["Zones"]) if network else LEAST
    if wanted < least:
        raise InvalidConfigurationRequest(f"The minimum capacity must be at least {least} capacity units")
    if wanted > (MOST_NETWORK if network else MOST):
        raise CapacityUnitsLimitExceeded("You've exceeded the capacity units limit")


def _described(ctx: Context[State], found: Plain) -> dict[str, Any]:
    capacity = found.get("Capacity")
    if capacity is None:
        return {"DecreaseRequestsRemaining": DECREASES, "CapacityReservationState": []}
    told: Plain = {
        "LastModifiedTime": capacity["ModifiedAt"],
        "DecreaseRequestsRemaining": _decreases_left(capacity, ctx.now),
        "CapacityReservationState": [],
    }
    if not capacity["Units"]:
        return told
    code = "pending" if ctx.now < capacity["ReadyAt"] else "provisioned"
    share = capacity["Units"] / len(found["Zones"]) if code == "provisioned" else 0.0
    states = [
        {"State": {"Code": code}, "AvailabilityZone": zone["ZoneName"], "EffectiveCapacityUnits": share}
        for zone in found["Zones"]
    ]
    units = {"CapacityUnits": capacity["Units"]}
    return {**told, "MinimumLoadBalancerCapacity": units, "CapacityReservationState": states}


def _decreases_left(capacity: Plain, now: float) -> int:
    """Days begin at midnight, UTC."""
    if not capacity or now // DAY_S > capacity["ModifiedAt"] // DAY_S:
        return DECREASES
    return int(capacity["DecreasesLeft"])
