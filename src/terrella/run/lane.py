"""One direction between two places: what is put in comes out when it has crossed, in the order it was put in.

Jitter may let a later packet land first; a stream must not show it, so nothing lands before what went ahead.
While there is no way at all, things are held here, as they would be by a sender whose packets are not
acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from .crossing import Crossing

T = TypeVar("T")

TICK_S = 0.001  # timers of the event loop are this coarse


class Lane(Generic[T]):
    """`deliver` is called with each thing once it has landed."""

    __slots__ = (
        "_closed", "_crossing", "_deliver", "_flying", "_held", "_last", "_loop", "_source", "_target", "_timer",
    )  # fmt: skip

    def __init__(self, crossing: Crossing, source: str, target: str, deliver: Callable[[T], None]) -> None:
        self._crossing, self._source, self._target, self._deliver = crossing, source, target, deliver
        self._loop = asyncio.get_running_loop()
        self._flying: deque[tuple[float, T]] = deque()
        self._held: deque[T] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._last = 0.0
        self._closed = False

    def put(self, thing: T) -> None:
        """Send something now."""
        if self._closed:
            return
        if self._held:
            self._held.append(thing)
            return
        lands = self._crossing.lands(self._source, self._target)
        if lands is None:
            self._held.append(thing)
            self._crossing.watch(self._way_changed)
            return
        self._last = max(lands, self._last)
        if not self._flying and self._last <= self._loop.time():
            self._deliver(thing)
            return
        self._flying.append((self._last, thing))
        if self._timer is None:
            self._timer = self._loop.call_at(self._last, self._land)

    @property
    def held(self) -> bool:
        """Is anything waiting for a way to open?"""
        return bool(self._held)

    def close(self) -> None:
        """Let go of everything that is under way."""
        self._closed = True
        self._flying.clear()
        self._held.clear()
        self._crossing.unwatch(self._way_changed)
        if self._timer is not None:
            self._timer.cancel()

    def _land(self) -> None:
        self._timer = None
        by = self._loop.time() + TICK_S
        flying = self._flying
        while flying and flying[0][0] <= by:
            self._deliver(flying.popleft()[1])
        if flying and not self._closed:
            self._timer = self._loop.call_at(flying[0][0], self._land)

    def _way_changed(self) -> None:
        held, self._held = self._held, deque()
        self._crossing.unwatch(self._way_changed)
        for thing in held:
            self.put(thing)
