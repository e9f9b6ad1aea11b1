"""How people come: by chance (Poisson), and whether or not those before them were served."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Coroutine
from typing import Any

from ...world.world import World


def chance(world: World, *purpose: str) -> random.Random:
    """Chance of its own for each purpose, from the world's seed."""
    text = "/".join((str(world.seed), *purpose))
    return random.Random(hashlib.sha256(text.encode()).digest())


async def arrive(
    world: World,
    rng: random.Random,
    per_second: float,
    is_over: Callable[[], bool],
    visit: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """Begin one visit after another until the story is over. `per_second` is of world seconds, so that a
    faster world has the same crowd."""
    pace = per_second * world.speed
    due = world.clock.now()
    while True:
        due += rng.expovariate(pace)
        await world.clock.sleep(max(0.0, due - world.clock.now()))
        if is_over():
            return
        world.spawn(visit())
