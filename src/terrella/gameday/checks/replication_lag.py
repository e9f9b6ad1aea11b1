"""replication_lag: from a write's acceptance in one region to its commit in another, in real milliseconds.

Counted from when the other region had its replica; writes accepted while a fault was in force are left out,
those it caught on their way are not.
"""

from __future__ import annotations

from typing import Any

from ...world.history import History
from ._figures import percentile


def measure(history: History) -> dict[str, Any]:
    since, faults = _since(history), _faults(history)
    lags: dict[str, list[float]] = {}
    for each in history.arrivals:
        orderly = not any(begin <= each.accepted < end for begin, end in faults)
        if each.region != each.origin and orderly and each.accepted >= since.get(each.region, history.began):
            lags.setdefault(f"{each.origin} -> {each.region}", []).append((each.at - each.accepted) * 1000)
    return {
        pair: {"p50": percentile(found, 0.5), "p99": percentile(found, 0.99), "max": max(found)}
        for pair, found in sorted(lags.items())
    }


def _since(history: History) -> dict[str, float]:
    """When each region was first said to have been deployed to."""
    since: dict[str, float] = {}
    for event in history.events:
        if event.what == "deployed":
            for region in event.detail["regions"]:
                since.setdefault(region, event.at)
    return since


def _faults(history: History) -> list[tuple[float, float]]:
    """The stretches during which any fault was in force."""
    found: list[tuple[float, float]] = []
    begun: float | None = None
    for event in history.events:
        if event.what == "struck" and begun is None:
            begun = event.at
        elif event.what == "healed" and begun is not None:
            found.append((begun, event.at))
            begun = None
    return [*found, (begun, float("inf"))] if begun is not None else found
