"""Alarms as customers see them: made, described, switched, deleted. When they change is in evaluating.py.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from typing import Any

import orjson

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import actions
from .data import check_queries, check_statistic
from .errors import InvalidFormatFault, ResourceNotFound, ValidationError
from .history import entry, iso
from .series import Plain, page, series_of
from .state import State, service
from .tags import checked, tags_of

DAY_S, WEEK_S = 86_400, 604_800
TREATMENTS = ("breaching", "notBreaching", "ignore", "missing")
COMPARISONS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to", "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than", "LessThanOrEqualToThreshold": "less than or equal to",
}  # fmt: skip
_KEPT = (
    "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions",
    "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
    "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile",
    "Metrics",
)  # fmt: skip
_ELSEWHERE = (
    "ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval",
    "ActionConfiguration",
)
_UNCHANGED = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
FIRST_REASON = "Unchecked: Initial alarm creation"


@service.operation
def put_metric_alarm(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Make an alarm, or alter it whole; one that is altered keeps its state and its tags."""
    _check(ctx, input)
    name = input["AlarmName"]
    old = ctx.state.alarms.get(name)
    kept = {"ActionsEnabled": True, "OKActions": [], "AlarmActions": [], "InsufficientDataActions": []}
    kept |= {} if input.get("Metrics") else {"Dimensions": []}
    kept |= {each: input[each] for each in _KEPT if input.get(each) is not None}
    began = {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": FIRST_REASON,
        "StateUpdatedTimestamp": ctx.now,
        "StateTransitionedTimestamp": ctx.now,
    }
    state = {each: old[each] for each in _UNCHANGED if each in old} if old else began
    arn = f"arn:aws:cloudwatch:{ctx.region}:{ctx.account}:alarm:{name}"
    alarm = {**kept, "AlarmArn": arn, "AlarmConfigurationUpdatedTimestamp": ctx.now, **state}
    tags = checked(tags_of(input.get("Tags"))) if old is None else None
    _configured(ctx, alarm, "updated" if old else "created", tags)
    return {}


