"""Batches that fail: which records of them, what is tried next, how long later."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from terrella.region.ports import Outcome
from terrella.services.lambda_ import batches, events, filters, queue_polling, stream_polling
from terrella.services.lambda_.errors import InvalidParameterValueException
from terrella.services.lambda_.stream_delivery import Delivery, Piece

REPORTING = {"settings": {"FunctionResponseTypes": ["ReportBatchItemFailures"]}}


def outcome(answer: Any = None, error: str | None = None) -> Outcome:
    return Outcome(json.dumps(answer).encode(), error)


@pytest.mark.parametrize(("answer", "failed"), [
    (None, []),
    ({}, []),
    ({"batchItemFailures": []}, []),
    ({"batchItemFailures": [{"itemIdentifier": "3"}, {"itemIdentifier": "2"}]}, ["2", "3"]),
    ({"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "9"}]}, ["1", "2", "3"]),
    ({"batchItemFailures": [{"itemIdentifier": ""}]}, ["1", "2", "3"]),
    ({"batchItemFailures": "2"}, ["1", "2", "3"]),
    ([], ["1", "2", "3"]),
])  # fmt: skip
def test_records_fail_that_are_named_and_all_if_one_is_not_known(answer: Any, failed: list[str]) -> None:
    assert batches.failed_items(REPORTING, outcome(answer), ["1", "2", "3"]) == failed


def test_who_does_not_report_fails_whole_or_not_at_all() -> None:
    silent: dict[str, Any] = {"settings": {"FunctionResponseTypes": []}}
    named = {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert batches.failed_items(silent, outcome(named), ["1", "2"]) == []
    assert batches.failed_items(silent, outcome(named, "Unhandled"), ["1", "2"]) == ["1", "2"]


def test_pauses_double_from_a_second_to_a_minute() -> None:
    assert [batches.pause_s(failures) for failures in (1, 2, 3, 6, 7, 2000)] == [1.0, 2.0, 4.0, 32.0, 60.0, 60.0]


def next_pieces(first: str, retries: int = 0, **settings: Any) -> tuple[list[tuple[list[str], int]], list[Any]]:
    """What is tried after three records failed from one on, and how far the shard is then."""
    source = {"settings": {"MaximumRetryAttempts": -1, "BisectBatchOnFunctionError": False,
                           "DestinationConfig": {"OnFailure": {}}, **settings}}  # fmt: skip
    records = [{"dynamodb": {"SequenceNumber": number}} for number in ("1", "2", "3")]
    noted: list[Any] = []
    nowhere: Any = None
    delivery = Delivery(nowhere, lambda: source, "shard", lambda after, result: noted.append(after))
    found = asyncio.run(delivery._after_failure(source, Piece(records, retries), first))
    return [([each["dynamodb"]["SequenceNumber"] for each in piece.records], piece.retries) for piece in found], noted


@pytest.mark.parametrize(("first", "retries", "settings", "pieces", "after"), [
    ("1", 0, {}, [(["1", "2", "3"], 1)], [None]),
    ("2", 0, {}, [(["2", "3"], 1)], ["1"]),
    ("1", 1, {"MaximumRetryAttempts": 2}, [(["1", "2", "3"], 2)], [None]),
    ("1", 2, {"MaximumRetryAttempts": 2}, [], [None, "3"]),
    ("1", 0, {"MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": True}, [], [None, "3"]),
    ("1", 0, {"BisectBatchOnFunctionError": True}, [(["1"], 0), (["2", "3"], 0)], [None]),
    ("2", 0, {"BisectBatchOnFunctionError": True}, [(["2", "3"], 0)], ["1"]),
    ("3", 0, {"BisectBatchOnFunctionError": True}, [(["3"], 1)], ["2"]),
])  # fmt: skip
def test_what_is_tried_after_a_failure(
    first: str, retries: int, settings: dict[str, Any], pieces: list[Any], after: list[Any]
) -> None:
    assert next_pieces(first, retries, **settings) == (pieces, after)


def test_events_are_retried_after_one_minute_and_after_two() -> None:
    wanted = {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}
    found = [
        events._judge("r", {"attempts": attempts}, outcome(error="Unhandled"), wanted, 0) for attempts in (0, 1, 2)
    ]
    assert [pause_s for _, pause_s in found] == [60.0, 120.0, 0.0]
    assert [ending and ending.condition for ending, _ in found] == [None, None, "RetriesExhausted"]
    throttled = [events._judge("r", {"attempts": 0}, None, wanted, times) for times in (1, 2, 3, 9, 10, 40)]
    assert [pause_s for _, pause_s in throttled] == [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]
    ending, _ = events._judge("r", {"attempts": 0}, outcome(), wanted, 0)
    assert ending is not None and (ending.condition, ending.which) == ("Success", "OnSuccess")


def test_a_filter_tells_kinds_of_values_apart_and_ten_are_enough() -> None:
    def fits(rule: Any, value: Any) -> bool:
        return filters.wanted([{"a": [rule]}], {"a": value})

    assert fits(1, 1) and not fits(1, True) and not fits(True, 1) and fits(None, None)
    assert fits({"numeric": [">", 0, "<=", 1]}, 1) and not fits({"numeric": [">", 0]}, True)
    assert not fits({"numeric": [">", 0, "<", 1]}, 1) and not fits({"numeric": ["=", 1]}, "1")
    filters.check({"Filters": [{"Pattern": '{"a": [1]}'}] * 10})
    with pytest.raises(InvalidParameterValueException):
        filters.check({"Filters": [{"Pattern": '{"a": [1]}'}] * 11})


def test_with_other_lanes_all_begin_where_the_slowest_was() -> None:
    class Kept:
        checkpoints = {"u/s": {"after": ["100", "20"], "done": [True, False]},
                       "u/t": {"after": ["1", None], "done": [True, True]}}  # fmt: skip

    class Told:
        state = Kept

    ctx: Any = Told
    of = stream_polling._checkpoint
    assert of(ctx, "u", "s", 2) == Kept.checkpoints["u/s"]
    assert of(ctx, "u", "s", 3) == {"after": ["20"] * 3, "done": [False] * 3}
    assert of(ctx, "u", "t", 1) == {"after": [None], "done": [True]}
    assert of(ctx, "u", "x", 1) == {"after": [None], "done": [False]}


def test_a_queue_in_order_has_one_batch_under_way_and_others_as_many_as_they_may() -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:q"
    limits: list[dict[str, Any]] = [{}, {"ScalingConfig": {"MaximumConcurrency": 2}}]
    assert [queue_polling._limit({"arn": arn, "settings": each}) for each in limits] == [5, 2]
    assert [queue_polling._limit({"arn": f"{arn}.fifo", "settings": each}) for each in limits] == [1, 1]
