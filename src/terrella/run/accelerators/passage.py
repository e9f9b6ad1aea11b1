"""Bytes between two connections, each way as late as the distance makes them: as `run.relay`, but on bare sockets.

An edge location carries every byte of every user of an accelerator, so it does without the event loop's transports:
what is readable is read and, if nothing delays it, written at once.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Callable

from ..crossing import Crossing
from ..lane import Lane
from ..relay import WINDOW, Sign

PIECE = 1 << 17
HARD = struct.pack("ii", 1, 0)


class Passage:
    """Two ends and the lanes between them. `near` is the client's."""

    def __init__(
        self, crossing: Crossing, places: tuple[str, str], near: socket.socket, far: socket.socket
    ) -> None:
        self.when_over: Callable[[], None] | None = None
        self.received = 0  # bytes, of both sides
        self._near, self._far = End(self, near), End(self, far)
        self._open = 2
        self._there: Lane[bytes | Sign] = Lane(crossing, *places, self._far.take)
        self._back: Lane[bytes | Sign] = Lane(crossing, *places[::-1], self._near.take)
        self._near.lane, self._near.other = self._there, self._far
        self._far.lane, self._far.other = self._back, self._near

    def begin(self) -> None:
        self._near.read()
        self._far.read()

    def lost(self) -> None:
        """One of the two connections is no more."""
        self._open -= 1
        if self._open == 0:
            self._close_lanes()
            if self.when_over is not None:
                self.when_over()

    def abort(self) -> None:
        """Both ends are reset, at once."""
        self._close_lanes()
        self._near.reset()
        self._far.reset()

    def finish(self) -> None:
        """Both ends end as if all had been said."""
        self._close_lanes()
        self._near.close()
        self._far.close()

    def _close_lanes(self) -> None:
        self._there.close()
        self._back.close()


class End:
    """One of the two connections. What it receives goes into its lane; what lands is written to the other."""

    lane: Lane[bytes | Sign]
    other: End

    def __init__(self, passage: Passage, sock: socket.socket) -> None:
        self._passage, self._sock, self._fd = passage, sock, sock.fileno()
        self._loop = asyncio.get_running_loop()
        self._under_way = 0
        self._left: deque[bytes] = deque()  # what the other side sent and this one has not taken
        self._reading = False
        self._ended = False  # this side will send no more
        self._told = False  # the other side will send no more
        self._closed = False

    def read(self) -> None:
        if not self._reading and not self._closed and not self._ended:
            self._reading = True
            self._loop.add_reader(self._fd, self._readable)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._pause()
        if self._left:
            self._loop.remove_writer(self._fd)
        self._sock.close()
        self._passage.lost()

    def reset(self) -> None:
        if not self._closed:
            harden(self._sock)
            self.close()

    def take(self, data: bytes | Sign) -> None:
        """What the other side sent has landed here."""
        if isinstance(data, bytes):
            self.other._landed(len(data))
            if not self._closed:
                self._write(data)
        elif self._closed:
            return
        elif data is Sign.RESET:
            self.reset()
        else:
            self._told = True
            if not self._left:
                self._tell()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost()
            return
        if not data:
            self._end()
            return
        self._passage.received += len(data)
        self._under_way += len(data)
        if self._under_way > WINDOW:
            self._pause()
        self.lane.put(data)

    def _end(self) -> None:
        self._ended = True
        self._pause()
        self.lane.put(Sign.END)
        if self._told and not self._left:
            self.close()
        elif self.lane.held:
            # Half-closed, or gone? While nothing passes nobody can tell; most clients that say this gave up.
            self._passage.abort()

    def _lost(self) -> None:
        """This side is gone. While there is no way it cannot tell the other, whose patience nobody need wait for."""
        if self.lane.held:
            self._passage.abort()
            return
        self._ended = True
        self.lane.put(Sign.RESET)
        self.close()

    def _write(self, data: bytes) -> None:
        if self._left:
            self._left.append(data)
            return
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._lost()
            return
        if sent < len(data):
            self._left.append(data[sent:])
            self._loop.add_writer(self._fd, self._writable)
            self.other._flow()

    def _writable(self) -> None:
        try:
            while self._left:
                sent = self._sock.send(self._left[0])
                if sent < len(self._left[0]):
                    self._left[0] = self._left[0][sent:]
                    return
                self._left.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost()
            return
        self._loop.remove_writer(self._fd)
        if self._told:
            self._tell()
        self.other._flow()

    def _tell(self) -> None:
        """Say to this side that the other will send no more."""
        if self._ended:
            self.close()
            return
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._lost()

    def _pause(self) -> None:
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._fd)

    def _landed(self, size: int) -> None:
        self._under_way -= size
        if not self._reading:
            self._flow()

    def _flow(self) -> None:
        """Read on, or not, by what is under way and whether the other end takes it."""
        if self._under_way > WINDOW or self.other._left:
            self._pause()
        elif self._under_way <= WINDOW // 2:
            self.read()


def harden(sock: socket.socket) -> None:
    """Have it closed with a RST: otherwise it would end as if all had been said."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, HARD)
