"""Application load balancers on real sockets: what servers are told, and how bodies without a length come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from run.looping import on_loop
from run.test_network_balancers import CLIENT, Here


class Application(Here):
    """An application load balancer before a server that answers everything alike, and then hangs up."""

    kind = "application"

    async def serve(self, answer: bytes) -> None:
        self.heads: list[bytes] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(answer)
            except (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        made = await asyncio.start_server(talk, self.server_address(0), 0)
        self.open.append(made)
        target = {"Id": self.server_address(0), "Port": made.sockets[0].getsockname()[1]}
        await self.listener(await self.group(target, protocol="HTTP", HealthCheckTimeoutSeconds=2), "HTTP")

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.node(), local_addr=(CLIENT, 0))


@asynccontextmanager
async def application(folder: Path, answer: bytes) -> AsyncIterator[Application]:
    async with Application(folder) as found:
        await found.serve(answer)
        yield found



UNENDED = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


@on_loop
async def test_an_old_client_gets_no_chunks_and_the_end_of_the_connection(tmp_path: Path) -> None:
    async with application(tmp_path, CHUNKS) as found:
        reader, writer = await found.connect()
        writer.write(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head, _, body = (await asyncio.wait_for(reader.read(), 5)).partition(b"\r\n\r\n")
        assert body == b"hello"
        assert b"chunked" not in head and b"Connection: close" in head
        writer.close()


@on_loop
async def test_a_connection_is_kept_though_the_servers_ended_with_the_answer(tmp_path: Path) -> None:
    async with application(tmp_path, UNENDED) as found:
        reader, writer = await found.connect()
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert b"Transfer-Encoding: chunked" in head and b"Connection: keep-alive" in head
            assert await reader.readexactly(15) == b"5\r\nhello\r\n0\r\n\r\n"
        writer.close()


@on_loop
async def test_a_server_is_not_told_of_the_clients_connection(tmp_path: Path) -> None:
    async with application(tmp_path, CHUNKS) as found:
        reader, writer = await found.connect()
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, x-own\r\nX-Own: 1\r\nX-Other: 2\r\n\r\n")
        assert b"hello" in await asyncio.wait_for(reader.read(), 5)
        (head,) = [each.lower() for each in found.heads if b"user-agent: elb-healthchecker" not in each.lower()]
        assert b"x-other: 2" in head and b"x-own" not in head and b"connection" not in head
        writer.close()
