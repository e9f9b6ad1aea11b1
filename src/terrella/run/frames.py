"""What travels on a link between places: frames of MessagePack, each after its length.

["hello", source]                    source -> target, first
["seen", number, 0.0]                target -> source: the newest change of yours that I have
["batch", after, upto, changes]      source -> target
["ack", upto, came]                  target -> source: safe on my disk; the newest of it came at that moment
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import ormsgpack

from ..region.replicate import Batch
from ..store.journal import Change

HEADER = struct.Struct("!I")
LONGEST = 256 << 20


class BadFrame(Exception):
    """What came is no frame of ours."""


class FrameReader:
    """Bytes to frames, whatever the pieces they arrive in."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[list[Any]]:
        """The frames that are now whole. Raises BadFrame."""
        self._buffer += data
        at, size = 0, len(self._buffer)
        try:
            while at + HEADER.size <= size:
                (length,) = HEADER.unpack_from(self._buffer, at)
                if length > LONGEST:
                    raise BadFrame(f"{length} bytes")
                end = at + HEADER.size + length
                if end > size:
                    break
                yield _unpacked(bytes(self._buffer[at + HEADER.size : end]))
                at = end
        finally:
            del self._buffer[:at]


def frame(*parts: Any) -> bytes:
    """One frame."""
    payload = ormsgpack.packb(parts)
    return HEADER.pack(len(payload)) + payload


def batch_frame(batch: Batch) -> bytes:
    return frame("batch", batch.after, batch.upto, [tuple(change) for change in batch.changes])


def batch_of(source: str, parts: list[Any]) -> Batch:
    """The batch a frame holds. Raises BadFrame."""
    try:
        _, after, upto, changes = parts
        return Batch(source, after, upto, tuple(Change._make((*fields, tuple(to))) for *fields, to in changes))
    except (TypeError, ValueError) as wrong:
        raise BadFrame(str(wrong)) from None


def _unpacked(payload: bytes) -> list[Any]:
    try:
        parts = ormsgpack.unpackb(payload)
    except ValueError as wrong:
        raise BadFrame(str(wrong)) from None
    if not isinstance(parts, list) or not parts:
        raise BadFrame("not a list")
    return parts
