"""How a flow begins: a client is taken in at the edge, an endpoint is chosen, and its passage goes to fetch it.

The client's handshake is over when the second connection begins; what it sends meanwhile waits in its socket. An
endpoint that refuses, or does not answer in time, resets the client. Once connected a flow is never moved.
https://docs.aws.amazon.com/global-accelerator/latest/dg/introduction-how-it-works.html
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from socket import SocketType
from typing import TYPE_CHECKING, NamedTuple

from ...edge.accelerators import Entrance
from ...edge.flow_counts import Flow
from ...net.addresses import address_of, asker_of
from ...net.distance import nearest_edge
from ..crossing import Way
from .bare import Source, accepted, harden, listening, shown_as
from .passage import Passage
from .poller import READ

if TYPE_CHECKING:
    from .sockets import Accelerators

log = logging.getLogger(__name__)
ACCEPTED_AT_ONCE = 64
REST_S = 0.5  # when there are no more descriptors


class Route(NamedTuple):
    """Where a flow goes from its edge location: the ways there and back, an address and port of the machine. `seen` is
    the address it shows there, "" for the client's own; `endpoint` has the world's port."""

    there: Way
    back: Way
    to: tuple[str, int]
    seen: str
    endpoint: tuple[str, int]

    def flow(self, entrance: Entrance, source: Source) -> Flow:
        """One that goes there, to be counted."""
        there, own = self.there, (self.seen or source[0], 0)
        return Flow(entrance, source, there.source, there.target, self.endpoint, own, time.time())


class Routes:
    """Where the flows of one entrance go. What is common to all from an edge location is looked up once."""

    def __init__(self, all: Accelerators, entrance: Entrance) -> None:
        self._all, self.entrance = all, entrance
        self._epochs = all.known.epochs
        self._common: dict[str, Route] = {}

    def route(self, source: Source) -> Route | None:
        """Where a new flow goes; None if nobody takes it."""
        known = self._all.known
        if self._epochs != (known.epoch, known.balancers.epoch):
            self._common.clear()
            self._epochs = known.epochs
        edge, own = _edge_of(source[0])
        return self._common.get(edge) or self._find(source, edge, own)

    def _find(self, source: Source, edge: str, own: str) -> Route | None:
        all = self._all
        found = all.known.heading(self.entrance, source, edge, all.crossing.network)
        if found is None:
            return None
        to, way = found.to, all.crossing.way
        machine = (to.address, all.port_of(to.address, to.port))
        seen, endpoint = "" if found.preserve else own, (to.address, to.port)
        route = Route(way(edge, to.place), way(to.place, edge), machine, seen, endpoint)
        if found.common:
            self._common[edge] = route
        return route


class Entry:
    """One listening socket of a listener."""

    def __init__(self, all: Accelerators, entrance: Entrance, port: int) -> None:
        """Raises OSError."""
        self._all, self._entrance, self._routes = all, entrance, Routes(all, entrance)
        self._socket = listening(entrance.address, port, backlog=512)
        self._watched = 0
        self._rest: asyncio.TimerHandle | None = None
        self._watch(READ)

    def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._all.poller.forget(self._socket.fileno(), self._watched)
        self._socket.close()

    def ready(self, events: int) -> None:
        """The poller's word: somebody waits to be taken in."""
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, source = accepted(self._socket)
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # no more descriptors, say; whoever waits goes on waiting
                log.error("%s:%d takes no connection: %s", self._entrance.address, self._entrance.port, error)
                self._watch(0)
                self._rest = asyncio.get_running_loop().call_later(REST_S, self._watch, READ)
                return
            try:
                begun = self._begin(client, source)
            except OSError as ended:
                log.debug("a flow to %s:%d: %s", self._entrance.address, self._entrance.port, ended)
                begun = False
            except Exception:
                log.exception("a flow to %s:%d ends: a defect", self._entrance.address, self._entrance.port)
                begun = False
            if not begun:
                harden(client)
                client.close()

    def _begin(self, client: SocketType, source: Source) -> bool:
        """Send a flow on its way; False if nobody takes it. Raises OSError."""
        route = self._routes.route(source)
        if route is None:
            return False
        all, (there, back, to, seen, _) = self._all, route
        if all.tells:
            log.debug("%s at %s goes to %s in %s", source[0], there.source, to[0], there.target)
        passage = Passage(all.crossing, all.poller, there, back, client, shown_as(seen or source[0]))
        all.entered(passage, route.flow(self._entrance, source))
        passage.connect(to, all.patience_s)
        return True

    def _watch(self, wanted: int) -> None:
        self._all.poller.watch(self._socket.fileno(), self._watched, wanted, self)
        self._watched = wanted


@functools.lru_cache(maxsize=4096)
def _edge_of(address: str) -> tuple[str, str]:
    """The edge location whoever has an address comes to, and its own address."""
    edge = nearest_edge(asker_of(address))
    return edge.name, address_of(edge)
