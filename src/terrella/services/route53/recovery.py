"""Whether a zone has accelerated recovery: a matter of what was asked for, when, and what got to us-west-2.

    zone["AcceleratedRecovery"] = {"wanted": bool, "settled_at": seconds since 1970, "copy": number of the change of
    us-east-1's journal that us-west-2 must have; there is none if the world has no us-west-2}
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .state import HOME, STANDBY, State


def is_known(zone: dict[str, Any]) -> bool:
    """Was it ever asked for?"""
    return "AcceleratedRecovery" in zone


def status(ctx: Context[State], zone: dict[str, Any]) -> str:
    """AcceleratedRecoveryStatus, now."""
    asked = zone.get("AcceleratedRecovery")
    if asked is None:
        return "DISABLED"
    if "copy" not in asked:
        return "ENABLE_FAILED" if asked["wanted"] else "DISABLED"
    under_way = ctx.now < asked["settled_at"] or not _has_copy(ctx, asked["copy"])
    if asked["wanted"]:
        return "ENABLING" if under_way else "ENABLED"
    return "DISABLING" if under_way else "DISABLED"


def _has_copy(ctx: Context[State], number: int) -> bool:
    """Does us-west-2 know, as far as this region does?"""
    outbox = ctx.here.outboxes.get(STANDBY)
    return ctx.region != HOME or (outbox is not None and outbox.acked >= number)
