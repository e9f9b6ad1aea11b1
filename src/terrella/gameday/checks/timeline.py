"""timeline: requests of each city, in equal stretches of world time: how many succeeded, failed, how
fast, and by which region most."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ...world.history import Attempt, History
from ._figures import percentile, told

STRETCHES = 120


def measure(history: History) -> list[dict[str, Any]]:
    length = (history.ended - history.began) / STRETCHES
    if length <= 0:
        return []
    rows: list[dict[str, list[Attempt]]] = [{} for _ in range(STRETCHES)]
    for each in told(history):
        number = min(STRETCHES - 1, int((each.began - history.began) / length))
        rows[number].setdefault(each.city, []).append(each)
    return [
        {
            "t_s": number * length * history.speed,
            "cities": {city: _summary(found) for city, found in sorted(row.items())},
        }
        for number, row in enumerate(rows)
    ]


def _summary(attempts: list[Attempt]) -> dict[str, Any]:
    took = [(each.ended - each.began) * 1000 for each in attempts if each.ok]
    served = Counter(each.region for each in attempts if each.ok and each.region is not None)
    most = min(served, key=lambda region: (-served[region], region), default=None)
    failed = len(attempts) - len(took)
    return {"ok": len(took), "failed": failed, "p50_ms": percentile(took, 0.5), "region": most}
