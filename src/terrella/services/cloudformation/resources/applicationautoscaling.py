"""AWS::ApplicationAutoScaling::ScalableTarget and AWS::ApplicationAutoScaling::ScalingPolicy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ....core.errors import AwsError
from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]

AUTOSCALING = "application-autoscaling"
NAMED = ("ResourceId", "ScalableDimension", "ServiceNamespace")
PROPERTIES = "MaxCapacity MinCapacity ResourceId RoleARN ScalableDimension ServiceNamespace SuspendedState"
CONFIGURATIONS = (
    "PredictiveScalingPolicyConfiguration StepScalingPolicyConfiguration TargetTrackingScalingPolicyConfiguration"
)
STATE = "DynamoDB's tables and global indexes are scaled; targets of other services are state: nothing scales them."

target = ResourceType(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    properties=f"{PROPERTIES} ScheduledActions",
    required="MaxCapacity MinCapacity ResourceId ScalableDimension ServiceNamespace",
    create_only="ResourceId ScalableDimension ServiceNamespace",
    attributes="Id",
    gone="ObjectNotFoundException",
    note=f"{STATE} ScheduledActions are state of those, and not there for DynamoDB's.",
)
policy = ResourceType(
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    properties=f"PolicyName PolicyType ResourceId ScalableDimension ScalingTargetId ServiceNamespace {CONFIGURATIONS}",
    required="PolicyName PolicyType",
    create_only="PolicyName ResourceId ScalableDimension ScalingTargetId ServiceNamespace",
    attributes="Arn",
    gone="ObjectNotFoundException",
    note=f"{STATE} Predictive scaling is not there.",
)


@target.creates
async def create_target(resource: Resource) -> str:
    await resource.call(AUTOSCALING, "RegisterScalableTarget", resource.pick(PROPERTIES))
    return "|".join(resource.get(name) for name in NAMED)


@target.settles
async def target_scheduled(resource: Resource) -> None:
    """Actions are put when their target is there, and those taken out of a template are deleted."""
    was = resource.before["properties"].get("ScheduledActions") or [] if resource.before else []
    now = resource.get("ScheduledActions") or []
    for action in now:
        if action not in was:
            await resource.call(AUTOSCALING, "PutScheduledAction", {**_named(resource.physical_id), **_timed(action)})
    names = {each.get("ScheduledActionName") for each in now}
    for each in was:
        if each.get("ScheduledActionName") not in names:
            await _unschedule(resource, each.get("ScheduledActionName"))


@target.updates
async def update_target(resource: Resource) -> None:
    await resource.call(AUTOSCALING, "RegisterScalableTarget", resource.pick(PROPERTIES))


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


async def _put(resource: Resource) -> str:
    given = resource.pick(f"PolicyName PolicyType {CONFIGURATIONS}")
    answer = await resource.call(AUTOSCALING, "PutScalingPolicy", {**_place(resource), **given})
    return str(answer["PolicyARN"])


async def _unschedule(resource: Resource, name: str | None) -> None:
    """An action that is not there needs no deleting: what is restored had perhaps never been put."""
    try:
        input = {**_named(resource.physical_id), "ScheduledActionName": name}
        await resource.call(AUTOSCALING, "DeleteScheduledAction", input)
    except AwsError as refusal:
        if refusal.error_code != "ObjectNotFoundException":
            raise


def _place(resource: Resource) -> Plain:
    """The target a policy names, by its own id or by what that is made of."""
    identity = resource.get("ScalingTargetId")
    return _named(identity) if identity else {name: resource.get(name) for name in NAMED if resource.get(name)}


def _named(identity: str) -> Plain:
    return dict(zip(NAMED, identity.split("|"), strict=False))


def _timed(action: Plain) -> Plain:
    """An action with its times as the API wants them."""
    return {**action, **{name: _moment(action[name]) for name in ("StartTime", "EndTime") if name in action}}


def _moment(said: Any) -> float:
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        raise HandlerFailed(f"Value of a scheduled action's time must be a date of ISO 8601: {said}") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
