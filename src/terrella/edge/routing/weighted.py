"""weighted: draw one record set with odds in proportion to its Weight.

A weight of 0 is never drawn while another weight stands; if all are 0 all are equal.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
"""

from __future__ import annotations

import random
from typing import Any

FIELD = "Weight"
CHANCE = True


def choose(candidates: list[Any], asker: Any, network: Any, rng: random.Random) -> list[Any]:
    weights = [int(candidate["Weight"]) for candidate in candidates]
    return rng.choices(candidates, weights if any(weights) else None)
