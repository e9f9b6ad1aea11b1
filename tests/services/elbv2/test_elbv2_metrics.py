"""What load balancers tell CloudWatch, the alarm that follows it, and the logs they deliver."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from elbv2_parts import fixed, forward

from terrella.edge.alarms import Alarms
from terrella.edge.health import HealthTable
from terrella.services.cloudwatch import evaluating
from terrella.services.elbv2 import health

ALL = 10**9
FAILING = """
def handler(event, context):
    return {'statusCode': 500 if event['path'] == '/bad' else 200, 'body': ''}
"""
BROKEN = "def handler(event, context):\n    return 'no response'\n"
ELB = "AWS/ApplicationELB"


def told(here: Any, metric: str, statistic: str = "Sum", **dimensions: str) -> float | None:
    now = here.clock.time
    found = here.watch.get_metric_statistics(
        Namespace=ELB, MetricName=metric, Period=86_400, Statistics=[statistic], StartTime=now - 3600,
        EndTime=now + 120, Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
    )["Datapoints"]  # fmt: skip
    return float(found[0][statistic]) if found else None


def ids(balancer: dict[str, Any], group: str) -> tuple[str, str]:
    return balancer["LoadBalancerArn"].partition("loadbalancer/")[2], group.rpartition(":")[2]


def test_requests_are_counted_by_target_group_zone_and_status(here: Any) -> None:
    balancer, group = here.load_balancer(), here.function_group(FAILING)
    here.listener(balancer, forward(group))
    balancer_id, group_id = ids(balancer, group)
    for path in ("/", "/", "/bad"):
        here.ask(balancer["DNSName"], path)
    assert told(here, "RequestCount", LoadBalancer=balancer_id) == 3.0
    for more in ({}, {"TargetGroup": group_id}, {"AvailabilityZone": "eu-west-1a"}):
        assert told(here, "HTTPCode_Target_2XX_Count", LoadBalancer=balancer_id, **more) == 2.0
        assert told(here, "HTTPCode_Target_5XX_Count", LoadBalancer=balancer_id, **more) == 1.0
    assert told(here, "HTTPCode_ELB_5XX_Count", LoadBalancer=balancer_id) is None
    assert told(here, "RequestCount", LoadBalancer=balancer_id, AvailabilityZone="eu-west-1b") is None
    names = {each["MetricName"] for each in here.watch.list_metrics(Namespace=ELB)["Metrics"]}
    assert {"TargetResponseTime", "ProcessedBytes", "LambdaTargetProcessedBytes"} <= names


def test_answers_of_the_load_balancer_itself_are_counted_apart(here: Any) -> None:
    balancer, group = here.load_balancer(), here.function_group(BROKEN)
    listener = here.listener(balancer, forward(group))
    for at, (path, action) in enumerate([("/fixed", fixed("x", "404")), ("/empty", forward(here.group()))], 1):
        conditions = [{"Field": "path-pattern", "Values": [path]}]
        here.elb.create_rule(ListenerArn=listener, Priority=at, Actions=[action], Conditions=conditions)
    assert [here.ask(balancer["DNSName"], path).status for path in ("/", "/fixed", "/empty")] == [502, 404, 503]
    balancer_id, group_id = ids(balancer, group)
    sums = {
        name: told(here, name, LoadBalancer=balancer_id)
        for name in ("HTTPCode_ELB_502_Count", "HTTPCode_ELB_503_Count", "HTTPCode_ELB_5XX_Count",
                     "HTTPCode_ELB_4XX_Count", "HTTP_Fixed_Response_Count", "RequestCount")
    }  # fmt: skip
    assert [*sums.values()] == [1.0, 1.0, 2.0, 1.0, 1.0, 1.0]
    assert told(here, "LambdaUserError", LoadBalancer=balancer_id, TargetGroup=group_id) == 1.0


def test_hosts_are_counted_from_change_to_change(here: Any) -> None:
    balancer, group = here.load_balancer(), here.group("servers", "127.20.9.200", "127.21.9.200")
    here.listener(balancer, forward(group))
    balancer_id, group_id = ids(balancer, group)
    ctx, both = here.region.context("elbv2"), {"LoadBalancer": balancer_id, "TargetGroup": group_id}
    assert told(here, "HealthyHostCount", "Maximum", **both) == 0.0
    for zone in ("eu-west-1a", "eu-west-1b"):
        health.learn(ctx, group, "127.20.9.200|9000", zone, {"State": "healthy"})
        health.learn(ctx, group, "127.21.9.200|9000", zone, {"State": "unhealthy", "Reason": "x", "Description": "y"})
    here.clock.time += 120
    assert told(here, "HealthyHostCount", "Maximum", **both, AvailabilityZone="eu-west-1b") == 1.0
    assert told(here, "UnHealthyHostCount", "Maximum", **both) == 1.0
    assert told(here, "HealthyStateDNS", "Maximum", **both) == 2.0
    here.elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    here.clock.time += 86_400 * 2
    assert told(here, "HealthyHostCount", "Maximum", **both) is None


def test_an_alarm_on_errors_turns_a_health_check_of_route_53(here: Any) -> None:
    """The classic: users see errors, an alarm says so, names lead elsewhere."""
    balancer, group = here.load_balancer(), here.function_group(FAILING)
    here.listener(balancer, forward(group))
    here.watch.put_metric_alarm(
        AlarmName="errors", Namespace=ELB, MetricName="HTTPCode_Target_5XX_Count", Statistic="Sum", Period=60,
        EvaluationPeriods=1, Threshold=2.0, ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        Dimensions=[{"Name": "LoadBalancer", "Value": ids(balancer, group)[0]}],
    )  # fmt: skip
    config = {
        "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "eu-west-1", "Name": "errors"},
        "InsufficientDataHealthStatus": "LastKnownStatus",
    }  # fmt: skip
    table = HealthTable()
    table.put("check", config)
    edge = Alarms(table)
    edge.follow()

    def after_a_minute() -> bool:
        here.clock.time = (here.clock.time // 60 + 1) * 60 + 1
        evaluating.evaluate(here.region.context("cloudwatch"))
        for change in here.region.journal.read(0, ALL):
            if change.kind == "alarm_found":
                edge.put(change.body["key"], change.body["value"])
        return table.healthy("check")

    here.ask(balancer["DNSName"], "/")
    assert after_a_minute()
    for _ in range(3):
        here.ask(balancer["DNSName"], "/bad")
    assert not after_a_minute()
    here.ask(balancer["DNSName"], "/")  # an alarm looks at two minutes more for data it lacks
    assert [after_a_minute() for _ in range(3)][-1]


ENABLED = {"access_logs.s3.enabled": "true", "access_logs.s3.prefix": "web"}


def enable(here: Any, balancer: dict[str, Any], bucket: str, **more: str) -> None:
    given = {name.replace("__", "."): value for name, value in more.items()}
    rows = ENABLED | {"access_logs.s3.bucket": bucket} | given
    here.elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Attributes=[{"Key": name, "Value": value} for name, value in rows.items()],
    )


def bucket(here: Any, name: str) -> Any:
    s3 = boto.client(here.region, "s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def test_access_logs_go_to_a_bucket_that_lets_them_in(here: Any) -> None:
    balancer, group = here.load_balancer(), here.function_group(FAILING)
    here.listener(balancer, forward(group))
    with pytest.raises(ClientError, match="Access Denied for bucket: lets-in") as refused:
        enable(here, balancer, "lets-in")
    assert refused.value.response["Error"]["Code"] == "InvalidConfigurationRequest"
    s3 = bucket(here, "lets-in")
    with pytest.raises(ClientError, match="Access Denied for bucket: lets-in"):
        enable(here, balancer, "lets-in")
    statement = {
        "Effect": "Allow", "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": "arn:aws:s3:::lets-in/web/AWSLogs/123456789012/*",
    }  # fmt: skip
    s3.put_bucket_policy(Bucket="lets-in", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    enable(here, balancer, "lets-in")
    (test,) = s3.list_objects_v2(Bucket="lets-in")["Contents"]
    assert test["Key"] == "web/AWSLogs/123456789012/ELBAccessLogTestFile"
    here.ask(balancer["DNSName"], "/bad?a=1")
    asyncio.run(here.region.state["elbv2"].deliveries.deliver(1_760_000_100.0))
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket="lets-in")["Contents"] if each["Key"].endswith(".gz")]
    name = ids(balancer, group)[0].replace("/", ".")
    folder = "web/AWSLogs/123456789012/elasticloadbalancing/eu-west-1/2025/10/09"
    file = f"123456789012_elasticloadbalancing_eu-west-1_{name}_20251009T0855Z_127.20.9.1_"
    assert len(keys) == 1 and keys[0].startswith(f"{folder}/{file}")
    line = gzip.decompress(s3.get_object(Bucket="lets-in", Key=keys[0])["Body"].read()).decode()
    assert line.startswith("http 2025-10-09T") and line.endswith('"-" "-" "-"\n')
    assert f'"GET http://{balancer["DNSName"]}:80/bad?a=1 HTTP/1.1"' in line
    assert " 500 500 " in line and f" {group} " in line


def test_logs_that_could_go_nowhere_are_not_enabled(here: Any) -> None:
    balancer = here.load_balancer()
    with pytest.raises(ClientError, match="bucket"):
        enable(here, balancer, "")
    with pytest.raises(ClientError, match="AWSLogs"):
        enable(here, balancer, "some", access_logs__s3__prefix="AWSLogs/x")
    attributes = here.elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    assert {"Key": "access_logs.s3.enabled", "Value": "false"} in attributes


def test_capacity_is_reserved_within_bounds_and_seldom_given_back(here: Any) -> None:
    arn = here.load_balancer()["LoadBalancerArn"]
    assert here.elb.describe_capacity_reservation(LoadBalancerArn=arn)["CapacityReservationState"] == []

    def reserve(units: int | None) -> Any:
        wanted = {"MinimumLoadBalancerCapacity": {"CapacityUnits": units}}
        what = wanted if units else {"ResetCapacityReservation": True}
        return here.elb.modify_capacity_reservation(LoadBalancerArn=arn, **what)

    with pytest.raises(ClientError, match="InvalidConfigurationRequest"):
        reserve(10)
    with pytest.raises(ClientError, match="CapacityUnitsLimitExceeded"):
        reserve(10**6)
    assert {each["State"]["Code"] for each in reserve(400)["CapacityReservationState"]} == {"pending"}
    with pytest.raises(ClientError, match="PriorRequestNotComplete"):
        reserve(500)
    here.clock.time += 61
    found = here.elb.describe_capacity_reservation(LoadBalancerArn=arn)
    assert [each["EffectiveCapacityUnits"] for each in found["CapacityReservationState"]] == [200.0, 200.0]
    for units in (300, None):
        reserve(units)
        here.clock.time += 61
    reserve(400)
    here.clock.time += 61
    with pytest.raises(ClientError, match="CapacityDecreaseRequestLimitExceeded"):
        reserve(300)
