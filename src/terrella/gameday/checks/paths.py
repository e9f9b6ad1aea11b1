"""paths: every measurement that people make, once for each of the ways to the service that a story compares.

On each path a loss is noticed by an event of its own. What fails after that is the doing of caches: somebody knew
better already. `by_caches` is the share of the failed requests during the loss that began after it was noticed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ...world.history import Attempt, Event, History
from .. import words
from . import availability, detection, rto
from ._figures import cities, healed_at, loss, percentile, told


def measure(history: History, paths: tuple[Any, ...]) -> list[dict[str, Any]]:
    """One entry for each path, in their order."""
    return [_measured(path, of_path(history, path)) for path in paths]


def of_path(history: History, path: Any) -> History:
    """What the people of one path met with, and what noticed it."""
    mine = [each for each in history.attempts if each.path == path.name]
    others = {"verdict", "node", "endpoint"} - {path.noticed}
    events = [_as_verdict(each, path.noticed) for each in history.events if each.what not in others]
    return replace(history, attempts=mine, events=events)


def by_audience(history: History) -> History:
    """The same, with the people of a city who come by different paths told apart."""
    return replace(history, attempts=[each._replace(city=audience(each.city, each.path)) for each in history.attempts])


def audience(city: str, path: str) -> str:
    """The people of a city who come by a path: `Tokyo, DNS`."""
    return f"{words.place(city)}, {path}"


def _as_verdict(event: Event, noticed: str) -> Event:
    if event.what != noticed:
        return event
    return event._replace(what="verdict", detail={"healthy": event.detail.get("up"), **event.detail})


def _measured(path: Any, history: History) -> dict[str, Any]:
    return {
        "name": path.name,
        "title": path.title,
        "availability": availability.measure(history),
        "detection_s": detection.measure(history),
        "rto": rto.measure(history),
        "per_city": _side(history),
    }


def _side(history: History) -> dict[str, dict[str, Any]]:
    """By city: latency of reads before and during the loss, and what failed during it."""
    struck, noticed_s = loss(history), detection.measure(history)
    if struck is None:
        return {}
    healed = healed_at(history, struck.at)
    noticed = struck.at + noticed_s / history.speed if noticed_s is not None else float("inf")
    found = {}
    for city in cities(history):
        mine = [each for each in told(history) if each.city == city]
        during = [each for each in mine if struck.at <= each.began < healed]
        failed = [each for each in during if not each.ok]
        late = sum(each.began >= noticed for each in failed)
        found[city] = {
            "before_ms": _p50(each for each in mine if each.began < struck.at),
            "during_ms": _p50(during),
            "answered": 1 - len(failed) / len(during) if during else None,
            "failed": len(failed),
            "by_caches": late / len(failed) if failed else None,
        }
    return found


def _p50(attempts: Iterable[Attempt]) -> float | None:
    return percentile([(each.ended - each.began) * 1000 for each in attempts if each.ok and each.what == "read"], 0.5)
