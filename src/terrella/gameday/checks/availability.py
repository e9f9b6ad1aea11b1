"""availability: the share of requests that succeeded, by city and by phase. None where nobody asked."""

from __future__ import annotations

from typing import Any

from ...world.history import History
from ._figures import cities, phase_of, share, told


def measure(history: History) -> dict[str, Any]:
    attempts, phases = told(history), history.phases()
    return {
        "overall": share(attempts),
        "per_city": {city: share(a for a in attempts if a.city == city) for city in cities(history)},
        "per_phase": {
            name: share(a for a in attempts if phase_of(phases, a.began) == name) for name, _, _ in phases
        },
    }
