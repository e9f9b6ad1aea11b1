"""Names as people in a city see them: through the city's resolver, which remembers, and asks the edge over
the network when it does not.

A question that gets lost is asked again, three times in all; then the name has no answer for now. What is
remembered is remembered for its TTL in seconds of the world, of which `speed` pass in one of ours.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from contextlib import suppress
from typing import Any, NamedTuple

from ..edge.habits import PLAIN, Habit
from ..edge.resolver import STALE_AFTER_S, Ask, Resolver
from ..net.addresses import FRONT_DOOR, address_of, subnet_of
from ..net.places import ANYCAST
from ..wire import dns
from .crossing import Crossing

TRIES_S = (0.8, 1.6, 3.2)  # as long as each try is waited for
TRUNCATED = 0x0200


class NoAnswer(Exception):
    """The name servers did not answer."""


class Asker(NamedTuple):
    """A resolver: who uses it, and how it behaves."""

    place: str
    habit: Habit


class Told(NamedTuple):
    """What a resolver said. `remembered` if no name server said it just now."""

    rcode: int
    records: tuple[dns.Record, ...]
    remembered: bool

    def addresses(self) -> list[str] | None:
        """The IPv4 addresses, perhaps none; None if there is no such name."""
        if self.rcode:
            return None
        return [dns.decode(r.type, r.data) for r in self.records if r.type == dns.TYPES["A"]]


class Lookups:
    """The resolvers of all places, one for each habit. To be used on one event loop."""

    def __init__(self, crossing: Crossing, port: int, speed: float = 1.0) -> None:
        self._crossing, self._port, self._speed = crossing, port, speed
        self._loop = asyncio.get_running_loop()
        self._resolvers: dict[Asker, Resolver] = {}
        self._asking: dict[tuple[Asker, Ask], asyncio.Task[dns.Message | None]] = {}
        self._sockets: dict[str, _Socket] = {}

    async def open(self) -> None:
        """Nothing is asked before somebody wants to know."""

    def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        for line in self._sockets.values():
            line.close()

    async def addresses(self, city: str, name: str, habit: Habit = PLAIN) -> list[str] | None:
        """The IPv4 addresses of a name (lower case, last dot), none if it has none; None if there is no such
        name. Raises NoAnswer."""
        return (await self.told(city, name, dns.TYPES["A"], habit)).addresses()

    async def told(self, place: str, name: str, type: int, habit: Habit = PLAIN) -> Told:
        """What the resolver of somebody at a place says. Raises NoAnswer."""
        asker = Asker(place, habit)
        resolver = self._resolver(asker)
        step = resolver.step(name, type, self._now())
        asked, remembered = None, True
        reply: dns.Message | None = None
        while isinstance(step, Ask):
            if reply is not None and step == asked:  # not to be remembered, as with a TTL of 0
                return Told(reply.rcode, reply.answers, False)
            asked, remembered = step, False
            reply = await self._ask(asker, step, resolver.falls_back(step, self._now()))
            resolver.learn(step, reply, self._now())
            step = resolver.step(name, type, self._now())
        if step.rcode not in (dns.RCODES["NOERROR"], dns.RCODES["NXDOMAIN"], dns.RCODES["REFUSED"]):
            raise NoAnswer(name)
        return Told(step.rcode, step.records, remembered or step.stale)

    def remembered_s(self, city: str, name: str, habit: Habit = PLAIN) -> float:
        """For how many of our seconds a city's resolver goes on saying what it said of a name."""
        resolver = self._resolvers.get(Asker(city, habit))
        left = resolver.remaining(name, dns.TYPES["A"], self._now()) if resolver is not None else None
        return (left or 0.0) / self._speed

    def _resolver(self, asker: Asker) -> Resolver:
        found = self._resolvers.get(asker)
        if found is None:
            habit = asker.habit
            found = self._resolvers[asker] = Resolver(least_ttl=habit.least_ttl_s, stale_s=habit.stale_s)
        return found

    def _now(self) -> float:
        return self._loop.time() * self._speed

    async def _ask(self, asker: Asker, ask: Ask, falls_back: bool) -> dns.Message | None:
        """Ask once, however many want to know; not for long if there is something old to say."""
        task = self._asking.get((asker, ask))
        if task is None:
            task = self._asking[asker, ask] = self._loop.create_task(self._try(asker, ask))
            task.add_done_callback(lambda _: self._asking.pop((asker, ask), None))
        if not falls_back:
            return await asyncio.shield(task)
        with suppress(TimeoutError):
            async with asyncio.timeout(STALE_AFTER_S):
                return await asyncio.shield(task)
        return None

    async def _try(self, asker: Asker, ask: Ask) -> dns.Message | None:
        place, habit = asker
        subnet = subnet_of(place) if habit.sends_subnet(place) else None
        network = subnet.partition("/")[0] if subnet else ""
        edns = dns.Edns(4096, subnet=dns.Subnet(1, 24, 0, network) if network else None)
        for seconds in TRIES_S:
            try:
                async with asyncio.timeout(seconds):
                    return await self._exchange(asker, ask, edns)
            except TimeoutError:
                continue
        return None

    async def _exchange(self, asker: Asker, ask: Ask, edns: dns.Edns) -> dns.Message:
        place, stands = asker.place, asker.habit.stands(asker.place).name
        if stands != place:
            await self._packet(place, stands)
        await self._packet(stands, ANYCAST)
        line = await self._line(address_of(stands))
        reply = await line.ask(lambda number: dns.write_query(number, ask.name, ask.type, edns=edns))
        await self._packet(ANYCAST, stands)
        message = dns.read_message(reply)
        if message.flags & TRUNCATED:
            message = await self._by_tcp(stands, ask, edns)
        if stands != place:
            await self._packet(stands, place)
        return message

    async def _by_tcp(self, stands: str, ask: Ask, edns: dns.Edns) -> dns.Message:
        """One round trip for the handshake, one for the question."""
        for _ in range(2):
            await self._crossing.cross(stands, ANYCAST)
            await self._crossing.cross(ANYCAST, stands)
        reader, writer = await asyncio.open_connection(FRONT_DOOR, self._port, local_addr=(address_of(stands), 0))
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

    async def _line(self, address: str) -> _Socket:
        """The socket a resolver asks from: its own address is how a name server places it."""
        line = self._sockets.get(address)
        if line is None:
            line = self._sockets[address] = _Socket()
            await self._loop.create_datagram_endpoint(
                lambda: line, local_addr=(address, 0), remote_addr=(FRONT_DOOR, self._port)
            )
        return line


class _Socket(asyncio.DatagramProtocol):
    """One UDP socket for all questions of a resolver; answers find theirs by number."""

    def __init__(self) -> None:
        self._transport: Any = None
        self._opened = asyncio.Event()
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[bytes]] = {}

    async def ask(self, write: Any) -> bytes:
        number = next(self._numbers) & 0xFFFF
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        await self._opened.wait()
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
        self._opened.set()

    def datagram_received(self, data: bytes, address: Any) -> None:
        future = self._asked.get(int.from_bytes(data[:2], "big"))
        if future is not None and not future.done():
            future.set_result(data)

    def error_received(self, error: Exception) -> None:
        """Nobody listens: the question is as good as lost."""
