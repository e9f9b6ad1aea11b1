"""What DynamoDB tells CloudWatch of itself, read with boto3."""

from __future__ import annotations

from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, TinyWorld, make_table

from terrella.region.measures import MINUTES_KEPT, Meter
from terrella.services.cloudwatch import service as cloudwatch
from terrella.services.dynamodb.counting import _tables

EU, JP = "eu-west-1", "ap-northeast-1"


@pytest.fixture
def world() -> TinyWorld:
    return TinyWorld(EU, JP, beside=(cloudwatch,))


def statistics(world: TinyWorld, region: str, metric: str, **dimensions: str) -> list[dict[str, Any]]:
    now = world.clock.now()
    found: list[dict[str, Any]] = boto.client(world.regions[region], "cloudwatch").get_metric_statistics(
        Namespace="AWS/DynamoDB", MetricName=metric, Period=60, StartTime=now - 600, EndTime=now + 60,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistics=["SampleCount", "Average", "Minimum", "Maximum", "Sum"],
    )["Datapoints"]  # fmt: skip
    return found


def replicated(world: TinyWorld) -> None:
    make_table(world, world.clients[EU])
    world.clients[EU].update_table(TableName="things", ReplicaUpdates=[{"Create": {"RegionName": JP}}])
    world.deliver()
    world.settle()


def put(world: TinyWorld, key: str, region: str = EU) -> None:
    world.clients[region].put_item(TableName="things", Item={"pk": {"S": key}})


def test_replication_latency_is_told_where_the_write_was_made(world: TinyWorld) -> None:
    replicated(world)
    world.clock.time = world.clock.time // 60 * 60
    put(world, "a")
    world.clock.time += 1.0
    put(world, "b")
    items = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in "cd"]
    world.clients[EU].batch_write_item(RequestItems={"things": items})
    world.clock.time += 0.5
    world.deliver()
    (point,) = statistics(world, EU, "ReplicationLatency", TableName="things", ReceivingRegion=JP)
    assert (point["SampleCount"], point["Unit"]) == (4.0, "Milliseconds")
    assert (point["Minimum"], point["Maximum"]) == (pytest.approx(500, abs=1), pytest.approx(1500, abs=1))
    assert point["Average"] == pytest.approx((1500 + 3 * 500) / 4, abs=1)
    assert statistics(world, JP, "ReplicationLatency", TableName="things", ReceivingRegion=EU) == []


def test_latency_is_noted_in_the_minute_of_the_arrival(world: TinyWorld) -> None:
    replicated(world)
    put(world, "a")
    world.clock.time += 180
    world.deliver()
    (point,) = statistics(world, EU, "ReplicationLatency", TableName="things", ReceivingRegion=JP)
    assert point["Timestamp"].timestamp() == world.clock.time // 60 * 60
    assert point["Average"] == pytest.approx(180_000, abs=1)


def test_metrics_of_the_world_are_listed_and_reach_alarms(world: TinyWorld) -> None:
    replicated(world)
    put(world, "a")
    world.deliver()
    listed = boto.client(world.regions[EU], "cloudwatch").list_metrics(MetricName="ReplicationLatency")["Metrics"]
    dimensions = [{"Name": "ReceivingRegion", "Value": JP}, {"Name": "TableName", "Value": "things"}]
    assert listed == [{"Namespace": "AWS/DynamoDB", "MetricName": "ReplicationLatency", "Dimensions": dimensions}]


def test_pending_writes_of_a_first_version_global_table_are_counted(world: TinyWorld) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    for client in world.clients.values():
        make_table(world, client, StreamSpecification=stream)
    group = [{"RegionName": EU}, {"RegionName": JP}]
    world.clients[EU].create_global_table(GlobalTableName="things", ReplicationGroup=group)
    world.deliver()
    for key in "abc":
        put(world, key)
    asked = {"TableName": "things", "ReceivingRegion": JP}
    assert statistics(world, EU, "PendingReplicationCount", **asked)[-1]["Maximum"] == 3.0
    world.deliver()
    world.clock.time += 60
    assert statistics(world, EU, "PendingReplicationCount", **asked)[-1]["Maximum"] == 0.0


def test_tables_of_the_second_version_have_no_count_of_what_is_pending(world: TinyWorld) -> None:
    replicated(world)
    put(world, "a")
    assert statistics(world, EU, "PendingReplicationCount", TableName="things", ReceivingRegion=JP) == []


def test_a_provisioned_table_tells_what_was_consumed(world: TinyWorld) -> None:
    world.clients[EU].create_table(
        TableName="paid", KeySchema=[HASH], AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )  # fmt: skip
    world.settle()
    world.clients[EU].put_item(TableName="paid", Item={"pk": {"S": "a"}, "v": {"S": "x" * 1500}})
    world.clients[EU].get_item(TableName="paid", Key={"pk": {"S": "a"}}, ConsistentRead=True)
    (written,) = statistics(world, EU, "ConsumedWriteCapacityUnits", TableName="paid")
    (read,) = statistics(world, EU, "ConsumedReadCapacityUnits", TableName="paid")
    assert (written["Sum"], read["Sum"]) == (2.0, 1.0)


