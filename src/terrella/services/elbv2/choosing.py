"""Which target a node sends a request to.

Healthy targets in reach of the node; all of them when too few are healthy ("fail open"). In reach are those of every
zone with cross-zone load balancing on, else those of the node's own zone. A zone traffic was shifted away from has
no targets. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection
from typing import Any

Plain = dict[str, Any]
HEALTHY = "healthy"
EVERYWHERE = "all"
MINIMUM = "target_group_health.unhealthy_state_routing.minimum_healthy_targets."


def crosses(group: Plain, load_balancer: Plain) -> bool:
    """Do nodes send to targets of other zones?"""
    own = group["Attributes"].get("load_balancing.cross_zone.enabled", "use_load_balancer_configuration")
    if own == "use_load_balancer_configuration":
        own = load_balancer["Attributes"].get("load_balancing.cross_zone.enabled", "true")
    return bool(own == "true")


def in_reach(targets: list[Plain], node: str, crossing: bool, away: Collection[str] = ()) -> list[Plain]:
    """The targets a node in a zone may send to. `away` are zones traffic was shifted away from."""
    there = [each for each in targets if each["LeftAt"] is None]
    if not crossing:
        there = [each for each in there if each["AvailabilityZone"] in (node, EVERYWHERE, None)]
    kept = [each for each in there if each["AvailabilityZone"] not in away]
    return kept or there


def eligible(targets: list[Plain], healthy: Callable[[Plain], bool], group: Plain) -> list[Plain]:
    """Those that get requests: the healthy, unless fewer are than the group demands."""
    well = [each for each in targets if healthy(each)]
    return well if well and len(well) >= _enough(group, MINIMUM, len(targets)) else targets


def enough_healthy(healthy: int, all: int, group: Plain, prefix: str) -> bool:
    """Are so many healthy targets as the group demands?"""
    return healthy >= _enough(group, prefix, all)


def pick(
    targets: list[Plain], algorithm: str, turn: int, outstanding: Callable[[Plain], int], rng: random.Random
) -> Plain:
    """One of the eligible. `turn` counts the node's requests to the group."""
    if algorithm == "least_outstanding_requests":
        least = min(outstanding(each) for each in targets)
        return rng.choice([each for each in targets if outstanding(each) == least])
    if algorithm == "weighted_random":
        return rng.choice(targets)
    return targets[turn % len(targets)]


def _enough(group: Plain, prefix: str, all: int) -> int:
    """The count and the percentage both hold, where they are not off."""
    count = group["Attributes"].get(f"{prefix}count", "1")
    share = group["Attributes"].get(f"{prefix}percentage", "off")
    by_count = int(count) if count != "off" else 1
    return max(by_count, math.ceil(all * int(share) / 100) if share != "off" else 1)
