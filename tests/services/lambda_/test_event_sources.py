"""Functions that are invoked with what streams have for them, in a simulated world."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simulated
from function_world import ROLE, zipped

from terrella.core.errors import AwsError

HERE = "eu-west-1"
SEEN = """
import json, boto3
table = boto3.client("dynamodb")
def handler(event, context):
    for record in event["Records"]:
        number = record["dynamodb"]["SequenceNumber"]
        name = record["dynamodb"]["Keys"]["pk"]["S"]
        table.update_item(TableName="seen", Key={"pk": {"S": number}},
            UpdateExpression="SET k = :k, e = :e ADD n :one",
            ExpressionAttributeValues={":k": {"S": name}, ":e": {"S": json.dumps(record)}, ":one": {"N": "1"}})
    table.update_item(TableName="seen", Key={"pk": {"S": "calls"}}, UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}})
    %s
"""


class Mapped:
    """A table `things` with a stream, a table `seen` of what the function f was given, in one region."""

    def __init__(self, ending: str = "return None", region: str = HERE, world: Any = None) -> None:
        self.world, self.region = world or simulated.world(region), region
        self.stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self.table("seen")
        self.table("things", StreamSpecification=self.stream)
        self.wait(5)
        self.arn = self.call("dynamodb", "DescribeTable", TableName="things")["Table"]["LatestStreamArn"]
        code = {"ZipFile": zipped(SEEN % ending)}
        self.call("lambda", "CreateFunction", FunctionName="f", Runtime="python3.12", Role=ROLE,
                  Handler="app.handler", Code=code)  # fmt: skip
        self.wait(2)

    def call(self, service: str, operation: str, **input: Any) -> Any:
        return self.world.run(self.world.call(self.region, service, operation, input))

    def wait(self, seconds: float) -> None:
        self.world.run(self.world.clock.sleep(seconds))

    def table(self, name: str, **more: Any) -> None:
        key = {"AttributeName": "pk"}
        self.call("dynamodb", "CreateTable", TableName=name, BillingMode="PAY_PER_REQUEST",
                  KeySchema=[{**key, "KeyType": "HASH"}],
                  AttributeDefinitions=[{**key, "AttributeType": "S"}], **more)  # fmt: skip

    def map(self, **settings: Any) -> str:
        given = {"EventSourceArn": self.arn, "FunctionName": "f", "StartingPosition": "TRIM_HORIZON", **settings}
        return str(self.call("lambda", "CreateEventSourceMapping", **given)["UUID"])

    def put(self, *names: str, **more: Any) -> None:
        for name in names:
            self.call("dynamodb", "PutItem", TableName="things", Item={"pk": {"S": name}, **more})

    def seen(self) -> list[tuple[str, int]]:
        """Keys of the records, in their order, and how often each came."""
        items = [each for each in self.items() if each["pk"]["S"] != "calls"]
        return [(each["k"]["S"], int(each["n"]["N"])) for each in sorted(items, key=lambda each: each["pk"]["S"])]

    def calls(self) -> int:
        return next((int(each["n"]["N"]) for each in self.items() if each["pk"]["S"] == "calls"), 0)

    def items(self) -> list[dict[str, Any]]:
        found = self.call("dynamodb", "Scan", TableName="seen")["Items"]
        return [each.value() if hasattr(each, "value") else each for each in found]


def test_a_function_is_given_every_record_once_and_in_the_form_it_knows() -> None:
    mapped = Mapped()
    mapped.put("before")
    uuid = mapped.map()
    about = mapped.call("lambda", "GetEventSourceMapping", UUID=uuid)
    assert about["State"] == "Creating" and about["LastProcessingResult"] == "No records processed"
    mapped.put("a", "b")
    mapped.wait(5)
    assert mapped.seen() == [("before", 1), ("a", 1), ("b", 1)]
    about = mapped.call("lambda", "GetEventSourceMapping", UUID=uuid)
    assert about["State"] == "Enabled" and about["LastProcessingResult"] == "OK" and about["BatchSize"] == 100
    record = json.loads(next(each for each in mapped.items() if each.get("k") == {"S": "a"})["e"]["S"])
    assert record["eventSourceARN"] == mapped.arn and record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {"pk": {"S": "a"}} and record["awsRegion"] == HERE


def test_latest_begins_when_it_is_asked_for() -> None:
    mapped = Mapped()
    mapped.put("before")
    mapped.wait(2)
    mapped.map(StartingPosition="LATEST")
    mapped.put("after")
    mapped.wait(5)
    assert mapped.seen() == [("after", 1)]


def test_a_disabled_mapping_goes_on_where_it_was() -> None:
    mapped = Mapped()
    uuid = mapped.map()
    mapped.put("a")
    mapped.wait(3)
    about = mapped.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=False)
    assert about["State"] == "Disabling"
    mapped.put("b")
    mapped.wait(5)
    assert mapped.call("lambda", "GetEventSourceMapping", UUID=uuid)["State"] == "Disabled"
    assert mapped.seen() == [("a", 1)]
    mapped.call("lambda", "UpdateEventSourceMapping", UUID=uuid, Enabled=True)
    mapped.wait(5)
    assert mapped.seen() == [("a", 1), ("b", 1)]
    assert mapped.call("lambda", "DeleteEventSourceMapping", UUID=uuid)["State"] == "Deleting"
    mapped.put("c")
    mapped.wait(5)
    assert len(mapped.seen()) == 2 and mapped.call("lambda", "ListEventSourceMappings")["EventSourceMappings"] == []


def test_shards_are_read_after_their_parents_and_a_shard_in_lanes_keeps_keys_in_order() -> None:
    mapped = Mapped()
    mapped.map(ParallelizationFactor=3, BatchSize=5)
    dynamodb = mapped.world.places[HERE].context("dynamodb")
    (stream,) = dynamodb.state.streams
    for number in range(3):
        for name in "abcdef":
            mapped.put(name, n={"N": str(number)})
        dynamodb.commit("stream_rolled", stream=stream, shard=number, split=number == 1)
    mapped.put(*"uvwxyz")
    mapped.wait(20)
    told = [json.loads(each["e"]["S"])["dynamodb"]["NewImage"] for each in mapped.items() if "e" in each]
    assert len(told) == 24 and all(times == 1 for _, times in mapped.seen())
    description = mapped.call("dynamodbstreams", "DescribeStream", StreamArn=mapped.arn)["StreamDescription"]
    assert len(description["Shards"]) == 5


def test_filters_let_through_what_they_name() -> None:
    mapped = Mapped()
    pattern = {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "x"}]}}}}
    mapped.map(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    mapped.put("x1", "y1", "x2")
    mapped.put("x1", more={"S": "modified"})
    mapped.wait(5)
    assert mapped.seen() == [("x1", 1), ("x2", 1)]
    with pytest.raises(AwsError, match="Invalid filter pattern"):
        mapped.map(FilterCriteria={"Filters": [{"Pattern": '{"a": "b"}'}]})


def test_a_window_gathers_a_batch() -> None:
    mapped = Mapped()
    mapped.map(MaximumBatchingWindowInSeconds=20)
    for name in "abc":
        mapped.put(name)
        mapped.wait(2)
    assert mapped.calls() == 0
    mapped.wait(20)
    assert mapped.calls() == 1 and len(mapped.seen()) == 3


def test_a_failing_batch_is_retried_and_given_up_and_what_follows_goes_on() -> None:
    bad = "if any(r['dynamodb']['Keys']['pk']['S'] == 'bad' for r in event['Records']): raise ValueError('bad')"
    mapped = Mapped(bad)
    uuid = mapped.map(MaximumRetryAttempts=2, BatchSize=2)
    mapped.put("bad", "mate", "good")
    mapped.wait(1.2)
    assert mapped.call("lambda", "GetEventSourceMapping", UUID=uuid)["LastProcessingResult"].startswith("PROBLEM")
    mapped.wait(30)
    assert mapped.seen() == [("bad", 3), ("mate", 3), ("good", 1)]
    assert mapped.call("lambda", "GetEventSourceMapping", UUID=uuid)["LastProcessingResult"] == "OK"


def test_a_batch_is_halved_until_the_bad_record_is_alone() -> None:
    bad = "if any(r['dynamodb']['Keys']['pk']['S'] == 'bad' for r in event['Records']): raise ValueError('bad')"
    mapped = Mapped(bad)
    mapped.put("a", "b", "bad", "c")
    mapped.map(MaximumRetryAttempts=1, BisectBatchOnFunctionError=True)
    mapped.wait(40)
    assert mapped.seen() == [("a", 2), ("b", 2), ("bad", 4), ("c", 3)]


def test_a_function_says_from_which_record_on_it_failed() -> None:
    ending = """
    for record in event["Records"]:
        if record["dynamodb"]["Keys"]["pk"]["S"] == "bad":
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}
    """
    mapped = Mapped(ending)
    mapped.put("a", "bad", "c")
    mapped.map(MaximumRetryAttempts=2, FunctionResponseTypes=["ReportBatchItemFailures"])
    mapped.wait(30)
    assert mapped.seen() == [("a", 1), ("bad", 3), ("c", 3)]


def test_records_that_are_too_old_are_not_tried_again() -> None:
    mapped = Mapped("raise ValueError('always')")
    mapped.map(MaximumRecordAgeInSeconds=60)
    mapped.put("a")
    mapped.wait(200)
    calls = mapped.calls()
    mapped.wait(100)
    assert mapped.calls() == calls and calls > 3


def test_every_regions_function_hears_of_every_write_of_a_global_table() -> None:
    world = simulated.world(HERE, "us-east-1")
    mapped = Mapped(world=world)
    replica = {"Create": {"RegionName": "us-east-1"}}
    for name in ("things",):
        mapped.call("dynamodb", "UpdateTable", TableName=name, ReplicaUpdates=[replica])
    mapped.wait(20)
    mapped.put("a")
    mapped.wait(5)
    table = world.run(world.call("us-east-1", "dynamodb", "DescribeTable", {"TableName": "things"}))["Table"]
    away = Mapped.__new__(Mapped)
    away.world, away.region, away.arn = world, "us-east-1", table["LatestStreamArn"]
    away.table("seen")
    away.call("lambda", "CreateFunction", FunctionName="f", Runtime="python3.12", Role=ROLE,
              Handler="app.handler", Code={"ZipFile": zipped(SEEN % "return None")})  # fmt: skip
    away.wait(5)
    away.map()
    away.put("b")
    mapped.map()
    mapped.wait(10)
    assert {key for key, _ in mapped.seen()} == {key for key, _ in away.seen()} == {"a", "b"}


def test_what_cannot_be_mapped_is_refused_by_name() -> None:
    mapped = Mapped()

    def refusal(**settings: Any) -> tuple[str, str]:
        with pytest.raises(AwsError) as refused:
            mapped.map(**settings)
        return refused.value.error_code, refused.value.message

    assert refusal(EventSourceArn=mapped.arn[:-1] + "x")[1].startswith("Stream not found: ")
    assert refusal(EventSourceArn="arn:aws:kinesis:eu-west-1:123456789012:stream/s")[0] == "NotImplemented"
    assert refusal(TumblingWindowInSeconds=5)[0] == "NotImplemented"
    assert refusal(StartingPosition="AT_TIMESTAMP")[0] == "InvalidParameterValueException"
    assert refusal(FunctionName="none")[0] == "ResourceNotFoundException"
    mapped.map()
    assert refusal()[0] == "ResourceConflictException"


def test_a_mapping_has_tags_as_a_function_has() -> None:
    here = Mapped()
    uuid = here.map(Tags={"a": "1"})
    arn = here.call("lambda", "GetEventSourceMapping", UUID=uuid)["EventSourceMappingArn"]
    here.call("lambda", "TagResource", Resource=arn, Tags={"b": "2"})
    here.call("lambda", "UntagResource", Resource=arn, TagKeys=["a"])
    assert here.call("lambda", "ListTags", Resource=arn)["Tags"] == {"b": "2"}
    with pytest.raises(AwsError, match="does not exist"):
        here.call("lambda", "ListTags", Resource=arn.replace(uuid, uuid[:-12] + "0" * 12))
