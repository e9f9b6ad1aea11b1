"""Availability of things in series and in parallel: what many nines come to, exactly.

An expression is read like this, the tightest first:

    99.9%   0.999          one part
    PART x N               N of that part side by side, any one of which is enough
    A || B   A or B        side by side: any one is enough
    A * B   A then B       in a row: all are needed (so is `and`)
    ( ... )                first

So `99.95% then 99.9% x 2` is a part in front of two redundant ones. Arithmetic is on fractions, not floats.
A year has 365 days, a month 30.

Everything here assumes that the parts fail independently, and says so each time: see WARNING.
https://docs.aws.amazon.com/whitepapers/latest/availability-and-beyond-improving-resilience/
"""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

YEAR_S, MONTH_S = 365 * 86400, 30 * 86400
WARNING = (
    "This assumes that the parts fail independently. Real regions share fate: the same code and "
    "configuration rolled out everywhere, global control planes, replicated bad data, survivors that must "
    "carry the load of the lost."
)
_TOKEN = re.compile(
    r"\s*(?:(\d+(?:[.,]\d+)?|\.\d+)\s*(%?)|(\|\||or\b|\*|then\b|and\b|x|×|\(|\)))", re.IGNORECASE
)
_PARALLEL, _SERIAL, _TIMES = ("||", "or"), ("*", "then", "and"), ("x", "×")
LONGEST, DEEPEST, MOST = 1000, 40, 1000
MOST_BITS = 100_000  # of an exact result: nobody reads more, and it would take minutes


class AvailabilityError(ValueError):
    """The expression cannot be read. The message is for the user."""


def serial(*parts: Fraction) -> Fraction:
    """Availability of parts that are all needed: the product."""
    return math.prod(parts, start=Fraction(1))


def parallel(*parts: Fraction) -> Fraction:
    """Availability of parts of which any one is enough: 1 minus the product of what is missing."""
    return 1 - math.prod((1 - part for part in parts), start=Fraction(1))


def evaluate(expression: str) -> Fraction:
    """The availability an expression comes to, between 0 and 1. Raises AvailabilityError."""
    if len(expression) > LONGEST:
        raise AvailabilityError(f"an expression of more than {LONGEST} characters")
    reader = _Reader(_tokens(expression))
    value = reader.in_a_row()
    if reader.tokens:
        raise AvailabilityError(f"{reader.tokens[0]!s} is one too many")
    return value


def report(expression: str) -> dict[str, Any]:
    """What an expression comes to, as plain data: percent, nines, downtime. Raises AvailabilityError."""
    value = evaluate(expression)
    missing = 1 - value
    return {
        "expression": " ".join(expression.split()),
        "availability": float(value),
        "unavailability": float(missing),
        "percent": percent(value),
        "nines": None if missing == 0 else _nines(missing),
        "downtime_per_year_s": float(missing * YEAR_S),
        "downtime_per_month_s": float(missing * MONTH_S),
        "downtime_per_year": duration(missing * YEAR_S),
        "downtime_per_month": duration(missing * MONTH_S),
        "warning": WARNING,
    }


def text(found: dict[str, Any]) -> str:
    """A report in words."""
    nines = "" if found["nines"] is None else f" ({found['nines']:g} nines)"
    return (
        f"{found['expression']}: {found['percent']} %{nines}\n"
        f"down {found['downtime_per_year']} a year, {found['downtime_per_month']} a month of 30 days\n"
        f"{found['warning']}"
    )


