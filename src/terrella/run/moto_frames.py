"""Frames on a local stream: four bytes of length, then one value packed by MessagePack."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import ormsgpack

LENGTH = 4
LONGEST = 1 << 30


class BadFrame(ConnectionError):
    """The other side does not speak in frames."""


def pack(value: Any) -> bytes:
    content = ormsgpack.packb(value)
    return len(content).to_bytes(LENGTH, "big") + content


def receive(connection: socket.socket) -> Any | None:
    """The next value of a blocking socket; None when the other side has closed."""
    head = _exactly(connection, LENGTH)
    if head is None:
        return None
    content = _exactly(connection, _length(head))
    return None if content is None else ormsgpack.unpackb(content)


async def read(reader: asyncio.StreamReader) -> Any:
    """The next value of a stream. asyncio.IncompleteReadError when it ends."""
    return ormsgpack.unpackb(await reader.readexactly(_length(await reader.readexactly(LENGTH))))


def _length(head: bytes) -> int:
    length = int.from_bytes(head, "big")
    if length > LONGEST:
        raise BadFrame(f"a frame of {length} bytes")
    return length


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts, missing = [], size
    while missing:
        part = connection.recv(min(missing, 1 << 20))
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
