"""Scaling policies. Target tracking of DynamoDB is followed; target tracking and steps of other services are kept as
they are told, and nobody scales by them. Prediction is refused by name.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

import uuid
from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from .configurations import MEMBERS, TRACKING, configuration, metric_of
from .errors import ObjectNotFoundException
from .namespaces import check_pair
from .state import State, key_of, service, values
from .targets import existing, of_dimension, page, told_of

Plain = dict[str, Any]


@service.operation
def put_scaling_policy(ctx: Context[State], input: Plain) -> Plain:
    """Make a policy or replace it. ObjectNotFoundException if its target is not registered."""
    target = existing(ctx, input)
    key = f"{key_of(target)} {input['PolicyName']}"
    had = ctx.state.policies.get(key) or {}
    kind, config = configuration(input)
    if kind == TRACKING and metric_of(config) in _tracked(ctx, target, input["PolicyName"]):
        raise ValidationException("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
    arn = had.get("arn") or (
        f"arn:aws:autoscaling:{ctx.region}:{ctx.account}:scalingPolicy:"
        f"{uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)}:"
        f"resource/{input['ServiceNamespace']}/{target['resource']}:policyName/{input['PolicyName']}"
    )
    policy = {"target": key_of(target), "name": input["PolicyName"], "arn": arn, "kind": kind, "config": config,
              "at": had.get("at", ctx.now)}  # fmt: skip
    ctx.commit("policy_put", policy=policy)
    return {"PolicyARN": arn, "Alarms": []}


@service.operation
def delete_scaling_policy(ctx: Context[State], input: Plain) -> None:
    """ObjectNotFoundException."""
    check_pair(input)
    key = f"{input['ResourceId']} {input['ScalableDimension']} {input['PolicyName']}"
    if ctx.state.policies.get(key) is None:
        raise ObjectNotFoundException(
            f"No scaling policy found for service namespace: {input['ServiceNamespace']}, "
            f"resource ID: {input['ResourceId']}, scalable dimension: {input['ScalableDimension']}, "
            f"policy name: {input['PolicyName']}"
        )
    ctx.commit("policy_deleted", key=key)


@service.operation
def describe_scaling_policies(ctx: Context[State], input: Plain) -> Plain:
    """Those of a service, of one of its resources, or of these names or ARNs."""
    check_pair(input)
    names, found = input.get("PolicyNames") or [], []
    for policy in values(ctx.state.policies):
        target = ctx.state.targets.get(policy["target"])
        assert target is not None, "a target is deleted with its policies"
        wanted = input.get("ResourceId") in (None, target["resource"]) and of_dimension(target, input)
        if wanted and (not names or policy["name"] in names or policy["arn"] in names):
            found.append(_described(policy, target))
    return page(found, "ScalingPolicies", input)


def _tracked(ctx: Context[State], target: Plain, but: str) -> list[Any]:
    """The metrics that policies of a target follow, but for one of this name."""
    return [
        metric_of(each["config"]) for each in ctx.state.policies_of(key_of(target))
        if each["name"] != but and each.get("kind", TRACKING) == TRACKING
    ]  # fmt: skip


def _described(policy: Plain, target: Plain) -> Plain:
    kind = policy.get("kind", TRACKING)
    return {
        "PolicyARN": policy["arn"], "PolicyName": policy["name"], **told_of(target), "PolicyType": kind,
        MEMBERS[kind]: policy["config"], "Alarms": [], "CreationTime": policy["at"],
    }  # fmt: skip
