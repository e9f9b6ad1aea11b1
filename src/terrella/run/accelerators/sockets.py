"""Opens and closes the sockets of accelerators as the edge's state says, and knows every flow that came through them.

A listener listens at the machine's port for its own, on both addresses of its accelerator. Flows end when their
accelerator is disabled or their listener is gone, and when no byte has come for 340 seconds of the world, 30 over UDP.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable

from ...edge import accelerators as edge
from ...edge.accelerators import Entrance
from ...edge.flow_counts import NOTHING, Flow, FlowCounts
from ...net.addresses import place_of
from ...world.spec import WorldSpec
from ..checkers import Prober
from ..crossing import Crossing
from ..datagrams import Datagrams, Way
from ..follower import Follower
from .counting import Counting, info, loads
from .flow import Entry, Routes
from .passage import Passage
from .poller import new_poller
from .probes import Probes

log = logging.getLogger(__name__)
CONNECT_S, LEAST_CONNECT_S = 10.0, 2.0  # AWS publishes no figure
IDLE_S, IDLE_UDP_S = 340.0, 30.0
LOOKS = 10  # at idle flows, within that time


class Accelerators:
    """Every accelerator of this world. `known` says what there is; `turned` is told when a probe turned a verdict."""

    def __init__(
        self, known: edge.Accelerators, prober: Prober, crossing: Crossing, spec: WorldSpec,
        turned: Callable[[], None] = lambda: None, counts: FlowCounts | None = None,
    ) -> None:  # fmt: skip
        self.counting = Counting(counts or FlowCounts(known, spec.speed))
        self.counting.counts.sample = self.sample
        self.known, self.crossing = known, crossing
        self.speed, self.port_of = spec.speed, spec.ports.at
        self._loop = asyncio.get_running_loop()
        self.patience_s = max(CONNECT_S / spec.speed, LEAST_CONNECT_S)
        self.tells = log.isEnabledFor(logging.DEBUG)
        self.poller = new_poller()
        self._probes = Probes(known, prober, spec.speed, turned)
        self._servers: dict[Entrance, Entry | Datagrams] = {}
        self._flows: dict[Passage, Flow] = {}
        self._over: Callable[[Passage], object] = self._flows.pop
        self._follower = Follower("the accelerators", self._fit)
        self._sweeping: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """Make what listens and probes fit what is known, soon."""
        self._follower.follow()

    def close(self) -> None:
        self._follower.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._probes.close()
        for entrance in list(self._servers):
            self._shut(entrance)
        self.poller.close()

    def status(self) -> dict[str, object]:
        """Where it listens, and how many flows there are."""
        datagrams = [each for each in self._servers.values() if isinstance(each, Datagrams)]
        flows = len(self._flows) + sum(len(each.flows) for each in datagrams)
        return {"listening": sorted(_shown(each) for each in self._servers), "flows": flows}

    def sample(self) -> None:
        """Count what passed until now."""
        self.counting.count()
        now = time.time()
        for passage, flow in self._flows.items():
            near, far = passage.ends()
            found = info(near)
            if found:  # else the client's end is closed
                self.counting.leaving(flow, far)
                self.counting.counts.carried(flow, *loads(found), now)

    # For flows.

    def entered(self, passage: Passage, flow: Flow) -> None:
        """A flow has come in, and is on its way to its endpoint."""
        self._flows[passage], counting = flow, self.counting
        logged = counting.counts.logged(flow.entrance.accelerator)
        passage.noted(
            functools.partial(counting.closing, flow), functools.partial(counting.leaving, flow) if logged else None
        )
        passage.when_over = self._over
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = self._loop.create_task(self._sweep())

    # Following.

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
                datagrams = Datagrams(self.crossing, functools.partial(self._way, Routes(self, entrance)), idle_s)
                await datagrams.listen(entrance.address, port)
                self._servers[entrance] = datagrams
                return
            self._servers[entrance] = Entry(self, entrance, port)
        except OSError as error:
            log.error("%s:%d of %s cannot be listened on: %s", entrance.address, port, entrance.listener, error)

    def _way(self, routes: Routes, source: tuple[str, int]) -> Way | None:
        """Where a new flow of datagrams goes. Nobody but this socket knows how far away its client is."""
        route = routes.route(source)
        if route is None:
            return None
        flow = route.flow(routes.entrance, source)
        self.counting.counts.carried(flow, NOTHING, NOTHING, flow.since)
        place = place_of(source[0])
        near = (place.name,) if place is not None and place.kind == "city" else ()
        return Way(*route.to, route.seen or source[0], (*near, route.there.source, route.there.target))

    def _shut(self, entrance: Entrance) -> None:
        self._servers.pop(entrance).close()
        for passage, flow in list(self._flows.items()):
            if flow.entrance == entrance:
                passage.abort()

    async def _sweep(self) -> None:
        """End the flows that were idle for too long."""
        idle_s = IDLE_S / self.speed
        while self._flows:
            await asyncio.sleep(idle_s / LOOKS)
            for passage in list(self._flows):
                if passage.heard or not passage.stands:
                    passage.heard, passage.quiet = False, 0
                else:
                    passage.quiet += 1
                    if passage.quiet >= LOOKS:
                        passage.finish()


def _shown(entrance: Entrance) -> str:
    return f"{entrance.address}:{entrance.port}{'/udp' if entrance.protocol == 'UDP' else ''}"
