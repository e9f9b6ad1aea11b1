"""Auto scaling as the APIs of global tables give and tell it. Who scales is Application Auto Scaling, one in each
region: these settings are its targets and policies, and what somebody sets there is told here.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AutoScalingSettingsUpdate.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from .state import State

Plain = dict[str, Any]

AUTOSCALING = "application-autoscaling"
OFF: Plain = {"AutoScalingDisabled": True}
_POLICY = ("DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown", "TargetValue")


@dataclass(slots=True)
class Place:
    """What is scaled: the reads or writes of a table, or of one of its indexes, in a region."""

    region: str
    table: str
    verb: str
    index: str | None = None

    @property
    def named(self) -> Plain:
        """As Application Auto Scaling names it."""
        resource = f"table/{self.table}" + (f"/index/{self.index}" if self.index else "")
        kind = "index" if self.index else "table"
        return {
            "ServiceNamespace": "dynamodb", "ResourceId": resource,
            "ScalableDimension": f"dynamodb:{kind}:{self.verb}CapacityUnits",
        }  # fmt: skip


class Scaling:
    """What is scaled of one table in one region, as it was when it was asked for."""

    def __init__(self, targets: list[Plain], policies: list[Plain]) -> None:
        self._targets = {_key(each): each for each in targets}
        self._policies = {_key(each): each for each in policies}

    def of(self, place: Place) -> Plain:
        """AutoScalingSettingsDescription."""
        target, policy = self._targets.get(_key(place.named)), self._policies.get(_key(place.named))
        if target is None:
            return OFF
        found = {
            "MinimumUnits": target["MinCapacity"], "MaximumUnits": target["MaxCapacity"],
            "AutoScalingDisabled": False, "AutoScalingRoleArn": target["RoleARN"],
        }  # fmt: skip
        if policy is not None:
            config = policy["TargetTrackingScalingPolicyConfiguration"]
            shown = {name: config[name] for name in _POLICY if name in config}
            found["ScalingPolicies"] = [
                {"PolicyName": policy["PolicyName"], "TargetTrackingScalingPolicyConfiguration": shown}
            ]
        return found


async def scaling(ctx: Context[State], region: str, table: str, indexes: list[str]) -> Scaling:
    """What is scaled of a table and these indexes there. Raises what that region answers."""
    resources = [Place(region, table, "Read", index).named["ResourceId"] for index in (None, *indexes)]
    found: dict[str, list[Plain]] = {"ScalableTargets": [], "ScalingPolicies": []}
    for resource in resources:
        asked: Plain = {"ServiceNamespace": "dynamodb"}
        targets = await ctx.request(
            AUTOSCALING, "DescribeScalableTargets", {**asked, "ResourceIds": [resource]}, region=region
        )
        policies = await ctx.request(
            AUTOSCALING, "DescribeScalingPolicies", {**asked, "ResourceId": resource}, region=region
        )
        found["ScalableTargets"] += targets["ScalableTargets"]
        found["ScalingPolicies"] += policies["ScalingPolicies"]
    return Scaling(found["ScalableTargets"], found["ScalingPolicies"])


async def apply(ctx: Context[State], place: Place, update: Plain | None) -> None:
    """Do what an AutoScalingSettingsUpdate says. ValidationException, and what Application Auto Scaling refuses."""
    if not update:
        return
    if update.get("AutoScalingDisabled"):
        there = await ctx.request(AUTOSCALING, "DescribeScalableTargets", _asked(place), region=place.region)
        if there["ScalableTargets"]:
            await ctx.request(AUTOSCALING, "DeregisterScalableTarget", place.named, region=place.region)
        return
    least, most = update.get("MinimumUnits"), update.get("MaximumUnits")
    if least is not None and most is not None and least > most:
        raise ValidationException("MinimumUnits must be less than or equal to MaximumUnits")
    bounds = {"MinCapacity": least, "MaxCapacity": most, "RoleARN": update.get("AutoScalingRoleArn")}
    given = {name: value for name, value in bounds.items() if value is not None}
    await ctx.request(AUTOSCALING, "RegisterScalableTarget", {**place.named, **given}, region=place.region)
    policy = update.get("ScalingPolicyUpdate")
    if policy:
        config = {
            **policy["TargetTrackingScalingPolicyConfiguration"],
            "PredefinedMetricSpecification": {"PredefinedMetricType": f"DynamoDB{place.verb}CapacityUtilization"},
        }
        name = policy.get("PolicyName") or f"DynamoDB{place.verb}CapacityUtilization:{place.named['ResourceId']}"
        input = {**place.named, "PolicyName": name, "PolicyType": "TargetTrackingScaling",
                 "TargetTrackingScalingPolicyConfiguration": config}  # fmt: skip
        await ctx.request(AUTOSCALING, "PutScalingPolicy", input, region=place.region)


def _asked(place: Place) -> Plain:
    named = place.named
    return {
        "ServiceNamespace": "dynamodb", "ResourceIds": [named["ResourceId"]],
        "ScalableDimension": named["ScalableDimension"],
    }  # fmt: skip


def _key(named: Plain) -> tuple[str, str]:
    return named["ResourceId"], named["ScalableDimension"]
