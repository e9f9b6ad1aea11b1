"""Routing policies as the control plane sees them: which fields choose one, and what may stand side by side.

A group is all record sets of one name and type. Its members follow one policy and bear different
identifiers. Choosing among them is the edge's work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...net.places import region_names
from . import geography

SIMPLE = "simple"
FIELDS = {
    "Weight": "weighted",
    "Region": "latency",
    "Failover": "failover",
    "GeoLocation": "geolocation",
    "MultiValueAnswer": "multivalue answer",
    "GeoProximityLocation": "geoproximity",
    "CidrRoutingConfig": "CIDR",
}
# What members of a group must differ in: the field, and what Route 53 calls it. Its own words are known for
# latency only.
_TOLD_APART_BY = {
    "latency": ("Region", "Region Name", "region"),
    "failover": ("Failover", "Failover", "failover"),
    "geolocation": ("GeoLocation", "GeoLocation", "geolocation"),
    "CIDR": ("CidrRoutingConfig", "CidrRoutingConfig", "location"),
}
MOST_IN_A_GROUP, MOST_BY_PROXIMITY = 100, 30
_OTHER_PARTITIONS = ("cn-", "us-gov-")  # whose regions this world has not, but records may name
ONLY_SIMPLE = frozenset({"NS", "SOA", "DS"})


def policy(record: dict[str, Any]) -> str:
    """The routing policy a record set follows."""
    return next((name for field, name in FIELDS.items() if field in record), SIMPLE)


def chosen_fields(record: dict[str, Any]) -> list[str]:
    """The fields of a record set that choose a policy. `MultiValueAnswer` chooses one only when true."""
    return [field for field in FIELDS if field in record and record[field] is not False]


def faults(record: dict[str, Any]) -> Iterable[str]:
    """What is wrong with the policy of one record set, seen alone."""
    name, type, kind = record["Name"], record["Type"], policy(record)
    if kind != SIMPLE and type in ONLY_SIMPLE:
        yield f"RRSet with DNS name {name}, type {type} does not support the {kind} routing policy"
    if kind == "multivalue answer":
        if "AliasTarget" in record:
            yield f"RRSet with DNS name {name}, type {type} cannot be both a multivalue answer and an alias"
        if type == "CNAME":
            yield f"RRSet with DNS name {name}, type {type} does not support the {kind} routing policy"
    primary = record.get("Failover") == "PRIMARY"
    if primary and "AliasTarget" not in record and "HealthCheckId" not in record:
        yield "A non-alias primary ResourceRecordSet must have an associated health check."
    if kind == "geolocation":
        yield from _location_faults(record["GeoLocation"])
    if kind == "geoproximity":
        yield from _proximity_faults(record["GeoProximityLocation"])


def conflicts(record: dict[str, Any], others: list[dict[str, Any]]) -> Iterable[str]:
    """Why a record set cannot join the others of its name and type."""
    if not others:
        return
    where = f"RRSet with DNS name {record['Name']}, type {record['Type']}"
    kind = policy(record)
    if kind == SIMPLE:
        yield f"{where} cannot be created as other RRSets exist with the same name and type."
        return
    where += f", SetIdentifier {record['SetIdentifier']}"
    if any(policy(other) != kind for other in others):
        yield f"{where} cannot be created as a non-{kind} set exists with the same name and type."
        return
    most = MOST_IN_A_GROUP if kind != "geoproximity" else MOST_BY_PROXIMITY
    if len(others) >= most:
        yield f"{where} cannot be created as {most} RRSets exist with the same name and type."
    if kind == "CIDR":
        collection = record["CidrRoutingConfig"]["CollectionId"]
        if any(other["CidrRoutingConfig"]["CollectionId"] != collection for other in others):
            yield f"{where} cannot be created as a set of another CIDR collection exists with the same name and type."
            return
    yield from _duplicates(where, kind, record, others)


def _duplicates(where: str, kind: str, record: dict[str, Any], others: list[dict[str, Any]]) -> Iterable[str]:
    """Latency records differ in region, failover records in role, geolocation records in place."""
    field, label, word = _TOLD_APART_BY.get(kind, ("", "", ""))
    if field and any(other[field] == record[field] for other in others):
        value = record[field]
        shown = value if isinstance(value, str) else " ".join(value[key] for key in sorted(value))
        yield (
            f"{where}, and {label}={shown} cannot be created because a {kind} RRSet with the same name, type "
            f"and {word} already exists."
        )


def _location_faults(location: dict[str, str]) -> Iterable[str]:
    continent, country = location.get("ContinentCode"), location.get("CountryCode")
    subdivision = location.get("SubdivisionCode")
    if continent is not None and (country is not None or subdivision is not None):
        yield "GeoLocation: ContinentCode cannot be specified with CountryCode or SubdivisionCode"
    elif continent is None and country is None:
        yield "GeoLocation: either ContinentCode or CountryCode must be specified"
    elif geography.find(continent, country, subdivision) is None:
        codes = ", ".join(code for code in (continent, country, subdivision) if code)
        yield f"GeoLocation: the location {codes} is not supported"


def _proximity_faults(location: dict[str, Any]) -> Iterable[str]:
    """A resource stands in one place: a region, a Local Zone group, or a point on the globe."""
    places = [field for field in ("AWSRegion", "LocalZoneGroup", "Coordinates") if field in location]
    if len(places) != 1:
        found = "more than one" if places else "none"
        yield f"GeoProximityLocation: exactly one of AWSRegion, LocalZoneGroup, Coordinates expected, but found {found}"
        return
    if places == ["Coordinates"]:
        point = location["Coordinates"]
        for field, most in (("Latitude", 90), ("Longitude", 180)):
            if abs(float(point[field])) > most:
                yield f"GeoProximityLocation: {field} {point[field]} is not between -{most} and {most}"
        return
    name: str = location[places[0]]
    region = "-".join(name.split("-")[:3]) if places == ["LocalZoneGroup"] else name
    if region not in region_names() and not name.startswith(_OTHER_PARTITIONS):
        yield f"GeoProximityLocation: the location {name} is not supported"
