"""Whether a zone has accelerated recovery: a matter of what was asked for and when, kept in the zone.

    zone["AcceleratedRecovery"] = {"wanted": bool, "settled_at": seconds since 1970}
"""

from __future__ import annotations

from typing import Any


def is_known(zone: dict[str, Any]) -> bool:
    """Was it ever asked for?"""
    return "AcceleratedRecovery" in zone


def status(zone: dict[str, Any], now: float) -> str:
    """AcceleratedRecoveryStatus at a time."""
    asked = zone.get("AcceleratedRecovery")
    if asked is None:
        return "DISABLED"
    under_way = now < asked["settled_at"]
    if asked["wanted"]:
        return "ENABLING" if under_way else "ENABLED"
    return "DISABLING" if under_way else "DISABLED"
