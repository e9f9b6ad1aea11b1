"""Global tables: replicas join with what was there, writes travel, the last writer wins everywhere."""

from __future__ import annotations

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, TinyWorld, make_table

REGIONS = ("eu-west-1", "us-east-1", "ap-northeast-1")
KEY = {"pk": {"S": "k"}}


@pytest.fixture
def world() -> TinyWorld:
    return TinyWorld(*REGIONS)


def add(world: TinyWorld, *regions: str) -> None:
    for region in regions:
        create = {"Create": {"RegionName": region}}
        world.clients["eu-west-1"].update_table(TableName="things", ReplicaUpdates=[create])
        world.deliver()
        world.settle()


def shared(world: TinyWorld) -> list[Any]:
    """The clients of a table that every region holds."""
    make_table(world, world.clients["eu-west-1"])
    add(world, *REGIONS[1:])
    return list(world.clients.values())


def put(client: Any, value: str) -> None:
    client.put_item(TableName="things", Item={**KEY, "v": {"S": value}})


def value(client: Any) -> Any:
    item = client.get_item(TableName="things", Key=KEY).get("Item")
    return item["v"]["S"] if item else None


def refused(call: Any, code: str = "ValidationException", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def contents(world: TinyWorld) -> list[Any]:
    return [list(region.maps.records("dynamodb.items/things").scan()) for region in world.regions.values()]


def test_a_new_replica_is_creating_then_active_and_holds_what_was_there(world: TinyWorld) -> None:
    home, away = world.clients["eu-west-1"], world.clients["us-east-1"]
    make_table(world, home)
    for number in range(1200):
        home.put_item(TableName="things", Item={"pk": {"S": str(number)}})
    create = [{"Create": {"RegionName": "us-east-1"}}]
    answer = home.update_table(TableName="things", ReplicaUpdates=create)["TableDescription"]
    assert answer["Replicas"] == [{"RegionName": "us-east-1", "ReplicaStatus": "CREATING"}]
    assert answer["GlobalTableVersion"] == "2019.11.21"
    world.deliver()
    assert away.describe_table(TableName="things")["Table"]["TableStatus"] == "CREATING"
    world.settle()
    described = away.describe_table(TableName="things")["Table"]
    assert described["TableArn"].split(":")[3] == "us-east-1"
    assert described["Replicas"] == [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}]
    assert away.scan(TableName="things", Select="COUNT")["Count"] == 1200


def test_writes_travel_both_ways_and_are_not_sent_back(world: TinyWorld) -> None:
    home, away, _ = shared(world)
    put(home, "one")
    world.deliver()
    assert value(away) == "one"
    away.update_item(
        TableName="things",
        Key=KEY,
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "two"}},
    )
    before = world.regions["eu-west-1"].journal.last
    world.deliver()
    assert value(home) == "two"
    assert world.regions["eu-west-1"].journal.last == before + 1
    assert not world.regions["eu-west-1"].outboxes["us-east-1"].pending()


def test_the_last_writer_wins_everywhere_whatever_comes_first(world: TinyWorld) -> None:
    home, away, third = shared(world)
    put(home, "older")
    world.clock.time += 1
    put(away, "newer")
    world.deliver(("us-east-1", "ap-northeast-1"))
    assert value(third) == "newer"
    world.deliver()
    assert [value(client) for client in (home, away, third)] == ["newer"] * 3


def test_a_delete_holds_against_an_older_put_that_comes_late(world: TinyWorld) -> None:
    home, away, third = shared(world)
    put(home, "first")
    world.deliver()
    put(home, "late")
    world.clock.time += 1
    away.delete_item(TableName="things", Key=KEY)
    world.deliver(("us-east-1", "ap-northeast-1"))
    world.deliver()
    assert [value(client) for client in (home, away, third)] == [None] * 3
    assert third.scan(TableName="things")["Count"] == 0


def test_a_write_no_one_knew_the_newcomer_of_reaches_it(world: TinyWorld) -> None:
    home, away, third = world.clients.values()
    make_table(world, home)
    add(world, "us-east-1")
    create = [{"Create": {"RegionName": "ap-northeast-1"}}]
    home.update_table(TableName="things", ReplicaUpdates=create)
    put(away, "unaware")  # us-east-1 has not heard of the third replica yet
    world.deliver(("eu-west-1", "ap-northeast-1"))
    world.deliver(("eu-west-1", "us-east-1"))
    world.settle()
    assert value(third) is None
    world.deliver()
    assert value(third) == "unaware"


