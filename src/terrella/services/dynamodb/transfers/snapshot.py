"""A table as it was at a moment, and what became of its items between two: read a portion at a time, while it goes on
being written. What point-in-time recovery keeps of every write makes up for what was written since.

Invariant: portions read at different times, one after the other, are of one and the same moment.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from ....store.maps import Records
from .. import keys, records
from ..state import TIME, Table

MOMENT = TIME.size
MOST_LOOKED_AT = 64
MOST_KEYS, MOST_BYTES = 250, 128 * 1024

Kept = tuple[float, bytes]
"""When a key was written, and the record that was replaced, b"" if there was none."""


T = TypeVar("T")
Portion = tuple[list[tuple[bytes, T]], bytes | None]
"""What was found of the next keys, and where to go on, None at the end."""


@dataclass(slots=True)
class Changed:
    """What became of an item: its records before and after, b"" for none, and when it was last written."""

    before: bytes
    after: bytes
    written_at: float


def as_of(table: Table, at: float, start: bytes, end: bytes | None) -> Portion[bytes]:
    """Keys and the records they had at a moment, in order of keys; those without an item are left out."""
    assert table.history is not None
    found: dict[bytes, bytes] = {}
    weight, edge = 0, end
    for key, record in table.items.scan(start, end):
        found[key] = record
        weight += len(record)
        if len(found) == MOST_KEYS or weight >= MOST_BYTES:
            edge = keys.after(key)
            break
    kept, following = _kept_within(table.history, start, edge)
    if following is None and edge != end:
        following = edge
    next_after = math.nextafter(at, math.inf)
    for key, entries in kept:
        if entries is None:
            later = _first(table.history, key, next_after)
        else:
            later = next((each for each in entries if each[0] > at), None)
        if later is not None:
            found[key] = later[1]
    known = sorted(found.items())
    return [each for each in known if _has_item(each[1]) and (following is None or each[0] < following)], following


def between(table: Table, since: float, until: float, start: bytes, end: bytes | None) -> Portion[Changed]:
    """Keys that were written from a moment on and before another, and what became of them, in order of keys."""
    history = table.history
    assert history is not None
    kept, following = _kept_within(history, start, end)
    found = []
    for key, entries in kept:
        if entries is None:
            first, last = (_first(history, key, since, until, last=which) for which in (False, True))
            later = _first(history, key, until)
        else:
            within = [each for each in entries if since <= each[0] < until]
            first, last = (within[0], within[-1]) if within else (None, None)
            later = next((each for each in entries if each[0] >= until), None)
        if first is not None and last is not None:
            after = later[1] if later is not None else table.items.get(key) or b""
            if _has_item(first[1]) or _has_item(after):
                found.append((key, Changed(first[1], after, last[0])))
    return found, following


def _kept_within(
    history: Records, start: bytes, end: bytes | None
) -> tuple[list[tuple[bytes, list[Kept] | None]], bytes | None]:
    """What is kept of as many keys as are looked at at once, and where to go on."""
    found, weight = [], 0
    for key, entries in _kept(history, start, end):
        found.append((key, entries))
        weight += sum(len(was) for _, was in entries or ())
        if len(found) == MOST_KEYS or weight >= MOST_BYTES:
            return found, keys.after(key)
    return found, None


def _kept(history: Records, start: bytes, end: bytes | None) -> Iterator[tuple[bytes, list[Kept] | None]]:
    """What is kept of every key, in order of time; None where that is too much to look through. Keys are never the
    beginning of one another, so what is kept of one lies together."""
    following: bytes | None = start
    while following is not None:
        key, kept = b"", list[Kept]()
        scan, following = history.scan(following, end), None
        for place, was in scan:
            if place[:-MOMENT] != key:
                if kept:
                    yield key, kept
                key, kept = place[:-MOMENT], []
            if len(kept) == MOST_LOOKED_AT:
                following = keys.after(key)  # a new scan, past all the others
                break
            kept.append((TIME.unpack_from(place, len(place) - MOMENT)[0], was[1:]))
        if kept:
            yield key, kept if following is None else None


def _first(history: Records, key: bytes, since: float, until: float | None = None, last: bool = False) -> Kept | None:
    """What was replaced by the first, or the last, write of a key from a moment on and before another."""
    end = keys.after(key) if until is None else key + TIME.pack(until)
    for place, was in history.scan(key + TIME.pack(since), end, reverse=last):
        return TIME.unpack_from(place, len(place) - MOMENT)[0], was[1:]
    return None


def _has_item(record: bytes) -> bool:
    return bool(record) and bool(records.json_of(record))
