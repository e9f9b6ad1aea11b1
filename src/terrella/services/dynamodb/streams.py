"""Streams: what changed in a table, in order, for a day.

    dynamodb.streams              TABLE/LABEL -> {"table", "arn", "label", "view", "keys", "opened_at", "ended_at",
                                  "shards", "next"}
    dynamodb.stream/TABLE/LABEL   shard and number -> record (stream_records.py)

A stream counts its records; that number, behind one that tells when the stream began, is the sequence number.
Each shard has a range of partition keys and is closed when it has been open for four hours, or in two when it
takes more than a partition can. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html

Invariant: within a shard records lie in the order in which they were applied, and all records of one
partition key are in shards that descend from one another.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ...core.errors import ValidationException
from ...store.journal import Change
from ...store.maps import Maps, Records
from . import stream_records
from .throttling import Bucket
from .values import INVALID

if TYPE_CHECKING:
    from .state import State, Table

Plain = dict[str, Any]

RETENTION_S = 24 * 3600.0
SHARD_S = 4 * 3600.0
PARTITION_WRITES_PER_S = 1000.0
DESCRIBED_PER_S = 10.0
PLACES = 1 << 16  # the first two bytes of a key are of a hash: its place

_KEY = struct.Struct(">IQ")


class Stream:
    """A stream with what is derived from it at hand."""

    __slots__ = ("_ranges", "both", "data", "described", "next", "old_first", "records")

    def __init__(self, data: Plain, maps: Maps) -> None:
        self.records: Records = maps.records(map_of(data))
        self.both = data["view"] == "NEW_AND_OLD_IMAGES"
        self.old_first = data["view"] == "OLD_IMAGE"
        self.described = Bucket(DESCRIBED_PER_S)
        self.next = 0
        self.renew(data)
        for shard in data["shards"]:
            start, end = _KEY.pack(shard["number"], 0), _KEY.pack(shard["number"] + 1, 0)
            for key, _ in self.records.scan(start, end, reverse=True):
                self.next = max(self.next, _KEY.unpack(key)[1] + 1)
                break

    def renew(self, data: Plain) -> None:
        """Take new plain data; for change functions."""
        self.data = data
        self.next = max(self.next, data["next"])
        self._ranges = [
            (each["low"], each["high"], each["number"]) for each in data["shards"] if each["last"] is None
        ]

    def tell(
        self, key: bytes, before: bytes | None, json: bytes, size: int, at: float, expired: bool
    ) -> None:
        """Add what became of an item, unless it is as it was; for change functions."""
        record = stream_records.pack(before, json, size, at, expired, self.both, self.old_first)
        if record is not None:
            place = (key[0] << 8) + key[1]
            for low, high, number in self._ranges:
                if low <= place < high:
                    self.records.put(_KEY.pack(number, self.next), record)
                    self.next += 1
                    return

    def read(self, shard: int, first: int) -> Any:
        """(number, record) pairs of a shard, from a number on."""
        end = _KEY.pack(shard + 1, 0)
        for key, record in self.records.scan(_KEY.pack(shard, first), end):
            yield _KEY.unpack(key)[1], record

    def forget(self, shard: int, before: int) -> None:
        """Drop the records of a shard before a number; for change functions."""
        start, end = _KEY.pack(shard, 0), _KEY.pack(shard, before)
        for key in [key for key, _ in self.records.scan(start, end)]:
            self.records.delete(key)

    def shard(self, shard_id: str) -> Plain | None:
        """The shard of that id."""
        return next((each for each in self.data["shards"] if each["id"] == shard_id), None)

    def sequence_number(self, number: int) -> str:
        """The number of a record as it is told: it grows, and has no end within sight."""
        return f"{int(self.data['opened_at'] // 60):08d}{number:020d}"

    def number(self, sequence_number: str) -> int | None:
        """What `sequence_number` was made of; None if it is none of this stream."""
        known = self.sequence_number(0)[:8]
        right = len(sequence_number) == 28 and sequence_number.isdigit() and sequence_number.startswith(known)
        return int(sequence_number[8:]) if right else None


def check_specification(wanted: Plain | None) -> None:
    """A stream has a view, and no stream has none. ValidationException."""
    if wanted is None:
        return
    if wanted.get("StreamEnabled") and not wanted.get("StreamViewType"):
        raise ValidationException(f"{INVALID}If stream is being enabled then UpdateViewType is required")
    if not wanted.get("StreamEnabled") and wanted.get("StreamViewType"):
        raise ValidationException(
            f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified"
        )


def follow(state: State, change: Change, name: str) -> None:
    """Open or end the stream of a table as its description now wants it; for change functions."""
    table, stream = state.known(name), state.open_streams.get(name)
    wanted = table.about.get("StreamSpecification") if table is not None else None
    if stream is not None and not wanted:
        _end(state, stream, change.time)
        if table is not None:
            state.alter(table)
    elif stream is None and wanted and table is not None:
        label = state.put_stream(_new(table, wanted["StreamViewType"], change)).data["label"]
        state.alter(table, stream_label=label)


def _end(state: State, stream: Stream, at: float) -> None:
    shards, following = stream.data["shards"], stream.next
    for shard in shards:
        if shard["last"] is None:
            shards = closed(shards, shard["number"], following, at)
    state.put_stream({**stream.data, "shards": shards, "ended_at": at, "next": following + 1})


def _new(table: Table, view: str, change: Change) -> Plain:
    label = stream_records.label_of(change.time)
    data: Plain = {
        "table": table.name,
        "arn": f"{table.about['TableArn']}/stream/{label}",
        "label": label,
        "view": view,
        "keys": table.about["KeySchema"],
        "opened_at": change.time,
        "ended_at": None,
        "next": 1,
    }
    return {**data, "shards": [_shard(data, 0, None, 0, PLACES, 1, change.time)]}


def rolled(data: Plain, number: int, following: int, split: bool, at: float) -> Plain:
    """The data of a stream one of whose shards is followed by another, or by two."""
    parent = next(each for each in data["shards"] if each["number"] == number)
    shards = closed(data["shards"], number, following, at)
    low, high = parent["low"], parent["high"]
    middle = (low + high) // 2
    ranges = [(low, middle), (middle, high)] if split and middle > low else [(low, high)]
    for start, end in ranges:
        newest = shards[-1]["number"] + 1
        shards = [*shards, _shard(data, newest, parent["id"], start, end, following + 1, at)]
    return {**data, "shards": shards, "next": following + 1}


def closed(shards: list[Plain], number: int, last: int, at: float) -> list[Plain]:
    """The shards, one of them closed. `last` is a number no record has: it ends the range."""
    return [{**each, "last": last, "closed_at": at} if each["number"] == number else each for each in shards]


def _shard(data: Plain, number: int, parent: str | None, low: int, high: int, first: int, at: float) -> Plain:
    mark = blake2b(f"{data['arn']} {number}".encode(), digest_size=4).hexdigest()
    return {
        "number": number,
        "id": f"shardId-{int(at * 1000):020d}-{mark}",
        "parent": parent,
        "low": low,
        "high": high,
        "first": first,  # the first number it can have
        "last": None,
        "kept": first,  # everything before was trimmed
        "opened_at": at,
        "closed_at": None,
    }


def map_of(data: Plain) -> str:
    """The name of the map that holds a stream's records."""
    return f"dynamodb.stream/{id_of(data)}"


def id_of(data: Plain) -> str:
    return f"{data['table']}/{data['label']}"
