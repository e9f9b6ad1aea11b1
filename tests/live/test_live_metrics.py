"""Metrics of a live world: how late writes land across an ocean, and who follows that: an alarm, a check, a topic."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from live.worlds import World, client, soon, world

pytestmark = pytest.mark.live
EU, JP = "eu-west-1", "ap-northeast-1"
LATE = [{"Name": "TableName", "Value": "seas"}, {"Name": "ReceivingRegion", "Value": JP}]
METRIC = {"Namespace": "AWS/DynamoDB", "MetricName": "ReplicationLatency", "Dimensions": LATE}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("metrics"), EU, JP, speed=60) as made:
        yield made


def test_replication_latency_of_a_live_world_is_its_distance_and_turns_an_alarm(running: World) -> None:
    here, there = (client(running, "dynamodb", region) for region in (EU, JP))
    watch = client(running, "cloudwatch", EU)
    here.create_table(
        TableName="seas", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
    )  # fmt: skip
    soon(lambda: here.describe_table(TableName="seas")["Table"]["TableStatus"] == "ACTIVE")
    here.update_table(TableName="seas", ReplicaUpdates=[{"Create": {"RegionName": JP}}])
    soon(lambda: "seas" in there.list_tables()["TableNames"])
    watch.put_metric_alarm(
        AlarmName="far", Statistic="Average", Period=60, EvaluationPeriods=1, Threshold=50.0,
        ComparisonOperator="GreaterThanThreshold", **METRIC,
    )  # fmt: skip
    check = client(running, "route53", "us-east-1").create_health_check(CallerReference="far", HealthCheckConfig={
        "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": EU, "Name": "far"},
        "InsufficientDataHealthStatus": "LastKnownStatus",
    })["HealthCheck"]["Id"]  # fmt: skip
    soon(lambda: running.place("edge")["health_checks"].get(check) is True)
    here.put_item(TableName="seas", Item={"pk": {"S": "a"}})
    (point,) = soon(lambda: points(watch))
    assert point["Unit"] == "Milliseconds" and 80 < point["Minimum"] < 2000
    state = soon(lambda: alarm(watch)["StateValue"] == "ALARM" and alarm(watch))
    assert "was greater than the threshold (50.0)" in state["StateReason"]
    soon(lambda: running.place("edge")["health_checks"][check] is False)
    assert any(said.get("id") == check and not said["healthy"] for said in running.history() if "healthy" in said)


def test_an_alarm_publishes_to_a_topic(running: World) -> None:
    topics, queues, watch = (client(running, service, EU) for service in ("sns", "sqs", "cloudwatch"))
    topic = topics.create_topic(Name="alarms")["TopicArn"]
    queue = queues.create_queue(QueueName="heard")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    watch.put_metric_alarm(
        AlarmName="drill", Namespace="Mine", MetricName="x", Statistic="Sum", Period=3600, EvaluationPeriods=1,
        Threshold=1.0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    watch.set_alarm_state(AlarmName="drill", StateValue="ALARM", StateReason="a drill")
    (message,) = soon(lambda: queues.receive_message(QueueUrl=queue).get("Messages"))
    told = json.loads(json.loads(message["Body"])["Message"])
    assert (told["AlarmName"], told["NewStateValue"], told["NewStateReason"]) == ("drill", "ALARM", "a drill")


def points(watch: Any) -> list[dict[str, Any]]:
    now = time.time()
    found: list[dict[str, Any]] = watch.get_metric_statistics(
        **METRIC, StartTime=now - 300, EndTime=now + 60, Period=3600, Statistics=["Minimum"]
    )["Datapoints"]
    return found


def alarm(watch: Any) -> dict[str, Any]:
    return dict(watch.describe_alarms(AlarmNames=["far"])["MetricAlarms"][0])
