"""availability: the share of requests that succeeded, by city and by phase. None where nobody asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...world.history import Attempt, History
from ._figures import cities, phase_of, told


def measure(history: History) -> dict[str, Any]:
    attempts, phases = told(history), history.phases()
    return {
        "overall": _share(attempts),
        "per_city": {city: _share(a for a in attempts if a.city == city) for city in cities(history)},
        "per_phase": {
            name: _share(a for a in attempts if phase_of(phases, a.began) == name) for name, _, _ in phases
        },
    }


def _share(attempts: Iterable[Attempt]) -> float | None:
    oks = [attempt.ok for attempt in attempts]
    return sum(oks) / len(oks) if oks else None
