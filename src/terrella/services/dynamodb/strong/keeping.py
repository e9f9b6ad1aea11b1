"""What a member of a strongly consistent table keeps, and how what was agreed reaches the table.

    dynamodb.strong           group -> its members, and what Raft keeps: term, vote, how far entries are agreed
    dynamodb.strong/GROUP     index -> an entry that may not be on all members yet

Invariant: the table of a member holds exactly what the entries up to `agreed` make of it.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import ormsgpack

from ....region.raft import Entry, Kept
from ....store.journal import Change
from .. import streams
from ..state import State, Table, service

Plain = dict[str, Any]

INDEX = struct.Struct(">Q")


class Word(NamedTuple):
    """What an entry says. `write` has the writes, [key, JSON or nothing, size]; `opened`: all members take part;
    `ended` has the one region that keeps the table."""

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
    log = [Entry(*ormsgpack.unpackb(value)) for _, value in _log(state, group).scan()]
    return Kept(data["term"], data["vote"], data["base"], data["base_term"], data["agreed"], log)


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
    elif table is not None:
        for key, json, size in word.body:
            table.keep(key, (word.accepted, word.origin), json, size, change.time)


def _put(state: State, group: str, **data: Any) -> None:
    state.strong_groups.put(group, {**data_of(state, group), **data})


def _log(state: State, group: str) -> Any:
    return state.maps.records(log_map(group))
