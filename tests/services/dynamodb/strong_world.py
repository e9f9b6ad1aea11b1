"""Simulated worlds with one strongly consistent table, for tests."""

from __future__ import annotations

from typing import Any

import orjson
import simulated

from terrella.core.errors import AwsError
from terrella.region.region import Region
from terrella.store.journal import Journal, MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.wire.encoded import Encoded
from terrella.world.simulated import SimulatedWorld

HOME, SECOND, THIRD = THREE = ("us-east-1", "us-east-2", "us-west-2")
TABLE = "things"
KEY = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def create(*regions: str) -> list[dict[str, Any]]:
    return [{"Create": {"RegionName": region}} for region in regions]


def strong_world(seed: int = 7, witness: bool = False, *more: str) -> SimulatedWorld:
    """A world whose three regions hold a strongly consistent table, ready to use."""
    world = simulated.world(*THREE, *more, seed=seed)
    world.run(_make(world, witness))
    return world


async def _make(world: SimulatedWorld, witness: bool) -> None:
    await world.call(HOME, "dynamodb", "CreateTable", {"TableName": TABLE, **KEY})
    await world.clock.sleep(3)
    asked: dict[str, Any] = {"ReplicaUpdates": create(SECOND, THIRD)}
    if witness:
        asked = {"ReplicaUpdates": create(SECOND), "GlobalTableWitnessUpdates": create(THIRD)}
    await world.call(
        HOME, "dynamodb", "UpdateTable", {"TableName": TABLE, "MultiRegionConsistency": "STRONG", **asked}
    )
    await world.clock.sleep(15)


def ask(world: SimulatedWorld, region: str, operation: str, **input: Any) -> Any:
    """What an operation answers, or the code it is refused with."""
    return world.run(asked(world, region, operation, **input))


async def asked(world: SimulatedWorld, region: str, operation: str, **input: Any) -> Any:
    try:
        return await world.places[region].request(
            "dynamodb", operation, {"TableName": TABLE, **input}, region=region
        )
    except AwsError as error:
        return error.error_code


def put(key: str, value: str, **more: Any) -> dict[str, Any]:
    return {"Item": {"pk": {"S": key}, "v": {"S": value}}, **more}


def key(key: str, **more: Any) -> dict[str, Any]:
    return {"Key": {"pk": {"S": key}}, **more}


def value(answer: Any) -> Any:
    """What an answer to GetItem shows."""
    if not isinstance(answer, dict):
        return answer
    item = answer.get("Item", {})
    return (orjson.loads(item.json) if isinstance(item, Encoded) else item).get("v", {}).get("S")


def restart(world: SimulatedWorld, name: str) -> None:
    """A region made of its journal takes the place of the one there was, which does nothing more."""
    old = world.places[name]
    for peer in world.places:
        old.peer_with(peer)
    new = replayed(old, old.journal)
    new.ports, new.outboxes, new.faults, new.rng = old.ports, old.outboxes, old.faults, old.rng
    old.journal = MemoryJournal()
    groups = old.state["dynamodb"].strong
    groups.groups.clear()
    groups.wake()
    world.places[name] = new
    new.start()


def replayed(place: Region, journal: Journal | None = None) -> Region:
    """A region as its journal makes it of an empty disk."""
    region = Region(
        place.name, place.owned, clock=place.clock, journal=journal or MemoryJournal(), maps=MemoryMaps(),
        world=place.world,
    )  # fmt: skip
    for change in place.journal.read(0, place.journal.last):
        region.replay(change)
    return region
