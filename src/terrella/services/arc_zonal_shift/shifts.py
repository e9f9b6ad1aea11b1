"""Starting, extending, cancelling and listing zonal shifts.

https://docs.aws.amazon.com/arc-zonal-shift/latest/api/API_StartZonalShift.html
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from ...region.service import Context
from .errors import ConflictException, ResourceNotFoundException, ValidationException
from .managed import page, resource, zones_of
from .state import Plain, State, service, status

LONGEST_S = 3 * 86_400
_FOR = re.compile(r"([1-9][0-9]*)(m|h)")


@service.operation
def start_zonal_shift(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = resource(ctx, input["resourceIdentifier"])
    zones, away = zones_of(ctx, found), input["awayFrom"]
    if away not in zones:
        raise ValidationException(f"The resource is not in Availability Zone {away}.", reason="InvalidAz")
    arn = found["LoadBalancerArn"]
    for id, each in ctx.state.shifts.items():
        if each["Resource"] == arn and status(each, ctx.now) == "ACTIVE":
            raise ConflictException(
                f"There is already an active zonal shift for {arn}.",
                reason="ZonalShiftAlreadyExists",
                zonalShiftId=id,
            )
    shift = {
        "Id": str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)),
        "Resource": arn,
        "Zone": zones[away],
        "AwayFrom": away,
        "StartedAt": ctx.now,
        "ExpiresAt": ctx.now + ctx.scaled(_seconds(input["expiresIn"])),
        "CanceledAt": None,
        "Comment": input["comment"],
    }
    ctx.commit("shift_put", shift=shift)
    return _described(ctx, shift)


@service.operation
def update_zonal_shift(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """A new expiry counts from now."""
    changed = dict(_active(ctx, input["zonalShiftId"]))
    if input.get("expiresIn"):
        changed["ExpiresAt"] = ctx.now + ctx.scaled(_seconds(input["expiresIn"]))
    if input.get("comment"):
        changed["Comment"] = input["comment"]
    ctx.commit("shift_put", shift=changed)
    return _described(ctx, changed)


@service.operation
def cancel_zonal_shift(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    changed = _active(ctx, input["zonalShiftId"]) | {"CanceledAt": ctx.now}
    ctx.commit("shift_put", shift=changed)
    return _described(ctx, changed)


@service.operation
def list_zonal_shifts(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Newest first."""
    found = sorted((each for _, each in ctx.state.shifts.items()), key=lambda each: -each["StartedAt"])
    wanted, arn = input.get("status"), input.get("resourceIdentifier")
    shown = [_described(ctx, each) for each in found if arn in (None, each["Resource"])]
    kept = [each | {"shiftType": "ZONAL_SHIFT"} for each in shown if wanted in (None, each["status"])]
    return page(kept, input)


def _active(ctx: Context[State], id: str) -> Plain:
    found: Plain | None = ctx.state.shifts.get(id)
    if found is None:
        raise ResourceNotFoundException(f"The zonal shift {id} was not found.")
    if status(found, ctx.now) != "ACTIVE":
        raise ConflictException(f"The zonal shift {id} is not active.", reason="ZonalShiftStatusNotActive")
    return found


def _seconds(text: str) -> int:
    """`30m`, `12h`: from a minute to three days. Raises ValidationException."""
    match = _FOR.fullmatch(text)
    seconds = int(match[1]) * (60 if match[2] == "m" else 3600) if match else 0
    if not 0 < seconds <= LONGEST_S:
        raise ValidationException(
            "The expiresIn value must be between 1 minute and 3 days, for example 30m or 12h.",
            reason="InvalidExpiresIn",
        )
    return seconds


def _described(ctx: Context[State], shift: Plain) -> Plain:
    return {
        "zonalShiftId": shift["Id"],
        "resourceIdentifier": shift["Resource"],
        "awayFrom": shift["AwayFrom"],
        "expiryTime": shift["ExpiresAt"],
        "startTime": shift["StartedAt"],
        "status": status(shift, ctx.now),
        "comment": shift["Comment"],
    }
