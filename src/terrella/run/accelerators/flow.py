"""How a flow begins: a client is taken in at the edge, an endpoint is chosen, and its passage goes to fetch it.

The client's handshake is over when the second connection begins; what it sends meanwhile waits in its socket. An
endpoint that refuses, or does not answer in time, resets the client. Once connected a flow is never moved.
https://docs.aws.amazon.com/global-accelerator/latest/dg/introduction-how-it-works.html
"""

from __future__ import annotations

import asyncio
import functools
import logging
import socket
import sys
from typing import TYPE_CHECKING

from ...edge.accelerators import Destination, Entrance
from ...net.addresses import address_of, asker_of
from ...net.distance import nearest_edge
from .passage import Passage, harden
from .poller import READ

if TYPE_CHECKING:
    from .sockets import Accelerators

log = logging.getLogger(__name__)
CONNECT_S, LEAST_CONNECT_S = 10.0, 2.0  # AWS publishes no figure
BIND_ADDRESS_NO_PORT = 24  # Linux: a port is chosen when it connects, and may serve several servers
ACCEPTED_AT_ONCE = 64
REST_S = 0.5  # when there are no more descriptors


class Entry:
    """One listening socket of a listener."""

    def __init__(self, all: Accelerators, entrance: Entrance, port: int) -> None:
        """Raises OSError."""
        self._all, self._entrance = all, entrance
        self._socket = socket.create_server((entrance.address, port), backlog=512)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts has it from here
        self._watched = 0
        self._rest: asyncio.TimerHandle | None = None
        self._watch(READ)

    def close(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._all.poller.forget(self._socket.fileno(), self._watched)
        self._socket.close()

    def _watch(self, wanted: int) -> None:
        self._all.poller.watch(self._socket.fileno(), self._watched, wanted, self._accept)
        self._watched = wanted

    def _accept(self, events: int) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, source = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # no more descriptors, say; whoever waits goes on waiting
                log.error("%s:%d takes no connection: %s", self._entrance.address, self._entrance.port, error)
                self._watch(0)
                self._rest = asyncio.get_running_loop().call_later(REST_S, self._watch, READ)
                return
            client.setblocking(False)
            self._begin(client, source)

    def _begin(self, client: socket.socket, source: tuple[str, int]) -> None:
        try:
            if begin(self._all, self._entrance, client, source):
                return
        except OSError as ended:
            log.debug("a flow to %s:%d: %s", self._entrance.address, self._entrance.port, ended)
        except Exception:
            log.exception("a flow to %s:%d ends: a defect", self._entrance.address, self._entrance.port)
        harden(client)
        client.close()


def begin(all: Accelerators, entrance: Entrance, client: socket.socket, source: tuple[str, int]) -> bool:
    """Send a flow on its way; False if nobody takes it. Raises OSError."""
    found = way_of(all, entrance, source)
    if found is None:
        return False
    edge, to, seen = found
    log.debug("%s at %s goes to %s in %s", source[0], edge, to.address, to.place)
    passage = Passage(all.crossing, all.poller, (edge, to.place), client, _far(seen))
    all.entered(passage, entrance)
    there = (to.address, all.port_of(to.address, to.port))
    passage.connect(there, max(CONNECT_S / all.speed, LEAST_CONNECT_S))
    return True


def way_of(all: Accelerators, entrance: Entrance, source: tuple[str, int]) -> tuple[str, Destination, str] | None:
    """Where a new flow goes: its edge location, its destination, and the address it is seen from there."""
    known, (edge, own) = all.known, _edge_of(source[0])
    chosen = known.route(entrance, source, edge, all.crossing.network)
    to = known.destination(chosen, entrance.port, source) if chosen is not None else None
    if chosen is None or to is None:
        return None
    return edge, to, source[0] if chosen.endpoint.preserve else own


@functools.lru_cache(maxsize=4096)
def _edge_of(address: str) -> tuple[str, str]:
    """The edge location whoever has an address comes to, and its own address."""
    edge = nearest_edge(asker_of(address))
    return edge.name, address_of(edge)


def _far(seen: str) -> socket.socket:
    """A socket for the second connection, which shows that address. Raises OSError."""
    far = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        far.setblocking(False)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":
            far.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        far.bind((seen, 0))
    except BaseException:
        far.close()
        raise
    return far
