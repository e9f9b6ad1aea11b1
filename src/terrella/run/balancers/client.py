"""One client's HTTP/1.1 connection to a node: request after request."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

from ...services.elbv2 import answers, desync
from ...services.elbv2.client_certificates import Secured
from ...services.elbv2.records import Record
from ...wire import http_head
from ...wire.http import Response
from ...wire.http_head import CHUNKED, TO_THE_END, BadHead, Head, Headers
from . import streams
from .exchange import Broken
from .requests import recorded, say, serve
from .saying import finished, phrase
from .tls import secured
from .tunnel import Line

if TYPE_CHECKING:
    from .sockets import Socket

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LINGER_S = 1.0
NO_HEAD = Head([], 0, False, method="GET", target="/")


class Client:
    """Serves one connection of one listening socket."""

    def __init__(self, socket: Socket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._socket, self._reader, self._writer = socket, reader, writer
        self._peer: tuple[str, int] = (writer.get_extra_info("peername") or ("127.0.0.1", 0))[:2]
        self._began = socket.now()
        self._secured = secured(writer)
        self._wire = socket.wire(writer)

    async def serve(self) -> None:
        """Until either side has had enough. Never raises but for defects."""
        self._socket.began(self._wire)
        try:
            while await self._one():
                pass
        except (OSError, asyncio.IncompleteReadError, Broken):
            self._writer.transport.abort()
        finally:
            self._socket.ended()
            with suppress(RuntimeError):
                self._writer.close()

    async def _one(self) -> bool:
        """One request and its answer; True if another may follow."""
        socket = self._socket
        try:
            async with asyncio.timeout(socket.setting("idle_timeout.timeout_seconds", 60)):
                data = await self._reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            return False
        except asyncio.LimitOverrunError as long:
            return await self._refuse(400, long.consumed)
        except asyncio.IncompleteReadError as ended:
            return await self._refuse(400, len(ended.partial)) if ended.partial.strip() else False
        try:
            head = http_head.read_request(data)
        except BadHead as bad:
            return await self._refuse(bad.status, len(data))
        how = desync.handled(head, socket.load_balancer["Attributes"].get(desync.MODE, "defensive"))
        if how == desync.REFUSED:
            return await self._refuse(400, len(data))
        asker = self._asker(head, len(data))
        return await recorded(socket, asker, self._serve(asker, how == desync.LAST))

    async def _serve(self, asker: Asked, last: bool) -> bool:
        socket, head = self._socket, asker.head
        head.keep = head.keep and not last
        await socket.crossed_in(self._peer[0])
        if head.body and (head.value("expect") or "").lower() == "100-continue":
            self._writer.write(CONTINUE)
        head.keep = head.keep and socket.now() - self._began < socket.setting("client_keep_alive.seconds", 3600)
        return await serve(socket, asker)

    async def _refuse(self, status: int, size: int) -> bool:
        asker = self._asker(NO_HEAD, size)
        return await recorded(self._socket, asker, say(self._socket, asker, answers.error(status), False))

    def _asker(self, head: Head, size: int) -> Asked:
        version = "HTTP/1.0" if head.old else "HTTP/1.1"
        record = Record(self._wire, self._socket.port, self._socket.now(), version, received=size)
        return Asked(head, self._peer, (self._reader, self._writer), self._secured, record)


class Asked:
    """One request of such a connection, as `requests.Asker`."""

    def __init__(self, head: Head, peer: tuple[str, int], line: Line, secured: Secured | None, record: Record) -> None:
        self.head, self.peer, self.line, self.secured, self.record = head, peer, line, secured, record
        self.trailers: Headers = []  # dropped, as RFC 9110 section 6.5.1 allows
        self._chunked = False

    async def body(self) -> AsyncIterator[bytes]:
        async for piece in streams.pieces(self.line[0], self.head.body):
            self.record.received += len(piece)
            yield piece

    async def say(self, response: Response, keep: bool) -> bool:
        reader, writer = self.line
        headers, body = finished(response, self.head.method)
        headers.append(("Connection", "keep-alive" if keep else "close"))
        said = http_head.write_response(response.status, phrase(response.status), headers) + body
        self.record.sent += len(said)
        writer.write(said)
        await writer.drain()
        if not keep and writer.can_write_eof():
            # What the client still sends would otherwise reset the connection under its answer (RFC 9112 9.6).
            writer.write_eof()
            with suppress(TimeoutError):
                async with asyncio.timeout(LINGER_S):
                    while await reader.read(streams.PIECE):
                        pass
        return keep

    async def begin(self, answer: Head, headers: Headers) -> None:
        self._chunked = answer.body in (CHUNKED, TO_THE_END)
        if self._chunked and self.head.old:  # its end is the connection's
            self._chunked = self.head.keep = False
        headers = [*headers, ("Connection", "keep-alive" if self.head.keep else "close")]
        if self._chunked:
            headers.append(("Transfer-Encoding", "chunked"))
        said = http_head.write_response(answer.status, answer.reason, headers)
        self.record.sent += len(said)
        self.line[1].write(said)

    async def piece(self, data: bytes) -> None:
        self.record.sent += len(data)
        self.line[1].write(streams.chunk(data) if self._chunked else data)
        await self.line[1].drain()

    async def end(self, trailers: Headers) -> None:
        if self._chunked:
            self.line[1].write(streams.END)
        await self.line[1].drain()

    def quits(self) -> bool:
        return self.line[0].at_eof()

    def gone(self) -> bool:
        writer = self.line[1]
        if writer.is_closing():
            return True
        return bool(writer.get_extra_info("socket").getsockopt(sockets.SOL_SOCKET, sockets.SO_ERROR))
