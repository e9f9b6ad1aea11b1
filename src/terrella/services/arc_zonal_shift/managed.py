"""The resources traffic can be shifted for: load balancers that have zonal shift enabled."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...net.places import zone_ids
from ...region.service import Context
from .errors import ResourceNotFoundException
from .state import Plain, State, service, status

ENABLED = "zonal_shift.config.enabled"


@service.operation
def get_managed_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = resource(ctx, input["resourceIdentifier"])
    settings = ctx.state.settings.get(found["LoadBalancerArn"]) or {}
    practice = {"practiceRunConfiguration": settings["Practice"]} if settings.get("Practice") else {}
    return {**_summary(ctx, found), **practice}


@service.operation
def list_managed_resources(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    everything = ctx.call("elbv2", "DescribeLoadBalancers", {})["LoadBalancers"]
    managed = [each for each in everything if _enabled(ctx, each["LoadBalancerArn"])]
    return page([_listed(ctx, each) for each in managed], input)


def resource(ctx: Context[State], arn: str) -> Plain:
    """A load balancer that can be shifted. Raises ResourceNotFoundException."""
    try:
        (found,) = ctx.call("elbv2", "DescribeLoadBalancers", {"LoadBalancerArns": [arn]})["LoadBalancers"]
    except AwsError:
        raise ResourceNotFoundException(f"The resource {arn} was not found.") from None
    if not _enabled(ctx, arn):
        raise ResourceNotFoundException(f"The resource {arn} is not enabled for zonal shift.")
    return dict(found)


def zones_of(ctx: Context[State], found: Plain) -> dict[str, str]:
    """The zones of a load balancer: id -> name."""
    ids = zone_ids(ctx.region)
    return {ids[each["ZoneName"]]: each["ZoneName"] for each in found["AvailabilityZones"]}


def page(items: list[Plain], input: dict[str, Any]) -> dict[str, Any]:
    """One page of a list; the token is where the next begins."""
    token, size = input.get("nextToken") or "0", input.get("maxResults") or 100
    start = int(token) if token.isdecimal() else 0
    more = {"nextToken": str(start + size)} if start + size < len(items) else {}
    return {"items": items[start : start + size], **more}


def _enabled(ctx: Context[State], arn: str) -> bool:
    found = ctx.call("elbv2", "DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})["Attributes"]
    return any(each == {"Key": ENABLED, "Value": "true"} for each in found)


def _summary(ctx: Context[State], found: Plain) -> Plain:
    arn = found["LoadBalancerArn"]
    active = [s for _, s in ctx.state.shifts.items() if s["Resource"] == arn and status(s, ctx.now) == "ACTIVE"]
    away = {each["AwayFrom"] for each in active}
    settings = ctx.state.settings.get(arn) or {}
    return {
        "arn": arn,
        "name": found["LoadBalancerName"],
        "appliedWeights": {id: 0.0 if id in away else 1.0 for id in zones_of(ctx, found)},
        "zonalShifts": [_in_resource(each) for each in active],
        "autoshifts": [],
        "zonalAutoshiftStatus": settings.get("Autoshift", "DISABLED"),
    }


def _listed(ctx: Context[State], found: Plain) -> Plain:
    settings = ctx.state.settings.get(found["LoadBalancerArn"]) or {}
    practice = "ENABLED" if settings.get("Practice") else "DISABLED"
    return {
        **_summary(ctx, found), "availabilityZones": list(zones_of(ctx, found)), "practiceRunStatus": practice,
    }  # fmt: skip


def _in_resource(shift: Plain) -> Plain:
    return {
        "appliedStatus": "APPLIED",
        "zonalShiftId": shift["Id"],
        "resourceIdentifier": shift["Resource"],
        "awayFrom": shift["AwayFrom"],
        "expiryTime": shift["ExpiresAt"],
        "startTime": shift["StartedAt"],
        "comment": shift["Comment"],
        "shiftType": "ZONAL_SHIFT",
    }
