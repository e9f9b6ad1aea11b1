"""What a service measures of itself, kept until somebody asks: counts by the world's minutes, in memory.

    meter = Meter(speed)
    meter.add(now, 12.5)                                            # where the thing happens
    Measure("AWS/Lambda", "Duration", (("FunctionName", "f"),), "Milliseconds", meter)      # where it is told

Whoever measures adds to a meter and does nothing else; CloudWatch gathers the meters when it is asked. They begin
anew with the process, as what happened in it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MINUTES_KEPT = 1440


class Meter:
    """Values by minutes of the world: [how many, their sum, the least, the greatest]."""

    __slots__ = ("_begins", "_ends", "_newest", "minutes", "step")

    def __init__(self, speed: float = 1.0) -> None:
        self.step = max(60.0 / speed, 1.0)  # seconds; CloudWatch knows no time shorter than a second
        self.minutes: dict[int, list[float]] = {}
        self._begins = self._ends = 0.0  # of the minute last added to
        self._newest: list[float] = []

    def add(self, at: float, value: float) -> None:
        """A value measured at a moment, in seconds since 1970."""
        if not self._begins <= at < self._ends:
            self.add_all(at, 1, value, value, value)
            self._remember(int(at // self.step))
            return
        found = self._newest
        found[0] += 1
        found[1] += value
        if value < found[2]:
            found[2] = value
        elif value > found[3]:
            found[3] = value

    def add_all(self, at: float, count: int, total: float, least: float, most: float) -> None:
        """Several values measured at one moment."""
        minute = int(at // self.step)
        found = self.minutes.get(minute)
        if found is None:
            self.minutes[minute] = [count, total, least, most]
            if len(self.minutes) > MINUTES_KEPT:
                del self.minutes[min(self.minutes)]
            return
        found[0] += count
        found[1] += total
        if least < found[2]:
            found[2] = least
        if most > found[3]:
            found[3] = most

    def _remember(self, minute: int) -> None:
        """What comes next is most often of the same minute."""
        found = self.minutes.get(minute)
        if found is not None:  # one too old to be kept is not there any more
            self._begins, self._ends, self._newest = minute * self.step, (minute + 1) * self.step, found

    def between(self, start: float, end: float) -> Iterator[tuple[float, list[float]]]:
        """(when a minute began, its values) for the minutes that began from start on and before end."""
        for minute, values in sorted(self.minutes.items()):
            if start <= minute * self.step < end:
                yield minute * self.step, values


class Measure(NamedTuple):
    """One metric, by the names CloudWatch gives it."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    meter: Meter
