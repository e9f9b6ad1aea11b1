"""What a member of a strongly consistent table keeps, and how what was agreed reaches the table.

    dynamodb.strong           group -> its members, and what Raft keeps: term, vote, how far entries are agreed
    dynamodb.strong/GROUP     index -> an entry that may not be on all members yet

Invariant: the table of a member holds exactly what the entries up to `agreed` make of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, NamedTuple, overload

import ormsgpack

from ....region.raft import Entry, Kept
from ....store.journal import Change
from ....store.maps import Records
from .. import streams, synchronised
from ..state import State, Table, service

Plain = dict[str, Any]

INDEX = struct.Struct(">Q")
NEWEST, NEWEST_BYTES = 512, 16 << 20  # entries that are kept in memory
SETTINGS = b""  # stands for the settings of the table where items stand by their keys


class Word(NamedTuple):
    """What an entry says. `write` has the writes, [key, JSON or nothing, size]; `altered` the settings of the table;
    `opened`: all members take part; `ended` has the one region that keeps the table."""

    kind: str
    id: str
    origin: str
    accepted: float
    body: Any


def pack(word: Word) -> bytes:
    """A word as the data of an entry."""
    return ormsgpack.packb(tuple(word))


def unpack(data: bytes) -> Word:
    return Word(*ormsgpack.unpackb(data))


def kept(state: State, group: str) -> Kept:
    """What is on disk of a group's Raft."""
    data = data_of(state, group)
    log = LogOnDisk(_log(state, group), data["base"])
    return Kept(data["term"], data["vote"], data["base"], data["base_term"], data["agreed"], log)


