"""Crossing the network live: waiting out what the distance and the faults in force make of a message.

What is sent here travels as TCP would carry it: a lost packet is sent again after a retransmission timeout, a
closed way is waited for until the faults change. Nobody polls: whoever waits is woken by the change.
Datagrams are not sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..net.network import Network

LEAST_RTO_S = 0.2  # as Linux has it; RFC 6298 would have a second
MOST_RTO_S = 60.0
PROBE_S = 0.002
GIVE_UP_AFTER = 24  # losses in a row after which a packet is let through


@dataclass(slots=True)
class Way:
    """From one place to another. `at_once`: just now nothing delays or harms what goes there."""

    source: str
    target: str
    at_once: bool


class Crossing:
    """The network as one process of the world experiences it. Times are of the running event loop."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._watchers: set[Callable[[], None]] = set()
        self._ways: dict[tuple[str, str], Way] = {}

    def strike(self, faults: Iterable[Any]) -> None:
        """Put the whole set of faults in force, and wake whoever waits for a way."""
        self.network.faults = tuple(faults)
        for way in self._ways.values():
            way.at_once = self.network.at_once(way.source, way.target)
        woken, self._changed = self._changed, asyncio.Event()
        woken.set()
        for tell in list(self._watchers):
            tell()

    def way(self, source: str, target: str) -> Way:
        """The way from one place to another, as it is from now on. Raises UnknownPlace."""
        found = self._ways.get((source, target))
        if found is None:
            found = self._ways[source, target] = Way(source, target, self.network.at_once(source, target))
        return found

    def watch(self, tell: Callable[[], None]) -> None:
        """Call `tell` at every change of the faults, until `unwatch`."""
        self._watchers.add(tell)

    def unwatch(self, tell: Callable[[], None]) -> None:
        self._watchers.discard(tell)

    async def cross(self, source: str, target: str) -> None:
        """Return when something sent now has arrived. Waits for as long as there is no way."""
        while (lands := self.lands(source, target)) is None:
            await self._changed.wait()
        left = lands - self.loop.time()
        if left > 0:
            await asyncio.sleep(left)

    async def datagram(self, source: str, target: str) -> bool:
        """Wait until a single packet sent now has arrived: True. False, at once, if it never will."""
        lands = self.network.cross(source, target, self.loop.time())
        if lands is None:
            return False
        await asyncio.sleep(lands - self.loop.time())
        return True

    def lands(self, source: str, target: str) -> float | None:
        """When something sent now arrives, retransmissions included. None while there is no way."""
        network, sent = self.network, self.loop.time()
        lands = network.cross(source, target, sent)
        if lands is not None:
            return lands
        round_trip = 2 * network.one_way(source, target)
        timeout = 2 * round_trip + PROBE_S  # a tail loss probe (RFC 8985 section 7.2) comes first
        for _ in range(GIVE_UP_AFTER - 1):
            if not network.reachable(source, target):
                return None
            sent += timeout
            timeout = min(max(2 * timeout, LEAST_RTO_S + round_trip), MOST_RTO_S)
            lands = network.cross(source, target, sent)
            if lands is not None:
                return lands
        return sent + timeout
