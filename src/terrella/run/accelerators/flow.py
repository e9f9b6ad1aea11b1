"""One flow: the client's TCP ends at the edge, a second connection goes to the endpoint, and bytes pass between.

The client's handshake is over when the second connection begins. An endpoint that refuses, or does not answer in time,
resets the client. Once connected a flow is never moved.
https://docs.aws.amazon.com/global-accelerator/latest/dg/introduction-how-it-works.html
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import TYPE_CHECKING, Any

from ...edge.accelerators import Destination, Entrance
from ...net.addresses import address_of, asker_of
from ...net.distance import nearest_edge
from ..relay import Relay

if TYPE_CHECKING:
    from .sockets import Accelerators

log = logging.getLogger(__name__)
CONNECT_S, LEAST_CONNECT_S = 10.0, 2.0  # AWS publishes no figure


def reset(transport: Any) -> None:
    """Drop a connection with a RST: a mere abort would end it as if all had been said."""
    if transport.is_closing():
        return
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def way_of(all: Accelerators, entrance: Entrance, source: tuple[str, int]) -> tuple[str, Destination, str] | None:
    """Where a new flow goes: its edge location, its destination, and the address it is seen from there."""
    known, edge = all.known, nearest_edge(asker_of(source[0]))
    chosen = known.route(entrance, source, edge.name, all.crossing.network)
    to = known.destination(chosen, entrance.port, source) if chosen is not None else None
    if chosen is None or to is None:
        return None
    return edge.name, to, source[0] if chosen.endpoint.preserve else address_of(edge)


class Flow(asyncio.Protocol):
    """A connection of a client's, until it is handed to its relay."""

    def __init__(self, all: Accelerators, entrance: Entrance) -> None:
        self._all, self._entrance = all, entrance
        self._transport: Any = None
        self._task: asyncio.Task[None] | None = None
        self._early = b""
        self._ended = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._all.entered(self, self._entrance)
        self._task = asyncio.get_running_loop().create_task(self._go())

    def data_received(self, data: bytes) -> None:
        """Early bytes wait here for the second connection. Reading can only be paused once it has begun."""
        self._early += data
        self._transport.pause_reading()

    def eof_received(self) -> bool:
        self._ended = True
        return True

    def connection_lost(self, error: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._all.over(self)

    def abort(self) -> None:
        """End it, before it has a relay."""
        reset(self._transport)

    async def _go(self) -> None:
        try:
            relay = await self._connected()
        except (OSError, asyncio.CancelledError) as ended:  # TimeoutError is an OSError
            log.debug("a flow to %s:%d: %s", self._entrance.address, self._entrance.port, ended)
            relay = None
        except Exception:
            log.exception("a flow to %s:%d ends: a defect", self._entrance.address, self._entrance.port)
            relay = None
        finally:
            self._task = None
        if relay is None or self._transport.is_closing():
            reset(self._transport)
            if relay is not None:
                relay.abort()
            return
        self._all.relayed(self, relay)
        self._transport.pause_reading()  # what reads otherwise than before must begin anew
        self._transport.set_protocol(relay.near)
        relay.near.connection_made(self._transport)
        if self._early:
            relay.near.data_received(self._early)
        if self._ended:
            relay.near.eof_received()
        self._transport.resume_reading()

    async def _connected(self) -> Relay | None:
        """A relay whose far end is connected; None if nobody takes the flow. Raises OSError."""
        source = self._transport.get_extra_info("peername")[:2]
        found = way_of(self._all, self._entrance, source)
        if found is None:
            return None
        edge, to, seen = found
        log.debug("%s at %s goes to %s in %s", source[0], edge, to.address, to.place)
        async with asyncio.timeout(max(CONNECT_S / self._all.speed, LEAST_CONNECT_S)):
            return await self._connect(edge, to, seen)

    async def _connect(self, edge: str, to: Destination, seen: str) -> Relay:
        crossing, relay = self._all.crossing, Relay(self._all.crossing, edge, to.place)
        try:
            await crossing.cross(edge, to.place)
            try:
                await asyncio.get_running_loop().create_connection(
                    lambda: relay.far, to.address, self._all.port_of(to.address, to.port), local_addr=(seen, 0)
                )
            except OSError:
                await crossing.cross(to.place, edge)  # the refusal has its way to go
                raise
            await crossing.cross(to.place, edge)
        except BaseException:
            relay.abort()
            raise
        return relay
