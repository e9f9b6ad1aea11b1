"""Where traffic starts and ends: regions and their zones, cities, edge locations, health checkers, the operator.

The tables are package data (`data/*.csv`); their first column numbers a place for ever, so that addresses
derived from it never move. New rows go at the end.

Coordinates of regions are those of their metropolitan area (AWS publishes no sites); of edge locations those
of the airport whose code AWS uses as their name. Continents are as Route 53 has them: Istanbul is in EU.
"""

from __future__ import annotations

import csv
import difflib
import functools
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files

OPERATOR = "operator"  # the person at the keyboard: no distance to anything
ANYCAST = "edge"  # whichever edge location is nearest to the other end
CHECKER_REGIONS = (
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1",
    "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "sa-east-1",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """One point on the globe. `region` is set for what stands inside a region and is lost with it.

    kind is region, zone, city, edge, checker, operator or anycast; `access` names the last mile of a city's users.
    """

    name: str
    kind: str
    latitude: float
    longitude: float
    title: str = ""
    country: str = ""
    continent: str = ""
    subdivision: str = ""
    region: str | None = None
    number: int = 0
    access: str = "datacentre"


class UnknownPlace(ValueError):
    """No place has that name; the message suggests some that exist."""

    def __init__(self, name: str, known: Iterable[str], kind: str = "place") -> None:
        near = difflib.get_close_matches(normal(name), list(known), n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"There is no {kind} called {name!r}.{hint}")
        self.name = name
        self.suggestions = near


def all_places() -> dict[str, Place]:
    """Every place there is, by name. A fresh dict: callers may add their own."""
    return dict(_all())


def find(name: str, kind: str | None = None) -> Place:
    """The place called `name`, forgiving capitals, blanks and accents. Raises UnknownPlace."""
    known = _all()
    place = known.get(name) or known.get(normal(name))
    if place is None or (kind is not None and place.kind != kind):
        raise UnknownPlace(name, [p.name for p in known.values() if kind in (None, p.kind)], kind or "place")
    return place


def region(name: str) -> Place:
    """The region called `name`, one of the 34 commercial ones. Raises UnknownPlace."""
    return find(name, "region")


def city(name: str) -> Place:
    """The city called `name`. Raises UnknownPlace."""
    return find(name, "city")


@functools.cache
def region_names() -> tuple[str, ...]:
    """The 34 commercial regions, in the order of their numbers."""
    return tuple(p.name for p in _all().values() if p.kind == "region")


@functools.cache
def city_names() -> tuple[str, ...]:
    """The cities people can stand in, in the order of their numbers."""
    return tuple(p.name for p in _all().values() if p.kind == "city")


@functools.cache
def edge_names() -> tuple[str, ...]:
    """The edge locations, in the order of their numbers."""
    return tuple(p.name for p in _all().values() if p.kind == "edge")


@functools.cache
def zone_ids(region_name: str) -> dict[str, str]:
    """A region's zones: the name (`eu-west-1a`) -> the id every account agrees on (`euw1-az3`)."""
    return {row["code"]: row["id"] for row in rows("zones") if row["region"] == region_name}


@functools.cache
def with_zones(name: str) -> frozenset[str]:
    """A place, and if it is a region its zones: what a packet to or from it may be addressed to."""
    return frozenset((name, *zone_ids(name)))


@functools.cache
def inside(region_name: str) -> frozenset[str]:
    """What stands in a region and is lost with it: the region itself, its zones, its health checkers."""
    return frozenset(p.name for p in _all().values() if p.region == region_name)


def normal(name: str) -> str:
    """'São Paulo' is 'sao-paulo'."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(plain.lower().replace("_", "-").split())


def rows(table: str) -> list[dict[str, str]]:
    """One of the package's tables as dicts."""
    text = files(__package__).joinpath("data", f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@functools.cache
def _all() -> dict[str, Place]:
    places = [*_regions(), *_zones(), *_cities(), *_edges(), *_checkers()]
    places.append(Place(OPERATOR, "operator", 0.0, 0.0, "you"))
    places.append(Place(ANYCAST, "anycast", 0.0, 0.0, "the nearest edge location"))
    return {place.name: place for place in places}


def _regions() -> list[Place]:
    return [
        Place(
            row["code"], "region", float(row["latitude"]), float(row["longitude"]), row["title"],
            row["country"], row["continent"], region=row["code"], number=int(row["number"]),
        )
        for row in rows("regions")
    ]  # fmt: skip


def _zones() -> list[Place]:
    """Each at the place of its region; its packets are no farther from anybody than the region's."""
    homes = {place.name: place for place in _regions()}
    return [
        replace(homes[row["region"]], name=row["code"], kind="zone", title=f"zone {row['id']}")
        for row in rows("zones")
    ]


def _cities() -> list[Place]:
    return [
        Place(
            row["code"], "city", float(row["latitude"]), float(row["longitude"]), row["title"],
            row["country"], row["continent"], row["subdivision"], number=int(row["number"]), access="fibre",
        )
        for row in rows("cities")
    ]  # fmt: skip


def _edges() -> list[Place]:
    return [
        Place(
            f"edge-{row['code']}", "edge", float(row["latitude"]), float(row["longitude"]), row["city"],
            row["country"], row["continent"], number=int(row["number"]),
        )
        for row in rows("edges")
    ]  # fmt: skip


def _checkers() -> list[Place]:
    by_name = {place.name: place for place in _regions()}
    return [
        Place(
            f"checker-{home.name}", "checker", home.latitude, home.longitude,
            f"health checkers in {home.name}", home.country, home.continent, region=home.name, number=number,
        )
        for number, home in enumerate((by_name[name] for name in CHECKER_REGIONS), 1)
    ]  # fmt: skip
