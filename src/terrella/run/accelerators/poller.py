"""Which sockets are ready: an epoll of its own, of which the event loop knows only that something in it is.

The loop's watchers cost several system calls and objects for every socket that comes and goes, and an edge location has
two for every connection of every user. Elsewhere than on Linux those watchers do.
"""

from __future__ import annotations

import asyncio
import select
import sys
from collections.abc import Callable
from contextlib import suppress

READ, WRITE = 1, 4  # as epoll has them
AT_ONCE = 256
Ready = Callable[[int], None]


class Poller:
    """Watchers of the running loop. A callback is told for what its socket is ready: READ, WRITE, or something else."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def watch(self, fd: int, was: int, wanted: int, ready: Ready) -> None:
        """Watch a socket for something else than before; 0 is nothing."""
        if (was ^ wanted) & READ:
            self._loop.add_reader(fd, ready, READ) if wanted & READ else self._loop.remove_reader(fd)
        if (was ^ wanted) & WRITE:
            self._loop.add_writer(fd, ready, WRITE) if wanted & WRITE else self._loop.remove_writer(fd)

    def forget(self, fd: int, was: int) -> None:
        """The socket is about to be closed."""
        if was & READ:
            self._loop.remove_reader(fd)
        if was & WRITE:
            self._loop.remove_writer(fd)

    def close(self) -> None:
        """Nothing is watched any more."""


def new_poller() -> Poller:
    """The best this machine has."""
    return Epoll() if sys.platform == "linux" else Poller()


if sys.platform == "linux":

    class Epoll(Poller):
        """One epoll for all sockets, itself watched by the loop."""

        def __init__(self) -> None:
            super().__init__()
            self._epoll = select.epoll()
            self._ready: dict[int, Ready] = {}
            self._loop.add_reader(self._epoll.fileno(), self._turn)

        def watch(self, fd: int, was: int, wanted: int, ready: Ready) -> None:
            if wanted == was:
                return
            if not wanted:  # not even its end, which epoll would tell again and again
                self._epoll.unregister(fd)
                del self._ready[fd]
                return
            self._ready[fd] = ready
            self._epoll.modify(fd, wanted) if was else self._epoll.register(fd, wanted)

        def forget(self, fd: int, was: int) -> None:
            self._ready.pop(fd, None)  # the kernel forgets it when it is closed

        def close(self) -> None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _turn(self) -> None:
            for fd, events in self._epoll.poll(0, AT_ONCE):
                ready = self._ready.get(fd)
                if ready is not None:
                    ready(events)
                else:  # closed here, but not yet by a process that is just being started
                    with suppress(OSError):
                        self._epoll.unregister(fd)