def test_indexes_of_replicas_follow_replicated_writes(world: TinyWorld) -> None:
    home, away, _ = world.clients.values()
    index = {
        "IndexName": "by_v",
        "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    make_table(
        world, home, defined=[{"AttributeName": "v", "AttributeType": "S"}], GlobalSecondaryIndexes=[index]
    )
    put(home, "before")
    add(world, "us-east-1")
    put(home, "after")
    world.deliver()
    found = away.scan(TableName="things", IndexName="by_v")["Items"]
    assert [item["v"]["S"] for item in found] == ["after"]


def test_settings_that_aws_keeps_alike_are_kept_alike(world: TinyWorld) -> None:
    home, away, _ = shared(world)
    living = {"AttributeName": "until", "Enabled": True}
    home.update_time_to_live(TableName="things", TimeToLiveSpecification=living)
    home.update_table(TableName="things", DeletionProtectionEnabled=True)
    world.deliver()
    world.settle()
    described = away.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
    assert described["TimeToLiveStatus"] == "ENABLED"
    assert away.describe_table(TableName="things")["Table"]["DeletionProtectionEnabled"] is False


def test_a_replica_that_leaves_takes_its_table_and_nothing_else(world: TinyWorld) -> None:
    home, away, third = shared(world)
    put(home, "kept")
    world.deliver()
    home.update_table(TableName="things", ReplicaUpdates=[{"Delete": {"RegionName": "us-east-1"}}])
    described = home.describe_table(TableName="things")["Table"]["Replicas"]
    assert {"RegionName": "us-east-1", "ReplicaStatus": "DELETING"} in described
    world.deliver()
    world.settle()
    refused(away.describe_table, "ResourceNotFoundException", TableName="things")
    put(home, "on")
    world.deliver()
    assert value(third) == "on"
    names = [each["RegionName"] for each in third.describe_table(TableName="things")["Table"]["Replicas"]]
    assert names == ["eu-west-1"]


def test_what_replica_updates_refuse(world: TinyWorld) -> None:
    home, *_ = shared(world)

    def told(**update: Any) -> str:
        return refused(home.update_table, TableName="things", ReplicaUpdates=[update])

    assert told(Delete={"RegionName": "sa-east-1"}).startswith("Replica specified in the Replica Update or")
    assert told(Create={"RegionName": "eu-west-1"}).startswith(
        "Cannot add, delete, or update the local region"
    )
    assert "replicas already existed" in told(Create={"RegionName": "us-east-1"})
    assert "no region sa-east-1" in told(Create={"RegionName": "sa-east-1"})
    recent = refused(home.delete_table, TableName="things")
    assert recent.endswith("in the last 24 hours.")


def test_global_tables_of_the_first_version(world: TinyWorld) -> None:
    home, away, _ = world.clients.values()
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    group = [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]
    asked = {"GlobalTableName": "things", "ReplicationGroup": group}
    make_table(world, home, StreamSpecification=stream)
    refused(home.create_global_table, "TableNotFoundException", **asked)
    make_table(world, away, StreamSpecification=stream)
    made = home.create_global_table(**asked)["GlobalTableDescription"]
    assert made["GlobalTableArn"] == "arn:aws:dynamodb::123456789012:global-table/things"
    refused(home.create_global_table, "GlobalTableAlreadyExistsException", **asked)
    world.deliver()
    put(away, "there")
    world.clock.time += 1
    put(home, "here")
    world.deliver()
    assert value(home) == value(away) == "here"
    assert away.list_global_tables()["GlobalTables"][0]["GlobalTableName"] == "things"
    parted = [{"Delete": {"RegionName": "us-east-1"}}]
    home.update_global_table(GlobalTableName="things", ReplicaUpdates=parted)
    world.deliver()
    put(home, "alone")
    world.deliver()
    assert (value(home), value(away)) == ("alone", "here")


