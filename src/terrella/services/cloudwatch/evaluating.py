"""When alarms change their state: each minute of the world, by the newest whole periods of what they watch.

Periods are durations of the world: at `--speed 20` a minute of an alarm is three seconds. An alarm looks at two periods
more than it needs, and asks TreatMissingData only of what it then still lacks.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from ...core.errors import AwsError, ServiceUnavailable
from ...region.service import Context
from .alarms import COMPARISONS, turn
from .collecting import Window
from .data import Lines
from .history import iso
from .series import Plain
from .state import State, service

EVERY_S, SHORTEST_PAUSE_S = 60.0, 0.5
MORE_PERIODS = 2
BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge, "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt, "LessThanOrEqualToThreshold": operator.le,
}  # fmt: skip


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on there is somebody to look after alarms, when there are some."""
    watch = Watch(ctx)
    ctx.state.wake = watch.wake
    watch.wake()


class Watch:
    """At most one piece of work in the background, while there are alarms."""

    def __init__(self, ctx: Context[State]) -> None:
        self._ctx, self._at_work = ctx, False

    def wake(self) -> None:
        if self._at_work or not len(self._ctx.state.alarms):
            return
        work = self._watch()
        try:
            self._at_work = True
            self._ctx.here.ports.tasks.spawn("cloudwatch: alarms", work)
        except ServiceUnavailable:  # a region without background work evaluates nothing by itself
            work.close()
            self._at_work = False

    async def _watch(self) -> None:
        ctx, clock = self._ctx, self._ctx.here.clock
        try:
            while len(ctx.state.alarms):
                shortest = min(period_of(alarm) for _, alarm in ctx.state.alarms.items())
                await clock.sleep(max(ctx.scaled(min(EVERY_S, shortest)), SHORTEST_PAUSE_S))
                evaluate(ctx)
        finally:
            self._at_work = False


def evaluate(ctx: Context[State]) -> None:
    """Look at every alarm now."""
    ctx.now = ctx.here.clock.now()
    for alarm in [alarm for _, alarm in ctx.state.alarms.items()]:
        points, problem = _points(ctx, alarm)
        unknown = ("INSUFFICIENT_DATA", problem)
        key = f"{ctx.region}/{alarm['AlarmName']}"
        before = ctx.state.found.get(key) or "INSUFFICIENT_DATA"
        found, _ = judge({**alarm, "StateValue": before}, points) if not problem else unknown
        if found != before:
            ctx.commit("alarm_found", key=key, value=found)
        value, reason = judge(alarm, points) if not problem else unknown
        if value != alarm["StateValue"]:
            turn(ctx, alarm, value, reason, _reason_data(ctx, alarm, points))


def judge(alarm: Plain, points: list[tuple[float, float | None]]) -> tuple[str, str]:
    """(state, reason) of an alarm by the values of the periods it looks at, oldest first, None where there is none."""
    needed: int = alarm["EvaluationPeriods"]
    wanted: int = alarm.get("DatapointsToAlarm", needed)
    there = [(at, value) for at, value in points if value is not None][-needed:]
    breach = BREACHES[alarm["ComparisonOperator"]]
    breaching = [(at, value) for at, value in there if breach(value, alarm["Threshold"])]
    missing, treat = needed - len(there), alarm.get("TreatMissingData", "missing")
    filled = missing if treat == "breaching" else 0
    if len(breaching) + filled >= wanted:
        return "ALARM", _crossed(alarm, there, breaching, filled, "OK -> ALARM", wanted)
    if not there and treat == "ignore":
        return alarm["StateValue"], alarm["StateReason"]
    if not there and treat == "missing":
        return "INSUFFICIENT_DATA", f"Insufficient Data: {_count(needed, 'datapoint')} unknown."
    if treat in ("missing", "ignore") and there and len(breaching) == len(there):
        if treat == "missing" and points.index(breaching[0]) <= len(points) - wanted:
            return "ALARM", _crossed(alarm, there, breaching, 0, "OK -> ALARM", wanted)
        return alarm["StateValue"], alarm["StateReason"]  # too few to tell
    good = [each for each in there if each not in breaching]
    return "OK", _crossed(alarm, there, good, 0 if treat != "notBreaching" else missing, "ALARM -> OK", wanted)


