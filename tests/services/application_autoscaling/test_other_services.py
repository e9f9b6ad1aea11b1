"""Targets of other services than DynamoDB, through boto3: kept as they are told, checked as AWS checks them."""

from __future__ import annotations

import asyncio
import datetime
import random
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from places import HandClock

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.services.application_autoscaling import service
from terrella.services.application_autoscaling.scaling import Scaler
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps

ECS = {"ServiceNamespace": "ecs", "ResourceId": "service/web/front", "ScalableDimension": "ecs:service:DesiredCount"}
LAMBDA = {"ServiceNamespace": "lambda", "ResourceId": "function:f:live",
          "ScalableDimension": "lambda:function:ProvisionedConcurrency"}  # fmt: skip
DYNAMODB = {"ServiceNamespace": "dynamodb", "ResourceId": "table/paid",
            "ScalableDimension": "dynamodb:table:WriteCapacityUnits"}  # fmt: skip
LABEL = "app/front/778d41231b141a0f/targetgroup/web/943f017f100becff"
NIGHT = {"Schedule": "cron(0 22 * * ? *)", "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 1}}


class Tasks:
    """Counts what is begun."""

    def __init__(self) -> None:
        self.begun = 0

    def spawn(self, name: str, work: Any) -> None:
        self.begun += 1
        work.close()


class Place:
    """A region with Application Auto Scaling, nothing else."""

    def __init__(self) -> None:
        self.tasks = Tasks()
        self.region = Region(
            "eu-west-1", [service], clock=HandClock(), journal=MemoryJournal(), maps=MemoryMaps(),
            world=WorldFacts(("eu-west-1",)), ports=Ports(tasks=self.tasks), rng=random.Random(7),
        )  # fmt: skip
        self.region.start()
        self.client = boto.client(self.region, service.id)

    def register(self, named: dict[str, str] = ECS, **more: Any) -> Any:
        return self.client.register_scalable_target(**named, **{"MinCapacity": 0, "MaxCapacity": 4, **more})

    def track(self, name: str, metric: str, named: dict[str, str] = ECS, **more: Any) -> Any:
        spec = {"PredefinedMetricType": metric, **more}
        return self.client.put_scaling_policy(
            **named, PolicyName=name, PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={"TargetValue": 70.0, "PredefinedMetricSpecification": spec},
        )  # fmt: skip

    def steps(self, *steps: tuple[float | None, float | None, int], named: dict[str, str] = ECS, **more: Any) -> Any:
        rows = [{"MetricIntervalLowerBound": low, "MetricIntervalUpperBound": high, "ScalingAdjustment": by}
                for low, high, by in steps]  # fmt: skip
        given = [{name: value for name, value in row.items() if value is not None} for row in rows]
        config = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": given, **more}
        return self.client.put_scaling_policy(
            **named, PolicyName="steps", PolicyType="StepScaling", StepScalingPolicyConfiguration=config
        )

    def schedule(self, named: dict[str, str] = ECS, **more: Any) -> None:
        self.client.put_scheduled_action(**named, ScheduledActionName="night", **more)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.mark.parametrize(("dimension", "resource"), [
    ("ecs:service:DesiredCount", "service/web/front"),
    ("ec2:spot-fleet-request:TargetCapacity", "spot-fleet-request/sfr-73fbd2ce-aa30-494c-8788-1cee4EXAMPLE"),
    ("appstream:fleet:DesiredCapacity", "fleet/sample-fleet"),
    ("rds:cluster:ReadReplicaCount", "cluster:my-db-cluster"),
    ("sagemaker:variant:DesiredInstanceCount", "endpoint/my-end-point/variant/KMeansClustering"),
    ("sagemaker:inference-component:DesiredCopyCount", "inference-component/my-inference-component"),
    ("custom-resource:ResourceType:Property", "https://example.execute-api.us-west-2.amazonaws.com/prod/x/1"),
    ("comprehend:document-classifier-endpoint:DesiredInferenceUnits",
     "arn:aws:comprehend:us-west-2:123456789012:document-classifier-endpoint/EXAMPLE"),
    ("lambda:function:ProvisionedConcurrency", "function:my-function:1"),
    ("cassandra:table:ReadCapacityUnits", "keyspace/mykeyspace/table/mytable"),
    ("kafka:broker-storage:VolumeSize", "arn:aws:kafka:us-east-1:123456789012:cluster/demo-cluster-1/6357e0b2-5"),
    ("elasticache:replication-group:Replicas", "replication-group/mycluster"),
    ("elasticache:cache-cluster:Nodes", "cache-cluster/mycluster"),
    ("neptune:cluster:ReadReplicaCount", "cluster:mycluster"),
    ("workspaces:workspacespool:DesiredUserSessions", "workspacespool/wspool-123456"),
])  # fmt: skip
def test_a_target_of_every_service_is_told_as_it_was_registered(place: Place, dimension: str, resource: str) -> None:
    namespace = dimension.split(":")[0]
    named = {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}
    arn = place.register(named, MinCapacity=1)["ScalableTargetARN"]
    (found,) = place.client.describe_scalable_targets(ServiceNamespace=namespace)["ScalableTargets"]
    assert {name: found[name] for name in named} == named and found["ScalableTargetARN"] == arn
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 4)
    assert f"/{namespace}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplication" in found["RoleARN"]
    assert not place.client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    with pytest.raises(ClientError, match="ResourceId"):
        place.register({**named, "ResourceId": "something/else"})


