"""The files of a journal: a run of segments, each named by its first sequence number, only ever appended to.

The newest file is longer than its records: small writes go to zeros that are already on the disk, whose sync then
has no new length to write down. Opening takes zeros after the last record for such room, repairs a tail torn by a
crash (those changes were never acknowledged) and refuses a journal whose acknowledged records are damaged, naming
file and offset.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...store.journal import Change
from ...store.records import Damaged, offsets, promised_after, record_at, records
from .errors import DiskError

INDEX_EVERY = 64 << 10  # bytes between entries of the sparse index
ROOM_BYTES = 128 << 10  # zeros written at once
SMALL_BYTES = 4 << 10  # larger writes gain less by room than it costs to make
SUFFIX = ".journal"


class Device:
    """The calls by which a journal's bytes reach the disk. Tests of a failing disk hand in another."""

    def write(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        return os.pwrite(fd, data, offset)

    def sync(self, fd: int) -> None:
        getattr(os, "fdatasync", os.fsync)(fd)


class Segment:
    """One file. `index` holds (sequence number, offset) pairs, sparse; None until somebody reads it."""

    def __init__(self, path: Path, first: int, index: list[tuple[int, int]] | None = None) -> None:
        self.path, self.first, self.index = path, first, index

    def find(self, seq: int) -> tuple[int, int]:
        """The indexed place at or before a sequence number."""
        if self.index is None:
            self.index = _index(self.path, self.first)
        return self.index[max(bisect_right(self.index, (seq, 1 << 62)) - 1, 0)]


class Segments:
    """All segments of one journal, the newest open for appending."""

    def __init__(self, folder: Path, device: Device, segment_bytes: int, tell: Callable[[str], None]) -> None:
        self._folder, self._device, self._segment_bytes = folder, device, segment_bytes
        names = sorted(path for path in folder.iterdir() if path.suffix == SUFFIX)
        self._all = [Segment(path, _number(path)) for path in names]
        self._fd = -1
        self._size = self._room = 0  # of the newest: where its records end, and where the zeros after them do
        self.last = self._all[0].first - 1 if self._all else 0
        if self._all:
            self._open_newest(tell)
        else:
            self._begin(1)

    @property
    def first(self) -> int:
        """The oldest sequence number still kept."""
        return self._all[0].first

    def append(self, data: bytes, first: int, last: int) -> None:
        """Put whole records first..last on the disk; they are safe when this returns. Raises OSError, and
        then nothing of them is kept."""
        if self._size >= self._segment_bytes:
            self._begin(first)
        segment, start = self._all[-1], self._size
        if start + len(data) > self._room and len(data) <= SMALL_BYTES:
            self._make_room()
        _write_all(self._device, self._fd, data, start)
        self._device.sync(self._fd)
        self._size += len(data)
        self.last = last
        assert segment.index is not None
        if start - segment.index[-1][1] >= INDEX_EVERY:
            segment.index.append((first, start))

    def recover(self) -> None:
        """After a failed append: cut off what was not acknowledged and prove that a new segment can be
        written. Raises OSError while the disk is still unwell."""
        self._cut_room()
        if self._size:
            self._begin(self.last + 1)
        trial = self._folder / "trial"
        try:
            with trial.open("wb") as file:
                _write_all(self._device, file.fileno(), bytes(256 << 10), 0)
                self._device.sync(file.fileno())
        finally:
            trial.unlink(missing_ok=True)

    def read(self, after: int, limit: int) -> list[Change]:
        """Up to `limit` changes that follow number `after`, oldest first, never more than one segment
        holds."""
        place = max(bisect_right(self._all, after + 1, key=lambda segment: segment.first) - 1, 0)
        segment = self._all[place]
        end = self._all[place + 1].first if place + 1 < len(self._all) else self.last + 1
        wanted = max(after + 1, segment.first)
        count = min(limit, end - wanted)
        if count <= 0:
            return []
        try:
            found = _read(segment, wanted, count)
        except Damaged as damage:
            raise _corrupt(segment.path, damage.offset) from None
        if len(found) < count:
            raise DiskError(f"{segment.path} ends early: change {wanted + len(found)} is missing.")
        return found

    def drop(self, upto: int, before: float) -> None:
        """Remove whole segments whose every change is numbered up to `upto` and older than `before`."""
        while len(self._all) > 1:
            follower = self._all[1]
            if follower.first - 1 > upto:
                break
            oldest = self.read(follower.first - 1, 1)
            if not oldest or oldest[0].time >= before:
                break
            self._all[0].path.unlink()
            del self._all[0]

    def close(self) -> None:
        if self._fd >= 0:
            if self._room > self._size:
                with suppress(OSError):
                    os.ftruncate(self._fd, self._size)
            os.close(self._fd)
            self._fd = -1

    def _open_newest(self, tell: Callable[[str], None]) -> None:
        newest = self._all[-1]
        size = self._repair(newest, tell)
        if self.last < newest.first and len(self._all) > 1:
            self._check_ends(self._all[-2], newest.first - 1)
        self._fd = os.open(newest.path, os.O_WRONLY | os.O_CLOEXEC)
        self._size, self._room = size, newest.path.stat().st_size
        self._device.sync(self._fd)  # a killed process leaves what only the machine's memory holds

    def _repair(self, segment: Segment, tell: Callable[[str], None]) -> int:
        """Read the newest segment through, cut a torn tail off, and return its length."""
        data, seq, end = segment.path.read_bytes(), segment.first - 1, 0
        index = [(segment.first, 0)]
        try:
            for record in records(data):
                if record.change.seq != seq + 1:
                    raise _corrupt(segment.path, end)
                if end - index[-1][1] >= INDEX_EVERY:
                    index.append((record.change.seq, end))
                seq, end = record.change.seq, record.end
        except Damaged:
            if data.count(0, end) < len(data) - end:
                if promised_after(data, end, seq + 1):
                    raise _corrupt(segment.path, end) from None
                os.truncate(segment.path, end)
                tell(f"{segment.path}: cut {len(data) - end} bytes of an unfinished write after change {seq}")
        segment.index, self.last = index, seq
        return end

    def _check_ends(self, segment: Segment, seq: int) -> None:
        at, offset = segment.find(seq)
        try:
            for record in records(segment.path.read_bytes(), offset):
                at = record.change.seq
        except Damaged as damage:
            raise _corrupt(segment.path, damage.offset) from None
        if at != seq:
            raise DiskError(f"{segment.path} ends with change {at} where {seq} was expected.")

    def _begin(self, first: int) -> None:
        if self._room > self._size:
            self._cut_room()  # only the newest has any
        path = self._folder / f"{first:020d}{SUFFIX}"
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
        sync_folder(self._folder)
        self.close()
        self._fd, self._size, self._room = fd, 0, 0
        self._all.append(Segment(path, first, [(first, 0)]))

    def _make_room(self) -> None:
        """Write zeros after the records, to be synced with what is written over them. A disk that has no space for
        them may still have enough for that."""
        at = max(self._size, self._room)
        with suppress(OSError):
            self._room = at + self._device.write(self._fd, bytes(ROOM_BYTES), at)

    def _cut_room(self) -> None:
        """End the newest file with its last acknowledged record."""
        os.ftruncate(self._fd, self._size)
        self._device.sync(self._fd)
        self._room = self._size


def _number(path: Path) -> int:
    if not path.stem.isdecimal():
        raise DiskError(f"{path} does not belong in a journal.")
    return int(path.stem)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or removed from a folder survive a crash."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(device: Device, fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        count = device.write(fd, view, offset)
        view, offset = view[count:], offset + count


def _read(segment: Segment, wanted: int, count: int) -> list[Change]:
    seq, offset = segment.find(wanted)
    with segment.path.open("rb") as file:
        file.seek(offset)
        data = file.read(256 << 10)
        found: list[Change] = []
        at = 0
        while len(found) < count:
            try:
                record = record_at(data, at)
            except Damaged:
                more = file.read(max(256 << 10, len(data)))
                if not more:
                    if at == len(data):
                        break
                    raise Damaged(offset + at) from None
                data, offset, at = data[at:] + more, offset + at, 0
                continue
            if seq >= wanted:
                found.append(record.change)
            seq, at = seq + 1, record.end
    return found


def _index(path: Path, first: int) -> list[tuple[int, int]]:
    index = [(first, 0)]
    seq = first
    try:
        for offset in offsets(path.read_bytes()):
            if offset - index[-1][1] >= INDEX_EVERY:
                index.append((seq, offset))
            seq += 1
    except Damaged as damage:
        raise _corrupt(path, damage.offset) from None
    return index


def _corrupt(path: Path, offset: int) -> DiskError:
    return DiskError(f"{path} is damaged at offset {offset}: a change that was acknowledged cannot be read.")
