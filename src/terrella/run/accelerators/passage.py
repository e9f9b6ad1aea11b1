"""Two connections that are one flow: the second is made, then bytes pass, each way as late as the distance makes them.

As `run.relay`, but on bare sockets: an edge location carries every byte of every user of an accelerator, so it does
without the event loop's transports and tasks. What is readable is read and, if nothing delays it, written at once;
otherwise lanes carry it, and so they do what the second connection begins with.

Invariant: once both connections are closed nothing of a passage refers back to it, so that its memory serves the next
one at once. Otherwise it would wait for the collector, and thousands more be made elsewhere meanwhile.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from socket import SocketType

from ..crossing import Crossing, Way
from ..lane import Lane
from ..relay import WINDOW, Sign
from .bare import dialled, harden, outcome
from .poller import ERROR, READ, WRITE, Poller

PIECE = 1 << 17
BEGIN, END, RESET = Sign.BEGIN, Sign.END, Sign.RESET
SOCKET, SO_ERROR = socket.SOL_SOCKET, socket.SO_ERROR


class Passage:
    """Two ends, and the ways between an edge location and a place. `near` is the client's connection, `far` is
    connected by `connect`."""

    __slots__ = ("_far", "_near", "_open", "_patience", "crossing", "heard", "quiet", "stands", "when_over")

    def __init__(
        self, crossing: Crossing, poller: Poller, there: Way, back: Way, near: SocketType, far: SocketType
    ) -> None:
        self.crossing = crossing
        self.when_over: Callable[[Passage], object] | None = None
        self.heard = True  # again by every byte, of either side
        self.quiet = 0  # how often somebody looked since
        self.stands = False  # is there a second connection?
        self._open = 2
        self._patience: asyncio.TimerHandle | None = None
        self._near = one = End(self, poller, near, there)
        self._far = one.other = two = End(self, poller, far, back)
        two.other = one

    def noted(self, near: Callable[[SocketType], object], far: Callable[[SocketType], object] | None) -> None:
        """Whom to tell of the two connections before they are closed."""
        self._near.when_closing, self._far.when_closing = near, far

    def ends(self) -> tuple[SocketType, SocketType]:
        """The client's connection, and the other, of a passage that is not over."""
        return self._near._sock, self._far._sock

    def connect(self, to: tuple[str, int], patience_s: float) -> None:
        """Make the second connection. If it does not stand in time, or is refused, the client is reset."""
        self._far.to = to
        self._near.put(BEGIN)
        if not self.stands and self._open:
            self._patience = asyncio.get_running_loop().call_later(patience_s, self.abort)

    def begin(self) -> None:
        """The second connection stands, and this side knows."""
        self.stands = True
        if self._patience is not None:
            self._end_patience()
        self._near.read()
        self._far.read()

    def lost(self) -> None:
        """One of the two connections is no more."""
        self._open -= 1
        if self._open == 0:
            self._close_lanes()
            del self._near.other, self._far.other, self._near, self._far
            if self.when_over is not None:
                self.when_over(self)

    def abort(self) -> None:
        """Both ends are reset, at once."""
        if self._open:
            near, far = self._near, self._far
            self._close_lanes()
            near.reset()
            far.reset()

    def finish(self) -> None:
        """Both ends end as if all had been said."""
        if self._open:
            near, far = self._near, self._far
            self._close_lanes()
            near.close()
            far.close()

    def _close_lanes(self) -> None:
        if self._patience is not None:
            self._end_patience()
        for end in (self._near, self._far):
            if end.lane is not None:
                end.lane.close()

    def _end_patience(self) -> None:
        assert self._patience is not None
        self._patience.cancel()
        self._patience = None


