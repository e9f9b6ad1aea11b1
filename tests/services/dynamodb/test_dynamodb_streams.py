"""DynamoDB Streams through boto3: what is recorded, in what order, and for how long it can be read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import TinyWorld, make_table, one_region

from terrella.services.dynamodb import service
from terrella.services.dynamodb.state import State

BOTH = "NEW_AND_OLD_IMAGES"
HERE = "eu-west-1"
DAY_S = 24 * 3600.0


@pytest.fixture
def world() -> TinyWorld:
    return TinyWorld(HERE, "us-east-1")


def streaming(world: TinyWorld, view: str = BOTH, name: str = "things", **more: Any) -> str:
    """A table with a stream; the stream's ARN."""
    client = world.clients[HERE]
    make_table(world, client, name, StreamSpecification=enabled(view), **more)
    arn: str = client.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    return arn


def enabled(view: str) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": view}


def put(world: TinyWorld, key: str, **more: str) -> None:
    item = {"pk": {"S": key}, **{name: {"S": value} for name, value in more.items()}}
    world.clients[HERE].put_item(TableName="things", Item=item)


def shards(world: TinyWorld, arn: str, region: str = HERE, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.streams[region].describe_stream(StreamArn=arn, **more)[
        "StreamDescription"
    ]["Shards"]
    return found


def iterator(
    world: TinyWorld, arn: str, kind: str = "TRIM_HORIZON", shard: int = 0, region: str = HERE, **more: Any
) -> str:
    shard_id = shards(world, arn, region)[shard]["ShardId"]
    answer = world.streams[region].get_shard_iterator(
        StreamArn=arn, ShardId=shard_id, ShardIteratorType=kind, **more
    )
    return str(answer["ShardIterator"])


def records(world: TinyWorld, arn: str, region: str = HERE) -> list[dict[str, Any]]:
    """All records of all shards, parents first."""
    found = []
    for number in range(len(shards(world, arn, region))):
        found += world.streams[region].get_records(
            ShardIterator=iterator(world, arn, shard=number, region=region)
        )["Records"]
    return found


def told(world: TinyWorld, arn: str, region: str = HERE) -> list[tuple[str, str]]:
    return [(each["eventName"], each["dynamodb"]["Keys"]["pk"]["S"]) for each in records(world, arn, region)]


def code(call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as refusal:
        call(**input)
    return str(refusal.value.response["Error"]["Code"])


def test_a_record_has_the_form_lambdas_and_adapters_know(world: TinyWorld) -> None:
    arn = streaming(world)
    put(world, "a", n="1")
    put(world, "a", n="2")
    world.clients[HERE].delete_item(TableName="things", Key={"pk": {"S": "a"}})
    insert, modify, remove = records(world, arn)
    assert insert["eventVersion"] == "1.1" and insert["eventSource"] == "aws:dynamodb"
    assert insert["awsRegion"] == HERE and len(insert["eventID"]) == 32 and "userIdentity" not in insert
    about = insert["dynamodb"]
    assert about["Keys"] == {"pk": {"S": "a"}} and about["NewImage"] == {"pk": {"S": "a"}, "n": {"S": "1"}}
    assert "OldImage" not in about and about["StreamViewType"] == BOTH
    assert about["SizeBytes"] == 3 + 3 + 2  # the key, and the image: names and values
    assert about["ApproximateCreationDateTime"].microsecond == 0
    assert modify["dynamodb"]["OldImage"]["n"] == {"S": "1"} and modify["dynamodb"]["NewImage"]["n"] == {
        "S": "2"
    }
    assert remove["eventName"] == "REMOVE" and "NewImage" not in remove["dynamodb"]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in (insert, modify, remove)]
    assert numbers == sorted(numbers, key=int) and all(21 <= len(number) <= 40 for number in numbers)
    assert len({each["eventID"] for each in (insert, modify, remove)}) == 3


@pytest.mark.parametrize(
    ("view", "new", "old"),
    [("KEYS_ONLY", False, False), ("NEW_IMAGE", True, False), ("OLD_IMAGE", False, True), (BOTH, True, True)],
)
def test_a_view_shows_its_images_and_no_other(world: TinyWorld, view: str, new: bool, old: bool) -> None:
    arn = streaming(world, view)
    put(world, "a", n="1")
    put(world, "a", n="2")
    world.clients[HERE].delete_item(TableName="things", Key={"pk": {"S": "a"}})
    insert, modify, remove = (each["dynamodb"] for each in records(world, arn))
    assert [each["Keys"] for each in (insert, modify, remove)] == [{"pk": {"S": "a"}}] * 3
    assert ("NewImage" in insert, "NewImage" in modify, "NewImage" in remove) == (new, new, False)
    assert ("OldImage" in insert, "OldImage" in modify, "OldImage" in remove) == (False, old, old)


def test_a_write_that_changes_nothing_is_not_recorded(world: TinyWorld) -> None:
    arn, client = streaming(world), world.clients[HERE]
    item = {"pk": {"S": "a"}, "s": {"SS": ["x", "y"]}, "n": {"N": "1"}}
    client.put_item(TableName="things", Item=item)
    client.put_item(TableName="things", Item={"n": {"N": "1.0"}, "s": {"SS": ["y", "x"]}, "pk": {"S": "a"}})
    client.update_item(
        TableName="things",
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    client.delete_item(TableName="things", Key={"pk": {"S": "b"}})
    assert told(world, arn) == [("INSERT", "a")]


def test_batches_and_transactions_are_recorded_item_by_item(world: TinyWorld) -> None:
    arn, client = streaming(world), world.clients[HERE]
    put(world, "gone")
    client.batch_write_item(
        RequestItems={
            "things": [
                {"PutRequest": {"Item": {"pk": {"S": "a"}}}},
                {"DeleteRequest": {"Key": {"pk": {"S": "gone"}}}},
            ]
        }
    )
    client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "things", "Item": {"pk": {"S": name}}}} for name in ("b", "c")]
    )
    assert told(world, arn) == [
        ("INSERT", "gone"),
        ("INSERT", "a"),
        ("REMOVE", "gone"),
        ("INSERT", "b"),
        ("INSERT", "c"),
    ]


