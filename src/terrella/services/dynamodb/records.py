"""How an item rests in its map: when and where it was written, what it weighs, and its JSON as answered.

A record without JSON is a tombstone: the item was deleted at that moment. Records of replicated tables
compare by their stamps, and the later one stays (developer guide, "Global tables: how it works").
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import orjson

Stamp = tuple[float, str]
"""When a write was accepted, and the region that accepted it: the order of last writer wins."""

_HEAD = struct.Struct("<dIB")
_PLAIN = _HEAD.size


class Record(NamedTuple):
    """A record taken apart; `json` is empty for a tombstone."""

    stamp: Stamp
    size: int
    json: bytes


def pack(accepted: float, origin: str, size: int, json: bytes) -> bytes:
    """The bytes of a record."""
    place = origin.encode()
    return _HEAD.pack(accepted, size, len(place)) + place + json


def unpack(record: bytes) -> Record:
    """A record from its bytes."""
    accepted, size, length = _HEAD.unpack_from(record)
    start = _PLAIN + length
    return Record((accepted, record[_PLAIN:start].decode()), size, record[start:])


def json_from(item: dict[str, Any]) -> bytes:
    """An item's JSON in memory of its own size: what orjson returns holds on to a buffer of kilobytes."""
    return b"%b" % orjson.dumps(item)


def json_of(record: bytes) -> bytes:
    """The item's JSON, empty for a tombstone."""
    return record[_PLAIN + record[_PLAIN - 1] :]


def size_of(record: bytes) -> int:
    """What the item weighs."""
    return int.from_bytes(record[8:12], "little")


def item_of(record: bytes | None) -> dict[str, Any] | None:
    """The item, None for no record and for a tombstone."""
    if record is None:
        return None
    json = json_of(record)
    return orjson.loads(json) if json else None
