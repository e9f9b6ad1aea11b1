"""Random histories of strongly consistent tables: clients in three regions write, read and compare, while ways are
cut, regions stand still, are killed and begin anew with their journals. Every history has an order that explains it,
and in the end all regions hold the same bytes.

A failure names its seed, and the seed repeats it. TERRELLA_SEEDS=500 in the environment tries so many.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
from linearizability import NEVER, Operation, wrong_keys
from services.dynamodb.strong_world import (
    HOME,
    SECOND,
    TABLE,
    THREE,
    asked,
    key,
    put,
    replayed,
    restart,
    strong_world,
    value,
)

from terrella.world.simulated import SimulatedWorld

SEEDS = int(os.environ.get("TERRELLA_SEEDS", "12"))
KEYS, CLIENTS, TROUBLES = 4, 6, 8
SURELY_NOT = ("ReplicatedWriteConflictException",)


class Story:
    """What clients asked of one world, and what they were answered."""

    def __init__(self, world: SimulatedWorld, seed: int, regions: tuple[str, ...]) -> None:
        self.world, self.rng, self.regions = world, random.Random(seed), regions
        self.history: list[Operation] = []
        self.answers: dict[str, int] = {}
        self.over, self.number = False, 0

    async def told(self) -> None:
        clients = [self.world.clock.spawn(self._client(self.regions[n % len(self.regions)])) for n in range(CLIENTS)]
        for _ in range(TROUBLES):
            await self.world.clock.sleep(self.rng.uniform(0.5, 6.0))
            await self._trouble()
        await self._heal()
        await self.world.clock.sleep(10)
        self.over = True
        await self.world.clock.sleep(10)
        assert all(client.done for client in clients), "somebody is never answered"

    async def _trouble(self) -> None:
        choice, (one, two) = self.rng.random(), self.rng.sample(THREE, 2)
        if choice < 0.3:
            await self._heal()
        elif choice < 0.6:
            await self.world.strike("partition", one, two)
        elif choice < 0.75:
            (three,) = set(THREE) - {one, two}
            await self.world.strike("partition", one, two)
            await self.world.strike("partition", one, three)
        elif choice < 0.85:
            await self.world.strike("pause", one)
        else:
            await self.world.strike("process-kill", one)
            restart(self.world, one)

    async def _heal(self) -> None:
        await self.world.heal()

    async def _client(self, region: str) -> None:
        while not self.over:
            await self.world.clock.sleep(self.rng.expovariate(8))
            if self.world.crossing.harms.get(region):
                continue
            await self._ask(region)

    async def _ask(self, region: str) -> None:
        self.number += 1
        clock, name, new = self.world.clock, f"k{self.rng.randrange(KEYS)}", str(self.number)
        verb = self.rng.choice(("read", "read", "write", "cas", "make"))
        began, seen = clock.now(), None
        if verb == "read":
            answer = await asked(self.world, region, "GetItem", **key(name, ConsistentRead=True))
            what, seen = ("read",), value(answer)
        elif verb == "write":
            answer = await asked(self.world, region, "PutItem", **put(name, new))
            what = ("write", new)
        else:
            expected = None if verb == "make" else self._guess(name)
            answer = await asked(self.world, region, "PutItem", **put(name, new, **_if(expected)))
            what, seen = ("cas", expected, new), answer == {}
        self._note(name, began, what, answer, seen)

    def _guess(self, name: str) -> str | None:
        """What some client saw there not long ago."""
        values = [each.answer for each in self.history[-40:] if each.key == name and each.asked[0] == "read"]
        return values[-1] if values else None

    def _note(self, name: str, began: float, what: tuple[Any, ...], answer: Any, seen: Any) -> None:
        code = answer if isinstance(answer, str) else "ok"
        self.answers[code] = self.answers.get(code, 0) + 1
        if code in SURELY_NOT:
            return
        if code not in ("ok", "ConditionalCheckFailedException"):
            assert code == "InternalServerError", code
            if what[0] != "read":
                self.history.append(Operation(name, began, NEVER, what, None))
            return
        self.history.append(Operation(name, began, self.world.clock.now(), what, seen))


def _if(expected: str | None) -> dict[str, Any]:
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"S": expected}}}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_history_of_a_strongly_consistent_table_has_an_order(seed: int) -> None:
    witness = seed % 4 == 3
    world = strong_world(seed, witness)
    story = Story(world, seed, (HOME, SECOND) if witness else THREE)
    world.run(story.told())
    assert wrong_keys(story.history) == []
    assert story.answers["ok"] > 50, story.answers
    contents = [_contents(world, region) for region in story.regions]
    assert contents[0] and all(each == contents[0] for each in contents)
    for region in THREE:
        again = replayed(world.places[region])
        assert list(again.maps.records(f"dynamodb.items/{TABLE}").scan()) == _contents(world, region)
        kept = again.state["dynamodb"].strong_groups
        assert list(kept.items()) == list(world.places[region].state["dynamodb"].strong_groups.items())


def _contents(world: SimulatedWorld, region: str) -> list[Any]:
    return list(world.places[region].maps.records(f"dynamodb.items/{TABLE}").scan())
