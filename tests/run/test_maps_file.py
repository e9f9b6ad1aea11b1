"""Maps on disk behave as maps in memory do, whatever checkpoints, failures and restarts happen in between."""

from __future__ import annotations

import random
import sqlite3
import tempfile
import threading
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from terrella.run.disk import DiskError, MapsFile, maps_file
from terrella.store.maps import MemoryMaps

KEYS = st.binary(min_size=0, max_size=2).map(lambda key: bytes(byte % 4 for byte in key))
NAMES = st.sampled_from(["items/a", "items/b"])


class Compared(RuleBasedStateMachine):
    """Random operations on both kinds of maps, side by side."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "maps.db"
        self.disk, self.memory = MapsFile(self.path, cache_bytes=2000), MemoryMaps()
        self.seq = 0

    def teardown(self) -> None:
        if hasattr(self, "disk"):
            self.disk.close()
            self.folder.cleanup()

    @rule(name=NAMES, key=KEYS, value=st.binary(max_size=3))
    def put(self, name: str, key: bytes, value: bytes) -> None:
        self.seq += 1
        self.disk.records(name).put(key, value)
        self.memory.records(name).put(key, value)

    @rule(name=NAMES, key=KEYS)
    def delete(self, name: str, key: bytes) -> None:
        self.disk.records(name).delete(key)
        self.memory.records(name).delete(key)

    @rule(key=st.sampled_from("abc"), value=st.dictionaries(st.text(max_size=2), st.integers(-5, 5)))
    def put_object(self, key: str, value: dict[str, int]) -> None:
        self.disk.objects("things").put(key, value)
        self.memory.objects("things").put(key, value)

    @rule(key=st.sampled_from("abc"))
    def delete_object(self, key: str) -> None:
        self.disk.objects("things").delete(key)
        self.memory.objects("things").delete(key)

    @rule(name=st.sampled_from(["items/a", "items/b", "things"]))
    def drop(self, name: str) -> None:
        self.disk.drop(name)
        self.memory.drop(name)

    @rule()
    def freeze(self) -> None:
        if not self.disk.frozen:
            self.disk.freeze(self.seq)

    @rule()
    def write(self) -> None:
        if self.disk.frozen:
            self.disk.write_frozen()

    @rule()
    def write_and_forget(self) -> None:
        if self.disk.frozen:
            self.disk.write_frozen()
            self.disk.forget_frozen()
            assert self.disk.applied <= self.seq

    @rule()
    def reopen(self) -> None:
        if self.disk.frozen:
            self.disk.checkpoint(self.seq)
        self.disk.checkpoint(self.seq)
        self.disk.close()
        self.disk = MapsFile(self.path, cache_bytes=2000)
        assert self.disk.applied == self.seq

    @rule(name=NAMES, key=KEYS)
    def get(self, name: str, key: bytes) -> None:
        assert self.disk.records(name).get(key) == self.memory.records(name).get(key)

    @rule(name=NAMES, start=KEYS, end=st.none() | KEYS, reverse=st.booleans())
    def scan(self, name: str, start: bytes, end: bytes | None, reverse: bool) -> None:
        found = list(self.disk.records(name).scan(start, end, reverse))
        assert found == list(self.memory.records(name).scan(start, end, reverse))

    @invariant()
    def objects_agree(self) -> None:
        if hasattr(self, "disk"):
            ours, theirs = self.disk.objects("things"), self.memory.objects("things")
            assert list(ours.items()) == list(theirs.items())
            assert list(ours) == list(theirs) and len(ours) == len(theirs)
            assert all(key in ours and ours.get(key) == theirs.get(key) for key in theirs)


Compared.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestMapsOnDiskAreMaps = Compared.TestCase


def test_a_scan_across_many_steps_and_layers_sees_every_key_once(tmp_path: Path) -> None:
    maps, dice = MapsFile(tmp_path / "maps.db"), random.Random(1)
    items = maps.records("items")
    expected: dict[bytes, bytes] = {}
    for round in range(3):
        for _ in range(3000):
            key = b"%05d" % dice.randrange(10_000)
            if dice.random() < 0.3:
                items.delete(key)
                expected.pop(key, None)
            else:
                items.put(key, b"%d" % round)
                expected[key] = b"%d" % round
        if round == 0:
            maps.checkpoint(1)
        elif round == 1:
            maps.freeze(2)
    pairs = sorted(expected.items())
    assert list(items.scan()) == pairs
    assert list(items.scan(reverse=True)) == pairs[::-1]
    assert list(islice(items.scan(b"05"), 700)) == [pair for pair in pairs if pair[0] >= b"05"][:700]
    maps.close()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_misses_no_key_that_was_there_all_along(tmp_path: Path, reverse: bool) -> None:
    maps, dice = MapsFile(tmp_path / "maps.db"), random.Random(2)
    items = maps.records("items")
    steady = [b"%05d" % number for number in range(0, 6000, 2)]
    for key in steady:
        items.put(key, b"0")
    maps.checkpoint(1)
    seen: list[bytes] = []
    for turn, (key, _) in enumerate(items.scan(reverse=reverse)):
        seen.append(key)
        passing = b"%05d" % (dice.randrange(3000) * 2 + 1)
        if dice.random() < 0.5:
            items.put(passing, b"1")
        else:
            items.delete(passing)
        items.put(dice.choice(steady), b"2")
        if turn % 40 == 0:
            maps.freeze(2)
        elif turn % 40 == 10:
            maps.write_frozen()
        elif turn % 40 == 20:
            maps.forget_frozen()
    assert len(seen) == len(set(seen)) and seen == sorted(seen, reverse=reverse)
    assert set(steady) <= set(seen)
    maps.close()


def test_reading_and_writing_go_on_while_a_checkpoint_is_written(tmp_path: Path) -> None:
    maps = MapsFile(tmp_path / "maps.db")
    items = maps.records("items")
    for number in range(20_000):
        items.put(b"%05d" % number, b"old")
    maps.freeze(1)
    thread = threading.Thread(target=maps.write_frozen)
    thread.start()
    turns = 0
    while thread.is_alive() or turns < 50:
        key = b"%05d" % (turns * 37 % 20_000)
        items.put(key, b"new")
        assert items.get(key) == b"new"
        assert sum(1 for _ in items.scan(b"00000", b"00200")) == 200
        turns += 1
    thread.join()
    maps.forget_frozen()
    assert items.get(b"00000") == b"new" and sum(1 for _ in items.scan()) == 20_000
    maps.close()


def test_a_checkpoint_that_fails_leaves_nothing_and_may_be_tried_again(tmp_path: Path) -> None:
    maps = MapsFile(tmp_path / "maps.db")
    maps.records("items").put(b"a", b"1")
    maps.freeze(5)
    other = sqlite3.connect(tmp_path / "maps.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    maps._writer.execute("PRAGMA busy_timeout=10")
    with pytest.raises(sqlite3.OperationalError):
        maps.write_frozen()
    other.execute("ROLLBACK")
    other.close()
    assert maps.records("items").get(b"a") == b"1"
    maps.write_frozen()
    maps.forget_frozen()
    maps.close()
    again = MapsFile(tmp_path / "maps.db")
    assert (again.applied, again.records("items").get(b"a")) == (5, b"1")
    again.close()


def test_an_object_that_is_not_plain_data_is_refused_where_it_is_written(tmp_path: Path) -> None:
    maps = MapsFile(tmp_path / "maps.db")
    with pytest.raises(TypeError):
        maps.objects("things").put("a", object())
    assert maps.objects("things").get("a") is None
    maps.close()


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "maps.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(DiskError, match=r"maps\.db cannot be used: file is not a database\."):
        MapsFile(tmp_path / "maps.db")


def test_a_damaged_page_is_found_when_the_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "maps.db"
    maps = MapsFile(path)
    for number in range(2000):
        maps.records("many").put(b"%06d" % number, b"x" * 100)
    maps.checkpoint(1)
    maps.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(byte ^ 0x5A for byte in content[middle : middle + 4096])
    path.write_bytes(content)
    with pytest.raises(DiskError, match=r"maps\.db is damaged: "):
        MapsFile(path)


def test_an_io_error_on_a_full_disk_says_that_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "maps.db").mkdir()
    with pytest.raises(DiskError, match="unable to open database file"):
        MapsFile(tmp_path / "maps.db")
    monkeypatch.setattr(maps_file, "SQLITE_NEEDS_BYTES", 1 << 80)  # no disk has that much left
    with pytest.raises(DiskError, match="there is no space left on its disk"):
        MapsFile(tmp_path / "maps.db")
