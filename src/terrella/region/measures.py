"""What a service measures of itself, kept until somebody asks: counts by the world's minutes, in memory.

    meter = Meter(speed)
    meter.add(now, 12.5)                                            # where the thing happens
    Measure("AWS/Lambda", "Duration", (("FunctionName", "f"),), "Milliseconds", meter)      # where it is told

A `Spread` can tell percentiles as well, a `Level` is something that stays as it is until it is set, and `Together` are
several that are one metric. Whoever measures adds to a meter and does nothing else; CloudWatch gathers the meters when
it is asked. They begin anew with the process, as what happened in it does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

MINUTES_KEPT = 1440
SPREADS_KEPT = 180  # minutes of which it is known how values are spread
FINENESS = 40  # steps in which values are told apart, for each factor of e: within 1.3 %
Row = list[float]  # how many, their sum, the least, the greatest


class Told(Protocol):
    """What CloudWatch asks of whatever is behind a metric."""

    step: float

    def newest(self) -> float:
        """When the newest minute began that has values; 0 without any."""
        ...

    def between(self, start: float, end: float) -> Iterator[tuple[float, Row]]:
        """(when a minute began, its values) for the minutes that began from start on and before end."""
        ...

    def values(self, moment: float) -> Mapping[float, int] | None:
        """How often each value came in the minute that began then; None where that is not known."""
        ...


class Meter:
    """Values by minutes of the world, which are added as they come."""

    __slots__ = ("_begins", "_ends", "_newest", "minutes", "step")

    def __init__(self, speed: float = 1.0) -> None:
        self.step = max(60.0 / speed, 1.0)  # seconds; CloudWatch knows no time shorter than a second
        self.minutes: dict[int, Row] = {}
        self._begins = self._ends = 0.0  # of the minute last added to
        self._newest: Row = []

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

    def newest(self) -> float:
        return max(self.minutes, default=0) * self.step

    def between(self, start: float, end: float) -> Iterator[tuple[float, Row]]:
        for minute, values in sorted(self.minutes.items()):
            if start <= minute * self.step < end:
                yield minute * self.step, values

    def values(self, moment: float) -> Mapping[float, int] | None:
        found = self.minutes.get(round(moment / self.step))
        if found is None:
            return {}
        return {found[2]: int(found[0])} if found[2] == found[3] else None


class Spread(Meter):
    """A meter that knows how its values are spread, for percentiles: of its newest three hours."""

    __slots__ = ("spreads",)

    def __init__(self, speed: float = 1.0) -> None:
        super().__init__(speed)
        self.spreads: dict[int, dict[int, int]] = {}

    def add(self, at: float, value: float) -> None:
        super().add(at, value)
        minute, key = int(at // self.step), round(math.log(value) * FINENESS) if value > 0 else -(10**6)
        found = self.spreads.get(minute)
        if found is None:
            found = self.spreads[minute] = {}
            if len(self.spreads) > SPREADS_KEPT:
                del self.spreads[min(self.spreads)]
        found[key] = found.get(key, 0) + 1

    def values(self, moment: float) -> Mapping[float, int] | None:
        minute = round(moment / self.step)
        spread, row = self.spreads.get(minute), self.minutes.get(minute)
        if spread is None or row is None or sum(spread.values()) != row[0]:
            return super().values(moment)
        found: Counter[float] = Counter()
        for key, count in spread.items():
            found[min(max(math.exp(key / FINENESS), row[2]), row[3])] += count
        return found


class Level:
    """Something that stays as it is until it is set: in each minute its last value, the least and the greatest.

    `zeros`: are there points while it is nothing?
    """

    __slots__ = ("_now", "_rows", "step", "value", "zeros")

    def __init__(self, now: Callable[[], float], speed: float = 1.0, zeros: bool = True) -> None:
        self.step, self.zeros, self._now = max(60.0 / speed, 1.0), zeros, now
        self.value: float | None = None
        self._rows: dict[int, tuple[float | None, float, float]] = {}

    def set(self, value: float | None) -> None:
        """It is so from now on; None is for what is no more."""
        if value == self.value:
            return
        minute = int(self._now() // self.step)
        before = self._rows.get(minute)
        seen = [each for each in (self.value, value) if each is not None]
        if before is not None:
            seen += before[1:]
        self._rows[minute] = (value, min(seen), max(seen))
        self.value = value
        if len(self._rows) > MINUTES_KEPT:
            del self._rows[min(self._rows)]

    def newest(self) -> float:
        if self.value is not None:
            return float(self._now() // self.step * self.step)
        return max(self._rows, default=0) * self.step

    def between(self, start: float, end: float) -> Iterator[tuple[float, Row]]:
        now = int(self._now() // self.step)
        changes = sorted(self._rows.items())
        following = [minute for minute, _ in changes[1:]] + [now + 1]
        first, last = math.ceil(start / self.step), min(math.ceil(end / self.step), now + 1)
        for (minute, (value, least, most)), then in zip(changes, following, strict=False):
            if value is not None and first <= minute < last and (most or self.zeros):
                yield minute * self.step, [1, value, least, most]
            if value or (value is not None and self.zeros):
                for quiet in range(max(minute + 1, first, now - MINUTES_KEPT), min(then, last)):
                    yield quiet * self.step, [1, value, value, value]

    def values(self, moment: float) -> Mapping[float, int] | None:
        return None


class Together:
    """Several that are one metric: what each of several nodes counted, say."""

    __slots__ = ("parts", "step")

    def __init__(self, parts: Iterable[Told]) -> None:
        self.parts = list(parts)
        self.step = self.parts[0].step

    def newest(self) -> float:
        return max(part.newest() for part in self.parts)

    def between(self, start: float, end: float) -> Iterator[tuple[float, Row]]:
        found: dict[float, Row] = {}
        for part in self.parts:
            for moment, (count, total, least, most) in part.between(start, end):
                row = found.get(moment)
                if row is None:
                    found[moment] = [count, total, least, most]
                else:
                    row[:] = row[0] + count, row[1] + total, min(row[2], least), max(row[3], most)
        yield from sorted(found.items())

    def values(self, moment: float) -> Mapping[float, int] | None:
        all: Counter[float] = Counter()
        for part in self.parts:
            found = part.values(moment)
            if found is None:
                return None
            all.update(found)
        return all


class Measure(NamedTuple):
    """One metric, by the names CloudWatch gives it. Its dimensions are in order of their names."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    meter: Told
