"""Primary keys: taking them from items, judging them, and turning them into bytes that sort as DynamoDB does.

The bytes of a key are: eight of a hash of the partition key, the partition key, the sort key. Partitions so
lie in an order that means nothing, as DynamoDB's do, a parallel scan's segments are ranges of the hash, and
within a partition bytes sort as sort keys do.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from ...core.errors import ValidationException
from . import numbers
from .values import INVALID, Item, Value, binary, kind_of

LONGEST_HASH, LONGEST_RANGE = 2048, 1024
HASH_BYTES = 8
NO_MATCH = "The provided key element does not match the schema"
HASH_TOO_LONG = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
RANGE_TOO_LONG = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"

_END = b"\x00\x01"  # below every escaped zero byte, so a value sorts before its own extensions


class KeySchema:
    """The names and types of a table's or an index's key attributes; `range` is None where there is none."""

    __slots__ = ("hash", "hash_type", "names", "range", "range_type")

    def __init__(
        self, hash: str, hash_type: str, range: str | None = None, range_type: str | None = None
    ) -> None:
        self.hash, self.hash_type, self.range, self.range_type = hash, hash_type, range, range_type
        self.names = (hash,) if range is None else (hash, range)

    def of_item(self, item: Item) -> bytes:
        """The key of an item that is to be written. ValidationException if it lacks or misfits one."""
        value = item.get(self.hash)
        if value is None or self.hash_type not in value:
            _refuse_item(value, self.hash, self.hash_type)
        key = partition(_judged(value, self.hash_type, self.hash, LONGEST_HASH))
        if self.range is None or self.range_type is None:
            return key
        value = item.get(self.range)
        if value is None or self.range_type not in value:
            _refuse_item(value, self.range, self.range_type)
        return key + _judged(value, self.range_type, self.range, LONGEST_RANGE)

    def of_key(self, key: Item) -> bytes:
        """The bytes of a key given as `Key`: these attributes and no others."""
        if len(key) != len(self.names):
            raise ValidationException(NO_MATCH)
        value = key.get(self.hash)
        if value is None or self.hash_type not in value:
            raise ValidationException(NO_MATCH)
        found = partition(_judged(value, self.hash_type, self.hash, LONGEST_HASH))
        if self.range is None or self.range_type is None:
            return found
        value = key.get(self.range)
        if value is None or self.range_type not in value:
            raise ValidationException(NO_MATCH)
        return found + _judged(value, self.range_type, self.range, LONGEST_RANGE)

    def of_index(self, item: Item) -> bytes | None:
        """The key of an item in an index; None if it lacks an attribute and so is not in it."""
        if self.hash not in item:
            return None
        key = partition(sortable(item[self.hash]))
        if self.range is None:
            return key
        return key + sortable(item[self.range]) if self.range in item else None

    def pick(self, item: Item) -> Item:
        """The key attributes of an item."""
        return {name: item[name] for name in self.names}


def sortable(value: Value) -> bytes:
    """Bytes of a key attribute that sort as its values do, none of them the beginning of another's."""
    kind = kind_of(value)
    if kind == "N":
        return numbers.sortable(value["N"])
    return beginning(value) + _END


def beginning(value: Value) -> bytes:
    """What the bytes of every string or binary that begins with this one begin with."""
    content: bytes = value["S"].encode() if "S" in value else binary(value["B"])
    return content.replace(b"\x00", b"\x00\xff") if b"\x00" in content else content


def partition(sortable_hash: bytes) -> bytes:
    """What the bytes of all keys of one partition begin with."""
    return blake2b(sortable_hash, digest_size=HASH_BYTES).digest() + sortable_hash


def segment(number: int, total: int) -> tuple[bytes, bytes | None]:
    """The first key of one of `total` parts of all keys, and the first after it (None: no end)."""
    edge = 1 << (8 * HASH_BYTES)
    start, end = number * edge // total, (number + 1) * edge // total
    return start.to_bytes(HASH_BYTES, "big"), None if end == edge else end.to_bytes(HASH_BYTES, "big")


def after(prefix: bytes) -> bytes | None:
    """The first bytes that sort after everything with this beginning; None if there are none."""
    trimmed = prefix.rstrip(b"\xff")
    return trimmed[:-1] + bytes((trimmed[-1] + 1,)) if trimmed else None


def check_definition(item: Item, name: str, kind: str, index: str) -> None:
    """An attribute that an index keys on must be of its type, and not empty, wherever it is present."""
    value = item.get(name)
    if value is None:
        return
    if kind not in value:
        raise ValidationException(
            f"{INVALID}Type mismatch for Index Key {name} Expected: {kind} Actual: {kind_of(value)} "
            f"IndexName: {index}"
        )
    if value[kind] == "":
        what = "string" if kind == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
            f"supported. The AttributeValue for a key attribute cannot contain an empty {what} value. "
            f"IndexName: {index}, IndexKey: {name}"
        )


def _judged(value: Value, kind: str, name: str, longest: int) -> bytes:
    """`sortable` of a value from outside, refused if it is empty or too long."""
    content: Any = value[kind]
    if kind == "N":
        return numbers.sortable(content)
    if not content:
        what = "string" if kind == "S" else "binary"
        raise ValidationException(
            "One or more parameter values are not valid. "
            f"The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
        )
    content = content.encode() if kind == "S" else binary(content)
    if len(content) > longest:
        raise ValidationException(HASH_TOO_LONG if longest == LONGEST_HASH else RANGE_TOO_LONG)
    if b"\x00" in content:
        content = content.replace(b"\x00", b"\x00\xff")
    return content + _END  # type: ignore[no-any-return]


def _refuse_item(value: Value | None, name: str, kind: str) -> None:
    if value is None:
        raise ValidationException(f"{INVALID}Missing the key {name} in the item")
    raise ValidationException(
        f"{INVALID}Type mismatch for key {name} expected: {kind} actual: {kind_of(value)}"
    )
