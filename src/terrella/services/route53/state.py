"""What Route 53 knows: zones, record sets, health checks. Every change of it is owed to the edge.

The edge holds the same maps, kept by the same change functions, and answers from them:

    route53.zones           zone id -> {"Id", "Name", "CallerReference", "Comment", "PrivateZone", "VPCs",
                            "NameServers", "CreatedAt"} and, where there are keys, "dnssec" (see dnssec.py)
    route53.records         "zone id/name/type" -> the record sets of that name and type: a list of the API's
                            own ResourceRecordSet values, ordered by SetIdentifier, names canonical
    route53.health_checks   health check id -> the API's own HealthCheck value
    route53.cidr_collections    collection id -> {"Id", "Arn", "Name", "CallerReference", "Version",
                            "Locations": {name: [CIDR block]}}
    route53.traffic_instances   instance id -> {"Id", "HostedZoneId", "Name", "TTL", "TrafficPolicyId",
                            "TrafficPolicyVersion", "TrafficPolicyType", "Failure", "Change", "Updated", "Tree"}; see
                            traffic_tree.py for the tree

Invariant: every list in `route53.records` is of one routing policy and not empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from sortedcontainers import SortedDict

from ...region.measures import Meter
from ...region.region import Region
from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps
from . import names

EDGE = "edge"
CHANGES_REMEMBERED = 10_000


class State:
    """The maps, and what is derived from them: the order of the names in each zone, and counts."""

    def __init__(self, maps: Maps) -> None:
        self.zones = maps.objects("route53.zones")
        self.records = maps.objects("route53.records")
        self.health_checks = maps.objects("route53.health_checks")
        self.references = maps.objects("route53.references")  # of health checks, deleted ones too
        self.tags = maps.objects("route53.tags")  # "hostedzone/Z1" -> {key: value}
        self.changes = maps.objects("route53.changes")  # twelve digits of sequence number -> ChangeInfo
        self.delegation_sets = maps.objects("route53.delegation_sets")  # id -> the API's own value, its id bare
        self.cidr_collections = maps.objects("route53.cidr_collections")
        self.authorizations = maps.objects("route53.authorizations")  # zone id -> VPCs
        self.query_logging = maps.objects("route53.query_logging")  # id -> the API's own value
        self.protections = maps.objects("route53.protections")  # "zone id/name/type" -> the API's own value
        self.traffic_policies = maps.objects("route53.traffic_policies")  # "id/version" -> see traffic_policies.py
        self.traffic_instances = maps.objects("route53.traffic_instances")
        self.meters: dict[tuple[str, str, str], Meter] = {}  # by metric, health check, region: measuring.py
        self.watched = False
        self._order: dict[str, SortedDict[tuple[str, str], str]] = {}
        self._counts: dict[str, int] = {}
        self._oldest_changes = deque(self.changes)
        for key, group in self.records.items():
            self._enter(key, group)
            self._count(key, len(group))

    def group(self, zone: str, name: str, type: str) -> list[dict[str, Any]]:
        """The record sets of one name and type; empty if there are none."""
        return self.records.get(f"{zone}/{name}/{type}") or []

    def types(self, zone: str, name: str) -> list[str]:
        """The types that a name has record sets of."""
        key = names.order(name)
        return [type for _, type in self._names(zone).irange((key, ""), (key, "~"))]

    def groups(self, zone: str, name: str = "", type: str = "") -> Iterator[list[dict[str, Any]]]:
        """The groups of a zone from a name and type on, in the order AWS lists them."""
        start = (names.order(name) if name else "", type)
        for key in self._names(zone).irange(start):
            yield self.records.get(self._names(zone)[key]) or []

    def count(self, zone: str) -> int:
        """How many record sets a zone has."""
        return self._counts.get(zone, 0)

    def protections_of(self, zone: str) -> list[dict[str, Any]]:
        """The protections of a zone's record sets."""
        return [found for key, found in self.protections.items() if key.startswith(f"{zone}/")]

    # Written by change functions only.

    def put_group(self, zone: str, name: str, type: str, group: list[dict[str, Any]]) -> None:
        key = f"{zone}/{name}/{type}"
        self._count(key, len(group) - len(self.records.get(key) or []))
        if group:
            self.records.put(key, group)
            self._enter(key, group)
        else:
            self.records.delete(key)
            self._names(zone).pop((names.order(name), type), None)

    def forget_zone(self, zone: str) -> None:
        for key in list(self._names(zone).values()):
            self.records.delete(key)
        for key in [key for key in self.protections if key.startswith(f"{zone}/")]:
            self.protections.delete(key)
        for key in [key for key, config in self.query_logging.items() if config["HostedZoneId"] == zone]:
            self.query_logging.delete(key)
        self.authorizations.delete(zone)
        self._order.pop(zone, None)
        self._counts.pop(zone, None)

    def remember(self, change: Change, info: dict[str, Any]) -> None:
        """Keep what GetChange will be asked; the oldest are forgotten."""
        key = f"{change.origin_seq:012d}"
        self.changes.put(key, info)
        self._oldest_changes.append(key)
        if len(self._oldest_changes) > CHANGES_REMEMBERED:
            self.changes.delete(self._oldest_changes.popleft())

    def _names(self, zone: str) -> SortedDict[tuple[str, str], str]:
        return self._order.setdefault(zone, SortedDict())

    def _enter(self, key: str, group: list[dict[str, Any]]) -> None:
        zone = key.partition("/")[0]
        self._names(zone)[(names.order(group[0]["Name"]), group[0]["Type"])] = key

    def _count(self, key: str, more: int) -> None:
        zone = key.partition("/")[0]
        self._counts[zone] = self._counts.get(zone, 0) + more


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    """Everything Route 53 does reaches the edge, which answers even when this region is gone."""
    return (EDGE,)


service = Service("route53", State, home="us-east-1", replicates=owed_to)
