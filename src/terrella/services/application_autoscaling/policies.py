"""Scaling policies: target tracking of what is consumed. Step scaling and prediction are refused by name.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
"""

from __future__ import annotations

import uuid
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from . import tables
from .errors import ObjectNotFoundException
from .state import State, key_of, service, values
from .targets import check_namespace, existing, of_dimension, page

Plain = dict[str, Any]

LEAST_TARGET, MOST_TARGET = 20.0, 90.0
TRACKING = "TargetTrackingScaling"


@service.operation
def put_scaling_policy(ctx: Context[State], input: Plain) -> Plain:
    """Make a policy or replace it. ObjectNotFoundException if its target is not registered."""
    check_namespace(input)
    config = input.get("TargetTrackingScalingPolicyConfiguration")
    kind = input.get("PolicyType") or (TRACKING if config else "StepScaling")
    if kind != TRACKING:
        raise NotImplementedHere("application-autoscaling", f"PutScalingPolicy with {kind}")
    if not config:
        raise ValidationException("TargetTrackingScalingPolicyConfiguration is required for TargetTrackingScaling")
    target = existing(ctx, input)
    _check(config, target["dimension"])
    key = f"{key_of(target)} {input['PolicyName']}"
    others = [each for each in ctx.state.policies_of(key_of(target)) if each["name"] != input["PolicyName"]]
    if others:
        raise ValidationException("Only one TargetTrackingScaling policy for a given metric specification is allowed.")
    had = ctx.state.policies.get(key) or {}
    arn = had.get("arn") or (
        f"arn:aws:autoscaling:{ctx.region}:{ctx.account}:scalingPolicy:"
        f"{uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)}:resource/dynamodb/{target['resource']}:"
        f"policyName/{input['PolicyName']}"
    )
    policy = {"target": key_of(target), "name": input["PolicyName"], "arn": arn, "config": config,
              "at": had.get("at", ctx.now)}  # fmt: skip
    ctx.commit("policy_put", policy=policy)
    return {"PolicyARN": arn, "Alarms": []}


@service.operation
def delete_scaling_policy(ctx: Context[State], input: Plain) -> None:
    """ObjectNotFoundException."""
    check_namespace(input)
    key = f"{input['ResourceId']} {input['ScalableDimension']} {input['PolicyName']}"
    if ctx.state.policies.get(key) is None:
        raise ObjectNotFoundException(
            f"No scaling policy found for service namespace: dynamodb, resource ID: {input['ResourceId']}, "
            f"scalable dimension: {input['ScalableDimension']}, policy name: {input['PolicyName']}"
        )
    ctx.commit("policy_deleted", key=key)


@service.operation
def describe_scaling_policies(ctx: Context[State], input: Plain) -> Plain:
    check_namespace(input)
    names, found = input.get("PolicyNames") or [], []
    for policy in values(ctx.state.policies):
        target = ctx.state.targets.get(policy["target"])
        assert target is not None, "a target is deleted with its policies"
        wanted = input.get("ResourceId") in (None, target["resource"]) and of_dimension(target, input)
        if wanted and (not names or policy["name"] in names or policy["arn"] in names):
            found.append(_described(policy, target))
    return page(found, "ScalingPolicies", input)


def _check(config: Plain, dimension: str) -> None:
    metric = (config.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if config.get("CustomizedMetricSpecification"):
        raise NotImplementedHere("application-autoscaling", "PutScalingPolicy with CustomizedMetricSpecification")
    expected = tables.METRICS[tables.DIMENSIONS[dimension][1]]
    if metric != expected:
        raise ValidationException(f"PredefinedMetricType {metric} is not supported for {dimension}; {expected} is")
    if not LEAST_TARGET <= config["TargetValue"] <= MOST_TARGET:
        raise ValidationException(
            f"TargetValue must be between {LEAST_TARGET:.0f} and {MOST_TARGET:.0f} for {metric}"
        )


def _described(policy: Plain, target: Plain) -> Plain:
    return {
        "PolicyARN": policy["arn"], "PolicyName": policy["name"], "ServiceNamespace": "dynamodb",
        "ResourceId": target["resource"], "ScalableDimension": target["dimension"], "PolicyType": TRACKING,
        "TargetTrackingScalingPolicyConfiguration": policy["config"], "Alarms": [], "CreationTime": policy["at"],
    }  # fmt: skip
