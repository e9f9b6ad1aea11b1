"""Scalable targets: tables and global indexes, and the bounds of their capacity.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from . import scaling, tables, tracking
from .errors import InvalidNextTokenException, ObjectNotFoundException
from .state import State, key_of, service, values

Plain = dict[str, Any]

MOST_AT_ONCE = 50
ROLE = (
    "role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)


@service.operation
async def register_scalable_target(ctx: Context[State], input: Plain) -> Plain:
    """Make a target or alter its bounds; a capacity outside of them is put on the nearer one."""
    check_namespace(input)
    resource, dimension = input["ResourceId"], input["ScalableDimension"]
    tables.check(resource, dimension)
    had = ctx.state.targets.get(f"{resource} {dimension}") or {}
    least, most = input.get("MinCapacity", had.get("least")), input.get("MaxCapacity", had.get("most"))
    if least is None or most is None:
        raise ValidationException("MinCapacity and MaxCapacity must be specified for a new scalable target")
    if least < 1:
        raise ValidationException("Minimum capacity must be at least 1")
    if most < least:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity")
    place = f"arn:aws:application-autoscaling:{ctx.region}:{ctx.account}:scalable-target"
    target = {
        "resource": resource, "dimension": dimension, "least": least, "most": most,
        "role": input.get("RoleARN") or had.get("role") or f"arn:aws:iam::{ctx.account}:{ROLE}",
        "suspended": {**had.get("suspended", {}), **(input.get("SuspendedState") or {})},
        "arn": had.get("arn") or f"{place}/{ctx.here.rng.getrandbits(128):032x}",
        "tags": {**had.get("tags", {}), **(input.get("Tags") or {})},
        "at": had.get("at", ctx.now),
    }  # fmt: skip
    try:
        scaled = await tables.look(ctx, resource, dimension)
    except tables.Gone:
        scaled = None
    ctx.commit("target_put", target=target)
    if scaled is not None and tracking.within(target, scaled.capacity) != scaled.capacity:
        await scaling.alter(ctx, target, scaled, tracking.within(target, scaled.capacity), "the target's bounds")
    return {"ScalableTargetARN": target["arn"]}


@service.operation
def deregister_scalable_target(ctx: Context[State], input: Plain) -> None:
    """Forget a target and its policies. ObjectNotFoundException."""
    target = existing(ctx, input)
    ctx.commit("target_deleted", key=key_of(target))


@service.operation
def describe_scalable_targets(ctx: Context[State], input: Plain) -> Plain:
    check_namespace(input)
    wanted = input.get("ResourceIds") or []
    found = [
        _described(each) for each in values(ctx.state.targets)
        if (not wanted or each["resource"] in wanted) and of_dimension(each, input)
    ]  # fmt: skip
    return page(found, "ScalableTargets", input)


def check_namespace(input: Plain) -> None:
    """NotImplementedHere for anything but DynamoDB: nothing else here has capacity to scale."""
    if input["ServiceNamespace"] != "dynamodb":
        raise NotImplementedHere("application-autoscaling", f"scaling of {input['ServiceNamespace']}")


def existing(ctx: Context[State], input: Plain) -> Plain:
    """The target a request names. ObjectNotFoundException."""
    check_namespace(input)
    resource, dimension = input["ResourceId"], input["ScalableDimension"]
    target: Plain | None = ctx.state.targets.get(f"{resource} {dimension}")
    if target is None:
        raise ObjectNotFoundException(
            f"No scalable target registered for service namespace: dynamodb, resource ID: {resource}, "
            f"scalable dimension: {dimension}"
        )
    return target


def of_dimension(each: Plain, input: Plain) -> bool:
    """Whether something is of the dimension a request asks for, if it asks for one."""
    return input.get("ScalableDimension") in (None, each["dimension"])


def page(found: list[Plain], member: str, input: Plain) -> Plain:
    """Some of what was found, and where to go on. InvalidNextTokenException."""
    token, size = input.get("NextToken"), min(input.get("MaxResults") or MOST_AT_ONCE, MOST_AT_ONCE)
    if token is not None and not token.isdigit():
        raise InvalidNextTokenException(f"Invalid NextToken: {token}")
    start = int(token or 0)
    more = {"NextToken": str(start + size)} if len(found) > start + size else {}
    return {member: found[start : start + size], **more}


def _described(target: Plain) -> Plain:
    suspended = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    return {
        "ServiceNamespace": "dynamodb", "ResourceId": target["resource"], "ScalableDimension": target["dimension"],
        "MinCapacity": target["least"], "MaxCapacity": target["most"], "RoleARN": target["role"],
        "CreationTime": target["at"], "ScalableTargetARN": target["arn"],
        "SuspendedState": {name: bool(target["suspended"].get(name)) for name in suspended},
    }  # fmt: skip
