"""served_by: which region answered each city, by phase, in numbers of successful requests."""

from __future__ import annotations

from typing import Any

from ...world.history import History
from ._figures import cities, phase_of, told


def measure(history: History) -> dict[str, Any]:
    phases = history.phases()
    found: dict[str, dict[str, dict[str, int]]] = {
        city: {name: {} for name, _, _ in phases} for city in cities(history)
    }
    for each in told(history):
        name = phase_of(phases, each.began)
        if each.ok and each.region is not None and name is not None:
            counts = found[each.city][name]
            counts[each.region] = counts.get(each.region, 0) + 1
    return found
