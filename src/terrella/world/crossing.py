"""Ways through a simulated world: every crossing asks the network, and what is dropped is sent again.

Invariant: nobody hears of anything sooner than the network lets it land.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..net.network import Network
from .virtual import Future, VirtualClock

FIRST_RETRY_S, LONGEST_RETRY_S = 1.0, 8.0  # as TCP: twice as long each time (RFC 6298)


class Crossing:
    """The network, its clock, and what is wrong with the processes at the ends."""

    def __init__(self, network: Network, clock: VirtualClock) -> None:
        self.network, self.clock = network, clock
        self.harms: dict[str | None, str] = {}  # place -> "kill" or "pause"
        self._unharmed: Future[None] = Future(clock)

    def strike(self, faults: Iterable[Any]) -> None:
        """These faults are in force from now on, and no others."""
        self.network.faults = tuple(faults)
        harms = [fault.on_process() for fault in self.network.faults if hasattr(fault, "on_process")]
        self.harms = {harm.place: harm.action for harm in harms}
        woken, self._unharmed = self._unharmed, Future(self.clock)
        woken.resolve(None)

    def runs(self, place: str) -> bool:
        return place not in self.harms

    async def cross(self, source: str, target: str, after_s: float = 0.0) -> None:
        """Return when something sent after so long has landed; lost ones are sent again, ever more seldom."""
        clock, pause = self.clock, FIRST_RETRY_S
        while (lands := self.network.cross(source, target, clock.time + after_s)) is None:
            await clock.sleep(pause)
            pause = min(pause * 2, LONGEST_RETRY_S)
        await clock.sleep(lands - clock.time)

    def legs(self, here: str, there: str, round_trips: int) -> float | None:
        """When something sent now arrives, after so many round trips to get acquainted; None for never."""
        at: float | None = self.clock.time
        cross = self.network.cross
        for _ in range(round_trips):
            at = cross(here, there, at) if at is not None else None
            at = cross(there, here, at) if at is not None else None
        return cross(here, there, at) if at is not None else None

    async def while_paused(self, place: str | None) -> None:
        """Return once a process that stands still goes on."""
        while self.harms.get(place) == "pause":
            await self._unharmed
