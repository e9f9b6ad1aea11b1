"""How the edge learns what Route 53's control plane decided: the changes of its journal, one by one, or all
at once.

Only what answers depend on is taken up; comments, tags and the like pass by. A change may come twice: the
second time alters nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .health import HealthTable
from .zones import Zones


class Feed:
    """Zones and health checks, kept up to date by changes of the `route53` service."""

    def __init__(self, zones: Zones, health: HealthTable) -> None:
        self.zones, self.health = zones, health
        self._takes: dict[str, Callable[..., None]] = {
            "zone_created": self._zone_created,
            "zone_updated": self._zone_updated,
            "zone_deleted": self._zone_deleted,
            "records_changed": self._records_changed,
            "health_check_created": self._health_check,
            "health_check_updated": self._health_check,
            "health_check_deleted": self._health_check_deleted,
        }

    def take(self, kind: str, body: dict[str, Any]) -> None:
        """One change, by its kind and body as they stand in the journal."""
        taker = self._takes.get(kind)
        if taker is not None:
            taker(**body)

    def load(
        self,
        zones: Iterable[dict[str, Any]],
        groups: Iterable[tuple[str, list[dict[str, Any]]]],
        checks: Iterable[dict[str, Any]],
    ) -> None:
        """All there is, after a restart: zones, (zone id, record sets of a name and type), health checks."""
        for zone in sorted(zones, key=_created_at):  # of two with one name the older answers
            self._zone_created(zone, [])
        for zone_id, group in groups:
            self.zones.apply(zone_id, [("UPSERT", record_set) for record_set in group])
        for check in checks:
            self._health_check(check)

    def _zone_created(self, zone: dict[str, Any], records: list[dict[str, Any]], **_: Any) -> None:
        if zone["Id"] not in self.zones.by_id:
            self.zones.add(
                zone["Id"], zone["Name"], private=bool(zone.get("PrivateZone")), regions=_regions(zone)
            )
        self.zones.sign(zone["Id"], zone.get("dnssec"))
        self.zones.apply(zone["Id"], [("UPSERT", record_set) for record_set in records])

    def _zone_updated(self, zone: dict[str, Any], **_: Any) -> None:
        self.zones.associate(zone["Id"], _regions(zone))
        self.zones.sign(zone["Id"], zone.get("dnssec"))

    def _zone_deleted(self, id: str, **_: Any) -> None:
        self.zones.remove(id)

    def _records_changed(self, zone: str, changes: list[dict[str, Any]], **_: Any) -> None:
        self.zones.apply(zone, [(each["Action"], each["ResourceRecordSet"]) for each in changes])

    def _health_check(self, check: dict[str, Any], **_: Any) -> None:
        self.health.put(check["Id"], check["HealthCheckConfig"])

    def _health_check_deleted(self, id: str, **_: Any) -> None:
        self.health.remove(id)


def _regions(zone: dict[str, Any]) -> list[str]:
    return [vpc["VPCRegion"] for vpc in zone.get("VPCs") or ()]


def _created_at(zone: dict[str, Any]) -> float:
    return float(zone["CreatedAt"])
