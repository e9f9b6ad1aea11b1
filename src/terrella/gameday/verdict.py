"""All measurements of one game day together, and whether it kept its promises.

Durations of the story (phases, detection, RTO) are in world seconds: seconds of the clock times the world's
speed. Latencies, replication lag and RPO are made of distances, which no speed alters: real time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..world.history import History
from .checks import (
    availability,
    caches,
    converged,
    detection,
    latency,
    replication_lag,
    rpo,
    rto,
    served_by,
    timeline,
    writes,
)
from .scenario import Scenario


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Everything a report shows, as plain data. `ok` decides the exit code."""

    measured: dict[str, Any]

    @property
    def ok(self) -> bool:
        return bool(self.measured["ok"])

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return self.measured


def judge(scenario: Scenario, history: History) -> Verdicts:
    """Measure a history and hold it against the promises of its scenario."""
    measured = {
        "scenario": scenario.name,
        "title": scenario.title,
        "engine": history.engine,
        "seed": history.seed,
        "speed": history.speed,
        "regions": list(scenario.regions),
        "began": history.began,
        **measure(history),
    }
    measured["expectations"] = [each.judge(measured) for each in scenario.expectations]
    measured["ok"] = all(each["ok"] for each in measured["expectations"])
    measured["notes"] = _notes(history, measured)
    return Verdicts(measured)


def measure(history: History) -> dict[str, Any]:
    """Every measurement, by name."""
    return {
        "phases": _phases(history),
        "availability": availability.measure(history),
        "latency": latency.measure(history),
        "served_by": served_by.measure(history),
        "caches": caches.measure(history),
        "detection_s": detection.measure(history),
        "rto": rto.measure(history),
        "rpo": rpo.measure(history),
        "writes": writes.measure(history),
        "replication_lag_ms": replication_lag.measure(history),
        "converged": converged.measure(history),
        "timeline": timeline.measure(history),
        "events": _events(history),
    }


def _phases(history: History) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "begin_s": (begin - history.began) * history.speed,
            "end_s": (end - history.began) * history.speed,
        }
        for name, begin, end in history.phases()
    ]


def _events(history: History) -> list[dict[str, Any]]:
    return [
        {"at_s": (event.at - history.began) * history.speed, "what": event.what, "detail": event.detail}
        for event in history.events
    ]


def _notes(history: History, measured: dict[str, Any]) -> list[str]:
    notes = []
    if history.engine == "simulated":
        notes.append("The functions ran in process; what they take to compute is assumed, not measured.")
    notes += [
        f"This machine had other things to do ({event.detail['words']}): answers that came too late may be its "
        "doing. Tell the story again when it is idle, or at a lower --speed."
        for event in history.events
        if event.what == "machine-busy"
    ]
    if measured["rto"]["per_city"] and not measured["rpo"]["writes"]:
        notes.append("RPO: every acknowledged write was already in another region when the region was lost.")
    return notes
