"""AWS::ApplicationAutoScaling::ScalableTarget and AWS::ApplicationAutoScaling::ScalingPolicy."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]

AUTOSCALING = "application-autoscaling"
NAMED = ("ResourceId", "ScalableDimension", "ServiceNamespace")
PROPERTIES = "MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ServiceNamespace SuspendedState"
ONLY_DYNAMODB = "Of DynamoDB's tables and global indexes."

target = ResourceType(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    properties=PROPERTIES,
    required="MaxCapacity MinCapacity ResourceId ScalableDimension ServiceNamespace",
    create_only="ResourceId ScalableDimension ServiceNamespace",
    attributes="Id",
    gone="ObjectNotFoundException",
    note=f"{ONLY_DYNAMODB} ScheduledActions are not there.",
)
policy = ResourceType(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    properties="PolicyName PolicyType ResourceId ScalableDimension ScalingTargetId ServiceNamespace "
    "TargetTrackingScalingPolicyConfiguration",
    required="PolicyName PolicyType",
    create_only="PolicyName ResourceId ScalableDimension ScalingTargetId ServiceNamespace",
    attributes="Arn",
    gone="ObjectNotFoundException",
    note=f"{ONLY_DYNAMODB} Step and predictive scaling are not there.",
)


@target.creates
async def create_target(resource: Resource) -> str:
    await _register(resource)
    return "|".join(resource.get(name) for name in NAMED)


@target.updates
async def update_target(resource: Resource) -> None:
    await _register(resource)


@target.reads
async def target_attributes(resource: Resource) -> dict[str, str]:
    return {"Id": resource.physical_id}


@target.deletes
async def delete_target(resource: Resource) -> None:
    await resource.call(AUTOSCALING, "DeregisterScalableTarget", _named(resource.physical_id))


@policy.creates
async def create_policy(resource: Resource) -> str:
    return await _put(resource)


@policy.updates
async def update_policy(resource: Resource) -> None:
    await _put(resource)


@policy.reads
async def policy_attributes(resource: Resource) -> dict[str, str]:
    return {"Arn": resource.physical_id}


@policy.deletes
async def delete_policy(resource: Resource) -> None:
    input = {**_place(resource), "PolicyName": resource.get("PolicyName")}
    await resource.call(AUTOSCALING, "DeleteScalingPolicy", input)


async def _register(resource: Resource) -> None:
    await resource.call(AUTOSCALING, "RegisterScalableTarget", resource.pick(PROPERTIES))


async def _put(resource: Resource) -> str:
    given = resource.pick("PolicyName PolicyType TargetTrackingScalingPolicyConfiguration")
    answer = await resource.call(AUTOSCALING, "PutScalingPolicy", {**_place(resource), **given})
    return str(answer["PolicyARN"])


def _place(resource: Resource) -> Plain:
    """The target a policy names, by its own id or by what that is made of."""
    identity = resource.get("ScalingTargetId")
    return _named(identity) if identity else {name: resource.get(name) for name in NAMED if resource.get(name)}


def _named(identity: str) -> Plain:
    return dict(zip(NAMED, identity.split("|"), strict=False))
