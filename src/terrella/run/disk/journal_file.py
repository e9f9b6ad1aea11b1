"""The journal on disk. Changes gather in memory and one write and sync in a thread makes many of them safe; where
nobody but the writer is there to wait, `hasten` does without the thread.

Invariant: `durable` advances only after the disk said so, and nothing later is ever acknowledged. When the
disk refuses a write, everything not yet safe is given up at once: `last` falls back to `durable`, whoever
waits is told, and no change is taken until the disk has proved itself again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ...core.errors import InternalServerError
from ...store.journal import Change
from ...store.records import frame
from .segments import Device, Segments
from .worker import Worker

log = logging.getLogger(__name__)

TAIL = 8192  # changes kept in memory for those who read along
TAIL_BYTES = 16 << 20  # and no more than about so much of them
QUICK_S = 0.001  # a disk that takes longer is waited for in the thread
RETRY_S = 0.5  # between trials of a disk that refused


class JournalBroken(Exception):
    """The disk refused what was waited for; it is not part of the journal."""


class JournalFile:
    """A `store.journal.Journal` in a folder. To be used on one event loop."""

    def __init__(
        self,
        folder: Path,
        *,
        device: Device | None = None,
        segment_bytes: int = 16 << 20,
        tail: int = TAIL,
        tell: Callable[[str], None] = log.warning,
    ) -> None:
        self._segments = Segments(folder, device or Device(), segment_bytes, tell)
        self._folder = folder
        self.last = self.durable = self._segments.last
        self.broken: OSError | None = None
        self._closed = False
        self._pending: list[bytes] = []
        self._busy = False  # a write is under way or about to begin
        self._about: asyncio.Handle | None = None  # that it is about to begin
        self._took_s = QUICK_S  # the last write
        self._tail: list[Change] = []
        self._tail_length, self._tail_bytes = tail, 0
        self._tail_first = self.last + 1
        self._worker = Worker("journal")
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._followers: list[Callable[[Change], None]] = []
        self._on_durable: list[Callable[[int], None]] = []
        self._on_broken: list[Callable[[], None]] = []
        self._on_well: list[Callable[[], None]] = []

    # What the kernel needs.

    def append(self, change: Change) -> None:
        """Take a change; it is safe once `durable` reaches its number. Raises InternalServerError while the
        disk refuses writes, TypeError when the body is not plain data."""
        assert change.seq == self.last + 1, "the journal has no gaps"
        if self.broken is not None:
            raise InternalServerError("This region cannot write to its disk at the moment.")
        self._pending.append(framed := frame(change, self.durable))
        self._tail.append(change)
        self._tail_bytes += len(framed)
        self.last = change.seq
        if not self._busy:
            self._wake()
        for tell in self._followers:
            tell(change)

    def read(self, after: int, limit: int) -> Sequence[Change]:
        """Up to `limit` changes that follow number `after`, oldest first: recent ones from memory, others
        from disk. Raises DiskError when a record is damaged."""
        start = after + 1 - self._tail_first
        if start >= 0:
            return self._tail[start : start + limit]
        found: list[Change] = []
        while start < 0 and len(found) < limit:
            found += (part := self._segments.read(after, min(limit - len(found), -start)))
            if not part:
                break
            after = part[-1].seq
            start = after + 1 - self._tail_first
        return found + self._tail[: limit - len(found)] if start >= 0 else found

    def follow(self, tell: Callable[[Change], None]) -> None:
        self._followers.append(tell)

    # What the machine floor needs.

    @property
    def first(self) -> int:
        """The oldest sequence number still kept."""
        return self._segments.first

    async def synced(self, seq: int | None = None) -> None:
        """Wait until a change (or all so far) is safe. Raises JournalBroken when it never will be."""
        seq = self.last if seq is None else seq
        if seq > self.durable:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append((seq, future))
            self._wake()
            await future

    def hasten(self) -> None:
        """Make safe what was just appended before anything else happens on this loop, if the disk was quick the last
        time: going to the thread and back takes a third as long as the disk itself. For a caller who is alone."""
        if self._about is None or self._took_s >= QUICK_S:
            return
        self._about.cancel()
        batch, first, last = self._gathered()
        error = None
        try:
            self._write(batch, first, last)
        except OSError as refused:
            error = refused
        self._written(last, error)

    def when_durable(self, tell: Callable[[int], None]) -> None:
        """Call `tell` with the new `durable` after each advance."""
        self._on_durable.append(tell)

    def when_broken(self, tell: Callable[[], None]) -> None:
        """Call `tell` when what was not yet safe has been given up; state must be read back from disk."""
        self._on_broken.append(tell)

    def when_well(self, tell: Callable[[], None]) -> None:
        """Call `tell` when the disk takes writes again."""
        self._on_well.append(tell)

    def sync(self) -> None:
        """Make everything safe now, blocking; for starting, stopping and scripts. Raises OSError."""
        assert not self._busy, "a write is under way: await synced() instead"
        self._write(self._pending, self.durable + 1, self.last)
        self._pending, self.durable = [], self.last

    def drop(self, upto: int, before: float) -> None:
        """Remove segments all of whose changes are numbered up to `upto` and older than `before`."""
        self._segments.drop(min(upto, self.durable), before)

    async def close(self) -> None:
        """Make everything safe and let go of the files. Raises JournalBroken when the disk refuses."""
        try:
            await self.synced()
        finally:
            self._closed = True
            self._worker.close()
            self._segments.close()

    # Group commit.

    def _wake(self) -> None:
        if not self._busy:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return  # no loop yet: `sync`, or the first wait, writes it
            self._busy = True
            self._about = loop.call_soon(self._flush)

    def _flush(self) -> None:
        batch, first, last = self._gathered()
        self._worker.submit(partial(self._write, batch, first, last), partial(self._written, last))

    def _gathered(self) -> tuple[list[bytes], int, int]:
        """What is to be written next, and the numbers of its first and last change."""
        batch, self._pending, self._about = self._pending, [], None
        return batch, self.durable + 1, self.last

    def _write(self, batch: list[bytes], first: int, last: int) -> None:
        if batch:
            began = time.perf_counter()
            self._segments.append(b"".join(batch), first, last)
            self._took_s = time.perf_counter() - began

    def _written(self, last: int, error: Exception | None) -> None:
        if error is not None:
            if not isinstance(error, OSError):
                raise error
            self._break(error)
            return
        self.durable = last
        if self._pending:
            self._flush()
        else:
            self._busy = False
        for tell in self._on_durable:
            tell(last)
        if self._waiting:
            self._release()
        self._trim()

    def _release(self) -> None:
        still = []
        for seq, future in self._waiting:
            if seq > self.durable:
                still.append((seq, future))
            elif not future.done():
                future.set_result(None)
        self._waiting = still

    def _trim(self) -> None:
        length = len(self._tail)
        extra = length - 2 * self._tail_length
        if extra <= 0 and self._tail_bytes <= TAIL_BYTES:
            return
        many = extra + self._tail_length if extra > 0 else length // 2  # half at a time: constant cost per change
        count = min(many, self.durable + 1 - self._tail_first)
        if count > 0:
            self._tail_bytes -= self._tail_bytes * count // length  # as if all were of one size
            del self._tail[:count]
            self._tail_first += count

    # A disk that refuses.

    def _break(self, error: OSError) -> None:
        log.error("%s: %s; %d changes were given up", self._folder, error, self.last - self.durable)
        self.broken, self._busy, self._pending = error, False, []
        del self._tail[max(self.durable + 1 - self._tail_first, 0) :]
        self.last = self.durable
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if not future.done():
                future.set_exception(JournalBroken(str(error)))
        for tell in self._on_broken:
            tell()
        asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        if self._closed:
            return
        self._worker.submit(self._segments.recover, self._tried)

    def _tried(self, error: Exception | None) -> None:
        if self._closed:
            return
        if error is None:
            log.warning("%s: the disk takes writes again", self._folder)
            self.broken = None
            for tell in self._on_well:
                tell()
        else:
            asyncio.get_running_loop().call_later(RETRY_S, self._try_again)
