"""geoproximity: the record set whose resource is nearest over ground, its distance shrunk or stretched by a
bias.

A positive bias shrinks: d x (1 - bias/100). A negative one stretches: d / (1 + bias/100), as AWS's guide of
2023 had it; the guide of 2026 prints the first formula alone.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-geoproximity.html
"""

from __future__ import annotations

from typing import Any

from ...net.distance import kilometres
from ...net.network import Network
from ...net.places import UnknownPlace
from ..asker import Asker

FIELD = "GeoProximityLocation"
LOCAL = True


def choose(candidates: list[Any], asker: Asker, network: Network, rng: Any) -> list[Any]:
    return [min(candidates, key=lambda c: biased_km(c["GeoProximityLocation"], asker, network))]


def biased_km(location: dict[str, Any], asker: Asker, network: Network) -> float:
    """Kilometres from the asker to a resource, as the bias makes them."""
    where = _coordinates(location, network)
    if where is None:
        return float("inf")
    km = kilometres(asker.place.latitude, asker.place.longitude, *where)
    bias = int(location.get("Bias", 0))
    return km * (1 - bias / 100) if bias >= 0 else km / (1 + bias / 100)


def _coordinates(location: dict[str, Any], network: Network) -> tuple[float, float] | None:
    if "Coordinates" in location:
        at = location["Coordinates"]
        return float(at["Latitude"]), float(at["Longitude"])
    # A Local Zone group is named after its region: us-east-1-bos-1.
    name = location.get("AWSRegion") or "-".join(location.get("LocalZoneGroup", "").split("-")[:3])
    try:
        place = network.place(name)
    except UnknownPlace:
        return None
    return place.latitude, place.longitude
