"""What the tests of the machine floor share: a served handler, raw sockets, small journals."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from terrella.run.http_server import Limits, Server, serve
from terrella.store.journal import Change, MemoryJournal
from terrella.wire.http import Request, Response

Handler = Callable[[Request], Response | Awaitable[Response]]


def change(seq: int, key: bytes = b"", value: bytes = b"", **more: Any) -> Change:
    return Change(seq, time.time(), "here", 1.0, seq, "toy", "put", {"key": key, "value": value, **more})


def echo(request: Request) -> Response:
    """Say what was asked."""
    said = f"{request.method} {request.path} {request.query} ".encode()
    return Response(200, [("Content-Type", "text/plain")], said + request.body)


@asynccontextmanager
async def served(handler: Handler = echo, journal: Any = None, limits: Limits | None = None, **more: Any):
    server: Server = await serve(handler, journal or MemoryJournal(), "127.0.0.1", 0, limits=limits, **more)
    try:
        yield server
    finally:
        await server.close(grace_s=0.2)


async def said_to(server: Server, sent: bytes, *, half_close: bool = False, wait_s: float = 5.0) -> bytes:
    """Everything a server says to raw bytes until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(sent)
        await writer.drain()
        if half_close:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), wait_s)
    finally:
        writer.close()


def certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(signed.public_bytes(Encoding.PEM) + private)
    return path
