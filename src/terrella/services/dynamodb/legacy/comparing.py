"""ComparisonOperator and AttributeValueList: judged, and made a function of an attribute's value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....core.errors import ValidationException
from .. import comparing
from ..expressions.keys import KeyCondition
from ..values import INVALID, Item, Value, check_value, kind_of

Plain = dict[str, Any]
Test = Callable[[Value | None], bool]

LOW_ABOVE_HIGH = "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
_SCALARS = frozenset(["S", "N", "B"])
_ALL = frozenset(["S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"])
_COUNTS = {"NULL": 0, "NOT_NULL": 0, "BETWEEN": 2, "IN": None}  # of all others 1; of IN at least one
_TYPES = {
    "EQ": _ALL, "NE": _ALL, "LE": _SCALARS, "LT": _SCALARS, "GE": _SCALARS, "GT": _SCALARS,
    "CONTAINS": _SCALARS | {"BOOL", "NULL"}, "NOT_CONTAINS": _SCALARS | {"BOOL", "NULL"},
    "BEGINS_WITH": frozenset(["S", "B"]), "IN": _SCALARS, "BETWEEN": _SCALARS,
}  # fmt: skip
_ORDERS = {"LT": (-1,), "LE": (-1, 0), "GT": (1,), "GE": (1, 0)}


class Conditions:
    """Conditions on attributes, ready to be asked of items; named as a bound condition expression is."""

    __slots__ = ("heads", "holds", "nested")

    def __init__(self, tests: dict[str, Test], either: bool) -> None:
        self.heads, self.nested = set(tests), set[str]()
        pairs = list(tests.items())

        def holds(item: Item) -> bool:
            results = (test(item.get(name)) for name, test in pairs)
            return any(results) if either else all(results)

        self.holds: Callable[[Item], bool] = holds


def filter_of(conditions: dict[str, Plain], joined_by: str | None) -> Conditions:
    """A QueryFilter or ScanFilter. ValidationException as DynamoDB tells it."""
    check(conditions)
    tests = {name: test_of(each["ComparisonOperator"], _values(each)) for name, each in conditions.items()}
    return Conditions(tests, joined_by == "OR")


def key_conditions_of(conditions: dict[str, Plain]) -> dict[str, KeyCondition]:
    """KeyConditions. ValidationException as DynamoDB tells it."""
    check(conditions)
    if not conditions:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    return {name: KeyCondition(each["ComparisonOperator"], _values(each)) for name, each in conditions.items()}


def check(conditions: dict[str, Plain]) -> None:
    """Each condition must have as many values as its operator takes, and of its types."""
    for each in conditions.values():
        values = _values(each)
        for value in values:
            check_value(value)
        check_comparison(each["ComparisonOperator"], values)


def check_comparison(operator: str, values: list[Value]) -> None:
    """An operator and its values, which were judged one by one before. ValidationException."""
    wanted = _COUNTS.get(operator, 1)
    if len(values) != wanted and (wanted is not None or not values):
        raise ValidationException(f"{INVALID}Invalid number of argument(s) for the {operator} ComparisonOperator")
    kinds = [kind_of(value) for value in values]
    if len(set(kinds)) > 1:
        raise ValidationException(f"{INVALID}AttributeValues inside AttributeValueList must be of same type")
    if kinds and kinds[0] not in _TYPES[operator]:
        raise ValidationException(
            f"{INVALID}ComparisonOperator {operator} is not valid for {kinds[0]} AttributeValue type"
        )
    if operator == "BETWEEN" and (comparing.order(*values) or 0) > 0:
        raise ValidationException(LOW_ABOVE_HIGH)


def test_of(operator: str, values: list[Value]) -> Test:
    """Whether an attribute, None if it is not there, meets a comparison."""
    if operator in ("NULL", "NOT_NULL"):
        return lambda value: (value is None) is (operator == "NULL")
    if operator in ("EQ", "IN"):
        return lambda value: value is not None and any(comparing.equal(value, each) for each in values)
    first = values[0]
    if operator == "NE":
        return lambda value: value is None or not comparing.equal(value, first)
    if operator == "CONTAINS":
        return lambda value: value is not None and comparing.contains(value, first)
    if operator == "NOT_CONTAINS":
        return lambda value: value is not None and not comparing.contains(value, first)
    if operator == "BEGINS_WITH":
        return lambda value: value is not None and comparing.begins_with(value, first)
    if operator == "BETWEEN":
        return lambda value: (
            value is not None
            and (comparing.order(value, first) in (0, 1) and comparing.order(value, values[1]) in (0, -1))
        )
    accepted = _ORDERS[operator]
    return lambda value: value is not None and comparing.order(value, first) in accepted


def _values(condition: Plain) -> list[Value]:
    return condition.get("AttributeValueList") or []
