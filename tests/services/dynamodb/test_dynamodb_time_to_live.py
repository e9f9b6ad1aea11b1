"""Items that expire: when, with what trace, and in which region."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import TinyWorld, make_table

HERE, AWAY = "eu-west-1", "us-east-1"
YEAR_S = 365 * 24 * 3600
BOTH = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def world() -> TinyWorld:
    return TinyWorld(HERE, AWAY)


def expiring(world: TinyWorld, **more: Any) -> Any:
    """A table whose items expire by the attribute `until`; its client."""
    client = world.clients[HERE]
    make_table(world, client, **more)
    client.update_time_to_live(TableName="things", TimeToLiveSpecification=living())
    world.settle()
    return client


def living(on: bool = True, name: str = "until") -> dict[str, Any]:
    return {"Enabled": on, "AttributeName": name}


def put(world: TinyWorld, key: str, in_s: float | None = None, region: str = HERE, **more: Any) -> None:
    item: dict[str, Any] = {"pk": {"S": key}, **more}
    if in_s is not None:
        item["until"] = {"N": str(int(world.clock.time + in_s))}
    world.clients[region].put_item(TableName="things", Item=item)


def keys(world: TinyWorld, region: str = HERE) -> list[str]:
    return sorted(item["pk"]["S"] for item in world.clients[region].scan(TableName="things")["Items"])


def records(world: TinyWorld, region: str = HERE) -> list[dict[str, Any]]:
    arn = world.clients[region].describe_table(TableName="things")["Table"]["LatestStreamArn"]
    streams = world.streams[region]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    return found


def test_items_go_some_time_after_their_moment(world: TinyWorld) -> None:
    expiring(world)
    put(world, "soon", 50)
    put(world, "later", 500)
    put(world, "never")
    world.sweep()
    assert keys(world) == ["later", "never", "soon"]
    world.clock.time += 60
    assert keys(world) == ["later", "never", "soon"]  # expired, and still there: as on AWS
    world.sweep()
    assert keys(world) == ["later", "never"]
    world.clock.time += 500
    world.sweep()
    assert keys(world) == ["never"]


def test_only_numbers_that_can_be_moments_count(world: TinyWorld) -> None:
    expiring(world)
    past = str(int(world.clock.time) - 10)
    put(world, "text", until={"S": past})
    put(world, "nested", inner={"M": {"until": {"N": past}}})
    put(world, "negative", until={"N": "-5"})
    put(world, "huge", until={"N": "1" + "0" * 60})
    put(world, "ancient", -5 * YEAR_S - 100)
    put(world, "fraction", until={"N": past + ".5"})
    world.clock.time += 60
    world.sweep()
    assert keys(world) == ["ancient", "huge", "negative", "nested", "text"]


def test_an_item_that_was_given_more_time_has_it(world: TinyWorld) -> None:
    expiring(world)
    put(world, "a", 10)
    put(world, "a", 1000)
    put(world, "b", 10)
    put(world, "b")
    world.clock.time += 60
    world.sweep()
    assert keys(world) == ["a", "b"]


def test_items_that_were_there_before_expire_too(world: TinyWorld) -> None:
    client = world.clients[HERE]
    make_table(world, client)
    past = {"N": str(int(world.clock.time) - 10)}
    for start in range(0, 1200, 25):  # more than one portion
        items = [{"pk": {"S": f"k{start + number}"}, "until": past} for number in range(25)]
        client.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": item}} for item in items]})
    client.update_time_to_live(TableName="things", TimeToLiveSpecification=living())
    world.settle()
    world.sweep()
    assert keys(world) == []


def test_a_stream_says_that_the_service_did_it(world: TinyWorld) -> None:
    client = expiring(world, StreamSpecification=BOTH)
    put(world, "a", 10)
    put(world, "b")
    client.delete_item(TableName="things", Key={"pk": {"S": "b"}})
    world.clock.time += 60
    world.sweep()
    *_, by_user, by_service = records(world)
    assert by_service["eventName"] == by_user["eventName"] == "REMOVE" and "userIdentity" not in by_user
    assert by_service["userIdentity"] == {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}
    assert by_service["dynamodb"]["OldImage"]["pk"] == {"S": "a"}


def test_one_region_deletes_and_the_others_see_a_deletion_like_any_other(world: TinyWorld) -> None:
    client = world.clients[HERE]
    make_table(world, client)
    client.update_table(TableName="things", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    world.deliver()
    world.settle()
    client.update_time_to_live(TableName="things", TimeToLiveSpecification=living())
    world.deliver()
    world.settle()
    assert world.clients[AWAY].describe_time_to_live(TableName="things")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED", "AttributeName": "until",
    }  # fmt: skip
    put(world, "a", 10)
    world.deliver()
    world.clock.time += 60
    world.sweep(AWAY)
    assert keys(world, AWAY) == ["a"]  # it was written elsewhere: it is left to that region
    world.sweep(HERE)
    world.deliver()
    assert keys(world, HERE) == keys(world, AWAY) == []
    assert "userIdentity" in records(world, HERE)[-1] and "userIdentity" not in records(world, AWAY)[-1]
    put(world, "b", 10)
    world.deliver()
    world.clock.time += 700  # its region has not done it for long
    world.sweep(AWAY)
    assert keys(world, AWAY) == [] and "userIdentity" in records(world, AWAY)[-1]


def test_time_to_live_is_altered_once_an_hour_and_told_in_the_services_words(world: TinyWorld) -> None:
    client = world.clients[HERE]
    make_table(world, client)

    def refusal(**wanted: Any) -> str:
        with pytest.raises(ClientError) as refused:
            client.update_time_to_live(TableName="things", TimeToLiveSpecification=living(**wanted))
        assert refused.value.response["Error"]["Code"] == "ValidationException"
        return str(refused.value.response["Error"]["Message"])

    def described() -> dict[str, str]:
        found: dict[str, str] = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
        return found

    assert described() == {"TimeToLiveStatus": "DISABLED"}
    assert refusal(on=False) == "TimeToLive is already disabled"
    client.update_time_to_live(TableName="things", TimeToLiveSpecification=living())
    assert described()["TimeToLiveStatus"] == "ENABLING"
    world.settle()
    assert described() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    assert refusal() == "TimeToLive is already enabled"
    other = "TimeToLive is active on a different AttributeName: current AttributeName is until"
    assert refusal(name="x") == refusal(on=False, name="x") == other
    assert refusal(on=False) == "Time to live has been modified multiple times within a fixed interval"
    world.clock.time += 3600
    client.update_time_to_live(TableName="things", TimeToLiveSpecification=living(on=False))
    assert described() == {"TimeToLiveStatus": "DISABLING", "AttributeName": "until"}
    world.settle()
    assert described() == {"TimeToLiveStatus": "DISABLED"}
    put(world, "a", -10)
    world.sweep()
    assert keys(world) == ["a"]


def test_an_item_is_there_until_its_moment(world: TinyWorld) -> None:
    expiring(world)
    put(world, "a", 50)
    world.clock.time += 49
    world.sweep()
    assert keys(world) == ["a"]
    world.clock.time += 2
    world.sweep()
    assert keys(world) == []


def test_in_a_global_table_of_2017_each_region_expires_its_own(world: TinyWorld) -> None:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_versions.html"""
    for client in world.clients.values():
        make_table(world, client, StreamSpecification=BOTH)
    group = [{"RegionName": HERE}, {"RegionName": AWAY}]
    world.clients[HERE].create_global_table(GlobalTableName="things", ReplicationGroup=group)
    world.deliver()
    world.settle()
    world.clients[HERE].update_time_to_live(TableName="things", TimeToLiveSpecification=living())
    put(world, "a", 10)
    world.deliver()
    world.clock.time += 60
    world.sweep(HERE)
    world.deliver()
    assert (keys(world, HERE), keys(world, AWAY)) == ([], ["a"])
