"""Bytes both ways between a client and a server, until both have ended or nothing has moved for too long."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from .streams import PIECE

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def tunnel(client: Line, server: Line, idle_s: float) -> None:
    """Be a tunnel. Both connections are closed at the end."""
    loop = asyncio.get_running_loop()
    last = loop.time()

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal last
        while piece := await reader.read(PIECE):
            if writer.is_closing():
                return
            last = loop.time()
            writer.write(piece)
            await writer.drain()
        if writer.is_closing():
            return
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()

    async def idle() -> None:
        while (left := last + idle_s - loop.time()) > 0:
            await asyncio.sleep(left)

    ways = asyncio.gather(one_way(client[0], server[1]), one_way(server[0], client[1]))
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
