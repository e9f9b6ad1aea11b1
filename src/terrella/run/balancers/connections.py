"""What network load balancers carry: a connection, or datagrams, from a node to a target, unread.

Where it goes is decided by `services.elbv2.connections`; a connection that nobody takes, or whose target is to be left,
is reset.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...services.elbv2.attributes import IDLE
from ...services.elbv2.connections import Address, Onward, announcement, ended, onward
from ..datagrams import Datagrams, Way
from .servers import CONNECT_S
from .tunnel import Line, Passed, tunnel

if TYPE_CHECKING:
    from .sockets import Socket

USUAL_IDLE_S, IDLE_UDP_S = 350, 120.0


class Connections:
    """The open ones of one listening socket."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._open: dict[asyncio.StreamWriter, Onward] = {}
        self._ends: dict[asyncio.StreamWriter, asyncio.TimerHandle] = {}
        self._cut: set[asyncio.StreamWriter] = set()  # those that were reset from here

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from its beginning to its end. Raises OSError."""
        socket, peer = self._socket, writer.get_extra_info("peername") or ("127.0.0.1", 0)
        wire = socket.wire(writer)
        await socket.crossed_in(peer[0])
        flow = self._onward("TCP", peer[:2])
        if flow is None:
            socket.flow_refused()
            reset(writer)
            return
        try:
            async with asyncio.timeout(CONNECT_S):
                server = await self._connected(flow, peer[:2])
        except OSError as error:  # TimeoutError is one
            socket.flow_refused(*(["TargetTLSNegotiationErrorCount"] if isinstance(error, ssl.SSLError) else []))
            reset(writer)
            return
        self._open[writer], passed = flow, Passed()
        socket.flow_began(flow.group["Arn"])
        self.review()
        try:
            idle_s = float(socket.listener["Attributes"].get(IDLE, USUAL_IDLE_S))
            await tunnel((reader, writer), server, idle_s, passed)
        finally:
            socket.flow_ended(wire, (passed.there, passed.back), "ELB" if writer in self._cut else passed.reset)
            self._cut.discard(writer)
            del self._open[writer]
            end = self._ends.pop(writer, None)
            if end is not None:
                end.cancel()

    def datagrams(self, speed: float) -> Datagrams:
        """A socket for datagrams."""
        return Datagrams(self._socket.crossing, self._way, IDLE_UDP_S / speed)

    def review(self) -> None:
        """The state has changed: some targets may have to be left."""
        state, now = self._socket.context().state, time.time()
        for writer, flow in self._open.items():
            at = ended(state, flow, self._socket.zone, now)
            known = self._ends.pop(writer, None)
            if known is not None:
                known.cancel()
            if at is not None:
                loop = asyncio.get_running_loop()
                self._ends[writer] = loop.call_later(max(at - now, 0.0), self._leave, writer)

    def _leave(self, writer: asyncio.StreamWriter) -> None:
        self._cut.add(writer)
        reset(writer)

    def _onward(self, protocol: str, source: Address) -> Onward | None:
        socket = self._socket
        state, there = socket.context().state, (socket.address, socket.port)
        return onward(state, socket.listener, socket.node, protocol, source, there, time.time(), socket.away())

    async def _connected(self, flow: Onward, source: Address) -> Line:
        """A connection to the target, told who speaks if it wants to know. Raises OSError."""
        here = self._socket
        seen = source[0] if flow.preserved else here.address
        line = await here.servers.connect(here.zone, flow.target, self._port(flow), False, seen)
        try:
            if flow.announced:
                line[1].write(announcement(source, (here.address, here.port)))
            if flow.secure:
                await here.servers.secure(line)
        except BaseException:
            line[1].transport.abort()
            raise
        return line

    def _way(self, source: Address) -> Way | None:
        """Where a new flow of datagrams goes."""
        flow = self._onward("UDP", source)
        here = self._socket
        if flow is None or not here.servers.reached(flow.target):
            return None
        here.datagrams_began()
        seen = source[0] if flow.preserved else here.address
        return Way(flow.target["Address"], self._port(flow), seen, (here.zone, here.servers.place(flow.target)))

    def _port(self, flow: Onward) -> int:
        """The machine's port for the target's: a server of the user's is at its own."""
        port = int(flow.target["Port"])
        return self._socket.machine_port(flow.target["Address"], port) if flow.alb else port


def reset(writer: asyncio.StreamWriter) -> None:
    """Drop a connection with a RST: a mere abort would end it as if all had been said."""
    if writer.transport.is_closing():
        return
    found: Any = writer.get_extra_info("socket")
    with suppress(OSError):
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
