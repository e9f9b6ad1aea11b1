"""rpo: writes the lost region had acknowledged and no other region could read when it was lost.

`seconds` is how far back the oldest of them was accepted: real time, as replication is made of distances.
"""

from __future__ import annotations

from typing import Any

from ...world.history import Attempt, History
from ._figures import loss, lost_region


def measure(history: History) -> dict[str, Any]:
    risked = at_risk(history)
    struck = loss(history)
    if struck is None or not risked:
        return {"writes": 0, "seconds": 0.0}
    accepted = {a.tag: a.accepted for a in history.arrivals if a.origin == lost_region(struck)}
    oldest = min(accepted.get(each.tag or "", each.ended) for each in risked)
    return {"writes": len(risked), "seconds": max(0.0, struck.at - oldest)}


def at_risk(history: History) -> list[Attempt]:
    """The acknowledged writes that were in the lost region alone at the moment of its loss."""
    struck = loss(history)
    if struck is None:
        return []
    lost = lost_region(struck)
    elsewhere = {a.tag for a in history.arrivals if a.region != lost and a.at <= struck.at}
    return [
        each
        for each in history.attempts
        if each.what == "write" and each.ok and each.region == lost and each.ended <= struck.at
        and each.tag not in elsewhere
    ]  # fmt: skip
