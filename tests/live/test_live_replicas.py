"""Global tables between real processes: what one region decides reaches the other, through a partition too."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import pytest
from live.worlds import World, client, soon, world

from terrella.run.data_dir import DataDir
from terrella.run.live import LiveWorld

pytestmark = pytest.mark.live
EU, JP = "eu-west-1", "ap-northeast-1"
KEY = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
TABLE = {
    "TableName": "stacked",
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    "Replicas": [{"Region": EU}, {"Region": JP}],
    **KEY,
}
TEMPLATE = {"Resources": {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": TABLE}}}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("replicas"), EU, JP, speed=20) as made:
        yield made


def status(running: World) -> str:
    stacks = client(running, "cloudformation", EU).list_stacks()["StackSummaries"]
    return str(stacks[0]["StackStatus"])


def names(running: World, region: str) -> list[str]:
    found: list[str] = client(running, "dynamodb", region).list_tables()["TableNames"]
    return found


@pytest.mark.parametrize("moment", ["at once", "when it is made", "while cut off"])
def test_a_deleted_stack_takes_the_table_of_the_other_region(running: World, moment: str) -> None:
    stacks = client(running, "cloudformation", EU)
    stacks.create_stack(StackName="stack", TemplateBody=json.dumps(TEMPLATE))
    if moment != "at once":
        soon(lambda: status(running) == "CREATE_COMPLETE")
        assert names(running, JP) == ["stacked"]
    if moment == "while cut off":
        running.cli("strike", "partition", EU, JP)
    stacks.delete_stack(StackName="stack")
    if moment == "while cut off":
        time.sleep(1.0)
        assert (status(running), names(running, JP)) == ("DELETE_IN_PROGRESS", ["stacked"])
        running.cli("heal")
    soon(lambda: status(running) == "DELETE_COMPLETE")
    assert names(running, EU) == names(running, JP) == []


def test_a_story_ends_when_what_was_written_last_has_arrived(running: World) -> None:
    here, there = (client(running, "dynamodb", region) for region in (EU, JP))
    here.create_table(TableName="slow", **KEY)
    here.get_waiter("table_exists").wait(TableName="slow", WaiterConfig={"Delay": 0.1})
    here.update_table(TableName="slow", ReplicaUpdates=[{"Create": {"RegionName": JP}}])
    soon(lambda: "slow" in names(running, JP))
    there.get_waiter("table_exists").wait(TableName="slow", WaiterConfig={"Delay": 0.1})
    running.cli("strike", "partition", EU, JP)
    here.put_item(TableName="slow", Item={"pk": {"S": "late"}})
    digests = asyncio.run(_finished_while_healed(running, "slow"))
    assert set(digests) == {EU, JP} and len(set(digests.values())) == 1
    assert there.scan(TableName="slow")["Count"] == 1


async def _finished_while_healed(running: World, table: str) -> dict[str, str]:
    live = await LiveWorld.at(DataDir(running.data))
    try:
        await asyncio.gather(live.finish(table), asyncio.to_thread(running.cli, "heal"))
        return live.history.digests
    finally:
        await live.leave()
