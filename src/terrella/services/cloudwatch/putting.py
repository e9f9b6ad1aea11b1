"""PutMetricData. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html"""

from __future__ import annotations

import math
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .buckets import Bucket, bucket_of, bucket_of_set
from .errors import (
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    MissingRequiredParameterException,
)
from .series import Plain, series_of
from .state import State, service

MOST_DATA, MOST_VALUES = 1000, 150
LARGEST = 2.0**360
PAST_S, FUTURE_S = 14 * 86_400.0, 2 * 3600.0


@service.operation
def put_metric_data(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Keep values. All of a request or, if one of them is refused, none."""
    namespace, data = input["Namespace"], input.get("MetricData")
    if input.get("EntityMetricData"):
        raise NotImplementedHere("cloudwatch", "PutMetricData with EntityMetricData")
    if namespace.startswith("AWS/"):
        raise InvalidParameterValueException(f"The value {namespace} for parameter Namespace is invalid.")
    if not data:
        raise MissingRequiredParameterException("The parameter MetricData is required.")
    if len(data) > MOST_DATA:
        raise InvalidParameterValueException(
            f"The collection MetricData must not have a size greater than {MOST_DATA}."
        )
    series = [_point(ctx, namespace, datum, f"MetricData.member.{number}") for number, datum in enumerate(data, 1)]
    ctx.commit("points_put", series=series)
    return {}


def minute_of(ctx: Context[State]) -> int:
    """How many seconds a minute of this world lasts."""
    return max(1, round(ctx.scaled(60.0)))


def _point(ctx: Context[State], namespace: str, datum: Plain, where: str) -> list[Any]:
    bucket = _bucket(datum, where)
    given = datum.get("Timestamp")
    at = ctx.now if given is None else given.timestamp()
    _check_time(ctx.now, at, where)
    resolution = datum.get("StorageResolution") or 60
    if resolution not in (1, 60):
        raise InvalidParameterValueException(
            f"The parameter {where}.StorageResolution must be 1 or 60."
        )
    step = 1 if resolution == 1 else minute_of(ctx)
    key = series_of(namespace, datum["MetricName"], datum.get("Dimensions")).key
    return [key, datum.get("Unit") or "None", int(at // step * step), bucket.packed()]


def _bucket(datum: Plain, where: str) -> Bucket:
    given = [name for name in ("Value", "Values", "StatisticValues") if datum.get(name) is not None]
    if given == ["Values", "StatisticValues"]:
        given = ["StatisticValues"]  # AWS takes both, of all pairs, and does not say which of them counts
    if len(given) > 1:
        raise InvalidParameterCombinationException(
            f"The parameters {where}.{given[0]} and {where}.{given[1]} are mutually exclusive and you have "
            "specified both."
        )
    if not given:
        raise MissingRequiredParameterException(
            f"At least one of the parameters must be specified: {where}.Value, {where}.Values, {where}.StatisticValues."
        )
    if given == ["StatisticValues"]:
        return _of_set(datum["StatisticValues"], f"{where}.StatisticValues")
    values = [datum["Value"]] if given == ["Value"] else datum["Values"]
    counts = datum.get("Counts") or [1.0] * len(values)
    if len(values) > MOST_VALUES:
        raise InvalidParameterValueException(
            f"The collection {where}.Values must not have a size greater than {MOST_VALUES}."
        )
    if len(counts) != len(values) or not values:
        raise InvalidParameterValueException(
            f"The parameters {where}.Values and {where}.Counts must be of the same size."
        )
    for value in values:
        _check_number(value, f"{where}.Value" if given == ["Value"] else f"{where}.Values")
    for count in counts:
        _check_number(count, f"{where}.Counts", least=0.0)
    if not any(counts):
        raise InvalidParameterValueException(f"The parameter {where}.Counts must hold a count greater than 0.")
    return bucket_of(values, counts)


def _of_set(given: Plain, where: str) -> Bucket:
    for name in ("SampleCount", "Sum", "Minimum", "Maximum"):
        _check_number(given[name], f"{where}.{name}")
    if given["SampleCount"] <= 0:
        raise InvalidParameterValueException(f"The parameter {where}.SampleCount must be greater than 0.")
    if given["Minimum"] > given["Maximum"]:
        raise InvalidParameterValueException(f"The parameter {where}.Maximum must be greater than {where}.Minimum.")
    return bucket_of_set(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"])


def _check_number(value: float, where: str, least: float = -LARGEST) -> None:
    if math.isnan(value) or not least <= value <= LARGEST:
        raise InvalidParameterValueException(f"The value {value} for parameter {where} is invalid.")


def _check_time(now: float, at: float, where: str) -> None:
    if at > now + FUTURE_S:
        bound = "no more than two hours in the future"
    elif at < now - PAST_S:
        bound = "no more than two weeks in the past"
    else:
        return
    raise InvalidParameterValueException(f"The parameter {where}.Timestamp must specify a time {bound}.")
