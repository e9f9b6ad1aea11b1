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


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the file may fall behind before it is brought up: by bytes held in memory, by changes to
    replay, by seconds."""

    bytes: int = 96 << 20
    changes: int = 250_000
    seconds: float = 15.0


class Checkpoints:
    """Brings one maps file up to one journal, now and then, on the running loop."""

    def __init__(self, journal: JournalFile, maps: MapsFile, pace: Pace, after: Callable[[], None]) -> None:
        self._journal, self._maps, self._pace, self._after = journal, maps, pace, after
        self._worker = Worker("checkpoints")
        self._upto = 0
        self._writing = self._closed = False
        self._idle = threading.Event()
        self._timer: asyncio.TimerHandle | None = None
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
        elif self._timer is None and maps.dirty_bytes:
            self._timer = asyncio.get_running_loop().call_later(pace.seconds, self._aged)

    def _aged(self) -> None:
        self._timer = None
        if not self._maps.frozen:
            self._begin()

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
        else:  # nothing is lost: the journal has it, and the next advance or the timer tries again
            log.error("%s: checkpoint failed: %s", self._maps.path, error)
            self._timer = self._timer or asyncio.get_running_loop().call_later(1.0, self._retry)

    def _retry(self) -> None:
        self._timer = None
        if not self._writing:
            self._write()
