"""multivalue: up to eight record sets, in no particular order.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-multivalue.html
"""

from __future__ import annotations

import random
from typing import Any

FIELD = "MultiValueAnswer"
CHANCE = True
MOST = 8


def choose(candidates: list[Any], asker: Any, network: Any, rng: random.Random) -> list[Any]:
    return rng.sample(candidates, min(MOST, len(candidates)))
