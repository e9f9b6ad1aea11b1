"""Do the nodes of load balancers answer? Probed from the edge of a simulated world, every ten seconds, as live."""

from __future__ import annotations

from collections.abc import Callable

from ..edge.load_balancers import PROBE_PATIENCE_S, PROBED_EVERY_S, LoadBalancers, NodeId
from ..net.addresses import place_of
from ..net.places import ANYCAST
from .balancers import Balancers
from .crossing import Crossing


class NodeChecks:
    """The rounds of probes. `turned` is told when the verdict on a node turns."""

    def __init__(
        self,
        known: LoadBalancers,
        balancers: Balancers,
        crossing: Crossing,
        turned: Callable[[NodeId, bool], None],
    ) -> None:
        self._known, self._balancers, self._crossing, self._turned = known, balancers, crossing, turned
        self._rounds_go = False

    def follow(self) -> None:
        """There may be something to probe now. Without load balancers nothing runs."""
        clock = self._crossing.clock
        self._known.review(clock.time)
        for shift in self._known.shifts.values():
            clock.at(float(shift["ExpiresAt"]), lambda: self._known.review(clock.time))
        if self._known.known and not self._rounds_go:
            self._rounds_go = True
            clock.spawn(self._rounds())

    async def _rounds(self) -> None:
        clock = self._crossing.clock
        while self._known.known:
            for node, address, port in list(self._known.probed()):
                clock.spawn(self._probe(node, address, port))
            await clock.sleep(PROBED_EVERY_S)
        self._rounds_go = False

    async def _probe(self, node: NodeId, address: str, port: int) -> None:
        if not self._crossing.runs(ANYCAST):
            return
        try:
            answered = await self._crossing.clock.at_most(PROBE_PATIENCE_S, self._connect(node.zone, address, port))
        except TimeoutError:
            answered = False
        if self._known.learn(node, answered):
            self._turned(node, answered)

    async def _connect(self, zone: str, address: str, port: int) -> bool:
        """Is a connection taken? A region that stands still takes connections: its kernel does."""
        await self._crossing.cross(ANYCAST, zone)
        place = place_of(address)
        assert place is not None
        taken = self._crossing.harms.get(place.region) != "kill" and self._balancers.listens(zone, address, port)
        await self._crossing.cross(zone, ANYCAST)
        return taken
