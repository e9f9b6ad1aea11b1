"""The places a geolocation record may name: continents, countries, the states of the US, and everywhere else.

The table `geography.csv` follows "Values specific for geolocation records" of the Developer Guide: which
countries there are and on which continent each counts.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import Any

from .errors import InvalidInput, NoSuchGeoLocation
from .paging import page_size
from .state import service

Place = dict[str, str]


@service.operation
def get_geo_location(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    codes = (input.get("ContinentCode"), input.get("CountryCode"), input.get("SubdivisionCode"))
    if not any(codes):
        raise InvalidInput("The input is not valid")
    found = find(*codes)
    if found is None:
        raise NoSuchGeoLocation("The specified geolocation doesn't exist.")
    return {"GeoLocationDetails": _details(found)}


@service.operation
def list_geo_locations(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
    size = page_size(input)
    start = tuple(input.get(f"Start{level}Code") for level in ("Continent", "Country", "Subdivision"))
    places = list(table().values())
    first = 0
    if any(start):
        found = find(*start)
        if found is None:
            raise InvalidInput("The input is not valid")
        first = places.index(found)
    shown, rest = places[first : first + size], places[first + size :]
    answer: dict[str, Any] = {
        "GeoLocationDetailsList": [_details(place) for place in shown],
        "IsTruncated": bool(rest),
        "MaxItems": str(size),
    }
    if rest:
        answer |= {f"Next{key}": value for key, value in _codes(rest[0]).items()}
    return answer


def find(continent: str | None, country: str | None, subdivision: str | None) -> Place | None:
    """The place of these codes. A country is named without its continent, a state with its country."""
    return table().get((continent if not country else None, country or None, subdivision or None))


@functools.cache
def table() -> dict[tuple[str | None, str | None, str | None], Place]:
    """Every place, by the codes that name it, in the order they are listed."""
    text = resources.files(__package__ or "").joinpath("geography.csv").read_text("utf-8")
    found: dict[tuple[str | None, str | None, str | None], Place] = {}
    for row in csv.DictReader(text.splitlines()):
        country, subdivision = row["country"] or None, row["subdivision"] or None
        found[None if country else row["continent"], country, subdivision] = row
    return found


def _codes(place: Place) -> dict[str, str]:
    if not place["country"]:
        return {"ContinentCode": place["continent"]}
    codes = {"CountryCode": place["country"], "SubdivisionCode": place["subdivision"]}
    return {key: value for key, value in codes.items() if value}


def _details(place: Place) -> dict[str, str]:
    if not place["country"]:
        return {"ContinentCode": place["continent"], "ContinentName": place["name"]}
    if not place["subdivision"]:
        return {"CountryCode": place["country"], "CountryName": place["name"]}
    country = table()[None, place["country"], None]
    return {
        "CountryCode": place["country"],
        "CountryName": country["name"],
        "SubdivisionCode": place["subdivision"],
        "SubdivisionName": place["name"],
    }