def first_version(world: TinyWorld) -> tuple[Any, Any]:
    """A global table of the first version in two regions; the clients of both."""
    home, away, _ = world.clients.values()
    for client in (home, away):
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        make_table(world, client, StreamSpecification=stream)
    group = [{"RegionName": "eu-west-1"}, {"RegionName": "us-east-1"}]
    home.create_global_table(GlobalTableName="things", ReplicationGroup=group)
    world.deliver()
    return home, away


def streamed(world: TinyWorld, region: str) -> list[dict[str, Any]]:
    client = world.streams[region]
    arn = client.list_streams(TableName="things")["Streams"][0]["StreamArn"]
    (shard,) = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    place = client.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = client.get_records(ShardIterator=place)["Records"]
    return found


def test_the_first_version_marks_items_with_when_and_where_they_were_written(world: TinyWorld) -> None:
    home, away = first_version(world)
    put(home, "here")
    written_at = world.clock.time
    world.deliver()
    items = [client.get_item(TableName="things", Key={"pk": {"S": "k"}})["Item"] for client in (home, away)]
    assert items[0] == items[1]
    assert items[0]["aws:rep:updateregion"] == {"S": "eu-west-1"}
    assert items[0]["aws:rep:deleting"] == {"BOOL": False}
    assert float(items[0]["aws:rep:updatetime"]["N"]) == pytest.approx(written_at, abs=0.01)
    world.clock.time += 1
    away.update_item(
        TableName="things", Key={"pk": {"S": "k"}}, UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "there"}},
    )  # fmt: skip
    world.deliver()
    item = home.get_item(TableName="things", Key={"pk": {"S": "k"}})["Item"]
    assert (item["v"], item["aws:rep:updateregion"]) == ({"S": "there"}, {"S": "us-east-1"})


def test_streams_of_the_first_version_tell_a_write_twice_where_it_was_made(world: TinyWorld) -> None:
    home, _ = first_version(world)
    put(home, "here")
    world.deliver()
    home.delete_item(TableName="things", Key={"pk": {"S": "k"}})
    world.deliver()
    here, there = streamed(world, "eu-west-1"), streamed(world, "us-east-1")
    assert [each["eventName"] for each in here] == ["INSERT", "MODIFY", "REMOVE"]
    assert "aws:rep:updatetime" not in here[0]["dynamodb"]["NewImage"]
    assert here[1]["dynamodb"]["OldImage"] == here[0]["dynamodb"]["NewImage"]
    assert here[1]["dynamodb"]["NewImage"]["aws:rep:updateregion"] == {"S": "eu-west-1"}
    assert [each["eventName"] for each in there] == ["INSERT", "MODIFY", "REMOVE"]
    assert there[0]["dynamodb"]["NewImage"] == here[1]["dynamodb"]["NewImage"]
    assert there[1]["dynamodb"]["NewImage"]["aws:rep:deleting"] == {"BOOL": True}


def test_a_newer_global_table_is_none_to_the_older_api(world: TinyWorld) -> None:
    home, *_ = shared(world)
    refused(home.describe_global_table, "GlobalTableNotFoundException", GlobalTableName="things")
    assert HASH in home.describe_table(TableName="things")["Table"]["KeySchema"]


@pytest.mark.parametrize("seed", range(25))
def test_random_worlds_converge_byte_for_byte(seed: int) -> None:
    dice = random.Random(seed)
    world = TinyWorld(*REGIONS)
    clients = shared(world)
    pairs = [(source, peer) for source in REGIONS for peer in REGIONS if source != peer]
    for _ in range(60):
        client, key = dice.choice(clients), {"pk": {"S": dice.choice("abc")}}
        action = dice.random()
        if action < 0.35:
            client.put_item(TableName="things", Item={**key, "v": {"N": str(dice.randrange(99))}})
        elif action < 0.6:
            client.delete_item(TableName="things", Key=key)
        elif action < 0.8:
            client.update_item(
                TableName="things",
                Key=key,
                UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            )
        else:
            world.deliver(*dice.sample(pairs, 2))
        world.clock.time += dice.choice((0.0, 0.001))
    world.deliver()
    first, *rest = contents(world)
    assert all(each == first for each in rest)