@pytest.mark.parametrize(("named", "more", "refusal"), [
    ({**ECS, "ServiceNamespace": "rds"}, {}, "ValidationException.*Unsupported service namespace"),
    ({**ECS, "ServiceNamespace": "s3"}, {}, "ValidationException.*enum value set"),
    ({**ECS, "ScalableDimension": "ecs:task:Count"}, {}, "ValidationException.*enum value set"),
    ({**ECS, "ResourceId": "service/front"}, {}, "ValidationException.*ResourceId"),
    ({**LAMBDA, "ResourceId": "function:f"}, {}, "ValidationException.*ResourceId"),
    ({**LAMBDA, "ResourceId": "function:f:$LATEST"}, {}, "ValidationException.*ResourceId"),
    (ECS, {"MinCapacity": -1}, "ValidationException.*at least 0"),
    (ECS, {"MinCapacity": 5}, "ValidationException.*Maximum capacity"),
    ({"ServiceNamespace": "elasticmapreduce", "ResourceId": "instancegroup/j-2EEZNYKUA1NTV/ig-1791Y4E1L8YI0",
      "ScalableDimension": "elasticmapreduce:instancegroup:InstanceCount"}, {}, "ValidationException.*RoleARN"),
])  # fmt: skip
def test_what_is_no_target_is_refused(place: Place, named: dict[str, str], more: Any, refusal: str) -> None:
    with pytest.raises(ClientError, match=refusal):
        place.register(named, **more)


def test_policies_are_told_and_nobody_looks_at_them(place: Place) -> None:
    place.register()
    arn = place.track("cpu", "ECSServiceAverageCPUUtilization")["PolicyARN"]
    assert arn.startswith("arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:")
    assert arn.endswith(":resource/ecs/service/web/front:policyName/cpu")
    place.track("requests", "ALBRequestCountPerTarget", ResourceLabel=LABEL)
    place.steps((None, 0, -1), (0, 10, 1), (10, None, 2), Cooldown=60)
    found = place.client.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=ECS["ResourceId"])
    assert [(each["PolicyName"], each["PolicyType"]) for each in found["ScalingPolicies"]] == [
        ("cpu", "TargetTrackingScaling"), ("requests", "TargetTrackingScaling"), ("steps", "StepScaling"),
    ]  # fmt: skip
    steps = found["ScalingPolicies"][2]["StepScalingPolicyConfiguration"]
    assert steps["StepAdjustments"][1] == {
        "MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1,
    }  # fmt: skip
    asyncio.run(Scaler(place.region.context(service.id)).look())
    assert not place.tasks.begun
    assert not place.client.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    place.client.delete_scaling_policy(**ECS, PolicyName="steps")
    place.client.deregister_scalable_target(**ECS)
    assert not place.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scalable target registered.*ecs"):
        place.track("cpu", "ECSServiceAverageCPUUtilization")


