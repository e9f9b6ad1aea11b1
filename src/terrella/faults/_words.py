"""How one word of a command line becomes a fault's parameter: places, durations, shares, services."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable
from dataclasses import field
from typing import Any

from ..net.places import ANYCAST, UnknownPlace, find, region_names, rows
from ..wire import model

EVERYWHERE = "*"
_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0}


class FaultError(ValueError):
    """The words, or the data, do not make a fault. The message is for the user."""


def parameter(read: Callable[[str], Any], default: Any = ...) -> Any:
    """A field of a fault: how its word is read and, if it may be left out, what it is then."""
    if default is ...:
        return field(metadata={"read": read})
    return field(default=default, metadata={"read": read})


def place(word: str) -> str:
    """Any place, by its name."""
    try:
        return find(word).name
    except UnknownPlace as unknown:
        raise FaultError(str(unknown)) from None


def place_or_everywhere(word: str) -> str:
    """A place, or `*` for all of them."""
    return word if word == EVERYWHERE else place(word)


def places(word: str) -> tuple[str, ...]:
    """Places separated by commas; `*` is everything else."""
    names = [part.strip() for part in word.split(",") if part.strip()]
    if not names:
        raise FaultError("There is no place in an empty list")
    return tuple(dict.fromkeys(place_or_everywhere(name) for name in names))


def region(word: str) -> str:
    """A region, by its name."""
    try:
        return find(word, "region").name
    except UnknownPlace as unknown:
        raise FaultError(str(unknown)) from None


def zone(word: str) -> str:
    """An availability zone, by its name (`eu-west-1a`) or its id (`euw1-az3`)."""
    try:
        return find(_zone_names().get(word.strip().lower(), word), "zone").name
    except UnknownPlace as unknown:
        raise FaultError(str(unknown)) from None


@functools.cache
def _zone_names() -> dict[str, str]:
    return {row["id"]: row["code"] for row in rows("zones")}


def region_or_everywhere(word: str) -> str:
    """A region, or `*` for all of them."""
    return word if word == EVERYWHERE else region(word)


def process(word: str) -> str:
    """A place that is a process of its own: a region, or the edge."""
    return ANYCAST if word == ANYCAST else region(word)


def seconds(word: str) -> float:
    """`250ms`, `1.5s`, `2m`; a bare number is in seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|)", word.strip())
    if match is None:
        raise FaultError(f"{word!r} is no duration; write 250ms, 1.5s or 2m")
    return float(match[1]) * _UNITS[match[2]]


def share(word: str) -> float:
    """`5%` or `0.05`: between nothing and all."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", word.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    if not 0 <= value <= 1:
        raise FaultError(f"{word!r} is no share; write 5% or 0.05, at most 100%")
    return value


def service(word: str) -> str:
    """A service as boto3 names it, or `*`."""
    names = model.names()
    if word == EVERYWHERE or word in names:
        return word
    if word in region_names():
        raise FaultError(f"{word} is a region; which service comes first: '*' {word} is all of them there")
    near = difflib.get_close_matches(word, names, n=1)
    hint = f". Did you mean {near[0]}?" if near else "; write its name as boto3 does, such as route53"
    raise FaultError(f"There is no service called {word!r}{hint}")


def milliseconds_text(value: float) -> str:
    """0.25 is `250 ms`, 2.5 is `2.5 s`."""
    return f"{value * 1000:g} ms" if value < 1 else f"{value:g} s"
