"""One direction between two places: what is put in comes out when it has crossed, in the order it was put in.

Jitter may let a later packet land first; a stream must not show it, so nothing lands before what went ahead.
While there is no way at all, things are held here, as they would be by a sender whose packets are not
acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from .crossing import Crossing

T = TypeVar("T")

TICK_S = 0.001  # timers of the event loop are this coarse


class Lane(Generic[T]):
    """`deliver` is called with each thing once it has landed."""

    __slots__ = ("_crossing", "_deliver", "_flying", "_held", "_last", "_timer", "closed", "way")

    def __init__(self, crossing: Crossing, source: str, target: str, deliver: Callable[[T], None]) -> None:
        """Raises UnknownPlace."""
        self.way = crossing.way(source, target)
        self.closed = False
        self._crossing, self._deliver = crossing, deliver
        self._flying: deque[tuple[float, T]] | None = None  # both made when there is something to put in
        self._held: deque[T] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0

    def put(self, thing: T) -> None:
        """Send something now."""
        if self.closed:
            return
        if self._held:
            self._held.append(thing)
            return
        crossing, way = self._crossing, self.way
        if way.at_once and not self._flying:
            self._deliver(thing)
            return
        lands = crossing.lands(way.source, way.target)
        if lands is None:
            self._hold(thing)
            return
        if lands > self._last:
            self._last = lands
        if not self._flying and self._last <= crossing.loop.time():
            self._deliver(thing)
            return
        if self._flying is None:
            self._flying = deque()
        self._flying.append((self._last, thing))
        if self._timer is None:
            self._timer = crossing.loop.call_at(self._last, self._land)

    @property
    def held(self) -> bool:
        """Is anything waiting for a way to open?"""
        return bool(self._held)

    def close(self) -> None:
        """Let go of everything that is under way, and of who was to get it."""
        self.closed = True
        self._deliver = _drop
        if self._flying:
            self._flying.clear()
        if self._held:
            self._held.clear()
            self._crossing.unwatch(self._way_changed)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hold(self, thing: T) -> None:
        if self._held is None:
            self._held = deque()
        self._held.append(thing)
        self._crossing.watch(self._way_changed)

    def _land(self) -> None:
        self._timer = None
        by = self._crossing.loop.time() + TICK_S
        flying = self._flying
        while flying and flying[0][0] <= by:
            self._deliver(flying.popleft()[1])
        if flying and self._timer is None:
            self._timer = self._crossing.loop.call_at(flying[0][0], self._land)

    def _way_changed(self) -> None:
        held, self._held = self._held, None
        self._crossing.unwatch(self._way_changed)
        for thing in held or ():
            self.put(thing)


def _drop(thing: Any) -> None:
    """What lands when nobody waits for it any more."""
