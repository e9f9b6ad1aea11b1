"""registers: applications beside their regions that write and read items of several tables, each through its own
region's API.

Nobody of them is a person: an attempt's city is the table's short name and the region, as in `MREC us-west-2`, and a
read's tag is the one it found.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...core.errors import AwsError
from ...world.history import Attempt
from ...world.world import World
from ..tags import ITEMS, item_of, new_tag
from ._arrivals import arrive, chance

LAST_LOOK_S = 3.0  # real seconds after the story, for what is still on its way


@dataclass(frozen=True, slots=True)
class Registers:
    """`tables` are their names by short name. Half of the operations write; reads ask for consistency. When the story
    is over what every region's tables hold is noted: an event "tables"."""

    regions: tuple[str, ...]
    tables: Mapping[str, str]
    per_second: float = 0.4
    writes: float = 0.5

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Write and read until the story is over, then look at everything once."""
        for short, table in self.tables.items():
            for region in self.regions:
                rng = chance(world, "registers", table, region)
                visit = partial(self._use, world, short, table, region, rng)
                world.spawn(arrive(world, rng, self.per_second, is_over, visit))
        while not is_over():
            await world.clock.sleep(1.0)
        await world.clock.sleep(LAST_LOOK_S)
        held = {short: {region: await _held(world, region, table) for region in self.regions}
                for short, table in self.tables.items()}  # fmt: skip
        world.mark("tables", words="what every region holds was noted", held=held)

    async def _use(self, world: World, short: str, table: str, region: str, rng: random.Random) -> None:
        writes, item = rng.random() < self.writes, f"item-{rng.randrange(ITEMS)}"
        tag = new_tag(rng) if writes else None
        began, error, status = world.clock.now(), None, 200
        try:
            if tag is not None:
                written = {"pk": {"S": item_of(tag)}, "tag": {"S": tag}}
                await world.call(region, "dynamodb", "PutItem", {"TableName": table, "Item": written})
            else:
                asked = {"TableName": table, "Key": {"pk": {"S": item}}, "ConsistentRead": True}
                tag = _tag(_plain((await world.call(region, "dynamodb", "GetItem", asked)).get("Item")))
        except AwsError as refusal:
            error, status = refusal.error_code, refusal.status
        world.history.attempts.append(Attempt(
            began, world.clock.now(), f"{short} {region}", "write" if writes else "read", error is None,
            region, status, error, tag,
        ))  # fmt: skip


async def _held(world: World, region: str, table: str) -> dict[str, str]:
    """The tag of each item that a region holds in the end; small tables, one page."""
    asked = {"TableName": table, "ConsistentRead": True}
    items = [_plain(item) for item in (await world.call(region, "dynamodb", "Scan", asked))["Items"]]
    return {item["pk"]["S"]: item["tag"]["S"] for item in sorted(items, key=lambda item: str(item["pk"]["S"]))}


def _tag(item: dict[str, Any] | None) -> str | None:
    return item["tag"]["S"] if item else None


def _plain(item: Any) -> Any:
    """A simulated region hands out items as they are kept."""
    return item.value() if hasattr(item, "value") else item