@service.operation
def describe_alarms(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """In order of names. Of other kinds of alarms there are none."""
    names, prefix = input.get("AlarmNames"), input.get("AlarmNamePrefix")
    if names and prefix:
        raise ValidationError("AlarmNamePrefix and AlarmNames are mutually exclusive.")
    if input.get("ChildrenOfAlarmName") or input.get("ParentsOfAlarmName"):
        raise NotImplementedHere("cloudwatch", "DescribeAlarms of composite alarms")
    if "MetricAlarm" not in (input.get("AlarmTypes") or ["MetricAlarm"]):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    found = [
        (name, alarm) for name, alarm in ctx.state.alarms.items()
        if (not names or name in names)
        and name.startswith(prefix or "")
        and input.get("StateValue") in (None, alarm["StateValue"])
        and any(each.startswith(input.get("ActionPrefix") or "") for each in actions.of(alarm) or [""])
    ]  # fmt: skip
    alarms, more = page(found, input.get("NextToken"), input.get("MaxRecords") or 50)
    return {"MetricAlarms": alarms, "CompositeAlarms": [], **({"NextToken": more} if more else {})}


@service.operation
def describe_alarms_for_metric(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Those that watch this metric and no other; with Statistic and so on, only those that agree."""
    series = series_of(input["Namespace"], input["MetricName"], input.get("Dimensions"))
    same = [each for each in ("Statistic", "ExtendedStatistic", "Period", "Unit") if input.get(each) is not None]
    found = [
        alarm for _, alarm in ctx.state.alarms.items()
        if "MetricName" in alarm
        and series_of(alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) == series
        and all(alarm.get(each) == input[each] for each in same)
    ]  # fmt: skip
    return {"MetricAlarms": found}


@service.operation
def delete_alarms(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """All of them or, if one is not there, none."""
    for name in input["AlarmNames"]:
        _existing(ctx, name)
    for name in input["AlarmNames"]:
        ctx.commit("alarm_removed", name=name, entries=[_configuration(name, "deleted", {})])
        ctx.commit("alarm_found", key=f"{ctx.region}/{name}", value="INSUFFICIENT_DATA")
    return {}


@service.operation
def set_alarm_state(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Until the next evaluation says otherwise; actions follow as if it had been found so."""
    alarm = _existing(ctx, input["AlarmName"])
    data = input.get("StateReasonData")
    if data is not None:
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError:
            raise InvalidFormatFault("StateReasonData must be valid JSON.") from None
    turn(ctx, alarm, input["StateValue"], input["StateReason"], data)
    return {}


@service.operation
def enable_alarm_actions(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _switch(ctx, input["AlarmNames"], True)


@service.operation
def disable_alarm_actions(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _switch(ctx, input["AlarmNames"], False)


def turn(ctx: Context[State], alarm: Plain, value: str, reason: str, data: str | None) -> None:
    """Put an alarm in a state, note it, and begin what is to be done in it if it was in another."""
    was, now = alarm["StateValue"], ctx.here.clock.now()
    turned: Plain = {**alarm, "StateValue": value, "StateReason": reason[:1023], "StateUpdatedTimestamp": now}
    turned.pop("StateReasonData", None)
    turned |= {"StateReasonData": data[:4000]} if data else {}
    turned |= {"StateTransitionedTimestamp": now} if was != value else {}
    told = {"stateReasonData": orjson.loads(data)} if data else {}
    states = {
        "oldState": {"stateValue": was, "stateReason": alarm["StateReason"]},
        "newState": {"stateValue": value, "stateReason": reason, **told},
    }
    noted = [entry(alarm["AlarmName"], "StateUpdate", f"Alarm updated from {was} to {value}", states)]
    ctx.commit("alarm_put", alarm=turned, entries=noted if was != value else [])
    if was != value and alarm["ActionsEnabled"]:
        actions.begin(ctx, turned, alarm)


def _switch(ctx: Context[State], names: list[str], on: bool) -> dict[str, Any]:
    for name in names:
        alarm = ctx.state.alarms.get(name)
        if alarm is not None and alarm["ActionsEnabled"] != on:
            changed = {**alarm, "ActionsEnabled": on, "AlarmConfigurationUpdatedTimestamp": ctx.now}
            _configured(ctx, changed, "updated", None)
    return {}


def _configured(ctx: Context[State], alarm: Plain, what: str, tags: dict[str, str] | None) -> None:
    about = {name: alarm[name] for name in _KEPT if name in alarm}
    entries = [_configuration(alarm["AlarmName"], what, {**about, "updatedAt": iso(ctx.now)})]
    ctx.commit("alarm_put", alarm=alarm, entries=entries, tags=tags)


def _configuration(name: str, what: str, about: Plain) -> Plain:
    kind = {"created": "Create", "updated": "Update", "deleted": "Delete"}[what]
    return entry(name, "ConfigurationUpdate", f'Alarm "{name}" {what}', {"type": kind, f"{what}Alarm": about})


def _existing(ctx: Context[State], name: str) -> Plain:
    found: Plain | None = ctx.state.alarms.get(name)
    if found is None:
        raise ResourceNotFound(f"Alarm {name} does not exist")
    return found


def _check(ctx: Context[State], input: Plain) -> None:
    for name in _ELSEWHERE:
        if input.get(name) is not None:
            raise NotImplementedHere("cloudwatch", f"PutMetricAlarm with {name}")
    for name in ("EvaluationPeriods", "ComparisonOperator", "Threshold"):
        if input.get(name) is None:
            raise ValidationError(f"The parameter {name} is required.")
    if input["ComparisonOperator"] not in COMPARISONS:
        raise NotImplementedHere("cloudwatch", f"PutMetricAlarm with {input['ComparisonOperator']}")
    if input.get("DatapointsToAlarm") and input["DatapointsToAlarm"] > input["EvaluationPeriods"]:
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if input.get("TreatMissingData") not in (None, *TREATMENTS):
        raise ValidationError(f"The value {input['TreatMissingData']} for TreatMissingData is not one of {TREATMENTS}.")
    if input.get("EvaluateLowSampleCountPercentile") not in (None, "evaluate", "ignore"):
        raise ValidationError("EvaluateLowSampleCountPercentile must be evaluate or ignore.")
    if input.get("Metrics"):
        _check_metrics(ctx, input)
    else:
        _check_metric(input)


def _check_metric(input: Plain) -> None:
    for name in ("MetricName", "Namespace", "Period"):
        if input.get(name) is None:
            raise ValidationError(f"The parameter {name} is required when Metrics is not specified.")
    if bool(input.get("Statistic")) == bool(input.get("ExtendedStatistic")):
        raise ValidationError("Exactly one of Statistic and ExtendedStatistic must be specified.")
    if input.get("ExtendedStatistic"):
        check_statistic(input["ExtendedStatistic"], only_percentiles=True)
    _check_span(input["Period"], input["EvaluationPeriods"])


def _check_metrics(ctx: Context[State], input: Plain) -> None:
    single = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit")
    given = [name for name in single if input.get(name)]
    if given:
        raise ValidationError(f"Metrics and {given[0]} are mutually exclusive.")
    check_queries(input["Metrics"], ctx.account)
    if sum(each.get("ReturnData", True) for each in input["Metrics"]) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")
    for each in input["Metrics"]:
        if each.get("MetricStat"):
            _check_span(each["MetricStat"]["Period"], input["EvaluationPeriods"])


def _check_span(period: int, count: int) -> None:
    """How long alarms may look back. Alarms know no period of 1 or 5 seconds."""
    if period not in (10, 20, 30) and period % 60:
        raise ValidationError("Period must be 10, 20, 30 or a multiple of 60.")
    longest, words = (WEEK_S, "seven days") if period >= 3600 else (DAY_S, "a day")
    if period * count > longest:
        raise ValidationError(
            f"Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {longest})."
        )
