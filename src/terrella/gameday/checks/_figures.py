"""Figures that several checks draw from attempts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ...world.history import Attempt, Event, History

PEOPLE = ("read", "write")


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all values do not exceed (nearest rank)."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def told(history: History) -> list[Attempt]:
    """What people attempted within the story, in that order. What a canary tries is nobody's."""
    return sorted(
        (a for a in history.attempts if a.what in PEOPLE and history.began <= a.began < history.ended),
        key=lambda each: each.began,
    )


def share(attempts: Iterable[Attempt], good: Callable[[Attempt], bool] = lambda each: each.ok) -> float | None:
    """How many of them went well; None of none."""
    found = [good(attempt) for attempt in attempts]
    return sum(found) / len(found) if found else None


def finding(
    id: str, name: str, about: str, head: Sequence[str], rows: Sequence[Sequence[str]], **values: Any
) -> dict[str, Any]:
    """What a story's own measurement found: a table for people, and the numbers behind it."""
    return {"id": id, "name": name, "about": about, "head": [*head], "rows": [[*row] for row in rows],
            "values": values}  # fmt: skip


def phase_of(phases: list[tuple[str, float, float]], at: float) -> str | None:
    """The name of the phase a moment belongs to."""
    return next((name for name, begin, end in phases if begin <= at < end), None)


def cities(history: History) -> list[str]:
    return sorted({each.city for each in history.attempts if each.what in PEOPLE})


def loss(history: History) -> Event | None:
    """The first loss of a region or a zone."""
    return next((e for e in history.events if e.what == "struck" and (lost_region(e) or lost_zone(e))), None)


def lost_zone(struck: Event) -> str | None:
    """The zone a strike took away."""
    zone: str | None = struck.detail.get("fault", {}).get("zone")
    return zone if struck.detail.get("kind") == "zone-outage" else None


def lost_region(struck: Event) -> str | None:
    """The region a strike took away."""
    fault = struck.detail.get("fault", {})
    region: str | None = fault.get("region") if struck.detail.get("kind") == "region-outage" else None
    return region or (fault.get("place") if struck.detail.get("kind") in ("process-kill", "pause") else None)


def healed_at(history: History, after: float) -> float:
    """When the first healing after a moment came; the end of the story if none did."""
    return next((e.at for e in history.events if e.what == "healed" and e.at >= after), history.ended)
