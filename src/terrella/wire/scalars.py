"""Numbers, blobs, booleans and times as each format spells them."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

from .shape import Shape

_NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(value: Any) -> datetime:
    """A point in time from any notation AWS accepts: epoch seconds, ISO 8601, HTTP date. ValueError if none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            return _read_date(text)
        value = float(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a time")
    try:
        return _EPOCH + timedelta(seconds=value)
    except OverflowError as error:
        raise ValueError("beyond the calendar") from error


def _read_date(text: str) -> datetime:
    try:
        if text[:3].isalpha():
            found = parsedate_to_datetime(text)
        else:
            found = datetime.fromisoformat(text)
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError("not a date") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def epoch(value: datetime | float) -> float:
    """Seconds since 1970. A time without zone is UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return value


def write_epoch(value: datetime | float) -> int | float:
    """Epoch seconds, milliseconds kept; whole seconds without a fraction."""
    seconds = round(epoch(value), 3)
    return int(seconds) if seconds == int(seconds) else seconds


def write_iso(value: datetime | float | str) -> str:
    if isinstance(value, str):
        return value
    when = value if isinstance(value, datetime) else _EPOCH + timedelta(seconds=value)
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    text = (
        f"{when.year:04d}-{when.month:02d}-{when.day:02d}T{when.hour:02d}:{when.minute:02d}:{when.second:02d}"
    )
    return f"{text}.{when.microsecond // 1000:03d}Z" if when.microsecond else f"{text}Z"


def write_http_date(value: datetime | float | str) -> str:
    return value if isinstance(value, str) else formatdate(epoch(value), usegmt=True)


_TIME_WRITERS: dict[str, Callable[[Any], Any]] = {
    "iso8601": write_iso,
    "rfc822": write_http_date,
    "unixtimestamp": write_epoch,
}


def time_writer(shape: Shape, default: str) -> Callable[[Any], Any]:
    """The notation the model asks for, or the default of the place the time is written at."""
    return _TIME_WRITERS[shape.traits.get("timestampFormat", default).lower()]


def read_blob(text: str) -> bytes:
    """Strict base64. ValueError otherwise."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error


def write_blob(value: bytes | str) -> str:
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def read_boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in ("true", "false", "1", "0"):
        raise ValueError("not a boolean")
    return lowered in ("true", "1")


def write_boolean(value: Any) -> str:
    return "true" if value else "false"


def read_integer(text: str) -> int:
    """ASCII digits with a sign; no underscores, no other alphabets, nothing longer than a 64-bit number."""
    text = text.strip()
    if len(text) > 20 or not text.isascii() or "_" in text:
        raise ValueError("not an integer")
    return int(text)


def read_float(text: str) -> float:
    if not text.isascii() or "_" in text:
        raise ValueError("not a number")
    return float(text)


def write_float(value: float) -> str:
    """As text; infinities and NaN by the names the protocols give them."""
    value = float(value)
    if math.isfinite(value):
        return repr(value)
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def text_reader(shape: Shape) -> Callable[[str], Any]:
    """How a scalar is read where everything is text: forms, XML, headers, query strings."""
    return _TEXT_READERS.get(shape.kind, str)


_TEXT_READERS: dict[str, Callable[[str], Any]] = {
    "integer": read_integer,
    "long": read_integer,
    "float": read_float,
    "double": read_float,
    "boolean": read_boolean,
    "timestamp": read_time,
    "blob": read_blob,
}


def text_writer(shape: Shape, time_format: str) -> Callable[[Any], str]:
    """How a scalar is written where everything is text."""
    if shape.kind == "timestamp":
        write = time_writer(shape, time_format)
        return lambda value: str(write(value))
    return _TEXT_WRITERS.get(shape.kind, str)


_TEXT_WRITERS: dict[str, Callable[[Any], str]] = {
    "float": write_float,
    "double": write_float,
    "boolean": write_boolean,
    "blob": write_blob,
}
