"""Application Auto Scaling, through boto3: capacity of tables and indexes follows what is consumed, in every region."""

from __future__ import annotations

import asyncio
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, TinyWorld
from test_dynamodb_replicas import scale_writes

from terrella.region.region import Region
from terrella.services.application_autoscaling import service
from terrella.services.application_autoscaling.scaling import Scaler
from terrella.services.application_autoscaling.tracking import may_decrease, wanted
from terrella.services.cloudwatch import service as cloudwatch

EU, JP = "eu-west-1", "ap-northeast-1"
READ, WRITE = "dynamodb:table:ReadCapacityUnits", "dynamodb:table:WriteCapacityUnits"
NAMED = {"ServiceNamespace": "dynamodb", "ResourceId": "table/paid", "ScalableDimension": WRITE}
INDEX = {"ServiceNamespace": "dynamodb", "ResourceId": "table/paid/index/by_v",
         "ScalableDimension": "dynamodb:index:WriteCapacityUnits"}  # fmt: skip


class Place:
    """Regions with a provisioned table, looked at as often as a test says."""

    def __init__(self, *regions: str) -> None:
        self.world = TinyWorld(*regions, beside=(service, cloudwatch))
        self.dynamodb = self.world.clients[regions[0]]
        self.scalers = {name: Scaler(region.context(service.id)) for name, region in self.world.regions.items()}
        self.clients = {name: boto.client(region, service.id) for name, region in self.world.regions.items()}
        self.client = self.clients[regions[0]]
        index = {
            "IndexName": "by_v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": units(5, 5),
        }  # fmt: skip
        self.dynamodb.create_table(
            TableName="paid", KeySchema=[HASH], ProvisionedThroughput=units(5, 5), GlobalSecondaryIndexes=[index],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "v")],
        )  # fmt: skip
        self.world.settle()
        if len(regions) > 1:
            scale_writes(self.world, regions[0], "paid")
        for other in regions[1:]:
            self.dynamodb.update_table(TableName="paid", ReplicaUpdates=[{"Create": {"RegionName": other}}])
            self.world.deliver()
            self.world.settle()

    def scale(self, least: int = 1, most: int = 100, *, named: dict[str, str] = NAMED, **config: Any) -> None:
        """Register a target and give it a policy."""
        self.client.register_scalable_target(**named, MinCapacity=least, MaxCapacity=most)
        verb = "Read" if "Read" in named["ScalableDimension"] else "Write"
        metric = {"PredefinedMetricType": f"DynamoDB{verb}CapacityUtilization"}
        self.client.put_scaling_policy(
            **named, PolicyName="half", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 50.0, "PredefinedMetricSpecification": metric, **config,
            },
        )  # fmt: skip

    def minutes(self, count: int, writes: int = 0, region: str | None = None, v: str | None = None) -> list[int]:
        """Let minutes pass with so many writes in each; the capacity after each of them."""
        found = []
        for _ in range(count):
            client = self.world.clients[region] if region else self.dynamodb
            for start in range(0, writes, 25):
                more = {"v": {"S": f"{v}{self.world.clock.time}"}} if v is not None else {}
                items = [{"pk": {"S": str(number)}, **more} for number in range(start, start + 25)]
                client.batch_write_item(RequestItems={"paid": [{"PutRequest": {"Item": item}} for item in items]})
            self.world.clock.time += 60
            self.look()
            found.append(self.capacity()["WriteCapacityUnits"])
        return found

    def look(self) -> None:
        for scaler in self.scalers.values():
            asyncio.run(scaler.look())
        self.world.deliver()

    def capacity(self, region: str | None = None) -> dict[str, int]:
        client = self.world.clients[region] if region else self.dynamodb
        found: dict[str, int] = client.describe_table(TableName="paid")["Table"]["ProvisionedThroughput"]
        return found


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def test_capacity_grows_after_two_minutes_above_the_target_and_shrinks_after_fifteen_well_below() -> None:
    place = Place(EU)
    place.scale(least=2)
    place.look()
    assert place.minutes(3, writes=300) == [5, 10, 10]  # five a second are half of ten
    assert place.minutes(13) == [10] * 13
    assert place.minutes(3) == [10, 2, 2]
    done = place.client.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"]
    assert [each["Description"] for each in done] == [
        "Setting write capacity units to 2.", "Setting write capacity units to 10.",
    ]  # fmt: skip
    assert {each["StatusCode"] for each in done} == {"Successful"}


