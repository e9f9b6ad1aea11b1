"""A place's data directory: the journal, the maps it fills, blobs. One process at a time may hold it.

    disk = Disk.open(folder)
    region = Region(..., journal=disk.journal, maps=disk.maps)
    disk.replay(region.replay)

What is there after a crash is what was acknowledged: maps are read from their file and the rest of the
journal is applied to them."""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ...store.journal import Change
from .blobs import BlobFolder
from .checkpoints import Checkpoints, Pace
from .errors import DiskError, explained
from .journal_file import JournalBroken, JournalFile
from .maps_file import MapsFile
from .segments import Device

__all__ = ["BlobFolder", "Device", "Disk", "DiskError", "JournalBroken", "JournalFile", "MapsFile", "Pace"]

log = logging.getLogger(__name__)

FORMAT = "terrella data, format 1\n"
HORIZON_S = 24 * 3600.0  # DynamoDB Streams keep this much; older changes live on in the maps
AT_ONCE = 2048  # changes read per step of a replay

_held: set[Path] = set()  # by this process, which a record lock does not keep from itself


@dataclass(frozen=True, slots=True)
class Options:
    """How a disk is kept. `horizon_s` is how long changes can be read back after the maps hold them."""

    device: Device = field(default_factory=Device)
    pace: Pace = field(default_factory=Pace)
    segment_bytes: int = 16 << 20
    horizon_s: float = HORIZON_S
    tell: Callable[[str], None] = log.warning


class Disk:
    """The journal, maps and blobs of one data directory. Made by `Disk.open`."""

    def __init__(self, folder: Path, options: Options, lock: IO[str]) -> None:
        self.folder, self._options, self._lock = folder, options, lock
        self.owed: Callable[[], int] | None = None  # the newest change every peer has acknowledged
        self._checkpoints: Checkpoints | None = None
        self.blobs = BlobFolder(folder / "blobs")
        self.journal = JournalFile(
            folder / "journal",
            device=options.device,
            segment_bytes=options.segment_bytes,
            tell=options.tell,
        )
        self.maps = self._open_maps()

    @classmethod
    def open(cls, folder: Path | str, options: Options | None = None) -> Disk:
        """Open a data directory, making it if it is not there. Raises DiskError: in use by another process,
        of another format, damaged, no space, no permission."""
        folder, options = Path(folder), options or Options()
        try:
            for part in ("journal", "blobs"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            lock = _lock(folder)
            try:
                _check_format(folder)
                return cls(folder, options, lock)
            except BaseException:
                _unlock(folder, lock)
                raise
        except OSError as error:
            raise explained(error, folder) from error

    def replay(self, apply: Callable[[Change], None]) -> int:
        """Apply what the maps file does not hold yet, in order; returns how many changes that was. Must be
        called on the event loop's thread, before the first new change."""
        count = 0
        while window := self.journal.read(self.maps.applied + count, AT_ONCE):
            for change in window:
                apply(change)
            count += len(window)
        self._checkpoints = Checkpoints(self.journal, self.maps, self._options.pace, self._drop_old)
        return count

    def reread(self) -> None:
        """Forget all state that is only in memory and read the maps from their file anew: after the journal
        gave up changes that had already been applied. Build a new region on `maps` and `replay` into it.
        Raises sqlite3.Error; it may be called again."""
        if self._checkpoints is not None:
            self._checkpoints.close()
            self._checkpoints = None
        self.maps = self.maps.anew()

    async def close(self) -> None:
        """Make everything safe, bring the maps up to date, let go of the directory."""
        try:
            if self._checkpoints is not None:
                self._checkpoints.close()
            await self.journal.close()
            self._last_checkpoint()
        finally:
            self.maps.close()
            _unlock(self.folder, self._lock)

    def _last_checkpoint(self) -> None:
        """Spare the next start its replay. What it cannot write the journal still has."""
        try:
            if self.maps.frozen:
                self.maps.checkpoint(self.journal.last)
            if self.maps.dirty_bytes:
                self.maps.checkpoint(self.journal.last)
        except sqlite3.Error as error:
            log.warning("%s: the last checkpoint failed: %s", self.folder, error)

    def _open_maps(self) -> MapsFile:
        try:
            maps = MapsFile(self.folder / "maps.db")
        except sqlite3.DatabaseError as error:
            raise DiskError(f"{self.folder / 'maps.db'} is damaged: {error}.") from None
        if not self.journal.first - 1 <= maps.applied <= self.journal.last:
            maps.close()
            raise DiskError(
                f"{self.folder} is damaged: the maps hold changes up to {maps.applied}, "
                f"the journal {self.journal.first} to {self.journal.last}."
            )
        return maps

    def _drop_old(self) -> None:
        upto = self.maps.applied if self.owed is None else min(self.maps.applied, self.owed())
        try:
            self.journal.drop(upto, time.time() - self._options.horizon_s)
        except (OSError, DiskError) as error:
            log.error("%s: old segments stay: %s", self.folder, error)


def _lock(folder: Path) -> IO[str]:
    """Hold the directory for this process. Record locks end with the process, however it ends, and are not
    inherited by the processes it starts."""
    if folder.resolve() in _held:
        raise DiskError(f"{folder} is in use by process {os.getpid()}.")
    file = (folder / "lock").open("a+")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise DiskError(f"{folder} is in use by process {holder or 'unknown'}.") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    _held.add(folder.resolve())
    return file


def _unlock(folder: Path, lock: IO[str]) -> None:
    lock.close()
    _held.discard(folder.resolve())


def _check_format(folder: Path) -> None:
    path = folder / "format"
    try:
        found = path.read_text()
    except FileNotFoundError:
        if any((folder / "journal").iterdir()) or (folder / "maps.db").exists():
            raise DiskError(f"{path} is missing: this is not a data directory of this program.") from None
        path.write_text(FORMAT)
        return
    except UnicodeDecodeError:
        found = "?"
    if found != FORMAT:
        raise DiskError(f"{path} says {found.strip()[:60]!r} where this version reads {FORMAT.strip()!r}.")
