"""Datagrams between clients and servers, through a socket that stands for the servers: a table of flows.

A flow is a client's address and port. Its first datagram decides where it goes; from then on it is not moved. It ends
when nothing has passed either way for a while. Datagrams that are lost on the way are not sent again, and may come in
another order than they went.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from .crossing import Crossing

log = logging.getLogger(__name__)

MOST_FLOWS = 4096  # of one socket; each has a socket of its own
MOST_EARLY = 64  # datagrams that wait for that socket
LOOKS = 5  # at idle flows, within the time they may be idle
Source = tuple[str, int]


class Way(NamedTuple):
    """Where a flow goes: a server, the address it shall see, and the places its datagrams pass, the client's first."""

    address: str
    port: int
    seen: str
    places: tuple[str, ...]


class Datagrams(asyncio.DatagramProtocol):
    """One listening socket. `choose` says where a new flow goes; None drops what came."""

    def __init__(self, crossing: Crossing, choose: Callable[[Source], Way | None], idle_s: float) -> None:
        self.crossing, self.idle_s = crossing, idle_s
        self.transport: Any = None
        self.flows: dict[Source, Flow] = {}
        self._choose = choose
        self._loop = asyncio.get_running_loop()
        self._sweep: asyncio.TimerHandle | None = None
        self._full = False

    async def listen(self, address: str, port: int) -> None:
        """Raises OSError."""
        await self._loop.create_datagram_endpoint(lambda: self, (address, port))

    def close(self) -> None:
        """No more of this socket, nor of its flows."""
        for flow in list(self.flows.values()):
            flow.close()
        if self._sweep is not None:
            self._sweep.cancel()
        if self.transport is not None:
            self.transport.close()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        source = source[:2]
        flow = self.flows.get(source) or self._begin(source)
        if flow is not None:
            flow.there(data)

    def error_received(self, error: Exception) -> None:
        log.debug("a datagram came back: %s", error)

    def _begin(self, source: Source) -> Flow | None:
        if len(self.flows) >= MOST_FLOWS:
            if not self._full:
                log.warning("more than %d flows of datagrams: others are dropped", MOST_FLOWS)
            self._full = True
            return None
        way = self._choose(source)
        if way is None:
            return None
        flow = self.flows[source] = Flow(self, source, way)
        if self._sweep is None:
            self._sweep = self._loop.call_later(self.idle_s / LOOKS, self._look)
        return flow

    def _look(self) -> None:
        """End the flows that were idle for too long."""
        now = self._loop.time()
        for flow in [each for each in self.flows.values() if now - each.moved >= self.idle_s]:
            flow.close()
        self._sweep = self._loop.call_later(self.idle_s / LOOKS, self._look) if self.flows else None


class Flow(asyncio.DatagramProtocol):
    """One client's datagrams: the socket from which they reach their server, and back."""

    def __init__(self, all: Datagrams, source: Source, way: Way) -> None:
        self._all, self._source, self._way = all, source, way
        self._loop = asyncio.get_running_loop()
        self.moved = self._loop.time()
        self._transport: Any = None
        self._early: list[bytes] = []
        self._closed = False
        self._task = self._loop.create_task(self._connect())

    def there(self, data: bytes) -> None:
        """From the client."""
        self.moved = self._loop.time()
        self._cross(self._way.places, self._send, data)

    def close(self) -> None:
        self._closed = True
        self._task.cancel()
        self._all.flows.pop(self._source, None)
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        early, self._early = self._early, []
        for data in early:
            self._send(data)

    def datagram_received(self, data: bytes, address: Any) -> None:
        """From the server."""
        self.moved = self._loop.time()
        self._cross(self._way.places[::-1], self._back, data)

    def error_received(self, error: Exception) -> None:
        log.debug("%s:%d takes no datagrams: %s", self._way.address, self._way.port, error)

    async def _connect(self) -> None:
        way = self._way
        try:
            await self._loop.create_datagram_endpoint(
                lambda: self, local_addr=(way.seen, 0), remote_addr=(way.address, way.port)
            )
        except OSError as error:
            log.debug("%s:%d cannot be reached: %s", way.address, way.port, error)
            self.close()

    def _cross(self, places: tuple[str, ...], deliver: Callable[[bytes], None], data: bytes) -> None:
        """Deliver a datagram when it has passed these places, if it ever does."""
        at = self._loop.time()
        for here, there in itertools.pairwise(places):
            lands = self._all.crossing.network.cross(here, there, at, len(data))
            if lands is None:
                return
            at = lands
        if at <= self._loop.time():
            deliver(data)
        else:
            self._loop.call_at(at, deliver, data)

    def _send(self, data: bytes) -> None:
        if self._closed:
            return
        if self._transport is not None:
            self._transport.sendto(data)
        elif len(self._early) < MOST_EARLY:
            self._early.append(data)

    def _back(self, data: bytes) -> None:
        if not self._closed and not self._all.transport.is_closing():
            self._all.transport.sendto(data, self._source)