class End:
    """One of the two connections. What it receives goes its way; what lands is written to the other."""

    __slots__ = (
        "_broken", "_closed", "_dialling", "_ended", "_fd", "_left", "_passage", "_poller", "_sock", "_told",
        "_under_way", "_watched", "_way", "lane", "other", "to", "when_closing",
    )  # fmt: skip
    other: End

    def __init__(self, passage: Passage, poller: Poller, sock: SocketType, way: Way) -> None:
        self._passage, self._poller, self._sock, self._fd, self._way = passage, poller, sock, sock.fileno(), way
        self.to: tuple[str, int] | None = None  # where it is to be connected to
        self.when_closing: Callable[[SocketType], object] | None = None
        self.lane: Lane[bytes | Sign] | None = None  # made for the first thing that does not land at once
        self._watched = 0
        self._under_way = 0  # bytes in its lane
        self._left: deque[bytes] | None = None  # what the other side sent and this one has not taken
        self._dialling = False
        self._ended = False  # this side will send no more
        self._told = False  # the other side will send no more
        self._broken = False  # it is gone, and what it has sent before is all there is to be read
        self._closed = False

    def ready(self, events: int) -> None:
        """The poller's word. What is neither READ nor WRITE is an error or the end: whichever is wanted meets it."""
        if self._watched != READ:
            if self._dialling:
                self._dialled()
                return
            if self._watched & WRITE and events != READ:
                self._writable()
            if not self._watched & READ or events == WRITE or self._closed:
                return
        elif events & ERROR and self._sock.getsockopt(SOCKET, SO_ERROR):  # to be asked costs less than to be raised
            self._broken = True
        try:
            data = self._sock.recv(PIECE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost()
            return
        if not data:
            self._lost() if self._broken else self._end()
            return
        self._passage.heard = True
        if self._way.at_once and not self._under_way:
            self.other._write(data)
            return
        self._under_way += len(data)
        if self._under_way > WINDOW:
            self._pause()
        self.put(data)

    def put(self, thing: bytes | Sign) -> None:
        """Let the other side have something, as late as the way makes it."""
        if self.lane is None:
            if self._way.at_once:
                self.other.take(thing)
                return
            self.lane = Lane(self._passage.crossing, self._way.source, self._way.target, self.other.take)
        self.lane.put(thing)

    def read(self) -> None:
        if not self._closed and not self._ended and not self._watched & READ:
            self._watch(self._watched | READ)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._poller.forget(self._fd, self._watched)
        if self.when_closing is not None:
            self.when_closing(self._sock)
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
            self._write(data)
        elif self._closed:
            return
        elif data is RESET:
            self.reset()
        elif data is BEGIN:
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
        error = dialled(self._sock, self.to)
        if error is None:
            self._dialling = True
            self._watch(WRITE)
        else:
            self._answered(error)

    def _dialled(self) -> None:
        error = outcome(self._sock)
        if error is not None:
            self._dialling = False
            self._watch(0)
            self._answered(error)

    def _answered(self, error: int) -> None:
        if error:
            self._lost()
        else:
            self.put(BEGIN)

    # Bytes.

    def _end(self) -> None:
        self._ended = True
        self.put(END)
        if self._told and not self._left:
            self.close()
            return
        self._pause()
        if self.lane is not None and self.lane.held:
            # Half-closed, or gone? While nothing passes nobody can tell; most clients that say this gave up.
            self._passage.abort()

    def _lost(self) -> None:
        """This side is gone. While there is no way it cannot tell the other, whose patience nobody need wait for."""
        if self.lane is not None and self.lane.held and self._passage.stands:
            self._passage.abort()
            return
        self._ended = True
        self.put(RESET)
        self.close()

    def _write(self, data: bytes) -> None:
        if self._closed:
            return
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
            if self._left is None:
                self._left = deque()
            self._left.append(data[sent:])
            self._watch(self._watched | WRITE)
            self.other._flow()

    def _writable(self) -> None:
        left = self._left
        assert left is not None
        try:
            while left:
                sent = self._sock.send(left[0])
                if sent < len(left[0]):
                    left[0] = left[0][sent:]
                    return
                left.popleft()
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._lost()
            return
        self._watch(self._watched & ~WRITE)
        if self._told:
            self._tell()
        if not self._closed:
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
        self._poller.watch(self._fd, self._watched, wanted, self)
        self._watched = wanted

    def _pause(self) -> None:
        if not self._closed and self._watched & READ:
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
