"""phases: phase by phase, how many were answered at all and soon, and when health checks turned.

The first verdict of either kind is counted from the phase's beginning, in world seconds.
"""

from __future__ import annotations

from typing import Any

from ...world.history import Attempt, History
from .. import words
from ._figures import cities, finding, phase_of, share, told

SOON_S = 1.5
HEAD = ("Phase", "Answered", "Soon", "Worst off", "Red after", "Green after")
ABOUT = (
    f"Answered: with a good status, before people lost patience. Soon: within {SOON_S:g} s, too. Red and green: "
    "when, after the phase began, the first health check turned."
)


def measure(history: History) -> dict[str, Any]:
    phases, attempts = history.phases(), told(history)
    values: dict[str, Any] = {}
    for name, begin, end in phases:
        during = [each for each in attempts if phase_of(phases, each.began) == name]
        worst = min(cities(history), key=lambda city: _of(during, city), default=None)
        values[name] = {
            "answered": share(during), "soon": share(during, _soon),
            "worst_city": worst, "worst": None if worst is None else _of(during, worst),
            "red_s": _turned(history, begin, end, False), "green_s": _turned(history, begin, end, True),
        }  # fmt: skip
    rows = [row(name, found) for name, found in values.items()]
    return finding("phases", "Phase by phase", ABOUT, HEAD, rows, **values)


def row(name: str, found: dict[str, Any]) -> list[str]:
    """What was found of a phase, in the words of HEAD."""
    worst = words.UNKNOWN
    if found["worst"] is not None and found["worst"] < 1:
        worst = f"{words.place(found['worst_city'])}: {words.percent(found['worst'])}"
    return [words.phase(name), words.percent(found["answered"]), words.percent(found["soon"]), worst,
            words.seconds(found["red_s"]), words.seconds(found["green_s"])]  # fmt: skip


def _of(attempts: list[Attempt], city: str) -> float:
    found = share(each for each in attempts if each.city == city)
    return 1.0 if found is None else found


def _soon(attempt: Attempt) -> bool:
    return attempt.ok and attempt.ended - attempt.began <= SOON_S


def _turned(history: History, begin: float, end: float, healthy: bool) -> float | None:
    found = (e.at for e in history.events if e.what == "verdict" and e.detail["healthy"] is healthy)
    at = next((at for at in found if begin <= at < end), None)
    return None if at is None else (at - begin) * history.speed
