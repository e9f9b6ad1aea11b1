"""A data directory: one holder, one format, and after a crash the state that was acknowledged."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop
from run.serving import change

from terrella.run.disk import BlobFolder, Disk, DiskError, Pace, _held, checkpoints
from terrella.run.disk import Options as DiskOptions
from terrella.run.disk.errors import explained
from terrella.store.journal import Change

QUICK = DiskOptions(pace=Pace(bytes=20_000, changes=100, seconds=0.05), segment_bytes=10_000)


def applied_to(disk: Disk):
    def apply(change: Change) -> None:
        disk.maps.records("items").put(change.body["key"], change.body["value"])
        disk.maps.objects("counts").put("changes", change.seq)

    return apply


async def put(disk: Disk, *keys: bytes) -> None:
    apply = applied_to(disk)
    for key in keys:
        one = change(disk.journal.last + 1, key, b"v" * 50)
        disk.journal.append(one)
        apply(one)


def left_behind(folder: Path, count: int, options: DiskOptions | None = None) -> None:
    """A directory as a crash leaves it: everything in the journal, the maps as far as checkpoints came."""

    async def main() -> None:
        disk = Disk.open(folder, options)
        disk.replay(applied_to(disk))
        for number in range(count):
            await put(disk, b"%04d" % number)
            if number % 20 == 0:
                await disk.journal.synced()
        await disk.journal.synced()

    uvloop.run(main())
    _held.discard(folder.resolve())  # as if that process had ended


def state(folder: Path, options: DiskOptions | None = None) -> tuple[int, int, int]:
    """(changes replayed, records, the count in the objects) after opening."""

    async def main() -> tuple[int, int, int]:
        disk = Disk.open(folder, options)
        replayed = disk.replay(applied_to(disk))
        found = sum(1 for _ in disk.maps.records("items").scan())
        count = disk.maps.objects("counts").get("changes") or 0
        await disk.close()
        return replayed, found, count

    return uvloop.run(main())


def in_another_process(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from terrella.run.disk import Disk; Disk.open(sys.argv[1])"
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_state_is_the_maps_and_the_rest_of_the_journal(tmp_path: Path) -> None:
    left_behind(tmp_path, 300)
    assert state(tmp_path) == (300, 300, 300)
    assert state(tmp_path) == (0, 300, 300), "closing brings the maps up to date"


def test_a_restart_replays_only_what_the_maps_do_not_hold(tmp_path: Path) -> None:
    left_behind(tmp_path, 1000, QUICK)
    replayed, *rest = state(tmp_path, QUICK)
    assert rest == [1000, 1000]
    assert replayed < 900


def test_idle_state_reaches_the_maps_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        disk = Disk.open(tmp_path, QUICK)
        disk.replay(applied_to(disk))
        await put(disk, b"a")
        await disk.journal.synced()
        while disk.maps.applied != 1:
            await asyncio.sleep(0.01)
        await disk.close()

    uvloop.run(asyncio.wait_for(main(), 5))


def test_much_reaches_the_maps_once_nothing_more_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "QUIET_S", 0.02)

    async def main() -> None:
        disk = Disk.open(tmp_path, DiskOptions(pace=Pace(quiet_changes=10)))
        disk.replay(applied_to(disk))
        await put(disk, *(b"%d" % number for number in range(11)))
        await disk.journal.synced()
        while disk.maps.applied != 11:
            await asyncio.sleep(0.01)
        await put(disk, *(b"%d" % number for number in range(10)))
        await disk.journal.synced()
        await asyncio.sleep(0.1)
        assert disk.maps.applied == 11, "so few are soon replayed"
        await disk.close()

    uvloop.run(asyncio.wait_for(main(), 5))


def test_what_came_during_a_checkpoint_reaches_the_maps_too(tmp_path: Path) -> None:
    async def main() -> None:
        disk = Disk.open(tmp_path, QUICK)
        disk.replay(applied_to(disk))
        await put(disk, b"a")
        await disk.journal.synced()
        while not disk.maps.frozen:
            await asyncio.sleep(0)
        disk.maps.records("items").put(b"b", b"v")
        while disk.maps.frozen or disk.maps.dirty_bytes:
            await asyncio.sleep(0.01)
        await disk.close()

    uvloop.run(asyncio.wait_for(main(), 5))


def test_rereading_forgets_what_was_only_in_memory(tmp_path: Path) -> None:
    async def main() -> None:
        disk = Disk.open(tmp_path, QUICK)
        disk.replay(applied_to(disk))
        await put(disk, b"a", b"b")
        await disk.journal.synced()
        disk.maps.records("items").put(b"c", b"never committed")
        disk.reread()
        assert disk.replay(applied_to(disk)) == 2
        assert [key for key, _ in disk.maps.records("items").scan()] == [b"a", b"b"]
        await disk.close()

    uvloop.run(main())


def test_old_segments_go_but_never_before_peers_have_them(tmp_path: Path) -> None:
    async def main() -> None:
        disk = Disk.open(tmp_path, DiskOptions(pace=QUICK.pace, segment_bytes=5000, horizon_s=0.0))
        disk.replay(applied_to(disk))
        disk.owed = lambda: 150
        for number in range(600):
            await put(disk, b"%d" % number)
            if number % 50 == 0:
                await disk.journal.synced()
                await asyncio.sleep(0.01)
        while disk.maps.applied < 600:
            await asyncio.sleep(0.01)
        assert 1 < disk.journal.first <= 151
        await disk.close()

    uvloop.run(asyncio.wait_for(main(), 10))


def test_a_directory_has_one_holder(tmp_path: Path) -> None:
    async def main() -> None:
        disk = Disk.open(tmp_path)
        with pytest.raises(DiskError, match=f"is in use by process {os.getpid()}"):
            Disk.open(tmp_path)
        refused = in_another_process(tmp_path)
        assert f"{tmp_path} is in use by process {os.getpid()}." in refused.stderr
        await disk.close()
        assert in_another_process(tmp_path).returncode == 0

    uvloop.run(main())


def test_another_format_is_refused(tmp_path: Path) -> None:
    state(tmp_path)
    (tmp_path / "format").write_text("terrella data, format 99\n")
    with pytest.raises(DiskError, match=r"says 'terrella data, format 99' where this version reads"):
        Disk.open(tmp_path)


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "maps.db").write_bytes(b"")
    with pytest.raises(DiskError, match="is not a data directory"):
        Disk.open(tmp_path)


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match=r"cannot be used: it is not a directory\."):
        Disk.open(tmp_path / "file")


def test_maps_and_journal_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    left_behind(tmp_path, 50)
    state(tmp_path)
    for path in (tmp_path / "journal").iterdir():
        path.unlink()
    with pytest.raises(DiskError, match="the maps hold changes up to 50, the journal 1 to 0"):
        Disk.open(tmp_path)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "there is no space left on its disk"),
        (errno.EACCES, "permission was denied"),
        (errno.EROFS, "its disk is read-only"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_what_the_machine_says_becomes_a_sentence(number: int, words: str) -> None:
    error = explained(OSError(number, "?", "/data/format"), Path("/data"))
    assert str(error) == f"/data/format cannot be used: {words}."


def test_a_blob_is_found_by_its_digest(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    digest = blobs.put(b"hello")
    assert digest == hashlib.sha256(b"hello").hexdigest() == blobs.put(b"hello")
    assert BlobFolder(tmp_path).get(digest) == b"hello"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [digest]


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../../../etc/passwd", "a/" * 32])
def test_a_blob_that_is_not_there_is_a_key_error(tmp_path: Path, digest: str) -> None:
    with pytest.raises(KeyError):
        BlobFolder(tmp_path).get(digest)
