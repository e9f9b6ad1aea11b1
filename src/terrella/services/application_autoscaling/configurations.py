"""What scaling policies say: steps by how far an alarm was breached, or the value a metric is to have.

https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html#as-scaling-steps
"""

from __future__ import annotations

import re
from itertools import pairwise
from math import inf
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from .errors import LimitExceededException
from .namespaces import KINDS, SCALED, namespace_of

Plain = dict[str, Any]

TRACKING, STEPS, PREDICTION = "TargetTrackingScaling", "StepScaling", "PredictiveScaling"
MEMBERS = {kind: f"{kind}PolicyConfiguration" for kind in (STEPS, TRACKING, PREDICTION)}
LEAST_TARGET, MOST_TARGET = 20.0, 90.0
MOST_STEPS = 20
PER_TARGET = "ALBRequestCountPerTarget"
LABEL = r"app/[^/]+/[^/]+/targetgroup/[^/]+/[^/]+"


def configuration(input: Plain) -> tuple[str, Plain]:
    """The type of the policy a request puts, and what it says. ValidationException."""
    given = [kind for kind in MEMBERS if input.get(MEMBERS[kind])]
    kind = input.get("PolicyType") or (given[0] if given else STEPS)
    dimension = input["ScalableDimension"]
    _check_type(kind, dimension)
    if given != [kind]:
        raise ValidationException(f"{MEMBERS[kind]} is required for {kind}, and no other configuration is allowed")
    config: Plain = input[MEMBERS[kind]]
    (_check_steps if kind == STEPS else _check_tracking)(config, dimension)
    return kind, config


def metric_of(config: Plain) -> Any:
    """What a target tracking policy follows: there is one policy for it."""
    return config.get("PredefinedMetricSpecification") or config.get("CustomizedMetricSpecification")


def _check_type(kind: str, dimension: str) -> None:
    namespace, about = namespace_of(dimension), KINDS[dimension]
    for_it = {STEPS: about.steps, TRACKING: about.tracks, PREDICTION: namespace == "ecs"}
    if not for_it[kind]:
        raise ValidationException(f"{kind} is not supported for the service namespace: {namespace}")
    if kind == PREDICTION:
        raise NotImplementedHere("application-autoscaling", f"PutScalingPolicy with {kind}")


def _check_tracking(config: Plain, dimension: str) -> None:
    predefined, own = config.get("PredefinedMetricSpecification"), config.get("CustomizedMetricSpecification")
    if bool(predefined) == bool(own):
        raise ValidationException(
            "Exactly one of PredefinedMetricSpecification and CustomizedMetricSpecification must be specified"
        )
    if own:
        _check_customized(own, dimension)
    else:
        _check_predefined(predefined or {}, dimension)
    for name in ("ScaleInCooldown", "ScaleOutCooldown"):
        _check_not_negative(config, name)
    if namespace_of(dimension) == SCALED and not LEAST_TARGET <= config["TargetValue"] <= MOST_TARGET:
        raise ValidationException(
            f"TargetValue must be between {LEAST_TARGET:.0f} and {MOST_TARGET:.0f} for {dimension}"
        )


def _check_predefined(given: Plain, dimension: str) -> None:
    metric, label = given["PredefinedMetricType"], given.get("ResourceLabel")
    if not metric.startswith(KINDS[dimension].metrics):
        raise ValidationException(f"PredefinedMetricType {metric} is not supported for {dimension}")
    if metric != PER_TARGET and label is not None:
        raise ValidationException(f"ResourceLabel is only supported for {PER_TARGET}")
    if metric == PER_TARGET and not re.fullmatch(LABEL, label or ""):
        raise ValidationException(
            f"ResourceLabel is required for {PER_TARGET}, as app/NAME/ID/targetgroup/NAME/ID: {label}"
        )


def _check_customized(given: Plain, dimension: str) -> None:
    if namespace_of(dimension) == SCALED:
        raise NotImplementedHere("application-autoscaling", "PutScalingPolicy with CustomizedMetricSpecification")
    one = [name for name in ("MetricName", "Namespace", "Statistic") if given.get(name)]
    if given.get("Metrics"):
        _check_metrics(given["Metrics"])
        if one:
            raise ValidationException(f"{one[0]} cannot be specified together with Metrics")
    elif len(one) < 3:
        raise ValidationException("MetricName, Namespace and Statistic are required without Metrics")


def _check_metrics(metrics: list[Plain]) -> None:
    if any(bool(each.get("Expression")) == bool(each.get("MetricStat")) for each in metrics):
        raise ValidationException("Each of Metrics must have either an Expression or a MetricStat")
    if len({each["Id"] for each in metrics}) < len(metrics):
        raise ValidationException("The Ids of Metrics must be unique")
    if sum(each.get("ReturnData", True) for each in metrics) != 1:
        raise ValidationException("Exactly one of Metrics must have ReturnData true")


def _check_steps(config: Plain, dimension: str) -> None:
    steps, how = config.get("StepAdjustments"), config.get("AdjustmentType")
    if not steps or not how:
        raise ValidationException("AdjustmentType and at least one step of StepAdjustments are required")
    if len(steps) > MOST_STEPS:
        raise LimitExceededException(f"Only {MOST_STEPS} step adjustments are allowed in a step scaling policy")
    if how == "ExactCapacity" and any(each["ScalingAdjustment"] < 0 for each in steps):
        raise ValidationException("ScalingAdjustment must not be negative for ExactCapacity")
    if how != "PercentChangeInCapacity" and config.get("MinAdjustmentMagnitude") is not None:
        raise ValidationException("MinAdjustmentMagnitude is only supported for PercentChangeInCapacity")
    _check_not_negative(config, "Cooldown")
    _check_intervals(sorted(map(_interval, steps)))


def _check_intervals(intervals: list[tuple[float, float]]) -> None:
    """They neither overlap nor leave a gap, and have no end where they leave the threshold."""
    if any(low >= high for low, high in intervals):
        raise ValidationException("MetricIntervalUpperBound must be greater than MetricIntervalLowerBound")
    if any(high != low for (_, high), (low, _) in pairwise(intervals)):
        raise ValidationException("StepAdjustments intervals must not overlap or have gaps between them")
    first, last = intervals[0][0], intervals[-1][1]
    if -inf < first < 0 or 0 < last < inf:
        raise ValidationException(
            "There must be a step adjustment without a lower bound if one has a negative lower bound, "
            "and one without an upper bound if one has a positive upper bound"
        )


def _interval(step: Plain) -> tuple[float, float]:
    low, high = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
    if low is None and high is None:
        raise ValidationException("A step adjustment must have a MetricIntervalLowerBound or MetricIntervalUpperBound")
    return (-inf if low is None else low), (inf if high is None else high)


def _check_not_negative(config: Plain, name: str) -> None:
    if (config.get(name) or 0) < 0:
        raise ValidationException(f"{name} must not be negative")
