"""Bytes both ways between a client and a server, until both have ended or nothing has moved for too long."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from .streams import PIECE

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Passed:
    """Bytes that came from the client and from the server, when the last did, and who of the two reset its
    connection: Client, Target, or nobody."""

    there: int = 0
    back: int = 0
    last: float = 0.0
    reset: str = ""


async def tunnel(client: Line, server: Line, idle_s: float, passed: Passed) -> None:
    """Be a tunnel, and tell `passed` what went through. Both connections are closed at the end."""
    loop = asyncio.get_running_loop()
    passed.last = loop.time()

    async def idle() -> None:
        while (left := passed.last + idle_s - loop.time()) > 0:
            await asyncio.sleep(left)

    ways = asyncio.gather(_one_way(client[0], server[1], passed, True), _one_way(server[0], client[1], passed, False))
    watch = asyncio.ensure_future(idle())
    try:
        await asyncio.wait((ways, watch), return_when=asyncio.FIRST_COMPLETED)
    finally:
        watch.cancel()
        ways.cancel()
        with suppress(OSError, asyncio.CancelledError):
            await ways
        for _, writer in (client, server):
            with suppress(RuntimeError):
                writer.close()


async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passed: Passed, there: bool) -> None:
    """Raises OSError."""
    loop = asyncio.get_running_loop()
    while piece := await _read(reader, passed, there):
        if there:
            passed.there += len(piece)
        else:
            passed.back += len(piece)
        if writer.is_closing():
            return
        passed.last = loop.time()
        writer.write(piece)
        await writer.drain()
    if writer.is_closing():
        return
    if writer.can_write_eof():
        writer.write_eof()
    else:
        writer.close()


async def _read(reader: asyncio.StreamReader, passed: Passed, there: bool) -> bytes:
    try:
        return await reader.read(PIECE)
    except ConnectionResetError:
        passed.reset = passed.reset or ("Client" if there else "Target")
        raise
