"""A stack that scales a service of ECS, as public templates write it, against Application Auto Scaling itself."""

from __future__ import annotations

import random
from typing import Any

import pytest
from stage import Stage, ref, resources

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.services.application_autoscaling import service as autoscaling
from terrella.services.cloudformation import service as cloudformation

NIGHT = {
    "ScheduledActionName": "night", "Schedule": "cron(0 22 * * ? *)", "StartTime": "2030-01-01T00:00:00Z",
    "ScalableTargetAction": {"MinCapacity": "1"},
}  # fmt: skip


class Scaled(Stage):
    """A region with nothing but what scales."""

    def build(self) -> None:
        self.region = Region(
            "eu-west-1", [cloudformation, autoscaling], clock=self.time, journal=self.journal, maps=self.maps,
            world=WorldFacts(("eu-west-1",)), ports=Ports(tasks=self.time), rng=random.Random(7),
        )  # fmt: skip
        self.region.start()

    def told(self, what: str) -> list[dict[str, Any]]:
        """What Describe... of the region's ECS tells."""
        asked = self.region.request("application-autoscaling", f"Describe{what}", {"ServiceNamespace": "ecs"})
        found: list[dict[str, Any]] = self.time.wait_for(asked)[what]
        return found


@pytest.fixture
def stage() -> Scaled:
    return Scaled()


def template(*actions: dict[str, Any], most: int = 4) -> dict[str, Any]:
    steps = [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": "10", "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": "10", "ScalingAdjustment": 2},
    ]
    target = {
        "MinCapacity": 1, "MaxCapacity": most, "ResourceId": "service/web/front", "ServiceNamespace": "ecs",
        "ScalableDimension": "ecs:service:DesiredCount", "ScheduledActions": list(actions),
    }  # fmt: skip
    policy = {
        "PolicyName": "out", "PolicyType": "StepScaling", "ScalingTargetId": ref("Target"),
        "StepScalingPolicyConfiguration": {
            "AdjustmentType": "ChangeInCapacity", "Cooldown": "60", "StepAdjustments": steps,
        },
    }  # fmt: skip
    return resources(
        Target={"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": target},
        Policy={"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": policy},
    )


def test_targets_have_their_policies_and_actions_and_lose_those_left_out(stage: Scaled) -> None:
    assert stage.deploy(template(NIGHT)) == "CREATE_COMPLETE", stage.events()
    (policy,), (action,) = stage.told("ScalingPolicies"), stage.told("ScheduledActions")
    steps = policy["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert [each.get("MetricIntervalUpperBound") for each in steps] == [10.0, None]
    assert action["ScalableTargetAction"] == {"MinCapacity": 1} and action["StartTime"] == 1_893_456_000.0
    day = {**NIGHT, "ScheduledActionName": "day", "Schedule": "rate(1 day)"}
    assert stage.deploy(template(day, most=5)) == "UPDATE_COMPLETE", stage.events()
    assert [each["ScheduledActionName"] for each in stage.told("ScheduledActions")] == ["day"]
    assert [each["MaxCapacity"] for each in stage.told("ScalableTargets")] == [5]
    stage.begin("DeleteStack", StackName="shop")
    stage.time.run()
    assert not stage.told("ScalableTargets")


@pytest.mark.parametrize("wrong", [{"Schedule": "nightly"}, {"StartTime": "tonight"}])
def test_an_update_with_a_wrong_action_puts_back_those_there_were(stage: Scaled, wrong: dict[str, str]) -> None:
    assert stage.deploy(template(NIGHT)) == "CREATE_COMPLETE"
    other = {**NIGHT, **wrong, "ScheduledActionName": "wrong"}
    assert stage.deploy(template(other)) == "UPDATE_ROLLBACK_COMPLETE", stage.events()
    assert [each["ScheduledActionName"] for each in stage.told("ScheduledActions")] == ["night"]
