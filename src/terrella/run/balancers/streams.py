"""Bodies on their way through: read as one side framed them, written as the other wants them, never kept whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from ...wire.http_head import (
    CHUNKED,
    LONGEST_LINE,
    TO_THE_END,
    BadHead,
    Headers,
    chunk_size,
    read_trailers,
    write_trailers,
)

PIECE = 64 << 10
END = b"0\r\n\r\n"


class TooLong(Exception):
    """The body is longer than may be."""


async def pieces(reader: asyncio.StreamReader, body: int, trailers: Headers | None = None) -> AsyncIterator[bytes]:
    """A body as it arrives; what follows it is added to `trailers`. Raises BadHead, IncompleteReadError."""
    if body == CHUNKED:
        async for piece in _chunks(reader, trailers):
            yield piece
    elif body == TO_THE_END:
        while piece := await reader.read(PIECE):
            yield piece
    else:
        while body > 0:
            piece = await reader.read(min(body, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", body)
            body -= len(piece)
            yield piece


async def pump(
    body: AsyncIterator[bytes], writer: asyncio.StreamWriter, chunked: bool, trailers: Callable[[], Headers]
) -> None:
    """Pass a body on, in chunks with what follows them, or bare."""
    async for piece in body:
        writer.write(chunk(piece) if chunked else piece)
        await writer.drain()
    if chunked:
        writer.write(b"0\r\n" + write_trailers(trailers()) + b"\r\n")
        await writer.drain()


async def whole(body: AsyncIterator[bytes], most: int) -> bytes:
    """A body in one piece. Raises TooLong, BadHead, IncompleteReadError."""
    found = bytearray()
    async for piece in body:
        found += piece
        if len(found) > most:
            raise TooLong
    return bytes(found)


def chunk(piece: bytes) -> bytes:
    """A piece as one chunk (RFC 9112 section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


async def _chunks(reader: asyncio.StreamReader, trailers: Headers | None) -> AsyncIterator[bytes]:
    while True:
        left = chunk_size(await reader.readuntil(b"\n"))
        if not left:
            break
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise asyncio.IncompleteReadError(b"", left)
            left -= len(piece)
            yield piece
        if await reader.readexactly(2) != b"\r\n":
            raise BadHead(400, "a chunk ends with a line break")
    lines, size = [], 0
    while (line := await reader.readuntil(b"\n")).strip():
        size += len(line)
        if size > LONGEST_LINE:
            raise BadHead(400, "too much follows a body")
        lines.append(line)
    if trailers is not None:
        trailers += read_trailers(b"".join(lines))