def period_of(alarm: Plain) -> int:
    """Seconds, not yet divided by the world's speed."""
    if "Metrics" not in alarm:
        return int(alarm["Period"])
    return min(int(each["MetricStat"]["Period"]) for each in alarm["Metrics"] if each.get("MetricStat"))


def _points(ctx: Context[State], alarm: Plain) -> tuple[list[tuple[float, float | None]], str]:
    """What an alarm looks at, and why it cannot be told, if so."""
    step = _scaled(ctx, period_of(alarm))
    end = ctx.now // step * step
    start = end - step * (alarm["EvaluationPeriods"] + MORE_PERIODS)
    lines = Lines(ctx, _queries(alarm), lambda period: Window(start, end, _scaled(ctx, period)))
    shown = next(each["Id"] for each in _queries(alarm) if each.get("ReturnData", True))
    try:
        (line,) = lines.returned(shown)
    except AwsError as problem:
        return [], problem.message
    except ValueError:
        return [], "An alarm watches one time series."
    count = alarm["EvaluationPeriods"] + MORE_PERIODS
    return [(at, line.values.get(at)) for at in (start + number * step for number in range(count))], ""


def _queries(alarm: Plain) -> list[Plain]:
    if "Metrics" in alarm:
        found: list[Plain] = alarm["Metrics"]
        return found
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
    asked = {"Metric": metric, "Period": alarm["Period"], "Stat": stat, "Unit": alarm.get("Unit")}
    return [{"Id": "m1", "MetricStat": asked}]


def _scaled(ctx: Context[State], period: int) -> float:
    return float(max(1, round(ctx.scaled(period))))


def _crossed(
    alarm: Plain, there: list[tuple[float, float]], which: list[tuple[float, float]], filled: int, way: str, wanted: int
) -> str:
    """Why, in CloudWatch's words."""
    needed, alarming = alarm["EvaluationPeriods"], way.endswith("ALARM")
    least = wanted if alarming else needed - wanted + 1
    if not there:
        treated = "Breaching" if alarming else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {needed} period{'s' * (needed > 1)} and "
            f"{_count(needed, 'missing datapoint')} treated as [{treated}]."
        )
    values = ", ".join(
        f"{value} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})" for at, value in reversed(which)
    )
    one = len(which) == 1
    missing = f" and {_count(filled, 'missing datapoint')} treated as [{'Breaching' if alarming else 'NonBreaching'}]"
    of_several = "DatapointsToAlarm" in alarm
    told = f"{len(which)} " + (f"out of the last {needed} datapoints" if of_several else f"datapoint{'s' * (not one)}")
    least_told = f" (minimum {least} datapoint{'s' * (least > 1)} for {way} transition)" if of_several else ""
    return (
        f"Threshold Crossed: {told} [{values}] {'was' if one else 'were'} {'' if alarming else 'not '}"
        f"{COMPARISONS[alarm['ComparisonOperator']]} the threshold ({alarm['Threshold']}){missing if filled else ''}"
        f"{least_told}."
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what} was" if number == 1 else f"{number} {what}s were"


def _reason_data(ctx: Context[State], alarm: Plain, points: list[tuple[float, float | None]]) -> str:
    needed = alarm["EvaluationPeriods"]
    there = [(at, value) for at, value in points if value is not None][-needed:]
    missing = [(at, value) for at, value in points if value is None][::-1][: needed - len(there)]
    data: Plain = {"version": "1.0", "queryDate": iso(ctx.now)}
    data |= {"startDate": iso(there[0][0])} if there else {}
    data |= {name.lower(): alarm[name] for name in ("Unit", "Statistic") if alarm.get(name)}
    data |= {"period": period_of(alarm), "recentDatapoints": [value for _, value in there]}
    data |= {"threshold": alarm["Threshold"]}
    counts = _counts(ctx, alarm) if there else {}
    data["evaluatedDatapoints"] = [
        {"timestamp": iso(at)}
        | ({"sampleCount": counts[at]} if at in counts else {})
        | ({"value": value} if value is not None else {})
        for at, value in sorted([*there, *missing], reverse=True)
    ]
    return orjson.dumps(data).decode()


def _counts(ctx: Context[State], alarm: Plain) -> dict[float, float]:
    """How many samples there were in each period, of an alarm that watches a metric."""
    if "Metrics" in alarm:
        return {}
    counted, _ = _points(ctx, {**alarm, "Statistic": "SampleCount"})
    return {at: value for at, value in counted if value is not None}
