"""The way into the world for people in cities: a proxy that makes its client stand in one of them.

Speaks CONNECT and absolute-form HTTP (RFC 9110 section 9.3.6, RFC 9112 section 3.2.2) and SOCKS5 (RFC 1928,
1929). Names are resolved by the city's resolver; connections leave from the city's address; every byte takes
as long as the internet between the city and the region makes it. One port serves all cities, with the city
as the proxy's user name; each city has a port of its own for clients that cannot send one.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any

from .journey import Journey, Unreachable
from .lookup import Told
from .proxy_words import (
    LARGEST_HEAD,
    NO_METHOD,
    NOT_ALLOWED,
    Asked,
    BadProxyRequest,
    NeedsCity,
    WrongCity,
    answer,
    established,
    lookup_told,
    read_head,
    read_socks_user,
    socks_reply,
    socks_target,
)
from .relay import Relay

log = logging.getLogger(__name__)

HEAD_S = 20.0
MOST_VISITORS = 8192
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Visitor(asyncio.Protocol):
    """One client's connection, until it is handed over to a relay. `city` is set on a city's own port."""

    def __init__(self, journey: Journey, city: str | None, all: set[Visitor]) -> None:
        self._journey, self._city, self._all = journey, city, all
        self._buffer = b""
        self._more = asyncio.Event()
        self._gone = False
        self._task: asyncio.Task[None] | None = None
        self._relay: Relay | None = None
        self._transport: Any = None

    def hang_up(self) -> None:
        if self._relay is not None:
            self._relay.abort()
        self._transport.abort()

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        if len(self._all) >= MOST_VISITORS:
            transport.abort()
            return
        self._all.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def connection_lost(self, error: Exception | None) -> None:
        self._gone = True
        self._all.discard(self)
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._more.set()
        if len(self._buffer) > 2 * LARGEST_HEAD:
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        return False

    # The conversation before the journey.

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(HEAD_S) as patience:
                first = await self._take(1)
                if first == b"\x05":
                    await self._socks(patience)
                else:
                    await self._http(patience, first)
        except TimeoutError:
            self._say(answer(408, "The proxy was not told in time where to go."))
        except BadProxyRequest as wrong:
            self._say(answer(400, str(wrong)))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("a defect in the city proxy")
            self._say(answer(500, "The proxy broke; its log says why."))
        finally:
            self._task = None

    async def _http(self, patience: asyncio.Timeout, first: bytes) -> None:
        try:
            asked = read_head(first + await self._take_head(), self._city)
        except (NeedsCity, WrongCity) as wrong:
            self._say(answer(407, str(wrong), [("Proxy-Authenticate", 'Basic realm="a city"')]))
            return
        patience.reschedule(None)
        try:
            await self._travel(asked, ESTABLISHED if asked.tunnel else b"")
        except Unreachable as unreachable:
            self._journey.remark(asked.city, asked.host, unreachable)
            self._say(answer(unreachable.status, str(unreachable)))

    async def _socks(self, patience: asyncio.Timeout) -> None:
        methods = await self._take((await self._take(1))[0])
        city = self._city
        if city is None:
            if 2 not in methods:
                self._say(NO_METHOD)
                return
            self._transport.write(b"\x05\x02")
            await self._take(1)
            user = await self._take((await self._take(1))[0])
            await self._take((await self._take(1))[0])
            try:
                city = read_socks_user(user)
            except WrongCity:
                self._say(NOT_ALLOWED)
                return
            self._transport.write(b"\x01\x00")
        else:
            if 0 not in methods:
                self._say(NO_METHOD)
                return
            self._transport.write(b"\x05\x00")
        asked = await self._socks_request(city)
        if asked is None:
            return
        patience.reschedule(None)
        try:
            await self._travel(asked, socks_reply(0))
        except Unreachable as unreachable:
            self._say(socks_reply(unreachable.socks))

    async def _socks_request(self, city: str) -> Asked | None:
        _, command, _, kind = await self._take(4)
        if kind not in (1, 3, 4):
            self._say(socks_reply(8))
            return None
        length = {1: 4, 4: 16}.get(kind) or (await self._take(1))[0]
        address, port = await self._take(length), int.from_bytes(await self._take(2), "big")
        if command != 1:
            self._say(socks_reply(7))
            return None
        return Asked(city, socks_target(kind, address), port, True)

    async def _travel(self, asked: Asked, welcome: bytes) -> None:
        """Connect, then be a relay. Raises Unreachable."""
        habit, told = self._journey.habit(asked.resolver), list[Told]()
        tell = None if not asked.resolver else self._tell if asked.early else told.append
        relay = await self._journey.connect(asked.city, asked.host, asked.port, habit, tell)
        if self._gone:
            relay.abort()
            return
        self._relay = relay
        if welcome:
            self._transport.write(established(*_said(told[0])) if told else welcome)
        self._transport.set_protocol(relay.near)
        relay.near.connection_made(self._transport)
        first = asked.first + self._buffer
        self._buffer = b""
        if first:
            relay.near.data_received(first)
        self._transport.resume_reading()
        relay.when_over = lambda: self._all.discard(self)

    def _tell(self, told: Told) -> None:
        with suppress(RuntimeError):
            self._transport.write(lookup_told(*_said(told)))

    # Bytes.

    async def _take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            await self._wait()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    async def _take_head(self) -> bytes:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > LARGEST_HEAD:
                raise BadProxyRequest("The head of the request is too large.")
            await self._wait()
        return await self._take(end + 4)

    async def _wait(self) -> None:
        self._more.clear()
        await self._more.wait()

    def _say(self, last_words: bytes) -> None:
        with suppress(RuntimeError):
            self._transport.write(last_words)
            self._transport.close()


def _said(told: Told) -> tuple[str | None, bool]:
    addresses = told.addresses()
    return addresses[0] if addresses else None, told.remembered
