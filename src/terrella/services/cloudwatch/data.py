"""GetMetricData and GetMetricStatistics: a metric, or arithmetic with several, over time.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .buckets import STATISTICS, is_percentile
from .collecting import Window, aligned, collect, collect_any_unit
from .errors import (
    InvalidNextToken,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
    ValidationError,
)
from .expressions import Expression, Line, Value, names_in
from .series import Plain, decoded, encoded, series_of
from .state import State, service

MOST_STATISTICS, MOST_QUERIES, MOST_POINTS = 1440, 500, 100_800
SHORT_PERIODS = (1, 5, 10, 20, 30)
_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_OTHER_STATISTICS = re.compile(r"(tm|wm|tc|ts)\d{1,2}(\.\d+)?|(TM|WM|PR|TC|TS)\(.*\)|IQM")


@service.operation
def get_metric_statistics(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Datapoints come in no particular order out there; here the oldest is first."""
    statistics, extended = input.get("Statistics") or [], input.get("ExtendedStatistics") or []
    if not statistics and not extended:
        raise MissingRequiredParameterException("At least one of Statistics and ExtendedStatistics must be specified.")
    for each in extended:
        check_statistic(each, only_percentiles=True)
    window = _window(input, input["Period"])
    series = series_of(input["Namespace"], input["MetricName"], input.get("Dimensions"))
    points = []
    for (at, unit), bucket in collect(ctx, series, input.get("Unit"), window).items():
        point: Plain = {"Timestamp": at, "Unit": unit, **{name: bucket.statistic(name) for name in statistics}}
        told = {name: value for name in extended if (value := bucket.statistic(name)) is not None}
        points.append({**point, "ExtendedStatistics": told} if told else point)
    return {"Label": input["MetricName"], "Datapoints": points}