def percent(value: Fraction) -> str:
    """In percent, with enough digits to show four of what is missing; never rounded up to 100."""
    missing = (1 - value) * 100
    if missing == 0:
        return "100"
    with localcontext() as context:
        context.prec = 4
        rounded = Decimal(missing.numerator) / Decimal(missing.denominator)
        if rounded.adjusted() < -30:
            return f"100 minus {rounded.normalize():e}"
        context.prec = 400
        shown = format(100 - rounded, "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def duration(seconds: Fraction) -> str:
    """`3 d 15 h 36 min`, `52 min 34 s`, `31.5 s`, `315 ms`."""
    if seconds >= 86400:
        minutes = _whole(seconds / 60)
        return _units((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    if seconds >= 60:
        whole = _whole(seconds)
        return _units((whole // 3600, "h"), (whole // 60 % 60, "min"), (whole % 60, "s"))
    if seconds >= 1:
        return f"{float(seconds):.1f} s".replace(".0 s", " s")
    if seconds == 0:
        return "0 s"
    return f"{float(seconds * 1000):.3g} ms"


class _Reader:
    """Reads tokens from the left: `in_a_row` binds loosest, `one` tightest."""

    def __init__(self, tokens: list[Fraction | str]) -> None:
        self.tokens, self.depth = tokens, 0

    def in_a_row(self) -> Fraction:
        parts = [self.side_by_side()]
        while self._take(_SERIAL):
            parts.append(self.side_by_side())
        return serial(*_writable(parts))

    def side_by_side(self) -> Fraction:
        parts = [self.several()]
        while self._take(_PARALLEL):
            parts.append(self.several())
        return parallel(*_writable(parts))

    def several(self) -> Fraction:
        value = self.one()
        while self._take(_TIMES):
            count = self.tokens.pop(0) if self.tokens else ""
            if not isinstance(count, _Count):
                raise AvailabilityError("after x comes a number of parts, such as 99% x 2")
            value = parallel(*_writable([value] * count.parts))
        return value

    def one(self) -> Fraction:
        token = self.tokens.pop(0) if self.tokens else "the end"
        if token == "(" and self.depth < DEEPEST:
            self.depth += 1
            value = self.in_a_row()
            if not self._take((")",)):
                raise AvailabilityError("a parenthesis is never closed")
            self.depth -= 1
            return value
        if isinstance(token, str):
            raise AvailabilityError(f"an availability such as 99.9% was expected, not {token}")
        if not 0 <= token <= 1:
            raise AvailabilityError(f"{_written(token)} is no availability; write 99.9% or 0.999")
        return token

    def _take(self, words: tuple[str, ...]) -> bool:
        if self.tokens and self.tokens[0] in words:
            self.tokens.pop(0)
            return True
        return False


class _Count(Fraction):
    """A number without a percent sign: an availability if at most 1, or how many parts after `x`."""

    @property
    def parts(self) -> int:
        if self.denominator != 1 or not 1 <= self.numerator <= MOST:
            raise AvailabilityError(f"{self!s} is no number of parts between 1 and {MOST}")
        return self.numerator

    def __str__(self) -> str:
        return f"{float(self):g}"


def _tokens(expression: str) -> list[Fraction | str]:
    tokens: list[Fraction | str] = []
    at = 0
    while expression[at:].strip():
        match = _TOKEN.match(expression, at)
        if match is None:
            raise AvailabilityError(f"{expression[at:].split()[0]!r} is not understood")
        number, sign, word = match.groups()
        if word:
            tokens.append(word.lower())
        elif sign:
            tokens.append(Fraction(number.replace(",", ".")) / 100)
        else:
            tokens.append(_Count(number.replace(",", ".")))
        at = match.end()
    return tokens


def _writable(parts: list[Fraction]) -> list[Fraction]:
    if sum(part.denominator.bit_length() for part in parts) > MOST_BITS:
        raise AvailabilityError("so many parts that their figure has more digits than anybody reads")
    return parts


def _nines(missing: Fraction) -> float:
    """By the logarithms of two whole numbers: the fraction itself may be less than any float."""
    return max(0.0, round(math.log10(missing.denominator) - math.log10(missing.numerator), 2))
def _written(number: Fraction) -> str:
    """As its author wrote it: a plain number, or a percentage."""
    return str(number) if isinstance(number, _Count) else f"{float(number * 100):g}%"


def _whole(value: Fraction) -> int:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _units(*parts: tuple[int, str]) -> str:
    shown = list(parts)
    while shown and not shown[0][0]:
        shown.pop(0)
    while len(shown) > 1 and not shown[-1][0]:
        shown.pop()
    return " ".join(f"{count} {unit}" for count, unit in shown)
