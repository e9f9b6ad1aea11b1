"""latency: the record set whose Region is nearest the asker by round trip.

The distances are those of a network in order: Route 53 ranks by latency measured over weeks, so neither a
fault nor jitter moves an answer; health checks do.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-latency.html
"""

from __future__ import annotations

from typing import Any

from ...net.network import Network
from ...net.places import UnknownPlace
from ..asker import Asker

FIELD = "Region"
LOCAL = True


def choose(candidates: list[Any], asker: Asker, network: Network, rng: Any) -> list[Any]:
    return [min(candidates, key=lambda candidate: _distance(candidate["Region"], asker, network))]


def _distance(region: str, asker: Asker, network: Network) -> tuple[float, str]:
    """Regions this world does not know (China, GovCloud) come last."""
    try:
        return network.one_way(asker.place.name, region), region
    except UnknownPlace:
        return float("inf"), region