def test_iterators_begin_where_they_are_asked_to(world: TinyWorld) -> None:
    arn, read = streaming(world), world.streams[HERE].get_records
    for name in "abc":
        world.clock.time += 10
        put(world, name)
    latest = iterator(world, arn, "LATEST")
    second = records(world, arn)[1]["dynamodb"]["SequenceNumber"]
    put(world, "d")

    def keys(kind: str, **more: Any) -> str:
        found = read(ShardIterator=iterator(world, arn, kind, **more))["Records"]
        return "".join(each["dynamodb"]["Keys"]["pk"]["S"] for each in found)

    assert keys("TRIM_HORIZON") == "abcd"
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=second) == "bcd"
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=second) == "cd"
    assert keys("AT_TIMESTAMP", Timestamp=world.clock.time - 5) == "cd"
    assert keys("LATEST") == ""
    assert [each["dynamodb"]["Keys"]["pk"]["S"] for each in read(ShardIterator=latest)["Records"]] == ["d"]


def test_records_come_in_pages_and_the_iterator_waits_for_more(world: TinyWorld) -> None:
    arn, read = streaming(world), world.streams[HERE].get_records
    for number in range(5):
        put(world, str(number))
    first = read(ShardIterator=iterator(world, arn), Limit=3)
    rest = read(ShardIterator=first["NextShardIterator"])
    assert [len(first["Records"]), len(rest["Records"])] == [3, 2]
    put(world, "late")
    assert len(read(ShardIterator=rest["NextShardIterator"])["Records"]) == 1
    assert code(read, ShardIterator=iterator(world, arn), Limit=1001) == "ValidationException"


def test_a_page_ends_at_a_megabyte(world: TinyWorld) -> None:
    arn, read = streaming(world), world.streams[HERE].get_records
    for number in range(4):
        put(world, str(number), text="x" * 390_000)
    page = read(ShardIterator=iterator(world, arn))
    assert len(page["Records"]) == 2
    assert len(read(ShardIterator=page["NextShardIterator"])["Records"]) == 2


