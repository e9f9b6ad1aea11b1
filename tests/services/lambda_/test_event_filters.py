"""Which records a pattern lets through: the rules of the developer guide, one line each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from terrella.services.lambda_ import filters
from terrella.services.lambda_.errors import InvalidParameterValueException

RECORD = {"eventName": "INSERT", "n": 5, "tags": ["a", "b"], "none": None, "deep": {"name": "Alice", "ok": True}}


def criteria(*patterns: Any) -> dict[str, Any]:
    return {"Filters": [{"Pattern": each if isinstance(each, str) else json.dumps(each)} for each in patterns]}


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"eventName": ["INSERT", "REMOVE"]}, True),
        ({"eventName": ["insert"]}, False),
        ({"eventName": [{"equals-ignore-case": "insert"}]}, True),
        ({"tags": ["b"]}, True),
        ({"none": [None]}, True),
        ({"n": ["5"]}, False),
        ({"n": [5]}, True),
        ({"n": [{"numeric": [">", 1, "<=", 5]}]}, True),
        ({"n": [{"numeric": ["<", 5]}]}, False),
        ({"eventName": [{"numeric": ["=", 5]}]}, False),
        ({"deep": {"name": [{"prefix": "Al"}]}}, True),
        ({"deep": {"name": [{"suffix": "ce"}]}}, True),
        ({"deep": {"name": [{"anything-but": ["Alice"]}]}}, False),
        ({"deep": {"name": [{"anything-but": {"prefix": "B"}}]}}, True),
        ({"deep": {"ok": [True]}}, True),
        ({"n": [True]}, False),
        ({"missing": [{"exists": False}]}, True),
        ({"deep": {"missing": [{"exists": True}]}}, False),
        ({"missing": {"inner": [{"exists": False}]}}, True),
        ({"$or": [{"n": [9]}, {"eventName": ["INSERT"]}]}, True),
        ({"eventName": ["INSERT"], "n": [9]}, False),
    ],
)
def test_a_pattern_fits_or_does_not(pattern: dict[str, Any], fits: bool) -> None:
    given = criteria(pattern)
    filters.check(given)
    assert filters.wanted(filters.patterns(given), RECORD) is fits


def test_any_of_several_patterns_is_enough_and_none_lets_all_through() -> None:
    assert filters.wanted(filters.patterns(criteria({"n": [1]}, {"n": [5]})), RECORD)
    assert filters.wanted(filters.patterns(None), RECORD)


@pytest.mark.parametrize(
    "pattern",
    [
        "{", "[]", {"a": "b"}, {"a": []}, {"a": [{"sounds-like": "b"}]},
        {"a": [{"numeric": ["~", 1]}]}, {"a": [{"exists": "yes"}]},
    ],
)
def test_what_is_no_pattern_is_refused(pattern: Any) -> None:
    with pytest.raises(InvalidParameterValueException, match="Invalid filter pattern"):
        filters.check(criteria(pattern))
