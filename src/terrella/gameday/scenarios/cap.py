"""cap: one region is cut off from two others; an available table and a consistent one are used there all the while.

What is learnt: the available table (MREC) answers everywhere, shows old values and discards acknowledged writes when it
heals; the consistent one (MRSC) refuses where it is in the minority, and never shows or loses anything. Nobody gets
both (Gilbert and Lynch 2002), and the consistent one costs a round trip on quiet days, too.
"""

from __future__ import annotations

from typing import Any

from ...world.world import World
from .. import words
from ..checks import cap
from ..expectations import Converged, Found
from ..operator import table_ready
from ..scenario import Phase, Scenario
from ..workloads.registers import Registers

HOME, SECOND, ALONE = REGIONS = ("us-east-1", "us-east-2", "us-west-2")
TABLES = {"MREC": "available", "MRSC": "consistent"}
KEY: dict[str, Any] = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}}


async def build(world: World) -> None:
    if set(TABLES.values()) <= set((await world.call(HOME, "dynamodb", "ListTables", {}))["TableNames"]):
        return  # the story was told in this world before
    await _create(world, TABLES["MREC"], STREAM)
    for region in REGIONS[1:]:
        await _update(world, TABLES["MREC"], [region], {})
    await _create(world, TABLES["MRSC"], {})
    await _update(world, TABLES["MRSC"], [SECOND, ALONE], {"MultiRegionConsistency": "STRONG"})


async def cut_off(world: World) -> None:
    await world.strike("partition", ALONE)


async def heal(world: World) -> None:
    await world.heal()


async def _create(world: World, table: str, more: dict[str, Any]) -> None:
    await world.call(HOME, "dynamodb", "CreateTable", {"TableName": table, **KEY, **more})
    await table_ready(world, HOME, table)


async def _update(world: World, table: str, regions: list[str], more: dict[str, Any]) -> None:
    created = [{"Create": {"RegionName": region}} for region in regions]
    await world.call(HOME, "dynamodb", "UpdateTable", {"TableName": table, "ReplicaUpdates": created, **more})
    for region in (HOME, *regions):
        await table_ready(world, region, table)


scenario = Scenario(
    name="cap",
    title="Available or consistent",
    regions=REGIONS,
    table=TABLES["MREC"],
    build=build,
    workload=(Registers(REGIONS, TABLES),),
    phases=(
        Phase("whole", "all is well", 120),
        Phase("cut", f"{ALONE} is cut off from {HOME} and {SECOND}", 240, begin=cut_off),
        Phase("healed", "the way is open again", 120, begin=heal),
    ),
    findings=(cap.measure,),
    speed=4,
    expectations=(
        Found("MREC answers writes where it is cut off", "cap", "MREC.writes_alone", at_least=0.99, said=words.percent),
        Found("MRSC answers writes in the majority", "cap", "MRSC.others", at_least=0.75, said=words.percent),
        Found("MRSC discards", "cap", "MRSC.discarded", exactly=0),
        Found("MRSC reads that missed a write", "cap", "MRSC.missed", exactly=0),
        Found("MRSC is the same everywhere", "cap", "MRSC.same", exactly=True),
        Converged(),
    ),
)
