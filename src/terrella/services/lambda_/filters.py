"""Filter criteria of event source mappings: patterns as EventBridge has them.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
"""

from __future__ import annotations

from typing import Any

import orjson

from .errors import InvalidParameterValueException

MOST_FILTERS = 10
INVALID = "Invalid filter pattern definition."
_COMPARISONS = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_RULES = {"prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case"}
_MISSING = object()


def check(criteria: dict[str, Any] | None) -> None:
    """InvalidParameterValueException if a pattern is none."""
    found = (criteria or {}).get("Filters") or []
    if len(found) > MOST_FILTERS:
        raise InvalidParameterValueException(
            f"The number of filters exceeds the limit of {MOST_FILTERS} for an event source mapping."
        )
    for each in found:
        _check(_read(each.get("Pattern") or ""))


def patterns(criteria: dict[str, Any] | None) -> list[Any]:
    """The patterns of criteria that were checked."""
    return [_read(each["Pattern"]) for each in (criteria or {}).get("Filters") or [] if each.get("Pattern")]


def wanted(given: list[Any], record: Any) -> bool:
    """Does any pattern fit, or is there none?"""
    return not given or any(_fits(pattern, record) for pattern in given)


def _read(text: str) -> Any:
    try:
        pattern = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidParameterValueException(INVALID) from None
    if not isinstance(pattern, dict):
        raise InvalidParameterValueException(INVALID)
    return pattern


def _check(pattern: Any) -> None:
    if isinstance(pattern, dict):
        for name, inner in pattern.items():
            alternatives = inner if name == "$or" and isinstance(inner, list) else [inner]
            for each in alternatives:
                _check(each)
        return
    if not isinstance(pattern, list) or not pattern:
        raise InvalidParameterValueException(INVALID)
    for rule in pattern:
        if isinstance(rule, list) or (
            isinstance(rule, dict) and (len(rule) != 1 or not rule.keys() <= _RULES)
        ):
            raise InvalidParameterValueException(INVALID)
        if isinstance(rule, dict):
            _check_rule(*next(iter(rule.items())))


def _check_rule(name: str, operand: Any) -> None:
    if name == "numeric":
        pairs = isinstance(operand, list) and operand and len(operand) % 2 == 0
        right = pairs and all(sign in _COMPARISONS for sign in operand[::2])
    elif name == "exists":
        right = isinstance(operand, bool)
    else:
        right = name == "anything-but" or isinstance(operand, str)
    if not right:
        raise InvalidParameterValueException(INVALID)


def _fits(pattern: dict[str, Any], value: Any) -> bool:
    for name, inner in pattern.items():
        if name == "$or" and isinstance(inner, list):
            if not any(_fits(each, value) for each in inner):
                return False
            continue
        found = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
        if isinstance(inner, dict):
            if not _fits(inner, {} if found is _MISSING else found):
                return False
        elif not _any_rule(inner, found):
            return False
    return True


def _any_rule(rules: list[Any], found: Any) -> bool:
    values = found if isinstance(found, list) else [found]
    return any(_holds(rule, value) for rule in rules for value in values)


def _holds(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return value is not _MISSING and type(value) is type(rule) and bool(value == rule)
    ((name, operand),) = rule.items()
    if name == "exists":
        return bool((value is not _MISSING) == operand)
    if value is _MISSING:
        return False
    if name == "anything-but":
        return not _denied(operand, value)
    if name == "numeric":
        signs = zip(operand[::2], operand[1::2], strict=True)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and all(_COMPARISONS[sign](value, limit) for sign, limit in signs)
    if not isinstance(value, str):
        return False
    if name == "prefix":
        return value.startswith(operand)
    if name == "suffix":
        return value.endswith(operand)
    return value.lower() == str(operand).lower()


def _denied(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        return _holds(operand, value)
    return value in (operand if isinstance(operand, list) else [operand])
