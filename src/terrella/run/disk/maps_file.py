"""The maps of one place in an SQLite file, which is only ever behind the journal, never ahead of it.

Writes go to a layer in memory. A checkpoint freezes that layer, writes it with the number of the newest
change it holds in one transaction, and forgets it; a new layer takes writes meanwhile. At restart the
journal is replayed from that number.

Between checkpoints one read transaction stays open, which spares each read the taking of locks; it is closed
while a checkpoint is written, because SQLite's own log cannot be emptied under a reader.

Invariant: the file holds exactly the changes up to `applied`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ormsgpack
from sortedcontainers import SortedDict

from ...store.layers import Layer, Pairs, scan
from .errors import DiskError

ENTRY_BYTES = 180  # what Python adds to a key and a value in a dict
CACHE_BYTES = 48 << 20
LARGEST_CHECKED_BYTES = 256 << 20  # read in less than a second
SQLITE_NEEDS_BYTES = 64 << 10
ROWS_AT_ONCE = 250  # one statement per so many rows: SQLite lets other threads run while it works
TABLES = """
    CREATE TABLE IF NOT EXISTS facts(name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS maps(name TEXT PRIMARY KEY, number INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS objects(map TEXT, key TEXT, value BLOB, PRIMARY KEY(map, key)) WITHOUT ROWID;
    INSERT OR IGNORE INTO facts VALUES('applied', '0');
"""

Connections = tuple[sqlite3.Connection, sqlite3.Connection]
_MISSING: Any = object()


class MapsFile:
    """All maps of one place (`store.maps.Maps`). Read and written on one thread; `write_frozen` may run on
    another."""

    def __init__(
        self, path: Path, *, cache_bytes: int = CACHE_BYTES, connections: Connections | None = None
    ) -> None:
        self.path = path
        self._reader, self._writer = connections or _connections(path)
        self.applied = int(self._reader.execute("SELECT value FROM facts WHERE name='applied'").fetchone()[0])
        self._objects = {name: FileObjects(self) for (name,) in self._all("SELECT DISTINCT map FROM objects")}
        for name, key, value in self._reader.execute("SELECT map, key, value FROM objects"):
            self._objects[name]._values[key] = ormsgpack.unpackb(value)
        self._records = {
            name: FileRecords(self, number) for name, number in self._all("SELECT name, number FROM maps")
        }
        for records in self._records.values():
            records._in_file = True
        self._next_number = 1 + max((map._number for map in self._records.values()), default=0)
        self.dirty_bytes = 0
        self._cache_bytes, self._cached_bytes = cache_bytes, 0
        self._frozen_upto: int | None = None
        self._reader.execute("BEGIN")

    def objects(self, name: str) -> FileObjects:
        return self._objects.setdefault(name, FileObjects(self))

    def records(self, name: str) -> FileRecords:
        found = self._records.get(name)
        if found is None:
            found = self._records[name] = FileRecords(self, self._next_number)
            self._next_number += 1
        return found

    def drop(self, name: str) -> None:
        """Empty a map of either kind."""
        if name in self._objects:
            for key in self._objects[name]:
                self._objects[name].delete(key)
        if name in self._records:
            self._records[name]._clear()
            self.dirty_bytes += ENTRY_BYTES

    # Checkpoints: freeze, write_frozen (in a thread), forget_frozen.

    @property
    def frozen(self) -> bool:
        """Whether a checkpoint is under way."""
        return self._frozen_upto is not None

    def freeze(self, upto: int) -> None:
        """Set aside all that was written so far; the journal's newest change is `upto`."""
        assert not self.frozen, "one checkpoint at a time"
        self._reader.execute("COMMIT")
        for objects in self._objects.values():
            objects._freeze()
        for records in self._records.values():
            records._freeze()
        self._frozen_upto, self.dirty_bytes = upto, 0

    def write_frozen(self) -> None:
        """Write what was set aside, durable when this returns. Raises sqlite3.Error, and then nothing of it
        is in the file and it may be tried again."""
        objects = [(name, map) for name, map in list(self._objects.items()) if map._frozen]
        records = [(name, map) for name, map in list(self._records.items()) if map._frozen]
        write = self._writer
        write.execute("BEGIN IMMEDIATE")
        try:
            for name, few in objects:
                _write_objects(write, name, few._frozen)
            for name, many in records:
                _write_records(write, name, many._number, many._frozen or Layer())
            write.execute("UPDATE facts SET value=? WHERE name='applied'", (str(self._frozen_upto),))
            write.execute("COMMIT")
            write.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except BaseException:
            if write.in_transaction:
                write.execute("ROLLBACK")
            raise

    def forget_frozen(self) -> None:
        """What was set aside is in the file now."""
        assert self._frozen_upto is not None
        self.applied, self._frozen_upto = self._frozen_upto, None
        for objects in self._objects.values():
            objects._frozen = {}
        for records in self._records.values():
            if records._frozen:
                records._in_file = True
                records._thaw()
        self._reader.execute("BEGIN")

    def checkpoint(self, upto: int) -> None:
        """All of it at once, blocking."""
        if not self.frozen:
            self.freeze(upto)
        self.write_frozen()
        self.forget_frozen()

    def anew(self) -> MapsFile:
        """The maps as the file has them, without what was only in memory. Needs no space on the disk, as
        opening the file would. This object is not to be used any more."""
        if self._reader.in_transaction:
            self._reader.execute("COMMIT")
        return MapsFile(self.path, cache_bytes=self._cache_bytes, connections=(self._reader, self._writer))

    def close(self) -> None:
        """Let go of the file. What was not checkpointed stays in the journal."""
        self._reader.close()
        self._writer.close()

    # The cache of values read from the file: two generations, the older one forgotten when memory is due.

    def _cached(self, size: int) -> None:
        self._cached_bytes += size
        if self._cached_bytes * 2 > self._cache_bytes:
            self._cached_bytes = 0
            for records in self._records.values():
                records._older, records._younger = records._younger, {}

    def _all(self, question: str) -> list[Any]:
        return self._reader.execute(question).fetchall()


class FileObjects:
    """Few values, decoded in memory as a whole. `_changed` and `_frozen` hold their encoded form until it
    is in the file; None marks a deletion."""

    def __init__(self, maps: MapsFile) -> None:
        self._maps = maps
        self._values: SortedDict[str, Any] = SortedDict()
        self._changed: dict[str, bytes | None] = {}
        self._frozen: dict[str, bytes | None] = {}

    def get(self, key: str) -> Any | None:
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        encoded = ormsgpack.packb(value)  # at once: a value that is not plain data fails where it is written
        self._changed[key] = encoded
        self._values[key] = value
        self._maps.dirty_bytes += len(encoded) + ENTRY_BYTES

    def delete(self, key: str) -> None:
        if key in self._values:
            del self._values[key]
            self._changed[key] = None
            self._maps.dirty_bytes += ENTRY_BYTES

    def items(self) -> Iterator[tuple[str, Any]]:
        return iter(list(self._values.items()))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    def _freeze(self) -> None:
        self._frozen, self._changed = self._changed, {}


class FileRecords:
    """Many values, read through: the active layer, the frozen one, the cache, the file."""

    def __init__(self, maps: MapsFile, number: int) -> None:
        self._maps, self._number = maps, number
        self._in_file = False
        self._active = Layer()
        self._frozen: Layer | None = None
        self._younger: dict[bytes, bytes | None] = {}
        self._older: dict[bytes, bytes | None] = {}
        self._one = f'SELECT value FROM "records{number}" WHERE key=?'

    def get(self, key: bytes) -> bytes | None:
        value = self._active.values.get(key, _MISSING)
        if value is not _MISSING:
            return value
        if self._active.cleared:
            return None
        frozen = self._frozen
        if frozen is not None:
            value = frozen.values.get(key, _MISSING)
            if value is not _MISSING:
                return value
            if frozen.cleared:
                return None
        value = self._younger.get(key, _MISSING)
        return value if value is not _MISSING else self._fetch(key)

    def put(self, key: bytes, value: bytes) -> None:
        self._maps.dirty_bytes += len(value)
        if self._active.put(key, value):
            self._maps.dirty_bytes += len(key) + ENTRY_BYTES

    def delete(self, key: bytes) -> None:
        if self._active.put(key, None):
            self._maps.dirty_bytes += len(key) + ENTRY_BYTES

    def scan(
        self, start: bytes = b"", end: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end. The map may be written meanwhile: a key that was there all along is
        seen once; one that came or went may or may not be."""
        return scan(self._layers, start, end, reverse)

    def _layers(self) -> list[Any]:
        layers: list[Any] = [self._active.stretch]
        if self._active.cleared:
            return layers
        if self._frozen is not None:
            layers.insert(0, self._frozen.stretch)
            if self._frozen.cleared:
                return layers
        if self._in_file:
            layers.insert(0, self._stretch)
        return layers

    def _stretch(self, start: bytes, end: bytes | None, included: bool, reverse: bool, limit: int) -> Pairs:
        upper = "" if end is None else "AND key < ?"
        question = (
            f'SELECT key, value FROM "records{self._number}" WHERE key {">=" if included else ">"} ? {upper} '
            f"ORDER BY key {'DESC' if reverse else 'ASC'} LIMIT {limit}"
        )
        values = (start,) if end is None else (start, end)
        return self._maps._reader.execute(question, values).fetchall()

    def _fetch(self, key: bytes) -> bytes | None:
        value = self._older.get(key, _MISSING)
        if value is _MISSING:
            row = self._maps._reader.execute(self._one, (key,)).fetchone() if self._in_file else None
            value = None if row is None else row[0]
        self._younger[key] = value
        self._maps._cached(len(key) + len(value or b"") + ENTRY_BYTES)
        return value

    def _clear(self) -> None:
        self._active = Layer(cleared=True)

    def _freeze(self) -> None:
        if self._active:
            self._frozen, self._active = self._active, Layer()

    def _thaw(self) -> None:
        """The frozen layer is in the file: what the cache knows of its keys must be what it held."""
        assert self._frozen is not None
        if self._frozen.cleared:
            self._younger, self._older = {}, {}
        self._younger.update(self._frozen.values)
        size = sum(len(value or b"") for value in self._frozen.values.values())
        count = len(self._frozen.values)
        self._frozen = None
        self._maps._cached(size + count * (ENTRY_BYTES + 32))


def _connections(path: Path) -> Connections:
    """One to read and one to write. Raises DiskError."""
    try:
        reader, writer = _connect(path), _connect(path)
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("PRAGMA wal_autocheckpoint=0")  # `write_frozen` does it, at a better moment
        writer.executescript(TABLES)
        _check(path, reader)
        return reader, writer
    except sqlite3.DatabaseError as error:
        raise DiskError(f"{path} cannot be used: {_why(error, path)}.") from None


def _check(path: Path, connection: sqlite3.Connection) -> None:
    """Damaged pages are found now, not when somebody asks for what was on them; those of a large file would
    take too long to look at. Raises DiskError."""
    if path.stat().st_size <= LARGEST_CHECKED_BYTES:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise DiskError(f"{path} is damaged: {' '.join(found.split())}.")


def _why(error: sqlite3.Error, path: Path) -> str:
    """SQLite calls a full disk an I/O error when it is its shared memory that finds no room."""
    space = os.statvfs(path.parent)
    if isinstance(error, sqlite3.OperationalError) and space.f_bavail * space.f_frsize < SQLITE_NEEDS_BYTES:
        return "there is no space left on its disk"
    return str(error)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA cache_size=-16000")
    return connection


def _write_objects(write: sqlite3.Connection, name: str, changed: dict[str, bytes | None]) -> None:
    write.executemany(
        "INSERT OR REPLACE INTO objects VALUES(?, ?, ?)",
        [(name, key, value) for key, value in changed.items() if value is not None],
    )
    write.executemany(
        "DELETE FROM objects WHERE map=? AND key=?",
        [(name, key) for key, value in changed.items() if value is None],
    )


def _write_records(write: sqlite3.Connection, name: str, number: int, layer: Layer) -> None:
    table = f'"records{number}"'
    write.execute(f"CREATE TABLE IF NOT EXISTS {table}(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
    write.execute("INSERT OR IGNORE INTO maps VALUES(?, ?)", (name, number))
    if layer.cleared:
        write.execute(f"DELETE FROM {table}")
    values = layer.values
    keys = sorted(values)  # neighbours share a page of the file
    put = [part for key in keys if values[key] is not None for part in (key, values[key])]
    deleted = [key for key in keys if values[key] is None]
    for start in range(0, len(put), 2 * ROWS_AT_ONCE):
        part = put[start : start + 2 * ROWS_AT_ONCE]
        marks = ",".join(["(?,?)"] * (len(part) // 2))
        write.execute(f"INSERT OR REPLACE INTO {table} VALUES {marks}", part)
    for start in range(0, len(deleted), ROWS_AT_ONCE):
        chunk = deleted[start : start + ROWS_AT_ONCE]
        write.execute(f"DELETE FROM {table} WHERE key IN ({','.join('?' * len(chunk))})", chunk)
