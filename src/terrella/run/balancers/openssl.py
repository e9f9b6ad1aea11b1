"""TLS by pyOpenSSL over a connection's bare bytes, for listeners that ask clients for certificates.

Python's own module can ask for a certificate only if it also checks it, and cannot ask us about it. The two ends made
here behave as those of asyncio: what is not read is not taken from the network, what cannot be sent waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, cast

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from .streams import PIECE
from .tunnel import Line

HANDSHAKE_S, LINGER_S = 10.0, 1.0


async def accept(line: Line, context: SSL.Context, limit: int) -> Line:
    """A connection in which TLS has begun; `limit` is the longest line that is read. Raises OSError."""
    tls = SSL.Connection(context, None)
    tls.set_accept_state()
    inner_reader, inner_writer = line
    async with asyncio.timeout(HANDSHAKE_S):
        while True:
            try:
                tls.do_handshake()
                break
            except SSL.WantReadError:
                await _sent(tls, inner_writer)
                data = await inner_reader.read(PIECE)
                if not data:
                    raise ConnectionResetError("the client left in the middle of the handshake") from None
                tls.bio_write(data)
            except SSL.Error as error:
                await _refused(tls, line)
                raise ConnectionAbortedError(f"no handshake: {error}") from None
    await _sent(tls, inner_writer)
    reader = asyncio.StreamReader(limit=limit)
    writer = Secure(tls, inner_writer)
    flow = _Flow()
    reader.set_transport(cast(asyncio.Transport, flow))
    writer.pump = asyncio.ensure_future(_pump(tls, inner_reader, reader, flow))
    return reader, cast(asyncio.StreamWriter, writer)


class ByOpenSSL:
    """What is known of such a connection, as of an `ssl.SSLObject`."""

    session_reused = False  # none is ever resumed

    def __init__(self, tls: SSL.Connection) -> None:
        self._tls = tls

    def selected_alpn_protocol(self) -> str:
        return self._tls.get_alpn_proto_negotiated().decode()

    def version(self) -> str:
        return self._tls.get_protocol_version_name()

    def cipher(self) -> tuple[str | None, ...]:
        return (self._tls.get_cipher_name(),)

    @property
    def asked(self) -> Any:
        """What was noted of its first message."""
        return self._tls.get_app_data()

    def shown(self) -> Iterator[bytes]:
        """The certificates the client has shown, its own first, in DER."""
        leaf = self._tls.get_peer_certificate(as_cryptography=True)
        for each in (leaf, *(self._tls.get_peer_cert_chain(as_cryptography=True) or ())) if leaf is not None else ():
            yield each.public_bytes(Encoding.DER)


class Secure:
    """The writing end, with what is used here of an `asyncio.StreamWriter`."""

    def __init__(self, tls: SSL.Connection, inner: asyncio.StreamWriter) -> None:
        self._tls, self._inner = tls, inner
        self.pump: asyncio.Future[None] | None = None
        self.transport = self

    def write(self, data: bytes) -> None:
        if not data or self.is_closing():
            return
        with suppress(SSL.Error):  # the other side is gone; who drains is told
            self._tls.sendall(data)
        _flush(self._tls, self._inner)

    async def drain(self) -> None:
        await self._inner.drain()

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def close(self) -> None:
        if not self._inner.is_closing():
            with suppress(SSL.Error):
                self._tls.shutdown()
            _flush(self._tls, self._inner)
            self._inner.close()
        self._end()

    def abort(self) -> None:
        self._inner.transport.abort()
        self._end()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ByOpenSSL(self._tls) if name == "ssl_object" else self._inner.get_extra_info(name, default)

    def _end(self) -> None:
        if self.pump is not None:
            self.pump.cancel()


class _Flow:
    """What a StreamReader tells of its room."""

    def __init__(self) -> None:
        self._room = asyncio.Event()
        self._room.set()

    def pause_reading(self) -> None:
        self._room.clear()

    def resume_reading(self) -> None:
        self._room.set()

    async def room(self) -> None:
        await self._room.wait()


async def _pump(tls: SSL.Connection, inner: asyncio.StreamReader, reader: asyncio.StreamReader, flow: _Flow) -> None:
    """Read and decrypt, as long as there is room."""
    try:
        while True:
            try:
                while True:
                    reader.feed_data(tls.recv(PIECE))
                    await flow.room()
            except SSL.WantReadError:
                pass
            data = await inner.read(PIECE)
            if not data:
                break
            tls.bio_write(data)
    except (SSL.Error, OSError):
        pass
    finally:
        reader.feed_eof()


async def _refused(tls: SSL.Connection, line: Line) -> None:
    """Send the alert that says why. What the client still sends would otherwise reset the connection under it."""
    with suppress(OSError, RuntimeError):
        await _sent(tls, line[1])
        line[1].write_eof()
        async with asyncio.timeout(LINGER_S):
            while await line[0].read(PIECE):
                pass


async def _sent(tls: SSL.Connection, writer: asyncio.StreamWriter) -> None:
    _flush(tls, writer)
    await writer.drain()


def _flush(tls: SSL.Connection, writer: asyncio.StreamWriter) -> None:
    with suppress(SSL.WantReadError, RuntimeError):
        while True:
            writer.write(tls.bio_read(PIECE))
