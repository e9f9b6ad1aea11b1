"""Features of a hosted zone: accelerated recovery, the copy of a public zone that is kept in us-west-2.

It is kept as state. Whether it is on follows from when it was asked for; turning it on takes a while.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import zones
from .errors import InvalidInput, PriorRequestNotComplete
from .recovery import status
from .state import State, service

TAKES_S = 60.0  # AWS speaks of hours at times


@service.operation
def update_hosted_zone_features(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    wanted = input.get("EnableAcceleratedRecovery")
    if wanted is None:
        raise InvalidInput("The input is not valid: no feature was specified")
    if zone["PrivateZone"]:
        raise InvalidInput("Accelerated recovery is for public hosted zones; the hosted zone is private.")
    if status(zone, ctx.now) in ("ENABLING", "DISABLING"):
        raise PriorRequestNotComplete(
            "The request was rejected because Route 53 was still processing a prior request."
        )
    if wanted is not zone.get("AcceleratedRecovery", {}).get("wanted", False):
        recovery = {"wanted": wanted, "settled_at": ctx.now + ctx.scaled(TAKES_S)}
        ctx.commit("zone_updated", zone=zone | {"AcceleratedRecovery": recovery})
    return {}
