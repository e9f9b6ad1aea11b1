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
    paths,
    replication_lag,
    rpo,
    rto,
    served_by,
    timeline,
    writes,
)
from .checks._figures import loss, lost_region
from .scenario import Path, Scenario


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
        **measure(history, scenario.paths),
        "findings": {found["id"]: found for found in (each(history) for each in scenario.findings)},
    }
    measured["expectations"] = [each.judge(measured) for each in scenario.expectations]
    measured["ok"] = all(each["ok"] for each in measured["expectations"])
    measured["notes"] = _notes(history, measured)
    return Verdicts(measured)


def measure(history: History, ways: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Every measurement, by name. Of several paths to the service each city's people are told apart by theirs."""
    if not ways:
        return _measured(history)
    sides = paths.measure(history, ways)
    recovery = {
        paths.audience(city, side["name"]): found for side in sides for city, found in side["rto"]["per_city"].items()
    }
    totals = [each["total_s"] for each in recovery.values()]
    overall_s = None if None in totals else max(totals, default=None)
    return {
        **_measured(paths.by_audience(history)),
        "detection_s": min((each["detection_s"] for each in sides if each["detection_s"] is not None), default=None),
        "rto": {"overall_s": overall_s, "per_city": dict(sorted(recovery.items()))},
        "paths": sides,
    }


def _measured(history: History) -> dict[str, Any]:
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
    if history.engine == "simulated" and any(event.what == "deployed" for event in history.events):
        notes.append("The functions ran in process; what they take to compute is assumed, not measured.")
    notes += [
        f"This machine had other things to do ({event.detail['words']}): answers that came too late may be its "
        "doing. Tell the story again when it is idle, or at a lower --speed."
        for event in history.events
        if event.what == "machine-busy"
    ]
    struck = loss(history)
    if struck is not None and lost_region(struck) is not None and not measured["rpo"]["writes"]:
        notes.append("RPO: every acknowledged write was already in another region when the region was lost.")
    return notes
