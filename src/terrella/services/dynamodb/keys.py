"""Primary keys: taking them from items, judging them, and turning them into bytes that sort as DynamoDB does.

The bytes of a key are: eight of a hash of the partition key, the partition key, the sort key. Partitions so
lie in an order that means nothing, as DynamoDB's do, a parallel scan's segments are ranges of the hash, and
within a partition bytes sort as sort keys do.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NoReturn

from ...core.errors import ValidationException
from . import numbers
from .errors import EmptyKeyException
from .values import INVALID, Item, Value, binary, kind_of

LONGEST_HASH, LONGEST_RANGE = 2048, 1024
HASH_BYTES = 8
NO_MATCH = "The provided key element does not match the schema"
HASH_TOO_LONG = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
RANGE_TOO_LONG = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"

_SHORT = LONGEST_RANGE // 4  # so many letters fit, whatever they are
_END = b"\x00\x01"  # below every escaped zero byte, so a value sorts before its own extensions


class KeySchema:
    """The names and types of a table's or an index's key attributes; `range` is None where there is none.

    A global index may have several of both, `hashes` and `ranges`; `hash` and `range` are the first of them.
    """

    __slots__ = ("_texts", "hash", "hash_type", "hashes", "names", "range", "range_type", "ranges", "types")

    def __init__(
        self,
        hash: str,
        hash_type: str,
        range: str | None = None,
        range_type: str | None = None,
        more_hashes: dict[str, str] | None = None,
        more_ranges: dict[str, str] | None = None,
    ) -> None:
        self.hash, self.hash_type, self.range, self.range_type = hash, hash_type, range, range_type
        self.hashes = {hash: hash_type, **(more_hashes or {})}
        self.ranges = {**({range: range_type} if range and range_type else {}), **(more_ranges or {})}
        self.types = {**self.hashes, **self.ranges}
        self.names = tuple(self.types)
        self._texts = (hash, range) if range is not None and hash_type == range_type == "S" else None

    def of_item(self, item: Item) -> bytes:
        """The key of an item that is to be written. ValidationException if it lacks or misfits one."""
        if self._texts is not None:
            found = _of_texts(item, *self._texts)
            if found is not None:
                return found
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
        if self._texts is not None:
            text_key = _of_texts(key, *self._texts)
            if text_key is not None:
                return text_key
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
        """The key of an item in an index; None if it lacks an attribute and so is not in it. What was written
        before the index was there may also be of another type or too long."""
        key = b""
        for name, kind in self.hashes.items():
            value = item.get(name)
            if value is None or kind not in value or value[kind] == "":
                return None
            key += sortable(value)
            if len(key) > LONGEST_HASH and _weight(value) > LONGEST_HASH:
                return None
        key = partition(key)
        for name, kind in self.ranges.items():
            value = item.get(name)
            if value is None or kind not in value or value[kind] == "":
                return None
            found = sortable(value)
            if len(found) > LONGEST_RANGE and _weight(value) > LONGEST_RANGE:
                return None
            key += found
        return key

    def pick(self, item: Item) -> Item:
        """The key attributes of an item."""
        return {name: item[name] for name in self.names}


def _of_texts(item: Item, hash: str, range: str) -> bytes | None:
    """The key of two short strings: the most common kind, and the same bytes in fewer steps. None for others."""
    try:
        first, second = item[hash]["S"], item[range]["S"]
    except KeyError:
        return None
    if not (first and second) or len(first) > _SHORT or len(second) > _SHORT or "\0" in first or "\0" in second:
        return None
    beginning = f"{first}\0\1".encode()
    return blake2b(beginning, digest_size=HASH_BYTES).digest() + beginning + f"{second}\0\1".encode()


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


def _weight(value: Value) -> int:
    return 1 if "N" in value else len(value["S"].encode() if "S" in value else binary(value["B"]))


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


def check_definition(item: Item, name: str, kind: str, index: str, longest: int = LONGEST_HASH) -> None:
    """An attribute that an index keys on must be of its type, not empty and not too long, wherever it is."""
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
        raise EmptyKeyException(
            "One or more parameter values are not valid. A value specified for a secondary index key is not "
            f"supported. The AttributeValue for a key attribute cannot contain an empty {what} value. "
            f"IndexName: {index}, IndexKey: {name}"
        )
    if kind != "N" and len(value[kind]) > longest // 4 and _weight(value) > longest:
        raise ValidationException(HASH_TOO_LONG if longest == LONGEST_HASH else RANGE_TOO_LONG)


def _judged(value: Value, kind: str, name: str, longest: int) -> bytes:
    """`sortable` of a value from outside, refused if it is empty or too long."""
    content: Any = value[kind]
    if kind == "N":
        return numbers.sortable(content)
    if not content:
        what = "string" if kind == "S" else "binary"
        raise EmptyKeyException(
            "One or more parameter values are not valid. "
            f"The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
        )
    content = content.encode() if kind == "S" else binary(content)
    if len(content) > longest:
        raise ValidationException(HASH_TOO_LONG if longest == LONGEST_HASH else RANGE_TOO_LONG)
    if b"\x00" in content:
        content = content.replace(b"\x00", b"\x00\xff")
    return content + _END


def _refuse_item(value: Value | None, name: str, kind: str) -> NoReturn:
    if value is None:
        raise ValidationException(f"{INVALID}Missing the key {name} in the item")
    raise ValidationException(
        f"{INVALID}Type mismatch for key {name} expected: {kind} actual: {kind_of(value)}"
    )
