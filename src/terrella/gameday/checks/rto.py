"""rto: world seconds from the loss of a region until each city was served again, and what they were made of.

A city is served again with the first of five requests in a row that succeed, after its first failure. A city
that had no failure has 0; one that was not served again until the region was healed has None.
"""

from __future__ import annotations

from typing import Any

from ...world.history import Attempt, History
from . import detection
from ._figures import cities, healed_at, loss, told

STEADY = 5


def measure(history: History) -> dict[str, Any]:
    struck = loss(history)
    if struck is None:
        return {"overall_s": None, "per_city": {}}
    healed, detected_s = healed_at(history, struck.at), detection.measure(history)
    during = [each for each in told(history) if struck.at <= each.began < healed]
    per_city = {}
    for city in cities(history):
        at = _recovered([each for each in during if each.city == city], struck.at)
        total_s = None if at is None else (at - struck.at) * history.speed
        per_city[city] = _split(total_s, detected_s)
    totals = [each["total_s"] for each in per_city.values()]
    return {"overall_s": None if None in totals else max(totals, default=None), "per_city": per_city}


def _recovered(attempts: list[Attempt], struck_at: float) -> float | None:
    """When a city was served again, given its attempts during the outage, in order."""
    failed = [number for number, each in enumerate(attempts) if not each.ok]
    if not failed:
        return struck_at
    for number in range(failed[0] + 1, len(attempts)):
        row = attempts[number : number + STEADY]
        if len(row) == STEADY and all(each.ok for each in row):
            return attempts[number].began
    return None


def _split(total_s: float | None, detected_s: float | None) -> dict[str, Any]:
    """Until it was noticed, then until the city's resolver had forgotten the old answer."""
    if total_s is None or not total_s:
        return {"total_s": total_s, "detection_s": None, "dns_caching_s": None}
    if detected_s is None:
        return {"total_s": total_s, "detection_s": None, "dns_caching_s": None}
    seen_s = min(detected_s, total_s)
    return {"total_s": total_s, "detection_s": seen_s, "dns_caching_s": total_s - seen_s}