def test_what_no_stream_can_answer_is_refused_by_name(world: TinyWorld) -> None:
    arn, streams = streaming(world), world.streams[HERE]
    known = shards(world, arn)[0]["ShardId"]
    assert code(streams.describe_stream, StreamArn=arn[:-1] + "x") == "ResourceNotFoundException"
    assert code(streams.get_records, ShardIterator="nonsense") == "ValidationException"
    asked = {"StreamArn": arn, "ShardId": known}
    assert (
        code(streams.get_shard_iterator, **asked, ShardIteratorType="AT_SEQUENCE_NUMBER")
        == "ValidationException"
    )
    first = shards(world, arn)[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    for kind in ("LATEST", "TRIM_HORIZON"):  # they begin where they begin
        more = {"ShardIteratorType": kind, "SequenceNumber": first}
        assert code(streams.get_shard_iterator, **asked, **more) == "ValidationException"
    bogus = "a-name-that-is-no-arn-of-any-stream-there-can-be"
    assert code(streams.describe_stream, StreamArn=bogus) == "ValidationException"
    assert code(streams.list_streams, ExclusiveStartStreamArn=bogus) == "ValidationException"
    lives = {"ShardId": known, "ShardIteratorType": "LATEST"}
    assert code(streams.get_shard_iterator, StreamArn=bogus, **lives) == "ValidationException"
    assert code(streams.describe_stream, StreamArn=arn, ShardFilter={"ShardId": known}) == "ValidationException"
    assert code(streams.get_records, ShardIterator=iterator(world, arn), Limit=1001) == "ValidationException"
    other = {"StreamArn": arn, "ShardId": known[:-1] + "x"}
    assert (
        code(streams.get_shard_iterator, **other, ShardIteratorType="LATEST") == "ResourceNotFoundException"
    )
    old = iterator(world, arn)
    world.clock.time += 901
    assert code(streams.get_records, ShardIterator=old) == "ExpiredIteratorException"


def test_a_stream_passes_through_its_states_and_can_be_read_for_a_day_after_its_end(world: TinyWorld) -> None:
    client, streams = world.clients[HERE], world.streams[HERE]
    make_table(world, client)
    about = client.update_table(TableName="things", StreamSpecification=enabled("NEW_IMAGE"))[
        "TableDescription"
    ]
    arn = about["LatestStreamArn"]
    assert arn == f"{about['TableArn']}/stream/{about['LatestStreamLabel']}" and about["StreamSpecification"]

    def status() -> str:
        return str(streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"])

    assert status() == "ENABLING"
    world.settle()
    assert status() == "ENABLED"
    put(world, "a")
    client.update_table(TableName="things", StreamSpecification={"StreamEnabled": False})
    assert status() == "DISABLING"
    world.settle()
    put(world, "unseen")
    assert status() == "DISABLED" and told(world, arn) == [("INSERT", "a")]
    answer = streams.get_records(ShardIterator=iterator(world, arn))
    assert (
        "NextShardIterator" not in answer
        and shards(world, arn)[0]["SequenceNumberRange"]["EndingSequenceNumber"]
    )
    about = client.describe_table(TableName="things")["Table"]
    assert about["LatestStreamArn"] == arn and "StreamSpecification" not in about
    newer = client.update_table(TableName="things", StreamSpecification=enabled(BOTH))["TableDescription"][
        "LatestStreamArn"
    ]
    listed = [each["StreamArn"] for each in streams.list_streams(TableName="things")["Streams"]]
    assert listed == [arn, newer]
    world.clock.time += DAY_S
    assert [each["StreamArn"] for each in streams.list_streams()["Streams"]] == [newer]
    world.sweep()
    assert code(streams.describe_stream, StreamArn=arn) == "ResourceNotFoundException"


def test_specifications_of_streams_are_judged_in_the_services_words(world: TinyWorld) -> None:
    client = world.clients[HERE]
    streaming(world)

    def refusal(**wanted: Any) -> str:
        with pytest.raises(ClientError) as refused:
            client.update_table(TableName="things", StreamSpecification=wanted)
        assert refused.value.response["Error"]["Code"] == "ValidationException"
        return str(refused.value.response["Error"]["Message"])

    assert refusal(**enabled(BOTH)) == "Table already has an enabled stream: TableName: things"
    assert refusal(StreamEnabled=True).endswith("If stream is being enabled then UpdateViewType is required")
    assert refusal(StreamEnabled=False, StreamViewType=BOTH).endswith("UpdateViewType must not be specified")
    client.update_table(TableName="things", StreamSpecification={"StreamEnabled": False})
    world.settle()
    assert refusal(StreamEnabled=False) == "Table has no stream to disable: TableName: things"


def test_the_stream_of_a_deleted_table_can_be_read_and_its_name_be_used_again(world: TinyWorld) -> None:
    arn = streaming(world)
    put(world, "a")
    world.clients[HERE].delete_table(TableName="things")
    world.settle()
    assert told(world, arn) == [("INSERT", "a")]
    again = streaming(world)
    put(world, "b")
    assert again != arn and told(world, again) == [("INSERT", "b")] and told(world, arn) == [("INSERT", "a")]


def test_shards_follow_one_another_every_four_hours(world: TinyWorld) -> None:
    arn = streaming(world)
    put(world, "a")
    open_iterator = iterator(world, arn)
    world.clock.time += 600
    after_record = world.streams[HERE].get_records(ShardIterator=open_iterator)["NextShardIterator"]
    assert after_record
    world.clock.time += 4 * 3600
    world.sweep()
    put(world, "a", n="2")
    parent, child = shards(world, arn)
    assert (
        child["ParentShardId"] == parent["ShardId"]
        and "EndingSequenceNumber" not in child["SequenceNumberRange"]
    )
    end = parent["SequenceNumberRange"]["EndingSequenceNumber"]
    assert int(end) < int(child["SequenceNumberRange"]["StartingSequenceNumber"])
    assert told(world, arn) == [("INSERT", "a"), ("MODIFY", "a")]
    children = shards(world, arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]})
    assert children == [child]
    page = world.streams[HERE].describe_stream(StreamArn=arn, Limit=1)["StreamDescription"]
    assert page["LastEvaluatedShardId"] == parent["ShardId"]
    assert shards(world, arn, ExclusiveStartShardId=parent["ShardId"]) == [child]


