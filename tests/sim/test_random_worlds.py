"""Random worlds: operations, faults and seeds by chance; then what must hold in every world.

Replicas converge once all is healed. An acknowledged write is in every replica, unless a later write of its
key stands there. A failure names its seed, and the seed repeats it.
"""

from __future__ import annotations

import random
from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.world.gathering import digest
from terrella.world.simulated import SimulatedWorld

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
KEYS = [f"k{number}" for number in range(12)]
TABLE = "things"
STEPS = 250


@pytest.mark.parametrize("seed", range(40))
def test_replicas_converge_and_no_acknowledged_write_vanishes(seed: int) -> None:
    world = simulated.world(*REGIONS, seed=seed)
    accepted: dict[str, list[tuple[float, str, str]]] = {}
    world.run(_story(world, random.Random(seed), accepted))
    held = {region: _items(world, region) for region in REGIONS}
    assert len({digest(items) for items in held.values()}) == 1, "replicas differ"
    values = {item["key"]["S"]: item.get("value", {}).get("S") for item in held[REGIONS[0]]}
    for key, writes in accepted.items():
        assert values.get(key, "") == max(writes)[2], f"{key}: not the last of {sorted(writes)[-3:]}"


async def _story(
    world: SimulatedWorld, rng: random.Random, accepted: dict[str, list[tuple[float, str, str]]]
) -> None:
    await _create(world)
    for number in range(STEPS):
        await world.clock.sleep(rng.expovariate(4.0))
        choice = rng.random()
        if choice < 0.04:
            await _strike(world, rng)
        elif choice < 0.07:
            await world.heal()
        else:
            _write(world, rng, f"{number}" if choice < 0.8 else "", accepted)
    await world.heal()
    await world.clock.sleep(30)


def _write(
    world: SimulatedWorld,
    rng: random.Random,
    value: str,
    accepted: dict[str, list[tuple[float, str, str]]],
) -> None:
    """Put a value, or delete for an empty one; remember it by the stamp that last-writer-wins compares."""
    region, key = rng.choice(REGIONS), rng.choice(KEYS)
    if not world.crossing.runs(region):
        return
    place, named = world.places[region], {"key": {"S": key}}
    if value:
        item = {**named, "value": {"S": value}}
        place.call("dynamodb", "PutItem", {"TableName": TABLE, "Item": item})
    else:
        before = place.journal.last
        place.call("dynamodb", "DeleteItem", {"TableName": TABLE, "Key": named})
        if place.journal.last == before:
            return  # there was nothing to delete
    change = place.journal.read(place.journal.last - 1, 1)[0]
    accepted.setdefault(key, []).append((change.accepted, change.origin, value))


async def _strike(world: SimulatedWorld, rng: random.Random) -> None:
    one, other = rng.sample(REGIONS, 2)
    kind, *words = rng.choice([
        ("region-outage", one), ("partition", one, other), ("loss", one, "0.5"),
        ("latency", one, "0.4"), ("latency", one, "60"), ("process-kill", one), ("pause", one),
    ])  # fmt: skip
    await world.strike(kind, *words)


async def _create(world: SimulatedWorld) -> None:
    first, *others = REGIONS
    table: dict[str, Any] = {
        "TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "key", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "key", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }  # fmt: skip
    await world.call(first, "dynamodb", "CreateTable", table)
    await world.clock.sleep(30)
    for other in others:
        replicas = {"TableName": TABLE, "ReplicaUpdates": [{"Create": {"RegionName": other}}]}
        await world.call(first, "dynamodb", "UpdateTable", replicas)
        await world.clock.sleep(60)


def _items(world: SimulatedWorld, region: str) -> list[dict[str, Any]]:
    try:
        found = world.places[region].call("dynamodb", "Scan", {"TableName": TABLE})["Items"]
    except AwsError as error:
        pytest.fail(f"{region}: {error.message}")
    return [item if isinstance(item, dict) else item.value() for item in found]