def test_there_is_one_policy_for_a_metric(place: Place) -> None:
    place.register()
    place.track("cpu", "ECSServiceAverageCPUUtilization")
    place.track("cpu", "ECSServiceAverageCPUUtilization")
    with pytest.raises(ClientError, match=r"Only one TargetTrackingScaling policy for a given metric"):
        place.track("again", "ECSServiceAverageCPUUtilization")


@pytest.mark.parametrize(("steps", "more", "refusal"), [
    ([], {}, "at least one step"),
    ([(None, None, 1)], {}, "must have a MetricIntervalLowerBound"),
    ([(5, 5, 1)], {}, "must be greater"),
    ([(0, 10, 1), (5, None, 2)], {}, "overlap"),
    ([(0, 10, 1), (11, None, 2)], {}, "gaps"),
    ([(0, 10, 1)], {}, "without an upper bound"),
    ([(-5, 0, 1)], {}, "without a lower bound"),
    ([(0, None, -1)], {"AdjustmentType": "ExactCapacity"}, "must not be negative"),
    ([(0, None, 1)], {"MinAdjustmentMagnitude": 2}, "PercentChangeInCapacity"),
    ([(0, None, 1)], {"Cooldown": -1}, "Cooldown"),
    ([(low, low + 1, 1) for low in range(21)], {}, "LimitExceededException"),
])  # fmt: skip
def test_steps_cover_what_they_cover_once(place: Place, steps: Any, more: dict[str, Any], refusal: str) -> None:
    place.register()
    with pytest.raises(ClientError, match=refusal):
        place.steps(*steps, **more)


def test_steps_and_tracking_are_for_those_who_have_them(place: Place) -> None:
    place.register(LAMBDA)
    place.track("use", "LambdaProvisionedConcurrencyUtilization", LAMBDA)
    with pytest.raises(ClientError, match=r"ValidationException.*StepScaling is not supported.*lambda"):
        place.steps((0, None, 1), named=LAMBDA)
    with pytest.raises(ClientError, match=r"ValidationException.*RDSReaderAverageCPUUtilization"):
        place.track("other", "RDSReaderAverageCPUUtilization", LAMBDA)
    place.register()
    with pytest.raises(ClientError, match=r"ValidationException.*ResourceLabel is required"):
        place.track("requests", "ALBRequestCountPerTarget")
    with pytest.raises(ClientError, match=r"ValidationException.*ResourceLabel is only"):
        place.track("cpu", "ECSServiceAverageCPUUtilization", ResourceLabel=LABEL)
    with pytest.raises(ClientError, match=r"NotImplemented.*PredictiveScaling"):
        place.client.put_scaling_policy(**ECS, PolicyName="p", PolicyType="PredictiveScaling")


