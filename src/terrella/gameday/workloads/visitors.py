"""visitors: people in cities who use the global chat. Most read, some write something with a tag of its own,
by which a write is recognised in every region.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...world.world import World
from ..tags import new_tag
from ._arrivals import arrive, chance

MOST_READ = 20  # messages, by one reader


@dataclass(frozen=True, slots=True)
class Visitors:
    """`per_second` is per city and of world seconds; `patience_s` is real time, as the distances are. `path` names
    their way to the service in stories that compare several."""

    cities: tuple[str, ...]
    origin: str = "https://chat.example.com"
    rooms: tuple[str, ...] = ("lobby", "kitchen", "garden")
    per_second: float = 0.5
    writes: float = 0.25
    patience_s: float = 3.0
    path: str = ""

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Visit until the story is over."""
        for city in self.cities:
            rng = chance(world, "visitors", *filter(None, (self.path, city)))
            world.spawn(arrive(world, rng, self.per_second, is_over, partial(self._visit, world, city, rng)))

    async def _visit(self, world: World, city: str, rng: random.Random) -> None:
        room = rng.choice(self.rooms)
        if rng.random() >= self.writes:
            url = f"{self.origin}/messages?room={room}&limit={MOST_READ}"
            await world.visit(city, "read", "GET", url, b"", None, self.patience_s, self.path)
            return
        tag = new_tag(rng)
        said = {"room": room, "author": f"somebody in {city}", "text": f"This is {tag}.", "id": tag}
        body = json.dumps(said).encode()
        await world.visit(city, "write", "POST", f"{self.origin}/messages", body, tag, self.patience_s, self.path)
