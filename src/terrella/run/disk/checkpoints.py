"""When to bring the maps file up to the journal: by amount, by age, and always in a thread.

Invariant: a checkpoint is written only once the journal is durable up to it, so the file is never ahead.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from .journal_file import JournalFile
from .maps_file import MapsFile
from .worker import Worker

log = logging.getLogger(__name__)


PAUSE_S = 0.05
QUIET_S = 1.0  # without a change, when there is much to replay


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the file may fall behind before it is brought up: by bytes held in memory, by changes to
    replay, by seconds; once nothing more comes, by fewer changes."""

    bytes: int = 96 << 20
    changes: int = 250_000
    seconds: float = 15.0
    quiet_changes: int = 5_000


class Checkpoints:
    """Brings one maps file up to one journal, now and then, on the running loop."""

    def __init__(self, journal: JournalFile, maps: MapsFile, pace: Pace, after: Callable[[], None]) -> None:
        self._journal, self._maps, self._pace, self._after = journal, maps, pace, after
        self._worker = Worker("checkpoints")
        self._upto = 0
        self._writing = self._closed = False
        self._idle = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._since_s, self._seen = 0.0, 0  # how long the timer has run, and the newest change when it began anew
        journal.when_durable(self._advanced)

    def close(self) -> None:
        """Finish the checkpoint under way, begin no more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._worker.close()

    def _advanced(self, durable: int) -> None:
        if self._closed:
            return
        if self._writing:
            self._give_way()
            return
        if self._maps.frozen:
            if durable >= self._upto:
                self._write()
            return
        maps, pace = self._maps, self._pace
        if maps.dirty_bytes > pace.bytes or durable - maps.applied > pace.changes:
            self._begin()
        else:
            self._wait_if_dirty()

    def _wait_if_dirty(self) -> None:
        if self._timer is None and self._maps.dirty_bytes:
            self._since_s = 0.0
            self._wait()

    def _wait(self) -> None:
        self._seen, wait_s = self._journal.last, min(QUIET_S, self._pace.seconds)
        self._since_s += wait_s
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._waited)

    def _waited(self) -> None:
        """What gathered is old, or it is much and nobody is in the way: then a restart need not replay it."""
        self._timer = None
        last = self._journal.last
        quiet = last == self._seen and last - self._maps.applied > self._pace.quiet_changes
        if self._maps.frozen:
            self._wait()
        elif quiet or self._since_s >= self._pace.seconds:
            self._begin()
        elif self._maps.dirty_bytes:
            self._wait()

    def _begin(self) -> None:
        self._upto = self._journal.last
        self._maps.freeze(self._upto)
        if self._journal.durable >= self._upto:
            self._write()

    def _write(self) -> None:
        self._writing = True
        self._idle.clear()
        self._worker.submit(self._work, self._written)

    def _work(self) -> None:
        try:
            self._maps.write_frozen()
        finally:
            self._idle.set()

    def _give_way(self) -> None:
        """Writers that are faster than checkpoints would fill memory. The more has gathered since the one
        under way began, the longer the loop pauses after each sync and leaves the machine to it."""
        behind = self._maps.dirty_bytes / self._pace.bytes - 0.5
        if behind > 0:
            self._idle.wait(PAUSE_S * behind)

    def _written(self, error: Exception | None) -> None:
        self._writing = False
        if self._closed:
            return
        if error is None:
            self._maps.forget_frozen()
            self._after()
            self._wait_if_dirty()
        else:  # nothing is lost: the journal has it, and the next advance or the timer tries again
            log.error("%s: checkpoint failed: %s", self._maps.path, error)
            self._timer = self._timer or asyncio.get_running_loop().call_later(1.0, self._retry)

    def _retry(self) -> None:
        self._timer = None
        if not self._writing:
            self._write()
