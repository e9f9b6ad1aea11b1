"""topics: people in cities who say what rooms of the global chat are about, over and over: two who speak of the same
room write the same item.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...world.world import World
from ..tags import ITEMS, item_of, new_tag
from ._arrivals import arrive, chance


@dataclass(frozen=True, slots=True)
class Topics:
    """`per_second` is per city and of world seconds; `patience_s` is real time. Half of the visits write."""

    cities: tuple[str, ...]
    origin: str = "https://chat.example.com"
    per_second: float = 0.5
    writes: float = 0.5
    patience_s: float = 3.0

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Visit until the story is over."""
        for city in self.cities:
            rng = chance(world, "topics", city)
            world.spawn(arrive(world, rng, self.per_second, is_over, partial(self._visit, world, city, rng)))

    async def _visit(self, world: World, city: str, rng: random.Random) -> None:
        if rng.random() >= self.writes:
            url = f"{self.origin}/topic?room=item-{rng.randrange(ITEMS)}"
            await world.visit(city, "read", "GET", url, b"", None, self.patience_s)
            return
        tag = new_tag(rng)
        said = {"room": item_of(tag), "author": f"somebody in {city}", "text": f"About {tag}.", "id": tag}
        body = json.dumps(said).encode()
        await world.visit(city, "write", "PUT", f"{self.origin}/topic", body, tag, self.patience_s)
