r"""Hosted zones as the edge holds them: record sets in Route 53's own words, found by name and type.

A record set is the dict ChangeResourceRecordSets takes (`Name`, `Type`, `TTL`, `ResourceRecords`,
`AliasTarget`, `SetIdentifier`, `Weight`, ...). Zones grow change by change, as the changes reach the edge,
and need nothing else: the control plane can be gone.

Invariant: `epoch` rises with every change, so an answer worked out at one epoch is good until the next.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ..wire.dns import BadName, BadRdata, Record, encode, text_of, type_number, wire_of

RecordSet = dict[str, Any]
Change = tuple[str, RecordSet]  # action (CREATE, UPSERT, DELETE), record set
_ESCAPE = re.compile(r"\\(?:([0-3][0-7]{2})|.)", re.DOTALL)
ALIAS_TTL = 60


@dataclass(slots=True)
class Zone:
    """One hosted zone. Names are lower-case text with a last dot.

    `regions` are the regions whose VPCs see a private zone; public zones have none.
    """

    id: str
    name: str
    private: bool = False
    regions: frozenset[str] = frozenset()
    records: dict[str, dict[str, list[RecordSet]]] = field(default_factory=dict)  # by name, then by type
    dnssec: dict[str, Any] | None = None  # status and keys, while the zone is signed
    _own: dict[str, tuple[Record, ...]] = field(default_factory=dict)  # worked out once, until the next change
    names: dict[str, int] = field(default_factory=dict)  # every name that exists -> groups at or below it
    trees: dict[str, dict[str, list[RecordSet]]] = field(default_factory=dict)  # traffic policy instance -> its tree

    def group(self, name: str, type: str) -> list[RecordSet]:
        """The record sets that share a name and a type; more than one if they have a routing policy."""
        return self.records.get(name, {}).get(type, [])

    def node(self, name: str) -> list[RecordSet]:
        """The record sets at a node of a traffic policy instance's tree: "instance", or "instance/rule"."""
        return self.trees.get(name.partition("/")[0], {}).get(name, [])

    def own(self, type: str) -> tuple[Record, ...]:
        """The records at the zone's own name: its SOA, its name servers."""
        found = self._own.get(type)
        if found is None:
            sets = self.group(self.name, type)
            found = self._own[type] = tuple(record for each in sets for record in records_of(each, self.name))
        return found

    def types_at(self, name: str) -> list[str]:
        """The types that stand at a name."""
        return list(self.records.get(name, ()))

    def holds(self, name: str) -> bool:
        """Does a name lie within this zone?"""
        return self.name == "." or name == self.name or name.endswith(f".{self.name}")

    def match(self, name: str) -> str | None:
        """The name that answers for `name`: itself if it exists, else the wildcard below the nearest ancestor
        that exists, else None (RFC 4592 section 3.3)."""
        if name in self.names:
            return name
        ancestor = parent(name)
        while ancestor not in self.names and ancestor != self.name:
            ancestor = parent(ancestor)
        wildcard = f"*.{ancestor}" if ancestor != "." else "*."
        return wildcard if wildcard in self.names else None

    def delegation(self, name: str) -> str | None:
        """The topmost name at or above `name`, below the zone's own, that is handed to other name servers."""
        found = None
        while name != self.name:
            if "NS" in self.records.get(name, ()):
                found = name
            name = parent(name)
        return found

    def put(self, record_set: RecordSet) -> None:
        """CREATE and UPSERT: add a record set, or replace the one with the same name, type and identifier."""
        self._own.clear()
        name, type = normal_name(record_set["Name"]), record_set["Type"]
        groups = self.records.setdefault(name, {})
        if type not in groups:
            self._count(name, 1)
        groups[type] = [*_others(groups.get(type, []), record_set), record_set]

    def remove(self, record_set: RecordSet) -> None:
        """DELETE: take away the record set with that name, type and identifier, if it is there."""
        self._own.clear()
        name, type = normal_name(record_set["Name"]), record_set["Type"]
        groups = self.records.get(name, {})
        if type not in groups:
            return
        groups[type] = _others(groups[type], record_set)
        if not groups[type]:
            del groups[type]
            self._count(name, -1)
        if not groups:
            del self.records[name]

    def _count(self, name: str, by: int) -> None:
        while name.endswith(self.name):
            self.names[name] = self.names.get(name, 0) + by
            if not self.names[name]:
                del self.names[name]
            if name == self.name:
                return
            name = parent(name)


