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
    route53.control         "now" -> {"region", "term", "origin", "number"}: who is in charge of zones with accelerated
                            recovery, since which change; absent as long as it never was another than us-east-1
    route53.taken           zone id -> the term in which it was last taken over (see takeover.py)

us-west-2 holds the same of zones with accelerated recovery, and what their records may refer to.

Invariant: every list in `route53.records` is of one routing policy and not empty.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from sortedcontainers import SortedDict

from ...region.measures import Meter
from ...region.region import Region
from ...region.service import Canary, Service
from ...store.journal import Change
from ...store.maps import Maps
from . import copies, names
from .rate import Pace

EDGE, HOME, STANDBY = "edge", "us-east-1", "us-west-2"
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
        self.control = maps.objects("route53.control")
        self.taken = maps.objects("route53.taken")
        self.pace = Pace()
        self.under_way: dict[str, int] = {}  # zone -> the newest change of its records, in the journal: pace.py
        self.watch: Any = None  # the region that stands by at its work: watching.py
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

    def fill_zone(
        self, zone: str, groups: list[list[dict[str, Any]]], instances: list[dict[str, Any]]
    ) -> None:
        """These record sets and traffic policy instances are in a zone from now on, and no others."""
        kept = {f"{zone}/{group[0]['Name']}/{group[0]['Type']}" for group in groups}
        for key in [key for key in self._names(zone).values() if key not in kept]:
            name, type = key.split("/", 1)[1].rsplit("/", 1)
            self.put_group(zone, name, type, [])
        for group in groups:
            self.put_group(zone, group[0]["Name"], group[0]["Type"], group)
        wanted = {each["Id"]: each for each in instances}
        for id in [id for id, each in self.traffic_instances.items() if each["HostedZoneId"] == zone]:
            if id not in wanted:
                self.traffic_instances.delete(id)
        for id, each in wanted.items():
            self.traffic_instances.put(id, each)

    def forget_zone(self, zone: str) -> None:
        self.zones.delete(zone)
        self.taken.delete(zone)
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
        key = change_key(change.origin, change.origin_seq)
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


def change_key(origin: str, number: int) -> str:
    """Under which key a change is remembered that has this number in a region's journal."""
    return f"{number:012d}" if origin == HOME else f"{origin}/{number:012d}"


def seat(state: State) -> str:
    """The region in charge of zones with accelerated recovery."""
    now = state.control.get("now")
    return now["region"] if now else HOME


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    """Everything Route 53 does reaches the edge, which answers even when this region is gone; what concerns a zone
    with accelerated recovery also the other of the two regions."""
    if change.kind == "copy_dropped":
        return ()
    if here.name == STANDBY:
        return (EDGE, HOME)
    if change.kind == "zone_copied":
        return (STANDBY,)
    return (EDGE, STANDBY) if copies.concerns(state, change) else (EDGE,)


# Changes are refused for that zone's sake by a control plane that is well, and by one that is not before it looks.
_CANARY = {
    "HostedZoneId": "ZCANARY",
    "ChangeBatch": {"Changes": [{"Action": "DELETE", "ResourceRecordSet": {"Name": "canary.", "Type": "A"}}]},
}
service = Service(
    "route53", State, home=HOME, standby=STANDBY, seat=seat, replicates=owed_to,
    canary=Canary("ChangeResourceRecordSets", _CANARY, "NoSuchHostedZone"),
)  # fmt: skip
