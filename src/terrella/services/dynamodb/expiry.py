"""Which items expire when: an index in order of time, so that finding the expired costs what there are of them.

    dynamodb.expiry/TABLE     moment and key -> nothing

Invariant: once it is filled, it holds exactly the items whose attribute is a number that can be a moment.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import orjson

from ...store.maps import Maps
from . import records

TOO_OLD_S = 5 * 365 * 24 * 3600
"""What should have expired longer ago is taken for a mistake, and stays."""
LATEST_MOMENT = 1 << 62

_MOMENT = struct.Struct(">Q")


class Expiry:
    """The moments of one table's items."""

    __slots__ = ("_attribute", "_entries", "_needle")

    def __init__(self, attribute: str, maps: Maps, table: str) -> None:
        self._attribute, self._needle = attribute, orjson.dumps(attribute) + b":"
        self._entries = maps.records(expiry_map(table))

    def note(self, key: bytes, before: bytes | None, json: bytes) -> None:
        """An item has become something else, or nothing; for change functions."""
        was = self.moment(records.json_of(before)) if before is not None else None
        will = self.moment(json)
        if was is not None and was != will:
            self._entries.delete(_MOMENT.pack(was) + key)
        if will is not None:
            self._entries.put(_MOMENT.pack(will) + key, b"\x01")

    def moment(self, json: bytes) -> int | None:
        """When an item expires, in seconds since the epoch; None if it never does."""
        if self._needle not in json:
            return None  # most often told without taking it apart
        number = orjson.loads(json).get(self._attribute, {}).get("N")
        if number is None or number.startswith("-"):
            return None
        moment = int(number.partition(".")[0])
        return moment if 0 < moment < LATEST_MOMENT else None

    def expired(self, now: float) -> Iterator[tuple[int, bytes]]:
        """Moments that have passed, and the keys of their items."""
        start, end = _MOMENT.pack(max(int(now) - TOO_OLD_S, 0)), _MOMENT.pack(int(now))
        for entry, _ in self._entries.scan(start, end):
            yield _MOMENT.unpack_from(entry)[0], entry[_MOMENT.size :]


def expiry_map(table: str) -> str:
    """The name of the map that holds a table's moments."""
    return f"dynamodb.expiry/{table}"
