"""latency: how long successful requests took, by city, phase and kind, in real milliseconds."""

from __future__ import annotations

from typing import Any

from ...world.history import History
from ._figures import cities, percentile, phase_of, told

KINDS = {"reads": "read", "writes": "write"}


def measure(history: History) -> dict[str, Any]:
    phases = history.phases()
    taken: dict[tuple[str, str | None, str], list[float]] = {}
    for each in told(history):
        if each.ok:
            key = (each.city, phase_of(phases, each.began), each.what)
            taken.setdefault(key, []).append((each.ended - each.began) * 1000)
    return {
        city: {
            name: {kind: _summary(taken.get((city, name, what), [])) for kind, what in KINDS.items()}
            for name, _, _ in phases
        }
        for city in cities(history)
    }


def _summary(values: list[float]) -> dict[str, Any]:
    return {"p50_ms": percentile(values, 0.5), "p99_ms": percentile(values, 0.99), "count": len(values)}
