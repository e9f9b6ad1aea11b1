"""The rules of a traffic policy document, kind by kind: each is a list of branches with a routing policy's fields.

Numbers and truth values may be written as JSON has them or as strings, as AWS's own examples do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...net.places import region_names
from . import geography

Plain = dict[str, Any]


class Wrong(Exception):
    """Why a document is none."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What a branch leads to: a rule or an endpoint of the document."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One choice of a rule. `fields` are those of a record set that claim a routing policy."""

    to: Reference
    fields: Plain
    health_check: str | None
    evaluates: bool


def read(id: str, rule: Plain, version: str) -> list[Branch]:
    """The branches of a rule. Raises Wrong."""
    kind = rule.get("RuleType")
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        raise Wrong(f"rule {id}: RuleType must be one of {', '.join(_READERS)}")
    where = f"rule {id}"
    branches = [_branch(where, item, fields) for item, fields in reader(where, rule, version)]
    if kind == "multivalue" and any(branch.to.kind == "rule" for branch in branches):
        raise Wrong(f"{where}: a multivalue answer rule cannot refer to other rules")
    seen: list[Plain] = []
    for branch in branches:
        if kind not in ("weighted", "multivalue", "geoproximity") and branch.fields in seen:
            raise Wrong(f"{where}: {_said(branch.fields)} appears more than once")
        seen.append(branch.fields)
    return branches


Read = Iterator[tuple[Plain, Plain]]  # an item of the document, and the fields it comes to


def _failover(where: str, rule: Plain, version: str) -> Read:
    for role in ("Primary", "Secondary"):
        item = rule.get(role)
        if not isinstance(item, dict):
            raise Wrong(f"{where}: {role} must be specified")
        yield item, {"Failover": role.upper()}


def _weighted(where: str, rule: Plain, version: str) -> Read:
    for item in _items(where, rule, "Items"):
        yield item, {"Weight": _whole(where, item, "Weight", 0, 255)}


def _multivalue(where: str, rule: Plain, version: str) -> Read:
    for item in _items(where, rule, "Items"):
        yield item, {"MultiValueAnswer": True}


def _latency(where: str, rule: Plain, version: str) -> Read:
    for item in _items(where, rule, "Regions"):
        region = item.get("Region")
        if region not in region_names():
            raise Wrong(f"{where}: Region {region} is not supported")
        yield item, {"Region": region}


def _geo(where: str, rule: Plain, version: str) -> Read:
    for item in _items(where, rule, "Locations"):
        if _flag(where, item, "IsDefault"):
            yield item, {"GeoLocation": {"CountryCode": "*"}}
            continue
        codes = {
            code: str(item[name])
            for name, code in (
                ("Continent", "ContinentCode"), ("Country", "CountryCode"), ("Subdivision", "SubdivisionCode"),
            )
            if item.get(name)
        }  # fmt: skip
        continent, country = codes.get("ContinentCode"), codes.get("CountryCode")
        subdivision = codes.get("SubdivisionCode")
        both = continent and (country or subdivision)
        if both or not (continent or country) or geography.find(continent, country, subdivision) is None:
            raise Wrong(f"{where}: the location {_said(codes) or 'without a place'} is not supported")
        yield item, {"GeoLocation": codes}


def _geoproximity(where: str, rule: Plain, version: str) -> Read:
    for item in _items(where, rule, "GeoproximityLocations"):
        place = item.get("Location") if version != "2015-10-01" and "Location" in item else item
        if not isinstance(place, dict):
            raise Wrong(f"{where}: Location is not a JSON object")
        location = _place(where, place)
        if "Bias" in item:
            location["Bias"] = _whole(where, item, "Bias", -99, 99)
        yield item, {"GeoProximityLocation": location}


_READERS: dict[str, Callable[[str, Plain, str], Read]] = {
    "failover": _failover,
    "geo": _geo,
    "latency": _latency,
    "geoproximity": _geoproximity,
    "multivalue": _multivalue,
    "weighted": _weighted,
}


def _place(where: str, place: Plain) -> Plain:
    """A region, a Local Zone or a point; named `aws:route53:us-east-1` and the like."""
    name = place.get("LocationName", place.get("Region"))
    point = "Latitude" in place or "Longitude" in place
    if point == (name is not None):
        raise Wrong(f"{where}: a location is either a region or a latitude and longitude")
    if point:
        latitude, longitude = (_degrees(where, place, member) for member in ("Latitude", "Longitude"))
        return {"Coordinates": {"Latitude": latitude, "Longitude": longitude}}
    bare = str(name).removeprefix("aws:route53:")
    if bare in region_names() and place.get("Type", "Region") == "Region":
        return {"AWSRegion": bare}
    if place.get("Type") == "LocalZone" and "-".join(bare.split("-")[:3]) in region_names():
        return {"LocalZoneGroup": bare}
    raise Wrong(f"{where}: the location {name} is not supported")


def _degrees(where: str, place: Plain, member: str) -> str:
    text, most = str(place.get(member, "")), 90 if member == "Latitude" else 180
    try:
        value = float(text)
    except ValueError as error:
        raise Wrong(f"{where}: {member} must be a number") from error
    if not -most <= value <= most or len(text.partition(".")[2]) > 2:
        raise Wrong(f"{where}: {member} must be between -{most} and {most} and have at most two decimals")
    return text


def _branch(where: str, item: Plain, fields: Plain) -> Branch:
    given = [(kind, item[f"{kind}Reference"]) for kind in ("Endpoint", "Rule") if item.get(f"{kind}Reference")]
    if len(given) != 1 or not isinstance(given[0][1], str):
        raise Wrong(f"{where}: exactly one of EndpointReference and RuleReference must be specified")
    check = item.get("HealthCheck")
    if check is not None and not isinstance(check, str):
        raise Wrong(f"{where}: HealthCheck is not a string")
    to = Reference(given[0][0].lower(), given[0][1])
    return Branch(to, fields, check or None, _flag(where, item, "EvaluateTargetHealth"))


def _items(where: str, rule: Plain, member: str) -> list[Plain]:
    items = rule.get(member)
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise Wrong(f"{where}: {member} must be a list of at least one item")
    return items


def _whole(where: str, item: Plain, member: str, least: int, most: int) -> int:
    try:
        value = int(str(item.get(member, "")))
    except ValueError as error:
        raise Wrong(f"{where}: {member} must be a whole number") from error
    if not least <= value <= most:
        raise Wrong(f"{where}: {member} must be between {least} and {most}")
    return value


def _flag(where: str, item: Plain, member: str) -> bool:
    value = item.get(member, False)
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Wrong(f"{where}: {member} must be true or false")


def _said(codes: Plain) -> str:
    return " ".join(_said(value) if isinstance(value, dict) else str(value) for value in codes.values())