@service.operation
def get_metric_data(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    start, end = input["StartTime"].timestamp(), input["EndTime"].timestamp()
    if start >= end:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    queries = input["MetricDataQueries"]
    check_queries(queries, ctx.account)
    lines = Lines(ctx, queries, lambda period: Window(aligned(start, period), end, float(period)))
    shown = [
        (query, line) for query in queries if query.get("ReturnData", True) for line in lines.returned(query["Id"])
    ]
    newest_first = input.get("ScanBy") != "TimestampAscending"
    return _page(shown, newest_first, input.get("MaxDatapoints") or MOST_POINTS, input.get("NextToken"))


class Lines:
    """What each query comes to. `window` says, of a period in seconds, what is looked at."""

    def __init__(self, ctx: Context[State], queries: list[Plain], window: Callable[[int], Window]) -> None:
        self._ctx, self._window = ctx, window
        self._queries = {query["Id"]: query for query in queries}
        self._told_apart = _told_apart(queries)
        self._found: dict[str, Value] = {}

    def returned(self, id: str) -> list[Line]:
        """The lines of one query: one, but for arrays. ValidationError where it comes to a number."""
        value = self.value(id)
        if isinstance(value, float | str):
            raise ValidationError(f"Error in expression '{id}': the result must be a time series, not a single value.")
        return value if isinstance(value, list) else [value]

    def value(self, id: str) -> Value:
        if id not in self._found:
            query = self._queries[id]
            self._found[id] = self._metric(query) if query.get("MetricStat") else self._expression(query)
        return self._found[id]

    def _metric(self, query: Plain) -> Line:
        asked = query["MetricStat"]
        metric, period = asked["Metric"], asked["Period"]
        window = self._window(period)
        series = series_of(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
        values = {}
        for at, bucket in collect_any_unit(self._ctx, series, asked.get("Unit"), window).items():
            value = bucket.statistic(asked["Stat"])
            if value is not None:
                values[at] = value
        label = query.get("Label") or " ".join([metric["MetricName"], *(str(asked[name]) for name in self._told_apart)])
        return Line(values, label, window.period, (window.start, window.end))

    def _expression(self, query: Plain) -> Value:
        text, label = query["Expression"], query.get("Label") or query["Id"]
        value = Expression(query["Id"], text, self.value, self._metrics).value()
        if isinstance(value, Line):
            return Line(value.values, label, value.period, value.window)
        return value

    def _metrics(self) -> list[Line]:
        found = (self.value(id) for id, query in self._queries.items() if query.get("MetricStat"))
        return [line for line in found if isinstance(line, Line)]


def _told_apart(queries: list[Plain]) -> list[str]:
    """What the labels of metrics say beside their names: what is not alike in all queries."""
    asked = [query["MetricStat"] for query in queries if query.get("MetricStat")]
    return [name for name in ("Stat", "Period") if len({each[name] for each in asked}) > 1]


def check_queries(queries: list[Plain], account: str) -> None:
    """ValidationError, or NotImplementedHere, for queries nobody can answer."""
    if not 0 < len(queries) <= MOST_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must hold 1 to {MOST_QUERIES} queries.")
    by_id: dict[str, set[str]] = {}
    for number, query in enumerate(queries, 1):
        id, where = query["Id"], f"MetricDataQueries.member.{number}"
        if not _ID.fullmatch(id):
            raise ValidationError(f"The value {id} for parameter {where}.Id is not matching the pattern {_ID.pattern}.")
        if id in by_id:
            raise ValidationError(f"The values for parameter id in MetricDataQueries are not unique: {id}.")
        if bool(query.get("MetricStat")) == bool(query.get("Expression")):
            raise ValidationError(f"Exactly one of {where}.MetricStat and {where}.Expression must be specified.")
        if query.get("AccountId") not in (None, account):
            raise NotImplementedHere("cloudwatch", "GetMetricData of another account")
        by_id[id] = _names_of(query, where)
    for id in by_id:
        _check_reachable(id, by_id)


def check_period(period: int, where: str) -> None:
    if period not in SHORT_PERIODS and period % 60:
        raise InvalidParameterValueException(f"The parameter {where} must be 1, 5, 10, 20, 30 or a multiple of 60.")


def check_statistic(name: str, only_percentiles: bool = False) -> None:
    if _OTHER_STATISTICS.fullmatch(name):
        raise NotImplementedHere("cloudwatch", f"the statistic {name}")
    if not is_percentile(name) and (only_percentiles or name not in STATISTICS):
        raise InvalidParameterValueException(f"The value {name} for parameter Stat is not supported.")


def _names_of(query: Plain, where: str) -> set[str]:
    if query.get("Expression"):
        text = query["Expression"].lstrip()
        if text[:6].upper() == "SELECT" or text.startswith("SEARCH"):
            raise NotImplementedHere("cloudwatch", f"GetMetricData with {text[:6].upper()}")
        return names_in(query["Id"], text)
    check_period(query["MetricStat"]["Period"], f"{where}.MetricStat.Period")
    check_statistic(query["MetricStat"]["Stat"])
    return set()


def _check_reachable(id: str, by_id: dict[str, set[str]]) -> None:
    """Everything an expression leads to is there, and it does not lead to itself."""
    seen: set[str] = set()
    waiting = [*by_id[id]]
    while waiting:
        name = waiting.pop()
        if name not in by_id:
            raise ValidationError(f"Error in expression '{id}': the id {name} is not defined.")
        if name == id:
            raise ValidationError(f"Error in expression '{id}': it refers to itself.")
        if name not in seen:
            seen.add(name)
            waiting += by_id[name]


def _window(input: Plain, period: int) -> Window:
    start, end = input["StartTime"].timestamp(), input["EndTime"].timestamp()
    if start >= end:
        raise InvalidParameterValueException("The parameter StartTime must be less than the parameter EndTime.")
    check_period(period, "Period")
    count = int(-(-(end - start) // period))
    if count > MOST_STATISTICS:
        raise InvalidParameterCombinationException(
            f"You have requested up to {count} datapoints, which exceeds the limit of {MOST_STATISTICS}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    return Window(aligned(start, period), end, float(period))


def _page(shown: list[tuple[Plain, Line]], newest_first: bool, most: int, token: str | None) -> dict[str, Any]:
    """As many points as fit, from the line and the point a token tells of."""
    which, after = _place(token)
    results: list[Plain] = []
    for number in range(which, len(shown)):
        query, line = shown[number]
        points = sorted(line.values.items(), reverse=newest_first)[after:]
        taken, most, after = points[:most], most - len(points[:most]), after + len(points[:most])
        whole = len(taken) == len(points)
        results.append({
            "Id": query["Id"],
            "Label": line.label,
            "Timestamps": [at for at, _ in taken],
            "Values": [value for _, value in taken],
            "StatusCode": "Complete" if whole else "PartialData",
        })  # fmt: skip
        if not whole:
            return {"MetricDataResults": results, "NextToken": encoded(orjson.dumps([number, after]).decode())}
        after = 0
        if most == 0 and number + 1 < len(shown):
            return {"MetricDataResults": results, "NextToken": encoded(orjson.dumps([number + 1, 0]).decode())}
    return {"MetricDataResults": results, "Messages": []}


def _place(token: str | None) -> tuple[int, int]:
    if not token:
        return 0, 0
    try:
        which, after = orjson.loads(decoded(token))
        if isinstance(which, int) and isinstance(after, int) and min(which, after) >= 0:
            return which, after
    except (ValueError, TypeError):
        pass
    raise InvalidNextToken("The token that was specified is not valid.")