@pytest.mark.parametrize(("config", "capacity", "consumed", "expected"), [
    ({"TargetValue": 70.0}, 10, [8.0, 8.0], 12),
    ({"TargetValue": 70.0}, 10, [9.0, 6.9], 10),  # one minute is no trend
    ({"TargetValue": 70.0}, 10, [8.0], 10),
    ({"TargetValue": 70.0}, 10, [4.9] * 15, 7),
    ({"TargetValue": 70.0}, 10, [4.9] * 14 + [5.1], 10),  # not well below
    ({"TargetValue": 70.0, "DisableScaleIn": True}, 10, [1.0] * 15, 10),
])  # fmt: skip
def test_a_policy_wants_what_its_target_says(
    config: dict[str, Any], capacity: int, consumed: list[float], expected: int
) -> None:
    assert wanted(config, capacity, consumed) == expected


def test_four_decreases_a_day_and_then_one_an_hour() -> None:
    assert may_decrease([10.0, 20.0, 30.0], 40.0, 3600.0)
    assert not may_decrease([10.0, 20.0, 30.0, 40.0], 50.0, 3600.0)
    assert may_decrease([10.0, 20.0, 30.0, 40.0], 3640.0, 3600.0)


def test_nothing_leaves_the_bounds_of_its_target() -> None:
    place = Place(EU)
    place.scale(most=7)
    place.look()
    assert place.minutes(3, writes=300) == [5, 7, 7]
    place.client.register_scalable_target(**NAMED, MinCapacity=9, MaxCapacity=12)
    assert place.capacity()["WriteCapacityUnits"] == 9
    place.client.register_scalable_target(**NAMED, MaxCapacity=15)
    (target,) = place.client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"], target["ResourceId"]) == (9, 15, "table/paid")


def test_a_suspended_target_and_one_that_cools_down_stay_as_they_are() -> None:
    place = Place(EU)
    place.scale(ScaleOutCooldown=600)
    place.client.register_scalable_target(**NAMED, SuspendedState={"DynamicScalingOutSuspended": True})
    place.look()
    assert place.minutes(3, writes=300) == [5, 5, 5]
    place.client.register_scalable_target(**NAMED, SuspendedState={"DynamicScalingOutSuspended": False})
    assert place.minutes(3, writes=300) == [10, 10, 10]
    assert place.minutes(4, writes=600) == [10, 10, 10, 10]


def test_an_index_is_scaled_for_itself() -> None:
    place = Place(EU)
    place.scale(named=INDEX)
    place.look()
    assert place.minutes(3, writes=300, v="x") == [5, 5, 5]  # as the table has no policy
    (index,) = place.dynamodb.describe_table(TableName="paid")["Table"]["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["WriteCapacityUnits"] > 5


def test_writes_to_one_region_scale_the_table_in_all_of_them_together() -> None:
    place = Place(EU, JP)
    update = {
        "MinimumUnits": 2, "MaximumUnits": 40, "AutoScalingDisabled": False,
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0}},
    }  # fmt: skip
    told = place.dynamodb.update_table_replica_auto_scaling(
        TableName="paid", ProvisionedWriteCapacityAutoScalingUpdate=update,
        ReplicaUpdates=[{"RegionName": JP, "ReplicaProvisionedReadCapacityAutoScalingUpdate": {
            "MinimumUnits": 8, "MaximumUnits": 9}}],
    )["TableAutoScalingDescription"]  # fmt: skip
    eu, jp = told["Replicas"]
    assert eu["ReplicaProvisionedReadCapacityAutoScalingSettings"] == {"AutoScalingDisabled": True}
    assert jp["ReplicaProvisionedReadCapacityAutoScalingSettings"]["MinimumUnits"] == 8
    for each in (eu, jp):
        writes = each["ReplicaProvisionedWriteCapacityAutoScalingSettings"]
        assert (writes["MinimumUnits"], writes["MaximumUnits"]) == (2, 40)
        (policy,) = writes["ScalingPolicies"]
        assert policy["TargetTrackingScalingPolicyConfiguration"] == {"TargetValue": 50.0}
    place.world.deliver()
    assert (place.capacity(EU)["ReadCapacityUnits"], place.capacity(JP)["ReadCapacityUnits"]) == (5, 8)
    place.look()
    assert place.minutes(3, writes=300, region=JP) == [5, 10, 10]
    assert place.minutes(3, writes=300, region=JP) == [10, 10, 10]  # nobody takes for idle what the others write
    assert place.capacity(JP)["WriteCapacityUnits"] == 10 and place.capacity(JP)["ReadCapacityUnits"] == 8
    place.dynamodb.update_table_replica_auto_scaling(
        TableName="paid", ProvisionedWriteCapacityAutoScalingUpdate={"AutoScalingDisabled": True}
    )
    assert not place.client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]


