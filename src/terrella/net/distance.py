"""How far apart two places are, in milliseconds of round trip, with nothing broken.

Region to region is the backbone: measured where CloudPing measured it, else a line fitted to those
measurements. A city reaches a region over the public internet: the measured path of the nearest region,
scaled to the city, times what that pair of networks adds, plus the last mile. A city reaches the edge
locally, and the edge reaches regions over the backbone.

Sources: cloudping.co averages (2023); Arnold et al., "(How Much) Does a Private WAN Improve Cloud
Performance?" (INFOCOM 2020) for how often the internet is slower than the backbone. The size of that
penalty and the last miles are engineering choices.
"""

from __future__ import annotations

import functools
import hashlib
from math import asin, cos, radians, sin, sqrt

from .places import ANYCAST, OPERATOR, Place, all_places, rows

EARTH_RADIUS_KM = 6371.0
SAME_PLACE_MS = 0.5  # between the zones of one region, and within a city
LAST_MILE_MS = {"datacentre": 0.5, "fibre": 3.0, "cable": 12.0, "adsl": 25.0, "lte": 40.0, "satellite": 550.0}
NOTHING, BACKBONE, INTERNET = "nothing", "backbone", "internet"


def round_trip_ms(a: Place, b: Place) -> float:
    """Milliseconds there and back, without faults and without jitter. The same both ways."""
    if OPERATOR in (a.name, b.name):
        return 0.0
    if a.name == b.name:
        return SAME_PLACE_MS
    if a.kind == "anycast":
        return to_nearest_edge_ms(b)
    if b.kind == "anycast":
        return to_nearest_edge_ms(a)
    if carrier(a, b) == BACKBONE:
        return _backbone_ms(a, b)
    return _internet_ms(a, b) if b.kind != "city" or a.kind == "city" else _internet_ms(b, a)


def carrier(a: Place, b: Place) -> str:
    """What carries packets between two places: "backbone", "internet", or "nothing" (no distance at all)."""
    if OPERATOR in (a.name, b.name):
        return NOTHING
    return INTERNET if "city" in (a.kind, b.kind) else BACKBONE


def great_circle_km(a: Place, b: Place) -> float:
    """Kilometres along the surface of a round Earth."""
    return kilometres(a.latitude, a.longitude, b.latitude, b.longitude)


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The great circle between two pairs of degrees."""
    north, east = radians(other_latitude - latitude), radians(other_longitude - longitude)
    h = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(other_latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


@functools.lru_cache(maxsize=4096)
def nearest_edge(place: Place) -> Place:
    """The edge location anycast leads to from here: the nearest by great circle."""
    edges = (found for found in all_places().values() if found.kind == "edge")
    return min(edges, key=lambda edge: great_circle_km(place, edge))


def to_nearest_edge_ms(place: Place) -> float:
    """Round trip to the nearest edge location."""
    if place.name in (OPERATOR, ANYCAST):
        return 0.0
    return _internet_ms(place, nearest_edge(place))


def core_ms(place: Place, region: Place) -> float:
    """Round trip from anywhere to a region (or what stands in one), without last mile or internet penalty."""
    km = great_circle_km(place, region)
    anchor, anchor_km = nearest_measured_region(place)
    between_km = great_circle_km(anchor, region)
    if anchor.region == region.region or km < 300:
        core = 3 + 1.7 * km / 100
    elif between_km > 300 and anchor_km <= 0.5 * km:
        core = region_rtt_ms()[anchor.name, str(region.region)] * min(max(km / between_km, 0.7), 1.4)
    else:
        core = 10 + 1.53 * km / 100
    return max(core, 3 + 1.38 * km / 100)


@functools.lru_cache(maxsize=4096)
def nearest_measured_region(place: Place) -> tuple[Place, float]:
    """The nearest region whose paths were measured, and how far it is in km."""
    places = all_places()
    candidates = ((places[name], great_circle_km(place, places[name])) for name in _measured())
    return min(candidates, key=lambda found: (found[1], found[0].name))


@functools.cache
def region_rtt_ms() -> dict[tuple[str, str], float]:
    """Directed round trips between all regions, in milliseconds."""
    return {(row["from"], row["to"]): float(row["rtt_ms"]) for row in rows("region_rtt_ms")}


def penalty(a: str, b: str) -> float:
    """What the public internet multiplies a pair's round trip by; fixed for the pair by a hash of its names.

    43 % of pairs see no difference from a private backbone, 48 % are slower, 9 % faster (Arnold et al.).
    """
    digest = hashlib.blake2b(f"{a}>{b}".encode(), digest_size=8).digest()
    which, how_much = (int.from_bytes(digest[i : i + 4], "big") / 2**32 for i in (0, 4))
    if which < 0.43:
        return 1.0
    return 1.05 + 0.55 * how_much if which < 0.91 else 0.90 + 0.10 * how_much


@functools.cache
def _measured() -> frozenset[str]:
    return frozenset(row["from"] for row in rows("region_rtt_ms") if row["kind"] == "measured")


def _backbone_ms(a: Place, b: Place) -> float:
    if a.region is not None and b.region is not None:
        if a.region == b.region:
            return SAME_PLACE_MS
        table = region_rtt_ms()
        return (table[a.region, b.region] + table[b.region, a.region]) / 2
    if b.region is None:
        a, b = b, a
    return core_ms(a, b) if b.region is not None else 1 + 1.7 * great_circle_km(a, b) / 100


def _internet_ms(a: Place, b: Place) -> float:
    """From a (a city, unless b is an edge location) to anything."""
    last_mile = LAST_MILE_MS[a.access]
    if b.kind == "edge":
        return last_mile + 1 + 1.7 * great_circle_km(a, b) / 100
    if b.region is None:
        first, second = sorted((a.name, b.name))
        core = max(10 + 1.53 * great_circle_km(a, b) / 100, 3.0)
        return last_mile + LAST_MILE_MS[b.access] + penalty(first, second) * core
    return last_mile + penalty(a.name, b.region if b.kind == "zone" else b.name) * core_ms(a, b)
