"""One HTTPS request by somebody in a city of a live world: a new connection through the city's proxy, TLS
that trusts the world's authority, one question, one answer, and so much patience.

Speaks HTTP/1.1 itself (RFC 9110, 9112): what is measured is the world, not a client library.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..edge.habits import Habits
from ..net.addresses import FRONT_DOOR, place_of
from ..net.places import city as place_of_city
from ..world.history import Attempt
from ..world.spec import MachinePorts
from .proxy_words import EARLY, LOOKUP, RESOLVER, read_lookup

LONGEST_HEAD, LONGEST_BODY = 64 << 10, 16 << 20
REGION_HEADER, ZONE_HEADER = "x-region", "x-zone"
EARLY_HINTS = 103


class Failed(Exception):
    """No good answer; the message is the word for why."""


@dataclass(slots=True)
class Outcome:
    """What came back."""

    status: int | None = None
    region: str | None = None
    error: str | None = None
    remembered: bool = False


class Visitors:
    """Everybody in every city. Which resolver somebody has is drawn anew each time, by the shares of the world."""

    def __init__(self, authority: Path, ports: MachinePorts, habits: Habits, people: random.Random) -> None:
        self._habits, self._people = habits, people
        self._tls = ssl.create_default_context(cafile=str(authority))
        self._ports = ports
        self._open: set[asyncio.StreamWriter] = set()

    async def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float,
        path: str = "",
    ) -> Attempt:  # fmt: skip
        """Try once. Never raises."""
        began, outcome = time.time(), Outcome()
        resolver = self._habits.draw(self._people).name
        try:
            async with asyncio.timeout(patience_s):
                await self._ask(city, method, url, body, outcome, resolver)
        except TimeoutError:
            outcome.error = "timeout"
        except Failed as failed:
            outcome.error = str(failed)
        except ssl.SSLError:
            outcome.error = "tls"
        except (OSError, asyncio.IncompleteReadError):
            outcome.error = "connection lost"
        ok = outcome.error is None and outcome.status is not None and 200 <= outcome.status < 400
        if outcome.error is None and not ok:
            outcome.error = f"status {outcome.status}"
        return Attempt(
            began, time.time(), city, what, ok, outcome.region, outcome.status, outcome.error, tag,
            outcome.remembered, resolver, path,
        )  # fmt: skip

    def close(self) -> None:
        for writer in self._open:
            writer.close()

    async def _ask(
        self, city: str, method: str, url: str, body: bytes, outcome: Outcome, resolver: str
    ) -> None:
        parts = urlsplit(url)
        secure, host = parts.scheme == "https", parts.hostname or ""
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        proxy = self._ports.cities + place_of_city(city).number
        reader, writer = await asyncio.open_connection(FRONT_DOOR, proxy, limit=LONGEST_HEAD)
        self._open.add(writer)
        try:
            await _tunnel(reader, writer, host, parts.port or (443 if secure else 80), resolver, outcome)
            if secure:
                await writer.start_tls(self._tls, server_hostname=host)
            writer.write(_request(method, host, path, body))
            status, headers = await _head(reader)
            await _body(reader, headers)
            outcome.status = status
            outcome.region = headers.get(ZONE_HEADER) or headers.get(REGION_HEADER) or outcome.region
        finally:
            self._open.discard(writer)
            with suppress(RuntimeError):
                writer.transport.abort()


async def _tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, resolver: str, outcome: Outcome
) -> None:
    """Have the proxy connect (RFC 9110 section 9.3.6); first it tells where the name led. Raises Failed."""
    lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}", f"{RESOLVER}: {resolver}"]
    lines += [f"{LOOKUP}: {EARLY}", "", ""]
    writer.write("\r\n".join(lines).encode())
    status, headers = await _head(reader)
    if status == EARLY_HINTS:
        address, outcome.remembered = read_lookup(headers.get(LOOKUP.lower(), "none"))
        place = place_of(address) if address is not None else None
        outcome.region = None if place is None else place.region or (place.name if place.kind == "region" else None)
        status, _ = await _head(reader)
    if status != 200:
        raise Failed({502: "refused", 504: "dns"}.get(status, f"proxy {status}"))


def _request(method: str, host: str, path: str, body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept: */*", "Connection: close"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    """Status and headers, names in lower case. Raises Failed."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise Failed("the head of the answer is too long") from None
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise Failed("the answer is not HTTP")
    pairs = (line.partition(":") for line in lines if line)
    return int(rest[:3]), {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """The whole body, however its end is told (RFC 9112 section 6.3). Raises Failed."""
    if "chunked" in headers.get("transfer-encoding", ""):
        return await _chunks(reader)
    length = headers.get("content-length")
    if length is None:
        return await reader.read(LONGEST_BODY)
    if not length.isdigit() or int(length) > LONGEST_BODY:
        raise Failed("the answer is too long")
    return await reader.readexactly(int(length))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise Failed("the answer is not HTTP") from None
        if size > LONGEST_BODY:
            raise Failed("the answer is too long")
        part = await reader.readexactly(size + 2)
        if not size:
            return b"".join(parts)
        parts.append(part[:-2])