def refused(call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as problem:
        call(**input)
    return str(problem.value.response["Error"]["Code"])


def test_a_table_that_pays_per_request_tells_what_was_consumed(world: TinyWorld) -> None:
    client = world.clients[EU]
    make_table(world, client)
    client.put_item(TableName="things", Item={"pk": {"S": "a"}, "v": {"S": "x" * 1500}})
    client.update_item(
        TableName="things", Key={"pk": {"S": "a"}}, UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"S": "short"}},
    )  # fmt: skip
    client.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": {"pk": {"S": "b"}}}}]})
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "things", "Item": {"pk": {"S": "c"}}}}])
    (written,) = statistics(world, EU, "ConsumedWriteCapacityUnits", TableName="things")
    assert written["Sum"] == 2 + 2 + 1 + 2
    client.get_item(TableName="things", Key={"pk": {"S": "a"}}, ConsistentRead=True)
    client.get_item(TableName="things", Key={"pk": {"S": "nothing"}})
    client.scan(TableName="things")
    client.transact_get_items(TransactItems=[{"Get": {"TableName": "things", "Key": {"pk": {"S": "a"}}}}])
    (read,) = statistics(world, EU, "ConsumedReadCapacityUnits", TableName="things")
    assert read["Sum"] == 1 + 0.5 + 0.5 + 2


def test_what_is_written_to_a_global_index_is_counted_when_paying_per_request(world: TinyWorld) -> None:
    client = world.clients[EU]
    index = {
        "IndexName": "by_v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }  # fmt: skip
    defined = [{"AttributeName": "v", "AttributeType": "S"}]
    make_table(world, client, defined=defined, GlobalSecondaryIndexes=[index])
    item = {"pk": {"S": "a"}, "v": {"S": "1"}}
    client.put_item(TableName="things", Item=item)
    client.put_item(TableName="things", Item={**item, "other": {"S": "the index sees no difference"}})
    client.put_item(TableName="things", Item={"pk": {"S": "b"}})
    client.batch_write_item(RequestItems={"things": [{"PutRequest": {"Item": {**item, "v": {"S": "2"}}}}]})
    put = {"Put": {"TableName": "things", "Item": {**item, "pk": {"S": "c"}}}}
    client.transact_write_items(TransactItems=[put])
    client.delete_item(TableName="things", Key={"pk": {"S": "c"}})
    (written,) = statistics(
        world, EU, "ConsumedWriteCapacityUnits", TableName="things", GlobalSecondaryIndexName="by_v"
    )
    assert written["Sum"] == 1 + 0 + 0 + 2 + 1 + 1
    (written,) = statistics(world, EU, "ConsumedWriteCapacityUnits", TableName="things")
    assert written["Sum"] == 1 + 1 + 1 + 1 + 2 + 1


def test_requests_that_were_done_are_counted_by_table_and_operation(world: TinyWorld) -> None:
    client = world.clients[EU]
    make_table(world, client)
    for key in "abc":
        put(world, key)
    client.scan(TableName="things")
    client.execute_statement(Statement="SELECT * FROM things WHERE pk = 'a'")
    for operation, count in (("PutItem", 3.0), ("Scan", 1.0), ("ExecuteStatement", 1.0)):
        (point,) = statistics(world, EU, "SuccessfulRequestLatency", TableName="things", Operation=operation)
        assert (point["SampleCount"], point["Unit"]) == (count, "Milliseconds")
    (found,) = statistics(world, EU, "ReturnedItemCount", TableName="things", Operation="Scan")
    assert found["Sum"] == 3.0
    assert not statistics(world, EU, "ReturnedItemCount", TableName="things", Operation="PutItem")


def test_each_kind_of_refusal_has_its_metric(world: TinyWorld) -> None:
    client = world.clients[EU]
    make_table(world, client)
    once = {"TableName": "things", "Item": {"pk": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(pk)"}
    client.put_item(**once)
    assert refused(client.put_item, **once) == "ConditionalCheckFailedException"
    assert refused(client.transact_write_items, TransactItems=[{"Put": once}]) == "TransactionCanceledException"
    (failed,) = statistics(world, EU, "ConditionalCheckFailedRequests", TableName="things")
    assert failed["Sum"] == 2.0
    assert refused(client.get_item, TableName="none", Key={"pk": {"S": "a"}}) == "ResourceNotFoundException"
    (wrong,) = statistics(world, EU, "UserErrors")
    assert wrong["Sum"] == 2.0, "the transaction, and the table that is not there"


def test_throttled_requests_are_counted_and_what_throttled_them(world: TinyWorld) -> None:
    client = world.clients[EU]
    client.create_table(
        TableName="things", KeySchema=[HASH], AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )  # fmt: skip
    world.settle()
    large = {"TableName": "things", "Item": {"pk": {"S": "a"}, "v": {"S": "x" * 310_000}}}
    client.put_item(**large)
    assert refused(client.put_item, **large) == "ProvisionedThroughputExceededException"
    (requests,) = statistics(world, EU, "ThrottledRequests", TableName="things", Operation="PutItem")
    (events,) = statistics(world, EU, "WriteThrottleEvents", TableName="things")
    assert requests["Sum"] == events["Sum"] >= 1.0


def test_a_meter_keeps_a_day_of_minutes() -> None:
    meter = Meter()
    for minute in range(MINUTES_KEPT + 10):
        meter.add(minute * 60.0 + 1, float(minute))
    assert len(meter.minutes) == MINUTES_KEPT and min(meter.minutes) == 10
    meter.add(1.0, 5.0)
    meter.add(2.0, 5.0)
    assert len(meter.minutes) == MINUTES_KEPT and min(meter.minutes) == 10, "what is older is not kept at all"
    assert list(meter.between(600.0, 720.0)) == [(600.0, [1, 10.0, 10.0, 10.0]), (660.0, [1, 11.0, 11.0, 11.0])]


def test_requests_that_say_nothing_readable_are_counted_too() -> None:
    for input in ({"TransactItems": [None, {"Put": None}]}, {"Statements": [None]}, {"Statement": "nonsense"}, {}):
        assert _tables(input) == set()
    assert _tables({"RequestItems": {"arn:aws:dynamodb:eu-west-1:123456789012:table/a": []}}) == {"a"}
