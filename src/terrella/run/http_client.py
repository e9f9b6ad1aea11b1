"""A small HTTP/1.1 client: kept-alive connections per target, a deadline for everything.

    client = HttpClient()
    response = await client.send(Request(...), "127.10.1.1", 4566, timeout_s=2.0)

It sends what it is given: no redirects, no cookies, no decompression.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httptools

from ..wire.http import Request, Response

BODY_BYTES = 512 << 20
HEAD_BYTES = 256 << 10


class HttpFailure(Exception):
    """No whole answer came: refused, cut off, too late, or not HTTP. The message says which."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and from which local address. Connections are shared by equal targets."""

    host: str
    port: int
    ssl: SSLContext | None = None
    server_name: str | None = None  # for TLS; the host when None
    local_address: str | None = None


class HttpClient:
    """A pool of connections. To be used on one event loop."""

    def __init__(self, *, idle_s: float = 30.0, idle_per_target: int = 64) -> None:
        self._idle_s, self._idle_per_target = idle_s, idle_per_target
        self._idle: dict[Target, list[tuple[float, _Exchange]]] = {}

    async def send(
        self,
        request: Request,
        host: str,
        port: int,
        *,
        timeout_s: float | None = 30.0,
        ssl: SSLContext | None = None,
        server_name: str | None = None,
        local_address: str | None = None,
    ) -> Response:
        """The answer to a request. `timeout_s` covers connecting, sending and the whole answer; None waits
        for ever. A request is sent a second time only if a kept connection turned out closed before any
        byte of an answer came. Raises HttpFailure."""
        target = Target(host, port, ssl, server_name, local_address)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._send(request, target)
        except TimeoutError:
            raise HttpFailure(f"{host}:{port} did not answer within {timeout_s:g} s") from None

    def close(self) -> None:
        """Close all connections that are not in use."""
        for kept in self._idle.values():
            for _, exchange in kept:
                exchange.close()
        self._idle.clear()

    async def _send(self, request: Request, target: Target) -> Response:
        message = _bytes_of(request, target)
        exchange = self._kept(target)
        if exchange is not None:
            try:
                return await self._exchange(exchange, request, message, target)
            except _ClosedUnused:
                pass  # it was closed while it waited in the pool: the request was not acted upon
        exchange = await _connect(target)
        try:
            return await self._exchange(exchange, request, message, target)
        except _ClosedUnused:
            raise HttpFailure(
                f"{target.host}:{target.port} closed the connection without an answer"
            ) from None

    async def _exchange(
        self, exchange: _Exchange, request: Request, message: bytes, target: Target
    ) -> Response:
        try:
            response = await exchange.ask(message, request.method == "HEAD")
        except BaseException:
            exchange.close()
            raise
        kept = self._idle.setdefault(target, [])
        if exchange.reusable and len(kept) < self._idle_per_target:
            kept.append((asyncio.get_running_loop().time(), exchange))
        else:
            exchange.close()
        return response

    def _kept(self, target: Target) -> _Exchange | None:
        kept = self._idle.get(target, [])
        now = asyncio.get_running_loop().time()
        while kept:
            since, exchange = kept.pop()
            if exchange.reusable and now - since < self._idle_s:
                return exchange
            exchange.close()
        return None


class _ClosedUnused(Exception):
    """The connection ended before the first byte of an answer."""


class _Exchange(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self.reusable = True
        self._transport: Any = None
        self._parser: Any = None
        self._answer: asyncio.Future[Response] | None = None
        self._heard = False
        self._whole = True
        self._to_head = False
        self._status = 0
        self._headers: list[tuple[str, str]] = []
        self._body = bytearray()
        self._head_bytes = 0

    async def ask(self, message: bytes, head: bool) -> Response:
        """Send one request and await its answer."""
        if self._transport.is_closing():
            raise _ClosedUnused
        self._answer = asyncio.get_running_loop().create_future()
        self._parser = httptools.HttpResponseParser(self)
        self._heard, self._whole, self._to_head, self._head_bytes = False, False, head, 0
        self.on_message_begin()
        self._transport.write(message)
        try:
            return await self._answer
        finally:
            self._answer = None

    def close(self) -> None:
        self.reusable = False
        self._transport.abort()

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self._lost(error)

    def eof_received(self) -> bool:
        self._lost(None)
        return False

    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():
            self.close()  # bytes nobody asked for
            return
        self._heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(HttpFailure("the answer changes the protocol, which was not asked for"))
        except httptools.HttpParserError as error:
            cause = error.__context__ if isinstance(error.__context__, HttpFailure) else None
            self._fail(cause or HttpFailure(f"the answer is not HTTP: {error}"))

    # From the parser.

    def on_message_begin(self) -> None:
        self._status, self._headers, self._body = 0, [], bytearray()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > HEAD_BYTES:
            raise HttpFailure("the head of the answer is too large")
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()
        if self._to_head and self._status >= 200:
            self.reusable = False  # the parser would wait for the body that a HEAD never gets
            self._done()

    def on_body(self, part: bytes) -> None:
        self._body += part
        if len(self._body) > BODY_BYTES:
            raise HttpFailure("the body of the answer is too large")

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:
            return  # an interim answer; the real one follows
        self.reusable = self.reusable and self._parser.should_keep_alive()
        self._done()

    def _done(self) -> None:
        self._whole = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Response(self._status, self._headers, bytes(self._body)))

    def _lost(self, error: Exception | None) -> None:
        self.reusable = False
        if self._whole or self._answer is None or self._answer.done():
            return
        if not self._heard:
            self._fail(_ClosedUnused())
        elif self._status >= 200 and error is None and self._until_close():
            self._done()
        else:
            self._fail(HttpFailure("the connection ended in the middle of the answer"))

    def _until_close(self) -> bool:
        """Whether the end of the connection is the end of the body (RFC 9112 §6.3)."""
        names = {name.lower() for name, _ in self._headers}
        return not names & {"content-length", "transfer-encoding"}

    def _fail(self, error: Exception) -> None:
        self.reusable = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


async def _connect(target: Target) -> _Exchange:
    local = (target.local_address, 0) if target.local_address else None
    name = (target.server_name or target.host) if target.ssl else None
    try:
        _, exchange = await asyncio.get_running_loop().create_connection(
            _Exchange, target.host, target.port, ssl=target.ssl, server_hostname=name, local_addr=local
        )
    except OSError as error:  # TLS errors are OSErrors too
        raise HttpFailure(f"{target.host}:{target.port} cannot be reached: {error}") from error
    return exchange


def _bytes_of(request: Request, target: Target) -> bytes:
    url = f"{request.path}?{request.query}" if request.query else request.path
    lines = [f"{request.method} {url} HTTP/1.1"]
    headers = request.headers
    if "host" not in headers:
        lines.append(f"host: {target.host}:{target.port}")
    for name, value in headers.items():
        if name not in ("content-length", "transfer-encoding", "connection", "expect", "keep-alive"):
            lines.append(f"{name}: {value}")
    if request.body or request.method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
        lines.append(f"content-length: {len(request.body)}")
    if any("\r" in line or "\n" in line for line in lines):
        raise HttpFailure("a line break in the head of a request")
    top = "\r\n".join(lines) + "\r\n\r\n"
    with suppress(UnicodeEncodeError):
        return top.encode("latin-1") + request.body
    return top.encode() + request.body