class LogOnDisk:
    """The entries of a group. The newest are in memory, also those that are yet to be saved; what a region lacks that
    was lost long ago is read when it is sent."""

    def __init__(self, records: Records, base: int) -> None:
        self._records, self._first = records, base + 1
        self._tail: list[Entry] = []
        self._bytes = self._length = 0
        for key, value in records.scan(reverse=True):
            self._length = self._length or INDEX.unpack(key)[0] - base
            self._tail.append(_entry(value))
            self._bytes += _size(self._tail[-1])
            if len(self._tail) >= NEWEST or self._bytes >= NEWEST_BYTES:
                break
        self._tail.reverse()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> list[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | list[Entry]:
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, stop, _ = place.indices(self._length)
        before = self._length - len(self._tail)
        if start >= before:
            return self._tail[start - before : stop - before]
        first, end = INDEX.pack(self._first + start), INDEX.pack(self._first + min(stop, before))
        return [_entry(value) for _, value in self._records.scan(first, end)] + self._tail[: max(stop - before, 0)]

    def __delitem__(self, place: slice) -> None:
        """Entries from the beginning on, up to a place; or from a place on, to the end."""
        start, stop, _ = place.indices(self._length)
        before = self._length - len(self._tail)
        if place.start is None:
            self._first += stop
            self._length -= stop
            self._forget(max(stop - before, 0))
        else:
            del self._tail[max(start - before, 0) :]
            self._bytes, self._length = sum(map(_size, self._tail)), start

    def extend(self, entries: Iterable[Entry]) -> None:
        """Append what will be saved before anything else is appended."""
        new = list(entries)
        self._tail += new
        self._length += len(new)
        self._bytes += sum(map(_size, new))
        if len(self._tail) > 2 * NEWEST:
            self._forget(len(self._tail) - NEWEST)
        while self._bytes > NEWEST_BYTES and len(self._tail) > len(new):
            self._forget(1)

    def _forget(self, count: int) -> None:
        self._bytes -= sum(map(_size, self._tail[:count]))
        del self._tail[:count]


@service.change
def group_voted(state: State, change: Change, group: str, term: int, vote: str | None) -> None:
    _put(state, group, term=term, vote=vote)


@service.change
def entries_appended(state: State, change: Change, group: str, after: int, entries: list[list[Any]]) -> None:
    """Entries stand after an index, and nothing else does."""
    log = _log(state, group)
    for key, _ in list(log.scan(INDEX.pack(after + 1))):
        log.delete(key)
    for number, entry in enumerate(entries, after + 1):
        log.put(INDEX.pack(number), ormsgpack.packb(entry))


@service.change
def entries_agreed(state: State, change: Change, group: str, upto: int) -> list[Word]:
    """What a majority has counts. Returns what that was."""
    words = []
    agreed = data_of(state, group)["agreed"]
    for _, value in list(_log(state, group).scan(INDEX.pack(agreed + 1), INDEX.pack(upto + 1))):
        data = ormsgpack.unpackb(value)[1]
        if data is not None:
            words.append(unpack(data))
            _follow(state, change, group, words[-1])
    _put(state, group, agreed=upto)
    return words


@service.change
def entries_dropped(state: State, change: Change, group: str, upto: int, term: int) -> None:
    """All members have these."""
    log = _log(state, group)
    for key, _ in list(log.scan(b"", INDEX.pack(upto + 1))):
        log.delete(key)
    _put(state, group, base=upto, base_term=term)


@service.change
def group_closed(
    state: State, change: Change, group: str, keeper: str, gone_at: float, to: list[str]
) -> None:
    """The table ends to be one of three regions: one keeps it for itself."""
    data = state.strong_groups.get(group)
    if data is None:
        return
    table = table_of(state, group)
    if table is not None and table.region == keeper:
        state.alter(table, strong=None, active_at=min(table.data["active_at"], change.time))
    elif table is not None:
        state.drop(table, gone_at)
        streams.follow(state, change, table.name)
    state.maps.drop(log_map(group))
    state.strong_groups.delete(group)


def table_of(state: State, group: str) -> Table | None:
    """The table a group agrees on, where it is held."""
    data = state.strong_groups.get(group)
    table = state.known(data["table"]) if data is not None else None
    return table if table is not None and table.strong is not None and table.strong["group"] == group else None


def data_of(state: State, group: str) -> Plain:
    """The plain data of a group that is there."""
    data: Plain | None = state.strong_groups.get(group)
    assert data is not None, "a group is there until it is closed"
    return data


def log_map(group: str) -> str:
    """The name of the map that holds a group's entries."""
    return f"dynamodb.strong/{group}"


def _follow(state: State, change: Change, group: str, word: Word) -> None:
    table = table_of(state, group)
    if word.kind == "ended":
        _put(state, group, ended=word.body)
    elif word.kind == "opened":
        _put(state, group, opened=True)
        if table is not None:
            strong = {**(table.strong or {}), "opened": True}
            state.alter(table, strong=strong, active_at=min(table.data["active_at"], max(change.time, strong["at"])))
    elif word.kind == "altered" and table is not None:
        _alter(state, table, word)
    elif table is not None:
        for key, json, size in word.body:
            table.keep(key, (word.accepted, word.origin), json, size, change.time)


def _alter(state: State, table: Table, word: Word) -> None:
    """Settings, and what replicas have otherwise; whichever was altered last counts (synchronised.py)."""
    stamp, body = [word.accepted, word.origin], word.body
    given = {
        region: {"settings": {**overrides_of(table, region), **settings}, "settings_stamp": stamp}
        for region, settings in body["overrides"].items()
    }
    assert table.strong is not None, "it is one of three"
    strong = {**table.strong, "overrides": {**table.strong.get("overrides", {}), **given}}
    stamps = {**table.data["stamps"], **dict.fromkeys(body["about"], stamp)}
    times = {"updated_until": body["updated_until"], "indexed_at": body["indexed_at"]}
    synchronised.altered(state, table, body["about"], {"stamps": stamps, "strong": strong}, **times)


def overrides_of(table: Table, region: str) -> Plain:
    """What one of the three has otherwise."""
    overrides = (table.strong or {}).get("overrides", {})
    found: Plain = overrides.get(region, {}).get("settings", {})
    return found


def _entry(record: bytes) -> Entry:
    return Entry(*ormsgpack.unpackb(record))


def _size(entry: Entry) -> int:
    return len(entry.data or b"")


def _put(state: State, group: str, **data: Any) -> None:
    state.strong_groups.put(group, {**data_of(state, group), **data})


def _log(state: State, group: str) -> Records:
    return state.maps.records(log_map(group))
