"""visitors: people in cities who come when they come, whether or not those before them were served.

Arrivals are Poisson. Most read, some write something with a tag of its own, by which a write is recognised
in every region. How many come is stated per world second, so that a faster world has the same crowd.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass

from ...world.world import World

MOST_READ = 20  # messages, by one reader


@dataclass(frozen=True, slots=True)
class Visitors:
    """`per_second` is per city; `patience_s` is real time, as the distances are."""

    cities: tuple[str, ...]
    origin: str = "https://chat.example.com"
    rooms: tuple[str, ...] = ("lobby", "kitchen", "garden")
    per_second: float = 0.5
    writes: float = 0.25
    patience_s: float = 3.0

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Visit until the story is over."""
        for city in self.cities:
            world.spawn(self._city(world, city, is_over))

    async def _city(self, world: World, city: str, is_over: Callable[[], bool]) -> None:
        digest = hashlib.sha256(f"{world.seed}/visitors/{city}".encode()).digest()
        rng = random.Random(digest)
        pace = self.per_second * world.speed
        due = world.clock.now()
        while True:
            due += rng.expovariate(pace)
            await world.clock.sleep(max(0.0, due - world.clock.now()))
            if is_over():
                return
            world.spawn(self._visit(world, city, rng))

    async def _visit(self, world: World, city: str, rng: random.Random) -> None:
        room = rng.choice(self.rooms)
        if rng.random() >= self.writes:
            url = f"{self.origin}/messages?room={room}&limit={MOST_READ}"
            await world.visit(city, "read", "GET", url, b"", None, self.patience_s)
            return
        tag = f"v-{rng.getrandbits(48):012x}"
        said = {"room": room, "author": f"somebody in {city}", "text": f"This is {tag}.", "id": tag}
        body = json.dumps(said).encode()
        await world.visit(city, "write", "POST", f"{self.origin}/messages", body, tag, self.patience_s)
