"""Metric math: expressions over lines, where a line is what a metric was at each moment it has a value for.

There are + - * / ^, ABS, AVG, CEIL, DIFF, FILL, FLOOR, MAX, METRICS, MIN, RATE, SUM. A function of a line is a
number, of several lines a line. Two lines meet at the moments both have; a division by zero leaves a moment out.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from .errors import ValidationError

Find = Callable[[str], "Value"]


@dataclass(slots=True)
class Line:
    """Values by moment, in order. `period` is in seconds, `window` from when to when there could be values."""

    values: dict[float, float]
    label: str
    period: float
    window: tuple[float, float]


Value = float | Line | list[Line] | str


@dataclass(slots=True)
class Expression:
    """One expression: its query's id, its text, where it finds other queries, and every metric for METRICS()."""

    id: str
    text: str
    find: Find
    metrics: Callable[[], list[Line]]

    def value(self) -> Value:
        """ValidationError for what cannot be computed."""
        return self._of(_parsed(self.id, self.text))

    def _of(self, tree: Tree[Token]) -> Value:
        first: Any = tree.children[0] if tree.children else None
        if tree.data == "number":
            return float(first)
        if tree.data == "text":
            return str(first)[1:-1]
        if tree.data == "word":
            return str(first)
        if tree.data == "reference":
            return self.find(str(first))
        if tree.data == "call":
            return self._call(str(first), tree.children[1:])
        parts = [self._of(child) for child in tree.children]  # type: ignore[arg-type]
        if tree.data == "array":
            return [line for part in parts for line in self._lines(part)]
        if tree.data == "negate":
            return self._both(operator.mul, -1.0, parts[0])
        return self._both(_OPERATORS[tree.data], *parts)

    def _call(self, name: str, children: list[Any]) -> Value:
        arguments = [self._of(child) for child in children if child is not None]
        if name == "METRICS":
            part = arguments[0] if arguments else ""
            return [line for line in self.metrics() if str(part) in line.label]
        if name in _TOGETHER and len(arguments) == 1:
            if isinstance(arguments[0], float | str):
                self._wrong(name)
            return _together(_TOGETHER[name], arguments[0])
        if name in _EACH and len(arguments) == 1:
            return self._each(_EACH[name], arguments[0])
        if name == "FILL" and len(arguments) == 2:
            return self._each(lambda line: _filled(line, arguments[1]), arguments[0])
        if name in {*_TOGETHER, *_EACH, "FILL"}:
            self._wrong(name)
        raise self._refusal(f"the function {name} is not in this world")

    def _both(self, apply: Callable[[float, float], float], left: Value, right: Value) -> Value:
        if isinstance(left, str) or isinstance(right, str):
            raise self._refusal("text is no operand")
        if isinstance(left, list):
            return [_meet(apply, line, right) for line in left] if not isinstance(right, list) else self._wrong("[]")
        if isinstance(right, list):
            return [_meet(apply, left, line) for line in right]
        if isinstance(left, Line) or isinstance(right, Line):
            return _meet(apply, left, right)
        found = _safe(apply, left, right)
        return found if found is not None else self._wrong("/")

    def _each(self, apply: Callable[[Line], Line], value: Value) -> Value:
        if isinstance(value, list):
            return [apply(line) for line in value]
        return apply(value) if isinstance(value, Line) else self._wrong("a function")

    def _lines(self, value: Value) -> list[Line]:
        if isinstance(value, float | str):
            raise self._refusal("an array holds metrics and nothing else")
        return value if isinstance(value, list) else [value]

    def _wrong(self, name: str) -> NoReturn:
        raise self._refusal(f"{name} was given operands of the wrong types")

    def _refusal(self, why: str) -> ValidationError:
        return ValidationError(f"Error in expression '{self.id}': {why}.")


def names_in(id: str, text: str) -> set[str]:
    """The other queries an expression names. ValidationError if it cannot be read."""
    return {str(each.children[0]) for each in _parsed(id, text).find_data("reference")}


@functools.lru_cache(maxsize=512)
def _parsed(id: str, text: str) -> Tree[Token]:
    try:
        tree = _grammar().parse(text)
    except UnexpectedInput as wrong:
        raise ValidationError(f"Error in expression '{id}': Syntax error at position {wrong.pos_in_stream}.") from None
    return tree


@functools.cache
def _grammar() -> Lark:
    return Lark.open_from_package(__package__, "expression.lark", parser="lalr", lexer="basic")


def _meet(apply: Callable[[float, float], float], left: float | Line, right: Any) -> Line:
    """A line and a number, or two lines where both have values."""
    line = left if isinstance(left, Line) else right
    values = {}
    for at in line.values:
        pair = [side.values.get(at) if isinstance(side, Line) else side for side in (left, right)]
        found = _safe(apply, *pair) if None not in pair else None  # type: ignore[arg-type]
        if found is not None:
            values[at] = found
    period = min(side.period for side in (left, right) if isinstance(side, Line))
    return replace(line, values=values, period=period)


def _safe(apply: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        found = apply(left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return found if isinstance(found, float) and math.isfinite(found) else None


def _together(apply: Callable[[list[float]], float], value: Line | list[Line]) -> Value:
    """Of one line a number; of several a line, at each moment of those that have a value then."""
    if isinstance(value, Line):
        return apply([*value.values.values()]) if value.values else replace(value, values={})
    if not value:
        return []
    moments = sorted({at for line in value for at in line.values})
    values = {at: apply([line.values[at] for line in value if at in line.values]) for at in moments}
    return replace(value[0], values=values, period=min(line.period for line in value))


def _filled(line: Line, filling: Value) -> Line:
    """Every moment of the window with a value: a number, the last there was, or what lies between two."""
    start, end = line.window
    count = max(0, math.ceil((end - start) / line.period))
    moments = [start + number * line.period for number in range(count)]
    if isinstance(filling, float):
        return replace(line, values={at: line.values.get(at, filling) for at in moments})
    if filling not in ("REPEAT", "LINEAR"):
        raise ValidationError("FILL takes a number, REPEAT or LINEAR.")
    values: dict[float, float] = {}
    for at in moments:
        before = max((each for each in line.values if each <= at), default=None)
        after = min((each for each in line.values if each >= at), default=None)
        if before is None or (after is None and filling == "LINEAR"):
            continue
        if filling == "REPEAT" or after == before:
            values[at] = line.values[before]
        else:
            assert after is not None
            share = (at - before) / (after - before)
            values[at] = line.values[before] + share * (line.values[after] - line.values[before])
    return replace(line, values=values)


def _differences(line: Line, per_second: bool) -> Line:
    moments = [*line.values]
    values = {
        at: (line.values[at] - line.values[before]) / ((at - before) if per_second else 1.0)
        for before, at in itertools.pairwise(moments)
    }
    return replace(line, values=values)


def _mapped(apply: Callable[[float], float]) -> Callable[[Line], Line]:
    return lambda line: replace(line, values={at: float(apply(value)) for at, value in line.values.items()})


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "raise_to": operator.pow,
}  # fmt: skip
_TOGETHER: dict[str, Callable[[list[float]], float]] = {
    "SUM": math.fsum, "MIN": min, "MAX": max, "AVG": lambda values: math.fsum(values) / len(values),
}  # fmt: skip
_EACH: dict[str, Callable[[Line], Line]] = {
    "ABS": _mapped(abs), "CEIL": _mapped(math.ceil), "FLOOR": _mapped(math.floor),
    "DIFF": lambda line: _differences(line, False), "RATE": lambda line: _differences(line, True),
}  # fmt: skip
