"""ip_based: the record set of the location whose block holds the asker's prefix, the longest block first.

A prefix shorter than a block is not in it. Location `*` is the default; without it, who is in no block gets
no answer. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-ipbased.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ..asker import Asker

FIELD = "CidrRoutingConfig"
LOCAL = True


def choose(candidates: list[Any], asker: Asker, network: Any, rng: Any) -> list[Any]:
    ranked = [(_longest(c["CidrRoutingConfig"], asker), c) for c in candidates]
    length, best = max(ranked, key=lambda pair: pair[0])
    return [best] if length >= 0 else []


def _longest(config: dict[str, str], asker: Asker) -> int:
    """The longest block of a location the asker is in; 0 for the default, -1 for none."""
    if config["LocationName"] == "*":
        return 0
    blocks = asker.collections.get(config["CollectionId"], {}).get(config["LocationName"], [])
    asking = ipaddress.ip_network(asker.network)
    holding = (
        block.prefixlen
        for block in map(ipaddress.ip_network, blocks)
        if block.version == asking.version and asking.subnet_of(block)  # type: ignore[arg-type]
    )
    return max(holding, default=-1)
