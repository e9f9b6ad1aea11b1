"""Opens and closes the sockets of accelerators as the edge's state says, and knows every flow that came through them.

A listener listens at the machine's port for its own, on both addresses of its accelerator. Flows end when their
accelerator is disabled or their listener is gone, and when no byte has come for 340 seconds of the world, 30 over UDP.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass

from ...edge import accelerators as edge
from ...edge.accelerators import Entrance
from ...net.addresses import place_of
from ...world.spec import WorldSpec
from ..checkers import Prober
from ..crossing import Crossing
from ..datagrams import Datagrams, Way
from .flow import Entry, way_of
from .passage import Passage
from .poller import new_poller
from .probes import Probes

log = logging.getLogger(__name__)
IDLE_S, IDLE_UDP_S = 340.0, 30.0
LOOKS = 10  # at idle flows, within that time


@dataclass(slots=True)
class Known:
    """One flow: where it came in, and what was received by when."""

    entrance: Entrance
    since: float
    received: int = 0


class Accelerators:
    """Every accelerator of this world. `known` says what there is; `turned` is told when a probe turned a verdict."""

    def __init__(
        self, known: edge.Accelerators, prober: Prober, crossing: Crossing, spec: WorldSpec,
        turned: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.known, self.crossing = known, crossing
        self.speed, self.port_of = spec.speed, spec.ports.at
        self._loop = asyncio.get_running_loop()
        self.poller = new_poller()
        self._probes = Probes(known, prober, spec.speed, turned)
        self._servers: dict[Entrance, Entry | Datagrams] = {}
        self._flows: dict[Passage, Known] = {}
        self._looking: asyncio.Task[None] | None = None
        self._sweeping: asyncio.Task[None] | None = None
        self._again = False

    def follow(self) -> None:
        """Make what listens and probes fit what is known, soon."""
        self._again = True
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())

    def close(self) -> None:
        for task in (self._looking, self._sweeping):
            if task is not None:
                task.cancel()
        self._probes.close()
        for entrance in list(self._servers):
            self._shut(entrance)
        self.poller.close()

    def status(self) -> dict[str, object]:
        """Where it listens, and how many flows there are."""
        datagrams = [each for each in self._servers.values() if isinstance(each, Datagrams)]
        flows = len(self._flows) + sum(len(each.flows) for each in datagrams)
        return {"listening": sorted(_shown(each) for each in self._servers), "flows": flows}

    # For flows.

    def entered(self, passage: Passage, entrance: Entrance) -> None:
        """A flow has come in, and is on its way to its endpoint."""
        self._flows[passage] = Known(entrance, self._loop.time())
        passage.when_over = functools.partial(self._over, passage)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = self._loop.create_task(self._sweep())

    def _over(self, passage: Passage) -> None:
        self._flows.pop(passage, None)

    # Following.

    async def _look(self) -> None:
        while self._again:
            self._again = False
            await asyncio.sleep(0)  # what is being changed just now is changed as a whole
            try:
                await self._fit()
            except Exception:
                log.exception("the accelerators do not follow a change: a defect")

    async def _fit(self) -> None:
        wanted = set(self.known.entrances())
        for gone in self._servers.keys() - wanted:
            self._shut(gone)
        for new in wanted - self._servers.keys():
            await self._open(new)
        self._probes.follow()

    async def _open(self, entrance: Entrance) -> None:
        port = self.port_of(entrance.address, entrance.port)
        try:
            if entrance.protocol == "UDP":
                idle_s = IDLE_UDP_S / self.speed
                datagrams = Datagrams(self.crossing, lambda source: self._way(entrance, source), idle_s)
                await datagrams.listen(entrance.address, port)
                self._servers[entrance] = datagrams
                return
            self._servers[entrance] = Entry(self, entrance, port)
        except OSError as error:
            log.error("%s:%d of %s cannot be listened on: %s", entrance.address, port, entrance.listener, error)

    def _way(self, entrance: Entrance, source: tuple[str, int]) -> Way | None:
        """Where a new flow of datagrams goes. Nobody but this socket knows how far away its client is."""
        found = way_of(self, entrance, source)
        if found is None:
            return None
        edge, to, seen = found
        place = place_of(source[0])
        near = (place.name,) if place is not None and place.kind == "city" else ()
        return Way(to.address, self.port_of(to.address, to.port), seen, (*near, edge, to.place))

    def _shut(self, entrance: Entrance) -> None:
        self._servers.pop(entrance).close()
        for passage, known in list(self._flows.items()):
            if known.entrance == entrance:
                passage.abort()

    async def _sweep(self) -> None:
        """End the flows that were idle for too long."""
        idle_s = IDLE_S / self.speed
        while self._flows:
            await asyncio.sleep(idle_s / LOOKS)
            now = self._loop.time()
            for passage, known in list(self._flows.items()):
                if passage.received != known.received or not passage.stands:
                    known.received, known.since = passage.received, now
                elif now - known.since >= idle_s:
                    passage.finish()


def _shown(entrance: Entrance) -> str:
    return f"{entrance.address}:{entrance.port}{'/udp' if entrance.protocol == 'UDP' else ''}"