class Zones:
    """Every hosted zone that reached this edge."""

    def __init__(self) -> None:
        self.by_id: dict[str, Zone] = {}
        self.by_name: dict[str, list[Zone]] = {}
        self.collections: dict[str, dict[str, list[str]]] = {}  # CIDR collection -> location -> blocks
        self.epoch = 0

    def add(self, id: str, name: str, *, private: bool = False, regions: Iterable[str] = ()) -> Zone:
        """A new hosted zone, still without records. Of public zones with one name the first answers."""
        zone = self.by_id[id] = Zone(id, normal_name(name), private, frozenset(regions))
        zone.names[zone.name] = 1
        self.by_name.setdefault(zone.name, []).append(zone)
        self.epoch += 1
        return zone

    def associate(self, id: str, regions: Iterable[str]) -> None:
        """Which regions' VPCs see a private zone from now on."""
        if id in self.by_id:
            self.by_id[id].regions = frozenset(regions)
            self.epoch += 1

    def sign(self, id: str, dnssec: dict[str, Any] | None) -> None:
        """Whether a zone is signed from now on, and with which keys."""
        wanted = dnssec if dnssec and dnssec.get("status") == "SIGNING" else None
        if id in self.by_id and self.by_id[id].dnssec != wanted:
            self.by_id[id].dnssec = wanted
            self.epoch += 1

    def remove(self, id: str) -> None:
        """A hosted zone and all that is in it are gone."""
        zone = self.by_id.pop(id, None)
        if zone is not None:
            self.by_name[zone.name].remove(zone)
            if not self.by_name[zone.name]:
                del self.by_name[zone.name]
            self.epoch += 1

    def empty(self, id: str) -> None:
        """A zone has no record sets and no trees; it is about to get others."""
        zone = self.by_id.get(id)
        if zone is not None:
            for record_set in [each for types in zone.records.values() for group in types.values() for each in group]:
                zone.remove(record_set)
            zone.trees.clear()
            self.epoch += 1

    def apply(self, id: str, changes: Iterable[Change]) -> None:
        """A whole change batch at once. Changes to a zone that is gone are dropped, as they are moot."""
        zone = self.by_id.get(id)
        if zone is None:
            return
        for action, record_set in changes:
            if action == "DELETE":
                zone.remove(record_set)
            else:
                zone.put(record_set)
        self.epoch += 1

    def grow(self, id: str, instance: str, tree: dict[str, list[RecordSet]]) -> None:
        """What a traffic policy instance of a zone comes to from now on; an empty tree if it is no more."""
        zone = self.by_id.get(id)
        if zone is None:
            return
        if tree:
            zone.trees[instance] = tree
        else:
            zone.trees.pop(instance, None)
        self.epoch += 1

    def collect(self, collection: str, locations: dict[str, list[str]] | None) -> None:
        """The blocks of a CIDR collection by location; None if it is no more."""
        if locations is None:
            self.collections.pop(collection, None)
        else:
            self.collections[collection] = locations
        self.epoch += 1

    def within(self, zone: Zone, name: str) -> bool:
        """Does another zone, inside this one, hold a name of it?"""
        while name != zone.name:
            if any(other.private == zone.private for other in self.by_name.get(name, ())):
                return True
            name = parent(name)
        return False

    def find(self, name: str, region: str | None = None) -> Zone | None:
        """The zone with the longest name that ends `name`. For a VPC a private zone comes before any public one,
        however short its name: what it does not hold does not exist there
        (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html)."""
        if region is not None and (private := self._find(name, region)) is not None:
            return private
        return self._find(name, None)

    def vouching(self, name: str, region: str | None = None) -> Zone | None:
        """The zone to ask for DS records: where one of that name begins, the zone above that hands it over (RFC 4035
        section 3.1.4.1)."""
        zone = self.find(name, region)
        if zone is None or zone.name != name or name == ".":
            return zone
        above = self.find(parent(name), region)
        return above if above is not None and above.delegation(name) == name else zone

    def _find(self, name: str, region: str | None) -> Zone | None:
        while True:
            for zone in self.by_name.get(name, ()):
                if region in zone.regions if zone.private else region is None:
                    return zone
            if name == ".":
                return None
            name = parent(name)


@functools.lru_cache(maxsize=16384)
def normal_name(name: str) -> str:
    r"""Lower case, last dot, decimal escapes: Route 53 writes `\052.example.com` (octal) for `*.example.com`.

    Raises BadName.
    """
    return text_of(wire_of(decimal_escapes(name)))


def decimal_escapes(text: str) -> str:
    r"""Route 53's octal escapes (`\052`) as the decimal ones of zone files (`\042`)."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda match: f"\\{int(match[1], 8):03d}" if match[1] else match[0], text)


def _others(group: list[RecordSet], record_set: RecordSet) -> list[RecordSet]:
    identifier = record_set.get("SetIdentifier")
    return [other for other in group if other.get("SetIdentifier") != identifier]


def parent(name: str) -> str:
    """The name without its first label; the root's parent is the root."""
    if "\\" in name:
        wire = wire_of(name)
        return text_of(wire[1 + wire[0] :]) if wire[0] else "."
    return name.partition(".")[2] or "."


def records_of(record_set: RecordSet, owner: str) -> list[Record]:
    """The DNS records of a record set that is no alias, as answers to `owner`. Values that are no data are
    left out; the control plane refuses them before they come here."""
    number, ttl = type_number(record_set["Type"]), int(record_set.get("TTL", ALIAS_TTL))
    records = []
    for value in record_set.get("ResourceRecords", ()):
        try:
            records.append(Record(owner, number, ttl, encode(number, decimal_escapes(value["Value"].strip()))))
        except (BadRdata, BadName):
            continue
    return records
