"""One thread for what blocks: work is done in the order given, and its end is told on the event loop."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

Work = Callable[[], None]
Done = Callable[[Exception | None], None]


class Worker:
    """A thread that starts with its first work, so that a process may still fork before."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._queue: queue.SimpleQueue[tuple[Work, Done, asyncio.AbstractEventLoop] | None]
        self._queue = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def submit(self, work: Work, done: Done) -> None:
        """Do `work` in the thread, then call `done` on the running event loop with what it raised, or
        None."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._queue.put((work, done, asyncio.get_running_loop()))

    def close(self) -> None:
        """Finish what was given and end the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while (job := self._queue.get()) is not None:
            work, done, loop = job
            error: Exception | None = None
            try:
                work()
            except Exception as caught:  # told to `done`, which logs or acts on it
                error = caught
            try:
                loop.call_soon_threadsafe(done, error)
            except RuntimeError:
                pass  # the loop has closed: nobody is left to tell
