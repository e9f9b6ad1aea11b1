"""Bodies on their way through: read as one side framed them, written as the other wants them, never kept whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from ...wire.http_head import CHUNKED, TO_THE_END, BadHead, chunk_size

PIECE = 64 << 10
END = b"0\r\n\r\n"


class TooLong(Exception):
    """The body is longer than may be."""


async def pieces(reader: asyncio.StreamReader, body: int) -> AsyncIterator[bytes]:
    """A body as it arrives. Raises BadHead, IncompleteReadError."""
    if body == CHUNKED:
        async for piece in _chunks(reader):
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
    reader: asyncio.StreamReader, body: int, writer: asyncio.StreamWriter, chunked: bool, alive: Callable[[], None]
) -> None:
    """Pass a body on; `alive` is called for every piece."""
    async for piece in pieces(reader, body):
        alive()
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        await writer.drain()
    if chunked:
        writer.write(END)
        await writer.drain()


async def whole(reader: asyncio.StreamReader, body: int, most: int) -> bytes:
    """A body in one piece. Raises TooLong, BadHead, IncompleteReadError."""
    found = bytearray()
    async for piece in pieces(reader, body):
        found += piece
        if len(found) > most:
            raise TooLong
    return bytes(found)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
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
    while (await reader.readuntil(b"\n")).strip():
        pass  # trailers are dropped, as RFC 9110 section 6.5.1 allows
