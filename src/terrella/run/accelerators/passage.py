"""Two connections that are one flow: the second is made, then bytes pass, each way as late as the distance makes them.

As `run.relay`, but on bare sockets: an edge location carries every byte of every user of an accelerator, so it does
without the event loop's transports and tasks. What is readable is read and, if nothing delays it, written at once; the
same lanes carry what the second connection begins with.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections import deque
from collections.abc import Callable

from ..crossing import Crossing
from ..lane import Lane
from ..relay import WINDOW, Sign
from .poller import READ, WRITE, Poller

PIECE = 1 << 17
HARD = struct.pack("ii", 1, 0)


class Passage:
    """Two ends and the lanes between them. `near` is the client's; `far` is connected by `connect`."""

    __slots__ = ("_back", "_far", "_near", "_open", "_patience", "_there", "received", "stands", "when_over")

    def __init__(
        self, crossing: Crossing, poller: Poller, places: tuple[str, str], near: socket.socket, far: socket.socket
    ) -> None:
        self.when_over: Callable[[], None] | None = None
        self.received = 0  # bytes, of both sides
        self.stands = False  # is there a second connection?
        self._near, self._far = End(self, poller, near), End(self, poller, far)
        self._open = 2
        self._there: Lane[bytes | Sign] = Lane(crossing, *places, self._far.take)
        self._back: Lane[bytes | Sign] = Lane(crossing, *places[::-1], self._near.take)
        self._near.lane, self._near.other = self._there, self._far
        self._far.lane, self._far.other = self._back, self._near
        self._patience: asyncio.TimerHandle | None = None

    def connect(self, to: tuple[str, int], patience_s: float) -> None:
        """Make the second connection. If it does not stand in time, or is refused, the client is reset."""
        self._far.to = to
        self._there.put(Sign.BEGIN)
        if not self.stands and self._open:
            self._patience = asyncio.get_running_loop().call_later(patience_s, self.abort)

    def begin(self) -> None:
        """The second connection stands, and this side knows."""
        self.stands = True
        self._end_patience()
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
        self._end_patience()
        self._there.close()
        self._back.close()

    def _end_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class End:
    """One of the two connections. What it receives goes into its lane; what lands is written to the other."""

    __slots__ = (
        "_closed", "_dialling", "_ended", "_fd", "_left", "_passage", "_poller", "_sock", "_told", "_under_way",
        "_watched", "lane", "other", "to",
    )  # fmt: skip
    lane: Lane[bytes | Sign]
    other: End

    def __init__(self, passage: Passage, poller: Poller, sock: socket.socket) -> None:
        self._passage, self._poller, self._sock, self._fd = passage, poller, sock, sock.fileno()
        self.to: tuple[str, int] | None = None  # where it is to be connected to
        self._watched = 0
        self._under_way = 0
        self._left: deque[bytes] = deque()  # what the other side sent and this one has not taken
        self._dialling = False
        self._ended = False  # this side will send no more
        self._told = False  # the other side will send no more
        self._closed = False

    def read(self) -> None:
        if not self._closed and not self._ended:
            self._watch(self._watched | READ)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._poller.forget(self._fd, self._watched)
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
        elif data is Sign.BEGIN:
            self._begin()
        else:
            self._told = True
            if not self._left:
                self._tell()

    # The beginning.

    def _begin(self) -> None:
        """On the far side: connect. On the near one: the other side has."""
        if self.to is None:
            self._passage.begin()
            return
        error = self._sock.connect_ex(self.to)
        if error == errno.EINPROGRESS and not _is_connected(self._sock):
            self._dialling = True
            self._watch(WRITE)
        else:
            self._answered(0 if error == errno.EINPROGRESS else error)

    def _answered(self, error: int) -> None:
        if error:
            self._lost()
        else:
            self.lane.put(Sign.BEGIN)

    def _dialled(self) -> None:
        error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if not error and not _is_connected(self._sock):
            return
        self._dialling = False
        self._watch(0)
        self._answered(error)

    # Bytes.

    def _ready(self, events: int) -> None:
        """The poller's word. What is neither READ nor WRITE is an error or the end: whichever is wanted meets it."""
        if self._dialling:
            self._dialled()
            return
        if self._watched & WRITE and events != READ:
            self._writable()
        if self._watched & READ and events != WRITE and not self._closed:
            self._readable()

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
        if self._passage.stands and self.lane.held:
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
            self._watch(self._watched | WRITE)
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
        self._watch(self._watched & ~WRITE)
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

    def _watch(self, wanted: int) -> None:
        self._poller.watch(self._fd, self._watched, wanted, self._ready)
        self._watched = wanted

    def _pause(self) -> None:
        if not self._closed:
            self._watch(self._watched & ~READ)

    def _landed(self, size: int) -> None:
        self._under_way -= size
        if not self._watched & READ:
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


def _is_connected(sock: socket.socket) -> bool:
    """On one machine it mostly is at once, though the kernel says that it will be."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True
