"""The journal on disk: what was promised is there after a crash, what was not is gone, damage is named."""

from __future__ import annotations

import asyncio
import errno
import os
import random
import tempfile
import threading
from pathlib import Path

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from run.serving import change

from terrella.core.errors import InternalServerError
from terrella.run.disk import Device, DiskError, JournalBroken, JournalFile
from terrella.run.disk import journal_file as module
from terrella.store.records import frame


class Gate(Device):
    """A disk whose syncs wait."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.syncs = 0

    def sync(self, fd: int) -> None:
        self.open.wait(5)
        self.syncs += 1


class Full(Device):
    """A disk that fills up: takes a part of a write, then says so."""

    def __init__(self) -> None:
        self.full = False

    def write(self, fd: int, data: bytes | memoryview, offset: int) -> int:
        if not self.full:
            return super().write(fd, data, offset)
        if len(data) > 20:
            return super().write(fd, data[:20], offset)
        raise OSError(errno.ENOSPC, "No space left on device")


def opened(folder: Path, **more: object) -> JournalFile:
    return JournalFile(folder, tell=list[str]().append, **more)  # type: ignore[arg-type]


def written(folder: Path, count: int, **more: object) -> None:
    """A journal of so many changes, each synced alone so that each knows the one before it was safe."""
    journal = opened(folder, **more)
    for seq in range(1, count + 1):
        journal.append(change(seq, b"k%d" % seq, b"v" * 50))
        journal.sync()
    uvloop.run(journal.close())


def numbers(journal: JournalFile) -> list[int]:
    return [each.seq for each in journal.read(0, 1 << 30)]


def test_what_was_appended_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    written(tmp_path, 5)
    journal = opened(tmp_path)
    assert (journal.last, journal.durable) == (5, 5)
    assert [each.body["key"] for each in journal.read(2, 2)] == [b"k3", b"k4"]
    journal.append(change(6))
    assert numbers(journal) == [1, 2, 3, 4, 5, 6]


def test_the_last_record_cut_at_any_byte_is_repaired_to_the_one_before(tmp_path: Path) -> None:
    written(tmp_path, 3)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    last = len(frame(change(3, b"k3", b"v" * 50), 2))
    for length in range(len(whole) - last + 1, len(whole)):
        path.write_bytes(whole[:length])
        told: list[str] = []
        journal = JournalFile(tmp_path, tell=told.append)
        assert numbers(journal) == [1, 2]
        assert len(told) == 1 and str(path) in told[0] and "after change 2" in told[0]
        assert path.stat().st_size == len(whole) - last
        uvloop.run(journal.close())


@pytest.mark.parametrize("tail", [bytes(4096), b"\xff" * 100, b"\x9a" * 100])
def test_rubbish_after_the_last_record_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    written(tmp_path, 3)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + tail)
    journal = opened(tmp_path)
    assert numbers(journal) == [1, 2, 3]
    journal.append(change(4))
    journal.sync()
    assert numbers(opened(tmp_path)) == [1, 2, 3, 4]


def test_small_writes_go_to_room_that_is_there_already(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    sizes = set()
    for seq in range(1, 101):
        journal.append(change(seq, b"k", b"v" * 50))
        journal.sync()
        sizes.add(next(tmp_path.iterdir()).stat().st_size)
    assert len(sizes) == 1
    told: list[str] = []
    again = JournalFile(tmp_path, tell=told.append)  # as after a kill
    assert numbers(again) == list(range(1, 101)) and told == []
    again.append(change(101, b"k", b"v" * 5000))  # too large to make room for
    again.sync()
    assert {next(tmp_path.iterdir()).stat().st_size} == sizes, "but not to use it"
    assert numbers(opened(tmp_path)) == list(range(1, 102))


def test_room_after_great_writes_overwrites_none_of_them(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for seq, size in enumerate((20_000, 3, 200_000, 3, 5_000, 3), 1):
        journal.append(change(seq, b"k%d" % seq, b"v" * size))
        journal.sync()
    assert numbers(opened(tmp_path)) == [1, 2, 3, 4, 5, 6]


def test_a_torn_write_in_the_room_is_cut_off(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    for seq in (1, 2):
        journal.append(change(seq, b"k%d" % seq, b"v" * 50))
        journal.sync()
    (path,) = tmp_path.iterdir()
    whole, end = path.read_bytes(), journal._segments._size
    torn = frame(change(3, b"k3", b"v" * 500), 2)
    for part in (torn[:1], torn[:-1], bytes(200) + torn[200:]):
        path.write_bytes(whole[:end] + part + whole[end + len(part) :])
        told: list[str] = []
        assert numbers(JournalFile(tmp_path, tell=told.append)) == [1, 2]
        assert len(told) == 1 and path.stat().st_size == end


def test_only_the_newest_segment_keeps_room(tmp_path: Path) -> None:
    journal = opened(tmp_path, segment_bytes=700)
    for seq in range(1, 31):
        journal.append(change(seq, b"k%d" % seq, b"v" * 50))
        journal.sync()
    *older, newest = sorted(tmp_path.iterdir())
    assert all(path.stat().st_size < 1000 for path in older) and newest.stat().st_size > 100_000
    assert numbers(opened(tmp_path, segment_bytes=700)) == list(range(1, 31))
    uvloop.run(journal.close())
    assert newest.stat().st_size < 1000, "nor does a journal that was closed"


def test_a_disk_without_space_for_room_still_takes_what_fits(tmp_path: Path) -> None:
    class Narrow(Device):
        def write(self, fd: int, data: bytes | memoryview, offset: int) -> int:
            if offset + len(data) > 1000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(fd, data, offset)

    journal = opened(tmp_path, device=Narrow())
    journal.append(change(1, b"k", b"v" * 50))
    journal.sync()
    assert next(tmp_path.iterdir()).stat().st_size == journal._segments._size


def test_who_is_alone_does_not_wait_for_the_thread(tmp_path: Path) -> None:
    threads: list[int] = []

    class Noting(Device):
        def sync(self, fd: int) -> None:
            threads.append(threading.get_ident())

    async def main() -> None:
        journal = opened(tmp_path, device=Noting())
        seen: list[int] = []
        journal.when_durable(seen.append)
        journal.append(change(1))
        journal.hasten()
        assert journal.durable == 0, "how quick the disk is nobody knows yet"
        await journal.synced()
        journal._took_s = 0.0
        journal.append(change(2))
        journal.append(change(3))
        journal.hasten()
        assert journal.durable == 3
        journal.append(change(4))
        await asyncio.sleep(0)  # the thread has it
        journal.hasten()
        await journal.synced()
        assert seen == [1, 3, 4]
        journal._took_s = module.QUICK_S
        journal.append(change(5))
        journal.hasten()
        assert journal.durable == 4, "for a slow disk the loop does not stand still"
        await journal.synced()
        await journal.close()

    uvloop.run(main())
    here = threading.get_ident()
    assert [each == here for each in threads] == [False, True, False, False]


def test_damage_to_what_was_acknowledged_names_file_and_offset(tmp_path: Path) -> None:
    written(tmp_path, 9)
    (path,) = tmp_path.iterdir()
    offset = len(frame(change(1, b"k1", b"v" * 50), 0))
    broken = bytearray(path.read_bytes())
    broken[offset + 30] ^= 1
    path.write_bytes(broken)
    with pytest.raises(DiskError, match=rf"{path} is damaged at offset {offset}:"):
        opened(tmp_path)


def test_damage_in_an_older_segment_is_named_when_it_is_read(tmp_path: Path) -> None:
    written(tmp_path, 20, segment_bytes=500)
    first = min(tmp_path.iterdir())
    broken = bytearray(first.read_bytes())
    broken[40] ^= 1
    first.write_bytes(broken)
    journal = opened(tmp_path)
    with pytest.raises(DiskError, match=rf"{first} is damaged at offset 0:"):
        journal.read(0, 3)


def test_a_missing_segment_is_noticed(tmp_path: Path) -> None:
    written(tmp_path, 20, segment_bytes=500)
    sorted(tmp_path.iterdir())[1].unlink()
    with pytest.raises(DiskError, match="ends early"):
        opened(tmp_path).read(0, 20)


def test_segments_are_read_as_one_journal(tmp_path: Path) -> None:
    written(tmp_path, 50, segment_bytes=700)
    assert len(list(tmp_path.iterdir())) > 5
    journal = opened(tmp_path, segment_bytes=700)
    assert numbers(journal) == list(range(1, 51))
    assert [each.seq for each in journal.read(7, 20)] == list(range(8, 28))
    assert journal.read(50, 5) == []


def test_changes_that_left_memory_are_read_from_disk(tmp_path: Path) -> None:
    async def main() -> None:
        journal = opened(tmp_path, segment_bytes=100_000, tail=16)
        for seq in range(1, 2001):
            journal.append(change(seq, b"k%d" % seq, b"v" * 300))
            if seq % 50 == 0:
                await journal.synced()
        assert numbers(journal) == list(range(1, 2001))
        for after in (0, 3, 499, 1500, 1960, 1983, 1999):
            assert [each.seq for each in journal.read(after, 30)] == list(
                range(after + 1, min(after + 31, 2001))
            )
        await journal.close()

    uvloop.run(main())


def test_nothing_is_durable_before_the_disk_says_so(tmp_path: Path) -> None:
    async def main() -> None:
        gate = Gate()
        journal = opened(tmp_path, device=gate)
        seen: list[int] = []
        journal.when_durable(seen.append)
        journal.append(change(1))
        waiting = asyncio.create_task(journal.synced(1))
        await asyncio.sleep(0.05)
        for seq in range(2, 50):
            journal.append(change(seq))
        assert journal.durable == 0 and not waiting.done()
        gate.open.set()
        await waiting
        await journal.synced()
        assert seen == [1, 49], "what gathered during one sync is written with the next"
        await journal.close()

    uvloop.run(main())


def test_a_full_disk_gives_up_what_was_not_safe_and_recovers_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_S", 0.05)

    async def main() -> None:
        device = Full()
        journal = opened(tmp_path, device=device)
        told: list[str] = []
        journal.when_broken(lambda: told.append("broken"))
        journal.when_well(lambda: told.append("well"))
        journal.append(change(1))
        await journal.synced()
        device.full = True
        journal.append(change(2))
        with pytest.raises(JournalBroken):
            await journal.synced(2)
        assert (journal.last, journal.durable, told) == (1, 1, ["broken"])
        assert numbers(journal) == [1]
        with pytest.raises(InternalServerError):
            journal.append(change(2))
        await asyncio.sleep(module.RETRY_S * 3)
        assert told == ["broken"]
        device.full = False
        while journal.broken is not None:
            await asyncio.sleep(0.02)
        journal.append(change(2, b"again"))
        await journal.synced()
        await journal.close()
        assert told == ["broken", "well"]

    uvloop.run(main())
    assert [each.body["key"] for each in opened(tmp_path).read(0, 9)] == [b"", b"again"]


def test_old_segments_go_once_they_are_neither_needed_nor_young(tmp_path: Path) -> None:
    written(tmp_path, 50, segment_bytes=700)
    journal = opened(tmp_path, segment_bytes=700)
    journal.drop(30, before=0.0)
    assert journal.first == 1, "all are younger than that"
    journal.drop(30, before=2e9)
    assert 1 < journal.first <= 31
    assert numbers(opened(tmp_path, segment_bytes=700)) == list(range(journal.first, 51))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_of_any_kind_is_refused_or_leaves_the_beginning(tmp_path: Path, data: st.DataObject) -> None:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    content = b"".join(frame(change(seq, b"k%d" % seq, b"v" * 20), seq - 1) for seq in range(1, 9))
    broken = bytearray(content[: data.draw(st.integers(0, len(content)))])
    for place in data.draw(st.lists(st.integers(0, max(len(broken) - 1, 0)), max_size=2)) if broken else []:
        broken[place] ^= 1 << data.draw(st.integers(0, 7))
    broken += data.draw(st.binary(max_size=30))
    (folder / f"{1:020d}.journal").write_bytes(broken)
    try:
        journal = opened(folder)
    except DiskError as error:
        assert "is damaged at offset" in str(error)
        return
    assert [each.body["key"] for each in journal.read(0, 99)] == [
        b"k%d" % n for n in range(1, journal.last + 1)
    ]
    journal.append(change(journal.last + 1))
    journal.sync()
    assert numbers(opened(folder)) == list(range(1, journal.last + 1))


class Forgetful(Device):
    """A disk that, when the power goes, remembers what was synced and some of the rest."""

    def __init__(self) -> None:
        self.safe: dict[int, bytes] = {}  # inode -> what it held at its last sync

    def sync(self, fd: int) -> None:
        self.safe[os.fstat(fd).st_ino] = Path(f"/proc/self/fd/{fd}").read_bytes()

    def lose_power(self, folder: Path, dice: random.Random) -> None:
        for path in folder.iterdir():
            data = bytearray(path.read_bytes())
            safe = self.safe.get(path.stat().st_ino, b"")
            before = safe.ljust(len(data), b"\0")
            for start in range(0, len(data), 64):  # blocks reach the disk in any order, or not at all
                if dice.random() < 0.4:
                    data[start : start + 64] = before[start : start + 64]
            path.write_bytes(data[: dice.randint(min(len(safe), len(data)), len(data))])


@pytest.mark.parametrize("seed", range(20))
def test_whatever_was_durable_is_there_after_the_power_went(tmp_path: Path, seed: int) -> None:
    async def main() -> int:
        dice, disk = random.Random(seed), Forgetful()
        journal = opened(tmp_path, device=disk, segment_bytes=1500)
        for seq in range(1, dice.randint(20, 60)):
            journal.append(change(seq, b"k%d" % seq, b"v" * dice.randint(0, 200)))
            if dice.random() < 0.3:
                await journal.synced()
        durable, unsafe = journal.durable, b"".join(journal._pending)
        journal._pending.clear()
        segments = journal._segments
        os.pwrite(segments._fd, unsafe, segments._size)  # the write that was under way
        disk.lose_power(tmp_path, dice)
        return durable

    durable = uvloop.run(main())
    found = numbers(opened(tmp_path))
    assert found == list(range(1, len(found) + 1)) and len(found) >= durable


def test_great_changes_leave_memory_sooner_and_are_read_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TAIL_BYTES", 10_000)
    journal = opened(tmp_path)
    for seq in range(1, 101):
        journal.append(change(seq, b"k%d" % seq, b"v" * 1000))
        journal.sync()
        journal._trim()
    assert len(journal._tail) <= 20
    assert numbers(journal) == list(range(1, 101))
