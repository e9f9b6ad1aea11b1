"""Bytes between two connections, each way as late as the distance makes them.

Nothing is ever dropped: while there is no way, bytes wait as in the buffers of two TCPs, and so many at most;
a connection either end of which gives up meanwhile is gone on both sides. Half-closed connections stay so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from typing import Any

from .crossing import Crossing
from .lane import Lane

WINDOW = 1 << 20  # bytes under way in one direction, about what TCP has at the ends of an ocean
_PIECE = memoryview(bytearray(1 << 18))  # where every end receives: what came is taken out before the next may come


class Sign(Enum):
    """What is no data but travels with it."""

    BEGIN = "here is the other side"
    END = "no more from this side"
    RESET = "this side is gone"


class Relay:
    """Two ends and the lanes between them. `near` stands where the client is."""

    def __init__(self, crossing: Crossing, near_place: str, far_place: str) -> None:
        self.near, self.far = End(self), End(self)
        self.when_over: Callable[[], None] | None = None
        self.received = 0  # bytes, of both sides
        self._open = 2
        self._there: Lane[bytes | Sign] = Lane(crossing, near_place, far_place, self.far.take)
        self._back: Lane[bytes | Sign] = Lane(crossing, far_place, near_place, self.near.take)
        self.near.lane, self.near.other = self._there, self.far
        self.far.lane, self.far.other = self._back, self.near

    def lost(self) -> None:
        """One of the two connections is no more."""
        self._open -= 1
        if self._open == 0:
            self._there.close()
            self._back.close()
            if self.when_over is not None:
                self.when_over()

    def abort(self) -> None:
        """Both ends are gone, at once."""
        self._there.close()
        self._back.close()
        for end in (self.near, self.far):
            if end.transport is not None:
                end.transport.abort()


class End(asyncio.BufferedProtocol):
    """One of the two connections. What it receives goes into its lane; what lands is written to the other."""

    def __init__(self, relay: Relay) -> None:
        self.transport: Any = None
        self.lane: Lane[bytes | Sign]
        self.other: End
        self._relay = relay
        self._under_way = 0
        self._clogged = False
        self._ended = False  # this side will send no more
        self._told = False  # this side knows that the other will send no more
        self._early: list[bytes | Sign] = []  # what landed before this side was connected

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        early, self._early = self._early, []
        for data in early:
            self.take(data)

    def get_buffer(self, hint: int) -> memoryview:
        return _PIECE

    def buffer_updated(self, size: int) -> None:
        self.data_received(bytes(_PIECE[:size]))

    def data_received(self, data: bytes) -> None:
        self._relay.received += len(data)
        self._under_way += len(data)
        if self._under_way > WINDOW:
            self.transport.pause_reading()
        self.lane.put(data)

    def eof_received(self) -> bool:
        self._end()
        if self._told:
            self.transport.close()
        elif self.lane.held:
            # Half-closed, or gone? While nothing passes nobody can tell; most clients that say this gave up.
            self._relay.abort()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self._tell_of_loss(error)
        self._relay.lost()

    def _tell_of_loss(self, error: Exception | None) -> None:
        if self._ended and self._told and error is None:
            return
        if self.lane.held:
            self._relay.abort()  # it cannot tell the other side, whose patience nobody need wait for
        else:
            self._ended = True
            self.lane.put(Sign.RESET)

    def take(self, data: bytes | Sign) -> None:
        """What the other side sent has landed here."""
        if self.transport is None:
            self._early.append(data)
            return
        if isinstance(data, bytes):
            self.other.landed(len(data))
        if self.transport.is_closing():
            return
        if isinstance(data, bytes):
            self.transport.write(data)
        elif data is Sign.RESET:
            self.transport.abort()
        else:
            self._told = True
            if self._ended:
                self.transport.close()
            else:
                self.transport.write_eof()

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self.lane.put(Sign.END)

    def pause_writing(self) -> None:
        self._clogged = True
        self.other.flow()

    def resume_writing(self) -> None:
        self._clogged = False
        self.other.flow()

    def landed(self, size: int) -> None:
        self._under_way -= size
        self.flow()

    def flow(self) -> None:
        """Read on, or not, by what is under way and whether the other end takes it."""
        if self.transport is None or self.transport.is_closing():
            return
        if self._under_way > WINDOW or self.other._clogged:
            self.transport.pause_reading()
        elif self._under_way <= WINDOW // 2:
            self.transport.resume_reading()
