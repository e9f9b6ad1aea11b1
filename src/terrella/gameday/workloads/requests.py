"""requests: one request to any service, made again and again by people in cities."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...world.world import World
from ..tags import new_tag
from ._arrivals import arrive, chance

TAG = "{tag}"


@dataclass(frozen=True, slots=True)
class Requests:
    """With `{tag}` in its body or URL a request is a write: a tag of its own takes that place each time, and
    is looked for in the tables of all regions. Bodies are sent as JSON. `per_second` is per city and of world
    seconds; `patience_s` is real time. `path` names the way to the service in stories that compare several."""

    cities: tuple[str, ...]
    url: str
    method: str = "GET"
    body: str = ""
    per_second: float = 0.5
    patience_s: float = 3.0
    path: str = ""

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Ask until the story is over."""
        for city in self.cities:
            rng = chance(world, "requests", self.method, self.url, city)
            world.spawn(arrive(world, rng, self.per_second, is_over, partial(self._visit, world, city, rng)))

    async def _visit(self, world: World, city: str, rng: random.Random) -> None:
        tag = new_tag(rng) if TAG in self.url or TAG in self.body else None
        url, body = self.url.replace(TAG, tag or ""), self.body.replace(TAG, tag or "").encode()
        what = "read" if tag is None else "write"
        await world.visit(city, what, self.method, url, body, tag, self.patience_s, self.path)
