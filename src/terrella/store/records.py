"""How a change looks as bytes in a journal file: its length, a checksum, then the change in MessagePack.

Each record also says how far the journal was already safe when it was written. That tells a tail torn by a
crash (nobody was ever promised what it held) from damage to acknowledged changes: only then does a later
record claim that the broken one had been safe.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from ormsgpack import packb, unpackb

from .journal import Change

HEADER = struct.Struct("<II")  # length and CRC-32 of what follows
LONGEST = 64 << 20
_head, _header = HEADER.pack, HEADER.unpack_from
_FIRST_BYTE = b"\x9a"  # MessagePack's mark of a list of ten: nine fields of a change and `safe`


class Damaged(Exception):
    """No whole record stands at this offset."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"no whole record at offset {offset}")
        self.offset = offset


class Record(NamedTuple):
    """One change read back, how far the journal was safe when it was written, and where the next begins."""

    change: Change
    safe: int
    end: int


def frame(change: Change, safe: int) -> bytes:
    """The bytes of one record. Raises TypeError (or a subclass) when the body is not plain data."""
    payload = packb(change + (safe,))  # noqa: RUF005 - half the time
    return _head(len(payload), crc32(payload)) + payload


def record_at(data: bytes, offset: int) -> Record:
    """The record that begins there. Raises Damaged."""
    start = offset + HEADER.size
    if start > len(data):
        raise Damaged(offset)
    length, checksum = _header(data, offset)
    end = start + length
    payload = data[start:end]
    if len(payload) != length or not 0 < length <= LONGEST or crc32(payload) != checksum:
        raise Damaged(offset)
    if payload[:1] != _FIRST_BYTE:
        raise Damaged(offset)
    *fields, to, safe = unpackb(payload)
    return Record(Change._make((*fields, tuple(to))), safe, end)


def records(data: bytes, offset: int = 0) -> Iterator[Record]:
    """Every record from there to the end of the data. Raises Damaged where one is not whole."""
    while offset < len(data):
        record = record_at(data, offset)
        yield record
        offset = record.end


def offsets(data: bytes, offset: int = 0) -> Iterator[int]:
    """Where each record begins, by lengths alone; content is not checked. Raises Damaged."""
    while offset < len(data):
        if offset + HEADER.size > len(data):
            raise Damaged(offset)
        length, _ = HEADER.unpack_from(data, offset)
        if not 0 < length <= LONGEST or offset + HEADER.size + length > len(data):
            raise Damaged(offset)
        yield offset
        offset += HEADER.size + length


def promised_after(data: bytes, offset: int, seq: int) -> bool:
    """Whether a whole record beyond a damaged one says that change `seq` had been safe on disk."""
    at = data.find(_FIRST_BYTE, offset + HEADER.size)
    while at >= 0:
        try:
            if record_at(data, at - HEADER.size).safe >= seq:
                return True
        except (Damaged, ValueError, TypeError):
            pass  # a byte that only looks like a beginning
        at = data.find(_FIRST_BYTE, at + 1)
    return False
