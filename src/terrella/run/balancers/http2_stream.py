"""One request of an HTTP/2 connection, as `requests.Asker`: a body no faster than it is passed on, an answer no faster
than the client makes room for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from h2.errors import ErrorCodes
from h2.exceptions import StreamClosedError

from ...services.elbv2.records import Record
from ...wire import http2_head
from ...wire.http import Response
from ...wire.http_head import Head, Headers
from .saying import finished

if TYPE_CHECKING:
    from .http2 import Http2


class Stream:
    """A stream. `room` is set when there may be room for more of its answer."""

    line = None  # nothing is upgraded in HTTP/2

    def __init__(self, connection: Http2, id: int, head: Head, ended: bool, record: Record) -> None:
        self._connection, self.id, self.head, self.peer = connection, id, head, connection.peer
        self.secured, self.record = connection.secured, record
        self.trailers: Headers = []
        self.room = asyncio.Event()
        self._arrived = asyncio.Event()
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._ended = ended

    # What the connection tells.

    def arrived(self, data: bytes, length: int) -> None:
        """Some of the body; `length` is what it counts for in the window."""
        self._waiting.append((data, length))
        self._arrived.set()

    def ended(self) -> None:
        self._ended = True
        self._arrived.set()

    def drop(self) -> None:
        """Nobody reads the body any more: what waits must not count."""
        while self._waiting:
            self._connection.consumed(self.id, self._waiting.popleft()[1])

    # The Asker.

    async def body(self) -> AsyncIterator[bytes]:
        """Raises IncompleteReadError when nothing comes for the idle timeout."""
        while True:
            while self._waiting:
                data, length = self._waiting.popleft()
                if data:
                    self.record.received += len(data)
                    yield data
                self._connection.consumed(self.id, length)
            if self._ended:
                return
            self._arrived.clear()
            try:
                async with asyncio.timeout(self._connection.idle_s):
                    await self._arrived.wait()
            except TimeoutError:
                raise asyncio.IncompleteReadError(b"", None) from None

    async def say(self, response: Response, keep: bool) -> bool:
        headers, body = finished(response, self.head.method)
        self.record.sent += len(body)
        await self._head(response.status, headers, not body)
        if body:
            await self._send(body, True)
        self._over()
        return keep

    async def begin(self, answer: Head, headers: Headers) -> None:
        await self._head(answer.status, headers, False)

    async def piece(self, data: bytes) -> None:
        self.record.sent += len(data)
        await self._send(data, False)

    async def end(self, trailers: Headers) -> None:
        h2 = self._connection.h2
        if trailers:
            h2.send_headers(self.id, http2_head.written(trailers), end_stream=True)
        else:
            h2.end_stream(self.id)
        await self._connection.flush()
        self._over()

    def quits(self) -> bool:
        return False  # a client that goes has the stream cancelled

    def gone(self) -> bool:
        return not self._connection.shut

    async def _head(self, status: int, headers: Headers, last: bool) -> None:
        pairs = http2_head.written(headers, status)
        self.record.sent += sum(len(name) + len(value) for name, value in pairs)
        self._connection.h2.send_headers(self.id, pairs, end_stream=last)
        await self._connection.flush()

    async def _send(self, data: bytes, last: bool) -> None:
        """Raises TimeoutError when the client makes no room for the idle timeout."""
        connection, at = self._connection, 0
        while at < len(data):
            self.room.clear()
            most = min(connection.h2.local_flow_control_window(self.id), connection.h2.max_outbound_frame_size)
            if most <= 0:
                async with asyncio.timeout(connection.idle_s):
                    await self.room.wait()
                continue
            piece = data[at : at + most]
            at += len(piece)
            connection.h2.send_data(self.id, piece, end_stream=last and at == len(data))
            connection.worked()
            await connection.flush()

    def _over(self) -> None:
        """The answer is complete; a client that still sends is told not to (RFC 9113 section 8.1)."""
        if not self._ended:
            try:
                self._connection.h2.reset_stream(self.id, ErrorCodes.NO_ERROR)
            except StreamClosedError:
                return
            self._connection.sent()