def test_a_shard_with_more_than_a_partition_takes_is_split_and_keys_stay_in_order(world: TinyWorld) -> None:
    arn, region = streaming(world), world.regions[HERE]
    counted: dict[str, tuple[float, int]] = {}
    from terrella.services.dynamodb import sweeping

    sweeping.sweep(region.context("dynamodb"), counted)
    for number in range(60):
        put(world, f"k{number % 20}", n=str(number))
    world.clock.time += 0.05  # sixty in a twentieth of a second
    sweeping.sweep(region.context("dynamodb"), counted)
    for number in range(60, 120):
        put(world, f"k{number % 20}", n=str(number))
    parent, *children = shards(world, arn)
    assert len(children) == 2 and {each["ParentShardId"] for each in children} == {parent["ShardId"]}
    sizes = [
        len(world.streams[HERE].get_records(ShardIterator=iterator(world, arn, shard=n))["Records"])
        for n in (0, 1, 2)
    ]
    assert sizes[0] == 60 and sizes[1] and sizes[2] and sum(sizes) == 120
    seen: dict[str, list[int]] = {}
    for each in records(world, arn):
        image = each["dynamodb"]["NewImage"]
        seen.setdefault(image["pk"]["S"], []).append(int(image["n"]["S"]))
    assert all(numbers == sorted(numbers) and len(numbers) == 6 for numbers in seen.values())


