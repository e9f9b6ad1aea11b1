"""One flow: the client's TCP ends at the edge, a second connection goes to the endpoint, and bytes pass between.

The client's handshake is over when the second connection begins; what it sends meanwhile waits in its socket. An
endpoint that refuses, or does not answer in time, resets the client. Once connected a flow is never moved.
https://docs.aws.amazon.com/global-accelerator/latest/dg/introduction-how-it-works.html
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import sys
from typing import TYPE_CHECKING

from ...edge.accelerators import Destination, Entrance
from ...net.addresses import address_of, asker_of
from ...net.distance import nearest_edge
from .passage import Passage, harden

if TYPE_CHECKING:
    from .sockets import Accelerators

log = logging.getLogger(__name__)
CONNECT_S, LEAST_CONNECT_S = 10.0, 2.0  # AWS publishes no figure
BIND_ADDRESS_NO_PORT = 24  # Linux: a port is chosen when it connects, and may serve several servers
ACCEPTED_AT_ONCE = 64


class Entry:
    """One listening socket of a listener."""

    def __init__(self, all: Accelerators, entrance: Entrance, port: int) -> None:
        """Raises OSError."""
        self._all, self._entrance = all, entrance
        self._socket = socket.create_server((entrance.address, port), backlog=512)
        self._socket.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._accept)

    def close(self) -> None:
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                client, source = self._socket.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as error:  # no more descriptors, say
                log.error("%s:%d takes no connection: %s", self._entrance.address, self._entrance.port, error)
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Flow(self._all, self._entrance, client, source)


def way_of(all: Accelerators, entrance: Entrance, source: tuple[str, int]) -> tuple[str, Destination, str] | None:
    """Where a new flow goes: its edge location, its destination, and the address it is seen from there."""
    known, edge = all.known, nearest_edge(asker_of(source[0]))
    chosen = known.route(entrance, source, edge.name, all.crossing.network)
    to = known.destination(chosen, entrance.port, source) if chosen is not None else None
    if chosen is None or to is None:
        return None
    return edge.name, to, source[0] if chosen.endpoint.preserve else address_of(edge)


class Flow:
    """A connection of a client's, until it is handed to its passage."""

    def __init__(self, all: Accelerators, entrance: Entrance, client: socket.socket, source: tuple[str, int]) -> None:
        self._all, self._entrance, self._client, self._source = all, entrance, client, source
        all.entered(self, entrance)
        self._task = asyncio.get_running_loop().create_task(self._go())

    def abort(self) -> None:
        """End it, before it has a passage."""
        self._task.cancel()

    async def _go(self) -> None:
        passage = None
        try:
            passage = await self._connected()
        except OSError as ended:  # TimeoutError is one
            log.debug("a flow to %s:%d: %s", self._entrance.address, self._entrance.port, ended)
        except Exception:
            log.exception("a flow to %s:%d ends: a defect", self._entrance.address, self._entrance.port)
        finally:
            if passage is None:
                harden(self._client)
                self._client.close()
                self._all.over(self)
        if passage is not None:
            self._all.relayed(self, passage)
            passage.begin()

    async def _connected(self) -> Passage | None:
        """A passage whose far end is connected; None if nobody takes the flow. Raises OSError."""
        found = way_of(self._all, self._entrance, self._source)
        if found is None:
            return None
        edge, to, seen = found
        log.debug("%s at %s goes to %s in %s", self._source[0], edge, to.address, to.place)
        async with asyncio.timeout(max(CONNECT_S / self._all.speed, LEAST_CONNECT_S)):
            return await self._connect(edge, to, seen)

    async def _connect(self, edge: str, to: Destination, seen: str) -> Passage:
        crossing, far = self._all.crossing, socket.socket()
        try:
            far.setblocking(False)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if sys.platform == "linux":
                far.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
            far.bind((seen, 0))
            await crossing.cross(edge, to.place)
            try:
                await _dial(far, (to.address, self._all.port_of(to.address, to.port)))
            except OSError:
                await crossing.cross(to.place, edge)  # the refusal has its way to go
                raise
            await crossing.cross(to.place, edge)
        except BaseException:
            far.close()
            raise
        return Passage(crossing, (edge, to.place), self._client, far)


async def _dial(sock: socket.socket, to: tuple[str, int]) -> None:
    """Connect. Raises OSError."""
    error = sock.connect_ex(to)
    if error == errno.EINPROGRESS and not _is_connected(sock):
        loop, fd = asyncio.get_running_loop(), sock.fileno()
        writable = asyncio.Event()
        loop.add_writer(fd, writable.set)
        try:
            await writable.wait()
        finally:
            loop.remove_writer(fd)
    if error == errno.EINPROGRESS:
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, f"{to[0]}:{to[1]} does not take the connection")


def _is_connected(sock: socket.socket) -> bool:
    """On one machine it mostly is at once, though the kernel says that it will be."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True
