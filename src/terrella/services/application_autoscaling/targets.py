"""Scalable targets and the bounds of their capacity: tables and global indexes, which are scaled, and what other
services have, which is kept as it is told.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from . import scaling, tables, tracking
from .errors import InvalidNextTokenException, ObjectNotFoundException
from .namespaces import KINDS, SCALED, check_pair, check_resource, namespace_of, role_of
from .state import State, key_of, service, values

Plain = dict[str, Any]

MOST_AT_ONCE = 50


@service.operation
async def register_scalable_target(ctx: Context[State], input: Plain) -> Plain:
    """Make a target or alter its bounds; a capacity of DynamoDB outside of them is put on the nearer one."""
    check_pair(input)
    resource, dimension = input["ResourceId"], input["ScalableDimension"]
    check_resource(resource, dimension)
    target = _target(ctx, input, ctx.state.targets.get(f"{resource} {dimension}") or {})
    scaled = await _looked_at(ctx, resource, dimension)
    ctx.commit("target_put", target=target)
    if scaled is not None and tracking.within(target, scaled.capacity) != scaled.capacity:
        await scaling.alter(ctx, target, scaled, tracking.within(target, scaled.capacity), "the target's bounds")
    return {"ScalableTargetARN": target["arn"]}


@service.operation
def deregister_scalable_target(ctx: Context[State], input: Plain) -> None:
    """Forget a target with its policies and scheduled actions. ObjectNotFoundException."""
    target = existing(ctx, input)
    ctx.commit("target_deleted", key=key_of(target))


@service.operation
def describe_scalable_targets(ctx: Context[State], input: Plain) -> Plain:
    """Those of a service, or of these resources."""
    check_pair(input)
    wanted = input.get("ResourceIds") or []
    found = [
        _described(each) for each in values(ctx.state.targets)
        if (not wanted or each["resource"] in wanted) and of_dimension(each, input)
    ]  # fmt: skip
    return page(found, "ScalableTargets", input)


def existing(ctx: Context[State], input: Plain) -> Plain:
    """The target a request names. ObjectNotFoundException."""
    check_pair(input)
    resource, dimension = input["ResourceId"], input["ScalableDimension"]
    target: Plain | None = ctx.state.targets.get(f"{resource} {dimension}")
    if target is None:
        raise ObjectNotFoundException(
            f"No scalable target registered for service namespace: {input['ServiceNamespace']}, "
            f"resource ID: {resource}, scalable dimension: {dimension}"
        )
    return target


def of_dimension(each: Plain, input: Plain) -> bool:
    """Whether something is of the service a request asks for, and of the dimension, if it asks for one."""
    ours = namespace_of(each["dimension"]) == input["ServiceNamespace"]
    return ours and input.get("ScalableDimension") in (None, each["dimension"])


def told_of(target: Plain) -> Plain:
    """What targets are named by."""
    dimension = target["dimension"]
    return {
        "ServiceNamespace": namespace_of(dimension), "ResourceId": target["resource"], "ScalableDimension": dimension,
    }  # fmt: skip


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
        **told_of(target),
        "MinCapacity": target["least"], "MaxCapacity": target["most"], "RoleARN": target["role"],
        "CreationTime": target["at"], "ScalableTargetARN": target["arn"],
        "SuspendedState": {name: bool(target["suspended"].get(name)) for name in suspended},
    }  # fmt: skip


def _target(ctx: Context[State], input: Plain, had: Plain) -> Plain:
    """A target as a request has it, and as it was where the request says nothing."""
    dimension = input["ScalableDimension"]
    least, most = input.get("MinCapacity", had.get("least")), input.get("MaxCapacity", had.get("most"))
    if least is None or most is None:
        raise ValidationException("MinCapacity and MaxCapacity must be specified for a new scalable target")
    if least < KINDS[dimension].least:
        raise ValidationException(f"Minimum capacity must be at least {KINDS[dimension].least}")
    if most < least:
        raise ValidationException("Maximum capacity cannot be less than minimum capacity")
    place = f"arn:aws:application-autoscaling:{ctx.region}:{ctx.account}:scalable-target"
    return {
        "resource": input["ResourceId"], "dimension": dimension, "least": least, "most": most,
        "role": input.get("RoleARN") or had.get("role") or role_of(input["ServiceNamespace"], ctx.account),
        "suspended": {**had.get("suspended", {}), **(input.get("SuspendedState") or {})},
        "arn": had.get("arn") or f"{place}/{ctx.here.rng.getrandbits(128):032x}",
        "tags": {**had.get("tags", {}), **(input.get("Tags") or {})},
        "at": had.get("at", ctx.now),
    }  # fmt: skip


async def _looked_at(ctx: Context[State], resource: str, dimension: str) -> tables.Scaled | None:
    """What a table or index has, if it is one."""
    if namespace_of(dimension) != SCALED:
        return None
    try:
        return await tables.look(ctx, resource, dimension)
    except tables.Gone:
        return None
