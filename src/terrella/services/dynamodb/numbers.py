"""Numbers of 38 significant digits, as text: normal form, weight, arithmetic, and bytes that sort alike.

DynamoDB keeps numbers as decimals between 1E-130 and 9.9...E+125 and gives them back in plain digits without
zeros that mean nothing (developer guide, "Data types: Number").
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from ...core.errors import ValidationException

MOST_DIGITS = 38
GREATEST_EXPONENT, LEAST_EXPONENT = 125, -130

NOT_A_NUMBER = "The parameter cannot be converted to a numeric value"
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"

is_normal = re.compile(r"-?(?:[1-9][0-9]{0,37}|(?:0|[1-9][0-9]{0,18})\.[0-9]{0,18}[1-9])|0").fullmatch
"""Matches most numbers that are in normal form already; what it misses may still be a number."""

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]{1,10}))?", re.ASCII).fullmatch
_EXACT = Context(prec=600, Emin=-999999, Emax=999999)
_COMPLEMENT = bytes(255 - byte for byte in range(256))
_END = b"\x00"


def normal(text: str) -> str:
    """The number as DynamoDB gives it back. ValidationException if it is none or beyond the limits."""
    if is_normal(text):
        return text
    sign, digits, exponent = _parts(text)
    _check_range(digits, exponent)
    return _plain(sign, digits, exponent)


def size(text: str) -> int:
    """Bytes a number in normal form weighs: one, one for each two digits, one more for a sign.

    AWS gives this as an approximation; the parity of the exponent decides how digits pair up.
    """
    sign, digits, exponent = _parts(text)
    if not digits:
        return 1
    misaligned = (exponent + 1) % 2  # digits pair up around the point
    return 1 + (len(digits) + misaligned + 1) // 2 + (1 if sign else 0)


def add(one: str, other: str) -> str:
    """The sum in normal form. ValidationException if it needs more than 38 digits or leaves the range: the
    service says of both that the number is too great."""
    return _outcome(_EXACT.add(Decimal(one), Decimal(other)))


def subtract(one: str, other: str) -> str:
    """The difference in normal form, like `add`."""
    return _outcome(_EXACT.subtract(Decimal(one), Decimal(other)))


def order(one: str, other: str) -> int:
    """Negative, zero or positive as the first is less than, equal to or greater than the second."""
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)


def sortable(text: str) -> bytes:
    """Bytes of a number in normal form that sort as numbers do; no such bytes begin another's."""
    sign, digits, exponent = _parts(text)
    if not digits:
        return b"\x01" + _END
    shown = bytes((exponent - LEAST_EXPONENT,)) + digits.encode() + _END
    return b"\x00" + shown.translate(_COMPLEMENT) if sign else b"\x02" + shown


def _outcome(exact: Decimal) -> str:
    sign, digits, exponent = _parts(format(exact, "f"))
    if len(digits) > MOST_DIGITS:
        raise ValidationException(OVERFLOW)
    _check_range(digits, exponent)
    return _plain(sign, digits, exponent)


def _parts(text: str) -> tuple[bool, str, int]:
    """Whether negative, the significant digits ("" for zero), and the power of ten of the first of them."""
    found = _NUMBER(text)
    if found is None or not (found[2] or found[3]):
        raise ValidationException(f"{NOT_A_NUMBER}: {text}" if text else NOT_A_NUMBER)
    whole, fraction = found[2] or "", found[3] or ""
    digits = (whole + fraction).lstrip("0")
    exponent = len(digits) - len(fraction) - 1
    if found[4]:
        exponent += int(found[4])
    return found[1] == "-", digits.rstrip("0"), exponent


def _check_range(digits: str, exponent: int) -> None:
    if not digits:
        return
    if exponent > GREATEST_EXPONENT:
        raise ValidationException(OVERFLOW)
    if exponent < LEAST_EXPONENT:
        raise ValidationException(UNDERFLOW)
    if len(digits) > MOST_DIGITS:
        raise ValidationException(TOO_PRECISE)


def _plain(sign: bool, digits: str, exponent: int) -> str:
    if not digits:
        return "0"
    if exponent < 0:
        shown = "0." + "0" * (-exponent - 1) + digits
    elif len(digits) <= exponent + 1:
        shown = digits + "0" * (exponent + 1 - len(digits))
    else:
        shown = digits[: exponent + 1] + "." + digits[exponent + 1 :]
    return "-" + shown if sign else shown
