"""Expected: a condition by comparisons, or by the value an attribute has or that it is not there."""

from __future__ import annotations

from typing import Any

from ....core.errors import ValidationException
from ..values import INVALID, Value, check_value
from .comparing import Conditions, Test, check_comparison, test_of

Plain = dict[str, Any]

WITHOUT_CONDITIONS = "ConditionalOperator cannot be used without Filter or Expected"
ONE_CONDITION = "ConditionalOperator can only be used when Filter or Expected has two or more elements"


def condition_of(expected: dict[str, Plain], joined_by: str | None) -> Conditions | None:
    """The condition of a write; None where nothing is expected. ValidationException."""
    for each in expected.values():
        for value in (each.get("Value"), *(each.get("AttributeValueList") or ())):
            if value is not None:
                check_value(value)
    tests = {name: _test(name, each) for name, each in expected.items()}
    return Conditions(tests, joined_by == "OR") if tests else None


def check_operator(conditions: dict[str, Plain] | None, joined_by: str | None) -> None:
    """ConditionalOperator joins conditions: there must be some. ValidationException."""
    if joined_by is not None and not conditions:
        raise ValidationException(WITHOUT_CONDITIONS)
    if joined_by is not None and conditions is not None and len(conditions) < 2:
        raise ValidationException(ONE_CONDITION)


def _test(name: str, expected: Plain) -> Test:
    value, values = expected.get("Value"), expected.get("AttributeValueList")
    operator, exists = expected.get("ComparisonOperator"), expected.get("Exists")
    if values is not None and value is not None:
        raise _wrong(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
    if operator is not None:
        return _compared(name, operator, value, values, exists)
    if values is not None:
        raise _wrong(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
    if exists is False:
        if value is not None:
            raise _wrong(f"Value cannot be used when Exists is false for Attribute: {name}")
        return test_of("NULL", [])
    if value is None:
        told = "null" if exists is None else "true"
        raise _wrong(f"Value must be provided when Exists is {told} for Attribute: {name}")
    return test_of("EQ", [value])


def _compared(name: str, operator: str, value: Value | None, values: list[Value] | None, exists: bool | None) -> Test:
    if exists is not None:
        raise _wrong(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
    if values is None and value is None and operator not in ("NULL", "NOT_NULL"):
        raise _wrong(
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator} for Attribute: {name}"
        )
    given = values if values is not None else [] if value is None else [value]
    check_comparison(operator, given)
    return test_of(operator, given)


def _wrong(what: str) -> ValidationException:
    return ValidationException(INVALID + what)
