"""The world's DNS on sockets: UDP and TCP. What is asked, and the answer, are the edge's business.

Answers that would be the same again are kept, per asker's address and question, until a zone or a verdict
changes. Invariant: whatever a datagram holds, the server answers it, refuses it or drops it, and goes on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import Any

from ..wire.dns import RCODES, write_refusal
from .datagram_batch import AT_ONCE, DatagramBatch, there_is_one

log = logging.getLogger(__name__)

Reply = Callable[[bytes, str, bool], bytes | None]  # (message, the asker's address, by TCP?)
BUFFER_BYTES = 1 << 20
LONGEST_DATAGRAM = 65_535
TCP_IDLE_S = 10.0  # RFC 7766 section 6.2.3 asks for seconds, not minutes
TCP_CONNECTIONS = 512
_LENGTH = struct.Struct("!H")


class DnsServer:
    """Sockets on any number of addresses, all answering alike."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._batch = DatagramBatch() if there_is_one else None
        self._loop = asyncio.get_running_loop()
        self._sockets: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self.streams: set[DnsStream] = set()

    async def listen(self, address: str, port: int) -> None:
        """Answer at one more address. Raises OSError."""
        server = await self._loop.create_server(lambda: DnsStream(self), address, port, backlog=128)
        self._servers.append(server)
        self._sockets.append(udp := socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        udp.setblocking(False)
        udp.bind((address, port))
        self._loop.add_reader(udp.fileno(), self._read, udp)

    def close(self) -> None:
        for server in self._servers:
            server.close()
        for stream in list(self.streams):
            stream.hang_up()
        for udp in self._sockets:
            self._loop.remove_reader(udp.fileno())
            udp.close()

    def answer(self, message: bytes, address: str, tcp: bool = False) -> bytes | None:
        """The reply; None where there is to be none. A defect is logged and answered by SERVFAIL."""
        try:
            return self._reply(message, address, tcp)
        except Exception:
            log.exception("a question from %s met a defect; it was %s", address, message[:512].hex())
            return write_refusal(message, RCODES["SERVFAIL"])

    def _read(self, udp: socket.socket) -> None:
        """A batch of what waits; the loop comes back for the rest."""
        if self._batch is not None:
            self._batch.answer(udp, self.answer)
            return
        for _ in range(AT_ONCE):
            try:
                message, asker = udp.recvfrom(LONGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an earlier reply could not be delivered
            reply = self.answer(message, asker[0], False)
            if reply is not None:
                try:
                    udp.sendto(reply, asker)
                except OSError:
                    continue  # UDP promises nothing


class DnsStream(asyncio.Protocol):
    """One TCP connection: messages after their lengths, answered in order (RFC 7766)."""

    def __init__(self, server: DnsServer) -> None:
        self._server = server
        self._buffer = b""
        self._address = ""
        self._transport: Any = None
        self._timer: asyncio.TimerHandle | None = None

    def hang_up(self) -> None:
        self._transport.abort()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._address = (transport.get_extra_info("peername") or ("127.0.0.1",))[0]
        if len(self._server.streams) >= TCP_CONNECTIONS:
            transport.abort()
            return
        self._server.streams.add(self)
        self._wait()

    def connection_lost(self, error: Exception | None) -> None:
        self._server.streams.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 2:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if len(self._buffer) < 2 + length:
                return
            message, self._buffer = self._buffer[2 : 2 + length], self._buffer[2 + length :]
            self._wait()
            reply = self._server.answer(message, self._address, True)
            if reply is None:
                self._transport.close()
                return
            self._transport.write(_LENGTH.pack(len(reply)) + reply)

    def pause_writing(self) -> None:
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._transport.resume_reading()

    def _wait(self) -> None:
        """Be patient from now on, but not for ever; a dribble of bytes does not count."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(TCP_IDLE_S, self.hang_up)
