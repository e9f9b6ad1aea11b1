"""A table's stream, its items' expiry and what functions hear of both, in a live world deployed by SAM."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from live.worlds import World, world

pytestmark = pytest.mark.live
REGION, ADDRESS = "eu-west-1", "127.10.9.1"
CODE = """
import json, os, boto3
table = boto3.resource("dynamodb").Table("seen")
def handler(event, context):
    if "poison" in json.dumps(event):
        raise ValueError("poison")
    for record in event["Records"]:
        number = record.get("messageId") or record["dynamodb"]["SequenceNumber"]
        table.put_item(Item={"pk": number, "record": json.dumps(record)})
"""
KEY = {"AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}  # fmt: skip
TEMPLATE = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Resources": {
        "Things": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                **KEY,
                "TableName": "things",
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True},
            },
        },
        "Seen": {"Type": "AWS::DynamoDB::Table", "Properties": {**KEY, "TableName": "seen"}},
        "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
        "Jobs": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"}},
        "Listener": {
            "Type": "AWS::Serverless::Function",
            "Properties": {
                "FunctionName": "listener",
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "InlineCode": CODE,
                "Timeout": 20,
                "Events": {
                    "Changes": {
                        "Type": "DynamoDB",
                        "Properties": {
                            "Stream": {"Fn::GetAtt": ["Things", "StreamArn"]},
                            "StartingPosition": "TRIM_HORIZON",
                            "BatchSize": 10,
                            "MaximumRetryAttempts": 1,
                            "DestinationConfig": {
                                "OnFailure": {"Type": "SQS", "Destination": {"Fn::GetAtt": ["Letters", "Arn"]}}
                            },
                        },
                    },
                    "Messages": {"Type": "SQS", "Properties": {"Queue": {"Fn::GetAtt": ["Jobs", "Arn"]}}},
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with world(tmp_path_factory.mktemp("live-streams"), REGION, speed=30) as found:
        stacks = client(found, "cloudformation")
        capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
        stacks.create_stack(StackName="s", TemplateBody=json.dumps(TEMPLATE), Capabilities=capabilities)
        until(lambda: _status(stacks) != "CREATE_IN_PROGRESS", 60)
        assert _status(stacks) == "CREATE_COMPLETE", stacks.describe_stack_events(StackName="s")
        yield found


def client(running: World, service: str) -> Any:
    url = f"http://{ADDRESS}:{running.port(4566)}"
    return boto3.client(
        service, region_name=REGION, endpoint_url=url, aws_access_key_id="test", aws_secret_access_key="test"
    )


def _status(stacks: Any) -> str:
    return str(stacks.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"])


def until(holds: Callable[[], Any], within_s: float = 20.0) -> Any:
    end = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


def heard(running: World, about: str) -> list[dict[str, Any]]:
    """Records the function was given that mention something."""
    items = client(running, "dynamodb").scan(TableName="seen")["Items"]
    return [json.loads(each["record"]["S"]) for each in items if about in each["record"]["S"]]


def test_a_function_hears_of_writes_and_of_what_expires(running: World) -> None:
    dynamodb = client(running, "dynamodb")
    until(lambda: dynamodb.describe_time_to_live(TableName="things")["TimeToLiveDescription"].get("AttributeName"))
    gone = str(int(time.time()) - 5)
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "brief"}, "until": {"N": gone}})
    inserted, removed = until(lambda: sorted(records, key=lambda each: each["eventName"])
                              if len(records := heard(running, "brief")) == 2 else None)  # fmt: skip
    assert inserted["eventName"] == "INSERT" and inserted["dynamodb"]["NewImage"]["until"] == {"N": gone}
    assert removed["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert removed["eventSourceARN"].startswith(f"arn:aws:dynamodb:{REGION}:123456789012:table/things/stream/")


def test_a_function_is_given_the_messages_of_a_queue(running: World) -> None:
    sqs = client(running, "sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a job")
    (record,) = until(lambda: heard(running, "a job"))
    assert record["body"] == "a job" and record["eventSource"] == "aws:sqs"
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    until(lambda: set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"].values()) == {"0"})


def test_what_a_function_never_takes_is_told_to_a_queue(running: World) -> None:
    sqs = client(running, "sqs")
    client(running, "dynamodb").put_item(TableName="things", Item={"pk": {"S": "poison"}})
    url = sqs.get_queue_url(QueueName="letters")["QueueUrl"]
    (message,) = until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))
    told = json.loads(message["Body"])
    assert told["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2 and told["DDBStreamBatchInfo"]["batchSize"] == 1
    assert told["responseContext"]["functionError"] == "Unhandled"


def test_a_stream_and_its_listener_survive_a_kill(running: World) -> None:
    dynamodb, streams = client(running, "dynamodb"), client(running, "dynamodbstreams")
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "first"}})
    until(lambda: heard(running, '"first"'))
    arn = dynamodb.describe_table(TableName="things")["Table"]["LatestStreamArn"]
    before = records(streams, arn)
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "last words"}})
    os.kill(running.place(REGION)["pid"], signal.SIGKILL)
    until(lambda: running.place(REGION)["state"] == "dead")
    running.cli("revive", REGION)
    after = until(lambda: records(streams, arn))
    assert after[: len(before)] == before
    assert after[-1]["dynamodb"]["Keys"] == {"pk": {"S": "last words"}}
    until(lambda: heard(running, "last words"))
    dynamodb.put_item(TableName="things", Item={"pk": {"S": "anew"}})
    assert records(streams, arn)[-1]["dynamodb"]["Keys"] == {"pk": {"S": "anew"}}
    numbers = [int(each["dynamodb"]["SequenceNumber"]) for each in records(streams, arn)]
    assert numbers == sorted(set(numbers))
    until(lambda: heard(running, "anew"))


def records(streams: Any, arn: str) -> list[dict[str, Any]]:
    found = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        asked = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = streams.get_shard_iterator(**asked)["ShardIterator"]
        found += streams.get_records(ShardIterator=iterator)["Records"]
    return found
