"""What us-west-2 is told: changes of zones whose accelerated recovery is on, and of what their record sets refer to.

By itself, as the rule of who is owed a change needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...store.journal import Change

if TYPE_CHECKING:
    from .state import State

_SHARED = ("health_check_", "cidr_collection_", "delegation_set_")


def concerns(state: State, change: Change) -> bool:
    """Must us-west-2 hear of a change that us-east-1 is about to make?"""
    if change.kind.startswith(_SHARED):
        return any(is_copied(zone) for _, zone in state.zones.items())
    id = zone_of(change.kind, change.body)
    return id is not None and is_copied(state.zones.get(id))


def is_copied(zone: dict[str, Any] | None) -> bool:
    """Is there a copy of a zone in us-west-2, or one on its way?"""
    recovery = zone.get("AcceleratedRecovery") if zone is not None else None
    return recovery is not None and recovery["wanted"] and "copy" in recovery


def zone_of(kind: str, body: dict[str, Any]) -> str | None:
    """The id of the zone that a change alters; None of a kind that alters none, or what us-west-2 has no use for."""
    if kind in ("records_changed", "traffic_instance_deleted", "protections_put", "protections_deleted"):
        return str(body["zone"])
    if kind == "zone_updated":
        return str(body["zone"]["Id"])
    return str(body["instance"]["HostedZoneId"]) if kind == "traffic_instance_put" else None
