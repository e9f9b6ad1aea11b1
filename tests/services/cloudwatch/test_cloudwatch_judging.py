"""What alarms make of their periods, those without a value among them, and values brought together."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.services.cloudwatch.alarms import _check_span
from terrella.services.cloudwatch.buckets import Bucket, bucket_of, bucket_of_set
from terrella.services.cloudwatch.errors import ValidationError
from terrella.services.cloudwatch.evaluating import judge

_ = None
HIGH, LOW = 20.0, 5.0


def told(values: list[float | None], needed: int = 3, **more: Any) -> str:
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 10.0, "EvaluationPeriods": needed,
             "StateValue": "BEFORE", "StateReason": "as it was", **more}  # fmt: skip
    return judge(alarm, [(60.0 * number, value) for number, value in enumerate(values)])[0]


@pytest.mark.parametrize(("operator", "states"), [
    ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
    ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
    ("LessThanThreshold", ["ALARM", "OK", "OK"]),
    ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
])  # fmt: skip
def test_a_value_that_equals_the_threshold_breaches_where_the_operator_says_so(
    operator: str, states: list[str]
) -> None:
    assert [told([value], 1, ComparisonOperator=operator) for value in (9.0, 10.0, 11.0)] == states


@pytest.mark.parametrize(("values", "states"), [
    # what treats missing data as             missing, ignore, breaching, notBreaching
    ([_, _, _, _, _], ["INSUFFICIENT_DATA", "BEFORE", "ALARM", "OK"]),
    ([_, _, LOW, _, _], ["OK", "OK", "OK", "OK"]),
    ([_, _, HIGH, _, _], ["ALARM", "BEFORE", "ALARM", "OK"]),
    ([_, _, _, HIGH, _], ["BEFORE", "BEFORE", "ALARM", "OK"]),
    ([HIGH, _, HIGH, _, HIGH], ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ([HIGH, HIGH, LOW, _, HIGH], ["OK", "OK", "OK", "OK"]),
    ([LOW, LOW, HIGH, HIGH, HIGH], ["ALARM", "ALARM", "ALARM", "ALARM"]),
    ([HIGH, HIGH, HIGH, LOW, HIGH], ["OK", "OK", "OK", "OK"]),
])  # fmt: skip
def test_missing_values_count_as_they_are_to_be_treated(values: list[float | None], states: list[str]) -> None:
    kinds = ("missing", "ignore", "breaching", "notBreaching")
    assert [told(values, TreatMissingData=kind) for kind in kinds] == states
    assert told(values) == states[0]


def test_so_many_of_so_many_periods_are_enough() -> None:
    assert told([LOW, HIGH, HIGH], DatapointsToAlarm=2) == "ALARM"
    assert told([LOW, LOW, HIGH], DatapointsToAlarm=2) == "OK"
    alarm = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 10.0, "EvaluationPeriods": 3,
             "DatapointsToAlarm": 2, "StateValue": "ALARM", "StateReason": ""}  # fmt: skip
    reason = judge(alarm, [(0.0, LOW), (60.0, LOW), (120.0, HIGH)])[1]
    assert reason.endswith("(minimum 2 datapoints for ALARM -> OK transition).")
    reason = judge({**alarm, "DatapointsToAlarm": 3}, [(0.0, LOW), (60.0, LOW), (120.0, HIGH)])[1]
    assert reason.endswith("(minimum 1 datapoint for ALARM -> OK transition).")


def test_alarms_look_back_a_day_and_by_the_hour_a_week() -> None:
    for period, count in ((60, 1440), (3540, 24), (3600, 168), (10, 8640)):
        _check_span(period, count)
        with pytest.raises(ValidationError):
            _check_span(period, count + 1)


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed() -> None:
    bucket = bucket_of([1.0, 2.0, 3.0, 4.0], [1, 1, 1, 1])
    assert [bucket.statistic(name) for name in ("p0", "p25", "p26", "p50", "p100")] == [1.0, 1.0, 2.0, 2.0, 4.0]


def test_sets_of_values_that_are_alike_know_them_and_others_do_not() -> None:
    assert bucket_of_set(3, 6.0, 2.0, 2.0).statistic("p50") == 2.0
    assert bucket_of_set(3, 6.0, 1.0, 3.0).statistic("p50") is None
    empty = Bucket()
    empty.add(bucket_of([7.0], [1]))
    assert empty.statistic("p50") == 7.0