def test_settings_of_a_global_table_of_2017_scale_too() -> None:
    place = Place(EU)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    place.dynamodb.update_table(TableName="paid", StreamSpecification=stream)
    place.world.settle()
    place.dynamodb.create_global_table(GlobalTableName="paid", ReplicationGroup=[{"RegionName": EU}])
    bounds = {"MinimumUnits": 6, "MaximumUnits": 20}
    (told,) = place.dynamodb.update_global_table_settings(
        GlobalTableName="paid", GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate=bounds,
        GlobalTableGlobalSecondaryIndexSettingsUpdate=[
            {"IndexName": "by_v", "ProvisionedWriteCapacityAutoScalingSettingsUpdate": bounds}
        ],
    )["ReplicaSettings"]  # fmt: skip
    assert told["ReplicaProvisionedWriteCapacityAutoScalingSettings"]["MaximumUnits"] == 20
    (index,) = told["ReplicaGlobalSecondaryIndexSettings"]
    assert index["ProvisionedWriteCapacityAutoScalingSettings"]["MinimumUnits"] == 6
    assert index["ProvisionedReadCapacityAutoScalingSettings"] == {"AutoScalingDisabled": True}
    assert place.capacity()["WriteCapacityUnits"] == 6


def test_what_was_set_stands_after_a_restart() -> None:
    place = Place(EU)
    place.scale()
    region = place.world.regions[EU]
    again = Region(
        EU, region.owned, clock=region.clock, journal=region.journal, maps=region.maps, world=region.world,
        ports=region.ports,
    )  # fmt: skip
    client = boto.client(again, service.id)
    (policy,) = client.describe_scaling_policies(ServiceNamespace="dynamodb", PolicyNames=["half"])["ScalingPolicies"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 50.0
    client.delete_scaling_policy(**NAMED, PolicyName="half")
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        client.delete_scaling_policy(**NAMED, PolicyName="half")


def test_targets_have_tags() -> None:
    place = Place(EU)
    arn = place.client.register_scalable_target(
        **NAMED, MinCapacity=1, MaxCapacity=5, Tags={"a": "b"}
    )["ScalableTargetARN"]  # fmt: skip
    place.client.tag_resource(ResourceARN=arn, Tags={"c": "d"})
    place.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert place.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"c": "d"}


@pytest.mark.parametrize(("given", "refusal"), [
    ({"ServiceNamespace": "ecs"}, "ValidationException.*Unsupported service namespace"),
    ({"ResourceId": "paid"}, "ValidationException.*ResourceId"),
    ({"ResourceId": "table/paid/index/by_v"}, "ValidationException.*ResourceId"),
    ({"MinCapacity": 9}, "ValidationException.*Maximum capacity"),
    ({"MinCapacity": None}, "ValidationException.*MinCapacity"),
])  # fmt: skip
def test_what_cannot_be_scaled_is_refused(given: dict[str, Any], refusal: str) -> None:
    asked = {**NAMED, "MinCapacity": 1, "MaxCapacity": 5, **given}
    with pytest.raises(ClientError, match=refusal):
        Place(EU).client.register_scalable_target(**{name: each for name, each in asked.items() if each is not None})


@pytest.mark.parametrize(("config", "refusal"), [
    ({"TargetValue": 95.0}, "ValidationException.*TargetValue"),
    ({"PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"}},
     "ValidationException.*PredefinedMetricType"),
    ({"CustomizedMetricSpecification": {"MetricName": "m"}}, "ValidationException.*Exactly one"),
])  # fmt: skip
def test_a_policy_that_cannot_be_followed_is_refused(config: dict[str, Any], refusal: str) -> None:
    with pytest.raises(ClientError, match=refusal):
        Place(EU).scale(**config)