def test_records_older_than_a_day_are_trimmed(world: TinyWorld) -> None:
    arn, streams = streaming(world), world.streams[HERE]
    put(world, "old")
    number = records(world, arn)[0]["dynamodb"]["SequenceNumber"]
    world.clock.time += DAY_S - 500
    put(world, "young")
    waiting = iterator(world, arn)
    world.clock.time += 600
    assert told(world, arn) == [("INSERT", "young")]  # before anybody has swept
    assert code(streams.get_records, ShardIterator=waiting) == "TrimmedDataAccessException"
    world.sweep()
    assert told(world, arn) == [("INSERT", "young")]
    asked = {"StreamArn": arn, "ShardId": shards(world, arn)[0]["ShardId"], "SequenceNumber": number}
    refused = code(streams.get_shard_iterator, **asked, ShardIteratorType="AT_SEQUENCE_NUMBER")
    assert refused == "TrimmedDataAccessException"
    map_size = len(
        list(world.regions[HERE].maps.records(f"dynamodb.stream/things/{arn.rpartition('/')[2]}").scan())
    )
    assert map_size == 1


def test_a_stream_is_made_of_its_maps_alone(world: TinyWorld) -> None:
    arn = streaming(world)
    put(world, "a")
    put(world, "b")
    before = records(world, arn)
    region = world.regions[HERE]
    region.state[service.id] = State(region.maps)
    assert records(world, arn) == before
    put(world, "c")
    assert told(world, arn)[-1] == ("INSERT", "c")


def test_every_region_of_a_global_table_tells_every_write(world: TinyWorld) -> None:
    make_table(world, world.clients[HERE])
    replica = [{"Create": {"RegionName": "us-east-1"}}]
    world.clients[HERE].update_table(TableName="things", ReplicaUpdates=replica)
    world.deliver()
    world.settle()
    abouts = {
        name: client.describe_table(TableName="things")["Table"] for name, client in world.clients.items()
    }
    assert all(each["StreamSpecification"] == enabled(BOTH) for each in abouts.values())
    arns = {name: each["LatestStreamArn"] for name, each in abouts.items()}
    assert ":us-east-1:" in arns["us-east-1"]
    put(world, "a", n="1")
    world.deliver()
    world.clients["us-east-1"].delete_item(TableName="things", Key={"pk": {"S": "a"}})
    world.deliver()
    for region, arn in arns.items():
        assert told(world, arn, region) == [("INSERT", "a"), ("REMOVE", "a")]
        assert {each["awsRegion"] for each in records(world, arn, region)} == {region}


def test_a_replicated_write_that_loses_is_not_told() -> None:
    world = TinyWorld(HERE, "us-east-1")
    make_table(world, world.clients[HERE])
    world.clients[HERE].update_table(
        TableName="things", ReplicaUpdates=[{"Create": {"RegionName": "us-east-1"}}]
    )
    world.deliver()
    world.settle()
    put(world, "a", n="older")
    world.clock.time += 1
    world.clients["us-east-1"].put_item(TableName="things", Item={"pk": {"S": "a"}, "n": {"S": "newer"}})
    world.deliver()
    arn = world.clients["us-east-1"].describe_table(TableName="things")["Table"]["LatestStreamArn"]
    assert [each["dynamodb"]["NewImage"]["n"]["S"] for each in records(world, arn, "us-east-1")] == ["newer"]


def test_a_table_without_a_stream_has_none(world: TinyWorld) -> None:
    world, client = one_region()
    make_table(world, client)
    about = client.describe_table(TableName="things")["Table"]
    assert "LatestStreamArn" not in about and world.streams[HERE].list_streams()["Streams"] == []


def test_a_stream_is_described_ten_times_a_second_in_the_long_run(world: TinyWorld) -> None:
    arn = streaming(world)
    stream = next(iter(world.regions[HERE].state["dynamodb"].streams.values()))
    shards(world, arn)
    stream.described.spend(10.0 * 300.0)  # as whoever asks all the time
    assert code(world.streams[HERE].describe_stream, StreamArn=arn) == "ThrottlingException"
    world.clock.time += 0.15
    assert shards(world, arn)
    assert code(world.streams[HERE].describe_stream, StreamArn=arn) == "ThrottlingException"
