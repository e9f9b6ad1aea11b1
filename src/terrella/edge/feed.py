"""How the edge learns what Route 53's control plane decided: the changes of its journal, one by one, or all
at once.

Only what answers depend on is taken up; comments, tags and the like pass by. A change may come twice: the
second time alters nothing. Changes of a zone that another region has taken over meanwhile come too late, if they are of
an earlier term than that.
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
        self.taken: dict[str, int] = {}  # zone id -> the term in which it was last taken over
        self._takes: dict[str, Callable[..., None]] = {
            "zone_created": self._zone_created,
            "zone_updated": self._zone_updated,
            "zone_deleted": self._zone_deleted,
            "zone_taken": self._zone_taken,
            "records_changed": self._records_changed,
            "traffic_instance_put": self._traffic_instance,
            "traffic_instance_deleted": self._traffic_instance_deleted,
            "cidr_collection_put": self._cidr_collection,
            "cidr_collection_deleted": self._cidr_collection_deleted,
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
        instances: Iterable[dict[str, Any]] = (),
        collections: Iterable[dict[str, Any]] = (),
        taken: dict[str, int] | None = None,
    ) -> None:
        """All there is, after a restart: zones, (zone id, record sets of a name and type), health checks, traffic
        policy instances, CIDR collections, the terms in which zones were taken over."""
        for zone in sorted(zones, key=_created_at):  # of two with one name the older answers
            self._zone_created(zone, [])
        for zone_id, group in groups:
            self.zones.apply(zone_id, [("UPSERT", record_set) for record_set in group])
        for check in checks:
            self._health_check(check)
        for instance in instances:
            self._traffic_instance(instance, None)
        self.taken |= taken or {}
        for collection in collections:
            self._cidr_collection(collection)

    def _zone_created(self, zone: dict[str, Any], records: list[dict[str, Any]], **_: Any) -> None:
        if zone["Id"] not in self.zones.by_id:
            self.zones.add(
                zone["Id"], zone["Name"], private=bool(zone.get("PrivateZone")), regions=_regions(zone)
            )
        self.zones.sign(zone["Id"], zone.get("dnssec"))
        self.zones.apply(zone["Id"], [("UPSERT", record_set) for record_set in records])

    def _zone_taken(
        self, zone: dict[str, Any], records: list[list[dict[str, Any]]], instances: list[dict[str, Any]], term: int,
        **_: Any,
    ) -> None:  # fmt: skip
        """A zone is as the region that took it over has it. Nobody is answered in between."""
        self.taken[zone["Id"]] = term
        self.zones.empty(zone["Id"])
        self._zone_created(zone, [record for group in records for record in group])
        for instance in instances:
            self._traffic_instance(instance, None, term)

    def _is_late(self, zone: str, term: int) -> bool:
        return term < self.taken.get(zone, 0)

    def _zone_updated(self, zone: dict[str, Any], term: int = 0, **_: Any) -> None:
        if self._is_late(zone["Id"], term):
            return
        self.zones.associate(zone["Id"], _regions(zone))
        self.zones.sign(zone["Id"], zone.get("dnssec"))

    def _zone_deleted(self, id: str, **_: Any) -> None:
        self.taken.pop(id, None)
        self.zones.remove(id)

    def _records_changed(self, zone: str, changes: list[dict[str, Any]], term: int = 0, **_: Any) -> None:
        if not self._is_late(zone, term):
            self.zones.apply(zone, [(each["Action"], each["ResourceRecordSet"]) for each in changes])

    def _traffic_instance(
        self, instance: dict[str, Any], record: dict[str, Any] | None, term: int = 0, **_: Any
    ) -> None:
        """The tree before the record set that leads to it: there is no moment at which it leads nowhere."""
        zone = instance["HostedZoneId"]
        if self._is_late(zone, term):
            return
        self.zones.grow(zone, instance["Id"], instance["Tree"])
        if record is not None:
            self.zones.apply(zone, [("UPSERT", record)])

    def _traffic_instance_deleted(
        self, id: str, zone: str, record: dict[str, Any] | None, term: int = 0, **_: Any
    ) -> None:
        if self._is_late(zone, term):
            return
        if record is not None:
            self.zones.apply(zone, [("DELETE", record)])
        self.zones.grow(zone, id, {})

    def _cidr_collection(self, collection: dict[str, Any], **_: Any) -> None:
        self.zones.collect(collection["Id"], collection["Locations"])

    def _cidr_collection_deleted(self, id: str, **_: Any) -> None:
        self.zones.collect(id, None)

    def _health_check(self, check: dict[str, Any], **_: Any) -> None:
        self.health.put(check["Id"], check["HealthCheckConfig"])

    def _health_check_deleted(self, id: str, **_: Any) -> None:
        self.health.remove(id)


def _regions(zone: dict[str, Any]) -> list[str]:
    return [vpc["VPCRegion"] for vpc in zone.get("VPCs") or ()]


def _created_at(zone: dict[str, Any]) -> float:
    return float(zone["CreatedAt"])
