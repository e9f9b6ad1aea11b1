"""What happened, in order. Every number of a report is computed from this afterwards; none is counted aside.

Times are seconds of the world's own clock (`Clock.now`), live and simulated alike. Durations the world owns
(health-check intervals, TTLs, the phases of a story) ran `speed` times faster than their names say: a report
multiplies them back into world seconds. Latencies of the network are never scaled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Attempt(NamedTuple):
    """One thing a visitor tried, and how it went."""

    began: float
    ended: float
    city: str
    what: str  # "read" or "write"
    ok: bool
    region: str | None  # the region (or zone) that answered, or was asked and did not answer
    status: int | None  # HTTP status; None when no answer came
    error: str | None  # "dns", "timeout", "refused", "status 503"...
    tag: str | None  # what makes a write recognisable in every region
    cached: bool = False  # the resolver answered from its cache
    resolver: str = "plain"  # what kind of resolver the visitor has
    path: str = ""  # by which of several ways to the service, where a story compares them


class Event(NamedTuple):
    """Something done to the world, or something it decided."""

    at: float
    what: str  # "phase", "struck", "healed", "verdict" (a health check turned), "node", "endpoint", ...
    detail: dict[str, Any]


class Arrival(NamedTuple):
    """A tagged write standing in a region's journal."""

    tag: str
    region: str
    at: float  # when this region committed it
    origin: str  # the region that accepted it first
    accepted: float  # when that was
    overwritten: bool = False  # a later writer had already won, or has since


@dataclass(slots=True)
class History:
    """One run of a story. `digests` are region -> digest of the table's bytes at the end."""

    engine: str  # "live" or "simulated"
    seed: int
    speed: float
    began: float
    ended: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def phases(self) -> list[tuple[str, float, float]]:
        """(name, begin, end) of each phase of the story, in order."""
        marks = [(event.detail["name"], event.at) for event in self.events if event.what == "phase"]
        ends = [at for _, at in marks[1:]] + [self.ended]
        return [(name, begin, end) for (name, begin), end in zip(marks, ends, strict=True)]
