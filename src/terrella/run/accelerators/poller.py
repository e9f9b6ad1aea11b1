"""Which sockets are ready: an epoll of its own, of which the event loop knows only that something in it is.

The loop's watchers cost several system calls and objects for every socket that comes and goes, and an edge location has
two for every connection of every user. Elsewhere than on Linux those watchers do.
"""

from __future__ import annotations

import asyncio
import select
import sys
from contextlib import suppress
from typing import Protocol

READ, WRITE, ERROR = 1, 4, 8  # as epoll has them
AT_ONCE = 256


class Watcher(Protocol):
    """Whoever has a socket."""

    def ready(self, events: int) -> None:
        """The socket is ready for this: READ, WRITE, or something else, which is an error or the end."""


class Poller:
    """Watchers of the running loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def watch(self, fd: int, was: int, wanted: int, watcher: Watcher) -> None:
        """Watch a socket for something else than before; 0 is nothing."""
        ready = watcher.ready
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
            self._watchers: dict[int, Watcher] = {}
            self._loop.add_reader(self._epoll.fileno(), self._turn)

        def watch(self, fd: int, was: int, wanted: int, watcher: Watcher) -> None:
            if wanted == was:
                return
            if not wanted:  # not even its end, which epoll would tell again and again
                self._epoll.unregister(fd)
                del self._watchers[fd]
            elif was:
                self._epoll.modify(fd, wanted)
            else:
                self._watchers[fd] = watcher
                self._epoll.register(fd, wanted)

        def forget(self, fd: int, was: int) -> None:
            if was:
                del self._watchers[fd]  # the kernel forgets it when it is closed

        def close(self) -> None:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()

        def _turn(self) -> None:
            watcher_of, taken = self._watchers.get, 0
            while taken < AT_ONCE and (found := self._epoll.poll(0, AT_ONCE)):
                taken += len(found)  # and look again: a turn of the loop costs more, and much may have come meanwhile
                for fd, events in found:
                    watcher = watcher_of(fd)
                    if watcher is not None:
                        watcher.ready(events)
                    else:  # closed here, but not yet by a process that is just being started
                        with suppress(OSError):
                            self._epoll.unregister(fd)