@pytest.mark.parametrize(("metric", "refusal"), [
    ({"MetricName": "m", "Namespace": "n", "Statistic": "Sum"}, None),
    ({"Metrics": [{"Id": "a", "Expression": "b * 2"}, {"Id": "b", "ReturnData": False, "MetricStat": {
        "Metric": {"MetricName": "m", "Namespace": "n"}, "Stat": "Sum"}}]}, None),
    ({"MetricName": "m", "Namespace": "n"}, "Statistic"),
    ({"MetricName": "m", "Metrics": [{"Id": "a", "Expression": "1"}]}, "together with Metrics"),
    ({"Metrics": [{"Id": "a"}]}, "Expression or a MetricStat"),
    ({"Metrics": [{"Id": "a", "Expression": "1"}, {"Id": "a", "Expression": "1"}]}, "unique"),
    ({"Metrics": [{"Id": "a", "Expression": "1"}, {"Id": "b", "Expression": "1"}]}, "ReturnData"),
])  # fmt: skip
def test_a_metric_of_ones_own_is_one_metric(place: Place, metric: dict[str, Any], refusal: str | None) -> None:
    place.register()
    config = {"TargetValue": 5.0, "CustomizedMetricSpecification": metric}
    given = {**ECS, "PolicyName": "own", "PolicyType": "TargetTrackingScaling",
             "TargetTrackingScalingPolicyConfiguration": config}  # fmt: skip
    if refusal:
        with pytest.raises(ClientError, match=f"ValidationException.*{refusal}"):
            place.client.put_scaling_policy(**given)
        return
    place.client.put_scaling_policy(**given)
    (found,) = place.client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"] == config


def test_scheduled_actions_are_kept_and_altered(place: Place) -> None:
    place.register()
    begin, end = (datetime.datetime(2030, 1, day, tzinfo=datetime.UTC) for day in (1, 2))
    place.schedule(**NIGHT, Timezone="Europe/Berlin", StartTime=begin, EndTime=end)
    (found,) = place.client.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
    assert (found["StartTime"], found["EndTime"]) == (begin, end) and found["Timezone"] == "Europe/Berlin"
    assert found["ScheduledActionARN"].endswith(":resource/ecs/service/web/front:scheduledActionName/night")
    place.schedule(Schedule="rate(5 minutes)")  # what is left out stays, times go
    (now,) = place.client.describe_scheduled_actions(
        ServiceNamespace="ecs", ScheduledActionNames=["night"], ResourceId=ECS["ResourceId"]
    )["ScheduledActions"]
    assert now["ScalableTargetAction"] == NIGHT["ScalableTargetAction"] and "StartTime" not in now
    assert now["ScheduledActionARN"] == found["ScheduledActionARN"]
    place.client.delete_scheduled_action(**ECS, ScheduledActionName="night")
    with pytest.raises(ClientError, match=r"ObjectNotFoundException.*No scheduled action found.*night"):
        place.client.delete_scheduled_action(**ECS, ScheduledActionName="night")
    place.schedule(**NIGHT)
    place.client.deregister_scalable_target(**ECS)
    assert not place.client.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]


@pytest.mark.parametrize(("given", "refusal"), [
    ({**NIGHT, "Schedule": "every night"}, "ValidationException.*Schedule"),
    ({**NIGHT, "Schedule": "cron(0 22 * * ?)"}, "ValidationException.*Schedule"),
    ({**NIGHT, "Schedule": "rate(0 minutes)"}, "ValidationException.*Schedule"),
    ({**NIGHT, "Schedule": "at(2030-13-01T00:00:00)"}, "ValidationException.*Schedule"),
    ({"ScalableTargetAction": {"MinCapacity": 1}}, "ValidationException.*Schedule"),
    ({"Schedule": "at(2030-01-01T00:00:00)"}, "ValidationException.*ScalableTargetAction"),
    ({**NIGHT, "ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 2}}, "ValidationException.*Maximum"),
    ({**NIGHT, "StartTime": 2_000_000_000, "EndTime": 1_900_000_000}, "ValidationException.*EndTime"),
    ({**NIGHT, "named": LAMBDA}, "ObjectNotFoundException"),
    ({**NIGHT, "named": DYNAMODB}, "NotImplemented.*PutScheduledAction"),
])  # fmt: skip
def test_a_scheduled_action_that_is_none_is_refused(place: Place, given: dict[str, Any], refusal: str) -> None:
    place.register()
    with pytest.raises(ClientError, match=refusal):
        place.schedule(**given)


def test_targets_of_other_services_have_tags(place: Place) -> None:
    arn = place.register(Tags={"a": "b"})["ScalableTargetARN"]
    place.client.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    assert place.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"a": "b", "c": "d"}
