"""detection: world seconds from the loss of a region to the first health check that said so; None if none
did, or nothing was lost."""

from __future__ import annotations

from ...world.history import History
from ._figures import healed_at, loss


def measure(history: History) -> float | None:
    struck = loss(history)
    if struck is None:
        return None
    healed = healed_at(history, struck.at)
    for event in history.events:
        if event.what == "verdict" and struck.at <= event.at <= healed and event.detail["healthy"] is False:
            return (event.at - struck.at) * history.speed
    return None
