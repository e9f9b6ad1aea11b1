"""Random worlds whose replicas come and go: writes of every kind, faults, regions that join and leave, by chance.

Once all is healed every replica holds, byte for byte, what the last writer of each key left: its item or its
tombstone, with its stamp. Nothing that was acknowledged is missing from that account. A failure names its
seed, and the seed repeats it. TERRELLA_SEEDS=200 in the environment tries so many.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.region.region import Region
from terrella.services.dynamodb import records
from terrella.services.dynamodb.state import State
from terrella.store.journal import Journal, MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.world.simulated import SimulatedWorld

HOME = "us-east-1"
REGIONS = (HOME, "eu-west-1", "ap-northeast-1", "sa-east-1")
KEYS = [f"k{number}" for number in range(9)]
TABLE = "things"
STEPS, LONG_STEPS = 260, 60
HOUR = 3600.0
SEEDS = int(os.environ.get("TERRELLA_SEEDS", "20"))
Account = dict[bytes, tuple[tuple[float, str], bytes]]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_replicas_that_come_and_go_hold_exactly_what_the_last_writers_left(seed: int) -> None:
    world, account = told(seed, STEPS, 1 / 3)
    members = check_members(world)
    for name in members:
        table = table_of(world, name)
        assert held(table) == account, f"{name} differs"
        assert indexed(table) == {json for _, json in account.values() if json and b'"v"' in json}
    for name in REGIONS:
        assert state_of(replayed(world.places[name])) == state_of(world.places[name])


@pytest.mark.parametrize("seed", range(SEEDS // 6))
def test_in_weeks_tombstones_are_forgotten_and_nothing_comes_back(seed: int) -> None:
    world, account = told(seed, LONG_STEPS, HOUR)
    items = {key: each for key, each in account.items() if each[1]}
    for name in check_members(world):
        table = table_of(world, name)
        assert {key: each for key, each in held(table).items() if each[1]} == items, f"{name} differs"
    world.run(world.clock.sleep(48 * HOUR))
    for name in check_members(world):
        assert held(table_of(world, name)) == items, f"{name} keeps tombstones"


def told(seed: int, steps: int, pause_s: float) -> tuple[SimulatedWorld, Account]:
    """A world after so many steps, with pauses between them, and once all is healed and has arrived."""
    world = simulated.world(*REGIONS, seed=seed)
    story = Story(world, random.Random(seed))
    world.run(story.told(steps, pause_s))
    return world, story.account


def check_members(world: SimulatedWorld) -> set[str]:
    """All replicas know all others, and are filled; the first region is always one."""
    members = {name for name in REGIONS if table_of(world, name) is not None}
    assert HOME in members
    for name in members:
        table = table_of(world, name)
        assert set(table.replicas) == set(table.others) == members - {name}, f"{name} knows other replicas"
        assert all(each["filled"] for each in table.members.values() if each["present"]), f"{name} waits"
    return members


class Story:
    """What happens in one world, and the account of what was acknowledged in it."""

    def __init__(self, world: SimulatedWorld, rng: random.Random) -> None:
        self.world, self.rng, self.account = world, rng, Account()

    async def told(self, steps: int, pause_s: float) -> None:
        await self._create()
        for number in range(steps):
            await self.world.clock.sleep(self.rng.expovariate(1 / pause_s))
            choice = self.rng.random()
            if choice < 0.04:
                await self._strike()
            elif choice < 0.075:
                await self._heal()
            elif choice < 0.15:
                self.world.spawn(self._membership())
            else:
                self._write(str(number))
        await self._heal()
        await self.world.clock.sleep(90)

    async def _heal(self) -> None:
        """What was killed begins anew with its journal and nothing else."""
        for name, harm in self.world.crossing.harms.items():
            if harm == "kill":
                restart(self.world, name)
        await self.world.heal()

    async def _create(self) -> None:
        names = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "v")]
        await self.world.call(HOME, "dynamodb", "CreateTable", {
            "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": names,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by_v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }],
        })  # fmt: skip
        await self.world.clock.sleep(10)

    async def _membership(self) -> None:
        """Some region that runs has another join or leave, or leaves; only the first always stays."""
        rng, verb = self.rng, self.rng.random()
        asked, other = rng.choice(REGIONS), rng.choice(REGIONS[1:])
        if not self.world.crossing.runs(asked):
            return
        operation, input = "UpdateTable", {"TableName": TABLE}
        if verb < 0.7:
            input["ReplicaUpdates"] = [{"Create": {"RegionName": other}}]
        elif verb < 0.93:
            input["ReplicaUpdates"] = [{"Delete": {"RegionName": other}}]
        else:
            operation, asked = "DeleteTable", other
        try:
            await self.world.places[asked].request("dynamodb", operation, input, region=asked)
        except AwsError as refused:
            assert refused.error_code in ("ValidationException", "ResourceNotFoundException",
                                          "ResourceInUseException"), refused  # fmt: skip

    async def _strike(self) -> None:
        one, other = self.rng.sample(REGIONS, 2)
        kind, *words = self.rng.choice([
            ("region-outage", one), ("partition", one, other), ("partition", one, other), ("loss", one, "0.5"),
            ("latency", one, "0.4"), ("latency", one, "60"), ("process-kill", one), ("pause", one),
        ])  # fmt: skip
        await self.world.strike(kind, *words)

    def _write(self, value: str) -> None:
        region = self.rng.choice(REGIONS)
        if not self.world.crossing.runs(region):
            return
        place, (operation, input) = self.world.places[region], write(self.rng, value)
        before = place.journal.last
        try:
            place.call("dynamodb", operation, input)
        except AwsError as refused:
            assert refused.error_code in ("ConditionalCheckFailedException", "ResourceNotFoundException",
                                          "TransactionCanceledException"), refused  # fmt: skip
            assert place.journal.last == before
            return
        alone = table_of(self.world, region).group is None
        for change in place.journal.read(before, place.journal.last - before):
            stamp, body = (change.accepted, change.origin), change.body
            for _, key, json, _ in body["writes"] if "writes" in body else [
                [TABLE, body["key"], body.get("item", b""), 0]
            ]:  # fmt: skip
                self.account[key] = max(self.account.get(key, ((0.0, ""), b"")), (stamp, json))
                if alone and not json:
                    del self.account[key]  # a table without replicas needs no tombstones


def write(rng: random.Random, value: str) -> tuple[str, dict[str, Any]]:
    """An operation that may write."""
    key, other = ({"pk": {"S": each}} for each in rng.sample(KEYS, 2))
    put = {"TableName": TABLE, "Item": {**key, "v": {"S": value}}}
    delete = {"TableName": TABLE, "Key": key}
    update = {
        "TableName": TABLE, "Key": other, "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }  # fmt: skip
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    chosen: tuple[str, dict[str, Any]] = rng.choices([
        ("PutItem", put),
        ("DeleteItem", delete),
        ("UpdateItem", update),
        ("PutItem", {**put, **absent}),
        ("TransactWriteItems", {"TransactItems": [{"Put": put}, {"Update": update}]}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": delete}, {"Update": {**update, **absent}}]}),
        ("BatchWriteItem", {"RequestItems": {TABLE: [{"PutRequest": {"Item": put["Item"]}}]}}),
    ], [6, 4, 4, 2, 2, 1, 1])[0]  # fmt: skip
    return chosen


def restart(world: SimulatedWorld, name: str) -> None:
    """A region made of its journal takes the place of the one there was, whose background work goes on in a
    journal that nobody reads."""
    old = world.places[name]
    for peer in world.places:
        old.peer_with(peer)
    new = replayed(old, old.journal)
    new.ports, new.outboxes, new.faults, new.rng = old.ports, old.outboxes, old.faults, old.rng
    old.journal, kept = MemoryJournal(), old.journal
    for change in kept.read(0, kept.last):
        old.journal.append(change)
    world.places[name] = new
    new.start()


def table_of(world: SimulatedWorld, region: str) -> Any:
    state: State = world.places[region].state["dynamodb"]
    return state.known(TABLE)


def held(table: Any) -> Account:
    return {key: (records.unpack(each).stamp, records.json_of(each)) for key, each in table.items.scan()}


def indexed(table: Any) -> set[bytes]:
    return {records.json_of(each) for _, each in table.indexes["by_v"].entries.scan()}


def replayed(place: Region, journal: Journal | None = None) -> Region:
    """The same region, made of nothing but its journal."""
    again = Region(
        place.name, place.services.values(), clock=place.clock, journal=journal or MemoryJournal(),
        maps=MemoryMaps(), world=place.world,
    )  # fmt: skip
    for change in place.journal.read(0, place.journal.last):
        again.replay(change)
    return again


def state_of(place: Region) -> Any:
    maps = place.maps
    items = list(maps.records(f"dynamodb.items/{TABLE}").scan())
    index = list(maps.records(f"dynamodb.index/{TABLE}/by_v").scan())
    objects = [list(maps.objects(name).items()) for name in ("dynamodb.tables", "dynamodb.partings")]
    return items, index, objects
