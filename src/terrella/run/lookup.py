"""Names as people in a city see them: through the city's resolver, which remembers, and asks the edge over
the network when it does not.

A question that gets lost is asked again, three times in all; then the name has no answer for now. What is
remembered is remembered for its TTL in seconds of the world, of which `speed` pass in one of ours.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from typing import Any

from ..edge.resolver import Ask, Resolved, Resolver
from ..net.addresses import FRONT_DOOR, subnet_of
from ..net.places import ANYCAST
from ..wire import dns
from .crossing import Crossing

TRIES_S = (0.8, 1.6, 3.2)  # as long as each try is waited for
TRUNCATED = 0x0200


class NoAnswer(Exception):
    """The name servers did not answer."""


class Lookups:
    """The resolvers of all cities. To be used on one event loop."""

    def __init__(self, crossing: Crossing, port: int, speed: float = 1.0) -> None:
        self._crossing, self._port, self._speed = crossing, port, speed
        self._loop = asyncio.get_running_loop()
        self._resolvers: dict[str, Resolver] = {}
        self._asking: dict[tuple[str, Ask], asyncio.Task[dns.Message | None]] = {}
        self._socket = _Socket()

    async def open(self) -> None:
        await self._loop.create_datagram_endpoint(lambda: self._socket, remote_addr=(FRONT_DOOR, self._port))

    def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        self._socket.close()

    async def addresses(self, city: str, name: str) -> list[str] | None:
        """The IPv4 addresses of a name (lower case, last dot), none if it has none; None if there is no such
        name. Raises NoAnswer."""
        resolver = self._resolvers.setdefault(city, Resolver())
        step = resolver.step(name, dns.TYPES["A"], self._now())
        asked, reply = None, None
        while isinstance(step, Ask):
            if reply is not None and step == asked:  # not to be remembered, as with a TTL of 0
                return _addresses(reply.answers)
            asked = step
            reply = await self._ask(city, step)
            resolver.learn(step, reply, self._now())
            if reply is None:
                raise NoAnswer(name)
            step = resolver.step(name, dns.TYPES["A"], self._now())
        return _meaning(name, step)

    def remembered_s(self, city: str, name: str) -> float:
        """For how many of our seconds a city's resolver goes on saying what it said of a name."""
        resolver = self._resolvers.get(city)
        left = resolver.remaining(name, dns.TYPES["A"], self._now()) if resolver is not None else None
        return (left or 0.0) / self._speed

    def _now(self) -> float:
        return self._loop.time() * self._speed

    async def _ask(self, city: str, ask: Ask) -> dns.Message | None:
        """Ask once, however many want to know."""
        task = self._asking.get((city, ask))
        if task is None:
            task = self._asking[city, ask] = self._loop.create_task(self._try(city, ask))
            task.add_done_callback(lambda _: self._asking.pop((city, ask), None))
        return await asyncio.shield(task)

    async def _try(self, city: str, ask: Ask) -> dns.Message | None:
        subnet = subnet_of(city)
        network = subnet.partition("/")[0] if subnet else ""
        edns = dns.Edns(4096, subnet=dns.Subnet(1, 24, 0, network) if network else None)
        for seconds in TRIES_S:
            try:
                async with asyncio.timeout(seconds):
                    return await self._exchange(city, ask, edns)
            except TimeoutError:
                continue
        return None

    async def _exchange(self, city: str, ask: Ask, edns: dns.Edns) -> dns.Message:
        await self._packet(city, ANYCAST)
        reply = await self._socket.ask(lambda number: dns.write_query(number, ask.name, ask.type, edns=edns))
        await self._packet(ANYCAST, city)
        message = dns.read_message(reply)
        if message.flags & TRUNCATED:
            message = await self._by_tcp(city, ask, edns)
        return message

    async def _by_tcp(self, city: str, ask: Ask, edns: dns.Edns) -> dns.Message:
        """One round trip for the handshake, one for the question."""
        for _ in range(2):
            await self._crossing.cross(city, ANYCAST)
            await self._crossing.cross(ANYCAST, city)
        reader, writer = await asyncio.open_connection(FRONT_DOOR, self._port)
        try:
            query = dns.write_query(1, ask.name, ask.type, edns=edns)
            writer.write(struct.pack("!H", len(query)) + query)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            return dns.read_message(await reader.readexactly(length))
        finally:
            writer.close()

    async def _packet(self, source: str, target: str) -> None:
        if not await self._crossing.datagram(source, target):
            await asyncio.Event().wait()  # lost: nobody will ever know


class _Socket(asyncio.DatagramProtocol):
    """One UDP socket for all questions; answers find theirs by number."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[bytes]] = {}

    async def ask(self, write: Any) -> bytes:
        number = next(self._numbers) & 0xFFFF
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        self._transport.sendto(write(number))
        try:
            return await future
        finally:
            self._asked.pop(number, None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        future = self._asked.get(int.from_bytes(data[:2], "big"))
        if future is not None and not future.done():
            future.set_result(data)

    def error_received(self, error: Exception) -> None:
        """Nobody listens: the question is as good as lost."""


def _meaning(name: str, resolved: Resolved) -> list[str] | None:
    if resolved.rcode == dns.RCODES["SERVFAIL"]:
        raise NoAnswer(name)
    if resolved.rcode:
        return None
    return _addresses(resolved.records)


def _addresses(records: tuple[dns.Record, ...]) -> list[str]:
    return [dns.decode(r.type, r.data) for r in records if r.type == dns.TYPES["A"]]
