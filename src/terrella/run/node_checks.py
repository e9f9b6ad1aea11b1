"""Do the nodes of load balancers answer? Probed from the edge across the network, as Route 53 does for its own names.

One connection per node every ten seconds of the world; three in a row without an answer take the node out of the DNS.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress

from ..edge.load_balancers import PROBE_PATIENCE_S, PROBED_EVERY_S, LoadBalancers, NodeId
from ..net.addresses import EDGE_ADDRESS
from ..net.places import ANYCAST
from ..world.spec import MachinePorts
from .crossing import Crossing

log = logging.getLogger(__name__)
LEAST_PATIENCE_S = 1.0


class NodeChecks:
    """The rounds of probes. `turned` is told when the verdict on a node turns."""

    def __init__(
        self,
        balancers: LoadBalancers,
        crossing: Crossing,
        ports: MachinePorts,
        speed: float,
        turned: Callable[[NodeId, bool], None],
    ) -> None:
        self._balancers, self._crossing, self._ports, self._speed = balancers, crossing, ports, speed
        self._turned = turned
        self._task: asyncio.Task[None] | None = None

    def follow(self) -> None:
        """There may be something to probe now. Without load balancers nothing runs."""
        self._balancers.review(time.time())
        if self._balancers.known and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._rounds())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _rounds(self) -> None:
        while self._balancers.known:
            began = time.monotonic()
            probes = [self._probe(*each) for each in self._balancers.probed()]
            for done in await asyncio.gather(*probes, return_exceptions=True):
                if isinstance(done, Exception):
                    log.error("a probe of a node: a defect", exc_info=done)
            await self._wait(began + PROBED_EVERY_S / self._speed - time.monotonic())

    async def _wait(self, seconds: float) -> None:
        """Until the next round; shifts that end meanwhile end in time."""
        until = time.monotonic() + max(seconds, 0)
        while (left := until - time.monotonic()) > 0:
            ends = [float(s["ExpiresAt"]) - time.time() for s in self._balancers.shifts.values()]
            await asyncio.sleep(min([left, *(max(end, 0) + 0.01 for end in ends if end > -1)]))
            self._balancers.review(time.time())

    async def _probe(self, node: NodeId, address: str, port: int) -> None:
        patience = max(PROBE_PATIENCE_S / self._speed, LEAST_PATIENCE_S)
        answered = False
        with suppress(OSError):  # TimeoutError is one
            async with asyncio.timeout(patience):
                await self._connect(node.zone, address, self._ports.at(address, port))
                answered = True
        if self._balancers.learn(node, answered):
            log.info("the node in %s of %s: %s", node.zone, node.load_balancer, "up" if answered else "down")
            self._turned(node, answered)

    async def _connect(self, zone: str, address: str, port: int) -> None:
        await self._crossing.cross(ANYCAST, zone)
        _, writer = await asyncio.open_connection(address, port, local_addr=(EDGE_ADDRESS, 0))
        writer.transport.abort()
        await self._crossing.cross(zone, ANYCAST)
