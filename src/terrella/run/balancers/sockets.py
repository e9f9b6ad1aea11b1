"""Opens and closes the sockets of load balancers' nodes as the region's state says, and keeps their probes going.

A node listens on its own address, at the machine's port for the listener's port. A change of the state is looked at
once, soon after it was made; nothing polls.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...net.addresses import client_ip, node_address, place_of
from ...net.places import OPERATOR
from ...region.region import Region
from ...region.service import Context
from ...services.elbv2.deciding import Forward, Node, decide, target_for
from ...services.elbv2.matching import Ask
from ...store.journal import Change
from ...wire.http import Response
from ..crossing import Crossing
from ..process import Job
from .client import Client
from .probes import Probes
from .servers import CONNECT_S, LARGEST_HEAD, Servers
from .tls import ListenerCertificates
from .tunnel import tunnel

log = logging.getLogger(__name__)
FOLLOWED = ("elbv2", "arc-zonal-shift", "acm")
TCP_IDLE_S = 350.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """One socket that should listen."""

    load_balancer: str
    listener: str
    zone: str
    address: str
    port: int
    protocol: str


class Balancers:
    """The load balancers of one region. `region` gives the region of the moment."""

    def __init__(self, job: Job, crossing: Crossing, region: Callable[[], Region]) -> None:
        self.job, self.crossing, self.region = job, crossing, region
        self.servers = Servers(job.name, crossing)
        self._loop = asyncio.get_running_loop()
        self._sockets: dict[Wanted, Socket] = {}
        self._nodes: dict[tuple[str, str], Node] = {}
        self._probes = Probes(self)
        self._looking: asyncio.Task[None] | None = None
        self._again = False

    def follow(self, change: Change) -> None:
        """One change of the journal."""
        if change.service in FOLLOWED:
            self.look()

    def look(self) -> None:
        """Make what listens and probes fit the state, soon."""
        self._again = True
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        self._probes.close()
        for socket in self._sockets.values():
            socket.close()
        self.servers.close()

    def status(self) -> list[str]:
        """Where it listens."""
        return sorted(f"{wanted.address}:{wanted.port}" for wanted in self._sockets)

    def context(self) -> Context[Any]:
        return self.region().context("elbv2")

    def node(self, load_balancer: str, zone: str) -> Node:
        key = (load_balancer, zone)
        if key not in self._nodes:
            self._nodes[key] = Node(zone, self.job.random(f"node {load_balancer} {zone}"))
        return self._nodes[key]

    def away(self, load_balancer: str) -> frozenset[str]:
        """The zones its traffic is shifted away from just now."""
        shifts = self.region().state.get("arc-zonal-shift")
        return shifts.away(load_balancer, time.time()) if shifts is not None else frozenset()

    async def _look(self) -> None:
        while self._again:
            self._again = False
            await asyncio.sleep(0)  # what is being changed just now is changed as a whole
            try:
                await self._fit()
            except Exception:
                log.exception("the load balancers do not follow a change: a defect")

    async def _fit(self) -> None:
        if "elbv2" not in self.region().state:
            return
        wanted = set(self._wanted())
        for gone in self._sockets.keys() - wanted:
            self._sockets.pop(gone).close()
        for new in wanted - self._sockets.keys():
            await self._open(new)
        self._probes.follow()

    def _wanted(self) -> list[Wanted]:
        state, found = self.region().state["elbv2"], []
        for arn, load_balancer in state.load_balancers.items():
            for listener in state.listeners_of(arn):
                for zone in load_balancer["Zones"]:
                    address = node_address(zone["ZoneName"], load_balancer["Number"])
                    place = (arn, listener["Arn"], zone["ZoneName"], address)
                    found.append(Wanted(*place, listener["Port"], listener["Protocol"]))
        return found

    async def _open(self, wanted: Wanted) -> None:
        socket = Socket(self, wanted)
        machine = self.job.ports.at(wanted.address, wanted.port)
        try:
            await socket.open(machine)
        except OSError as error:
            log.error("%s:%d of %s cannot be listened on: %s", wanted.address, machine, wanted.load_balancer, error)
            return
        self._sockets[wanted] = socket


class Socket:
    """One listening socket: a listener of a load balancer, at its node in one zone."""

    def __init__(self, balancers: Balancers, wanted: Wanted) -> None:
        self._all, self._wanted = balancers, wanted
        self.zone, self.address, self.port = wanted.zone, wanted.address, wanted.port
        self.node = balancers.node(wanted.load_balancer, wanted.zone)
        self.servers = balancers.servers
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self, machine_port: int) -> None:
        """Raises OSError."""
        context = None
        if self._wanted.protocol == "HTTPS":
            certificates = ListenerCertificates(self._all.job.authority, self._certificates)
            if not certificates.ready():
                raise OSError("its certificate is gone")
            context = certificates.base
        serve = self._relay if self._wanted.protocol == "TCP" else self._http
        self._server = await asyncio.start_server(
            serve, self.address, machine_port, ssl=context, limit=LARGEST_HEAD, backlog=512
        )

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    # For connections.

    @property
    def load_balancer(self) -> dict[str, Any]:
        found: dict[str, Any] = self._all.context().state.load_balancer(self._wanted.load_balancer)
        return found

    def now(self) -> float:
        return time.time()

    def context(self) -> Context[Any]:
        return self._all.context()

    def setting(self, name: str, otherwise: int) -> float:
        """A duration among the load balancer's attributes."""
        return float(self.load_balancer["Attributes"].get(name, otherwise))

    def decide(self, ask: Ask) -> Response | Forward:
        state = self._all.context().state
        listener = state.listener(self._wanted.listener)
        return decide(state, listener, ask, self.node, time.time(), self._all.away(self._wanted.load_balancer))

    def client_ip(self, peer: str) -> str:
        place = place_of(peer)
        return client_ip(place.name if place is not None else None)

    async def crossed_in(self, peer: str) -> None:
        """The operator, who comes straight, meets the faults here; whoever comes from a city met them before."""
        if self._all.crossing.network.faults and _is_operator(peer):
            await self._all.crossing.cross(OPERATOR, self.zone)

    async def crossed_out(self, peer: str) -> None:
        if self._all.crossing.network.faults and _is_operator(peer):
            await self._all.crossing.cross(self.zone, OPERATOR)

    def _certificates(self) -> list[dict[str, Any]]:
        region = self._all.region()
        listener = region.state["elbv2"].listeners.get(self._wanted.listener)
        kept = region.state["acm"].certificates
        return [found for arn in (listener or {}).get("Certificates", ()) if (found := kept.get(arn))]

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._guarded(Client(self, reader, writer).serve(), writer)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._guarded(self._relayed(reader, writer), writer)

    async def _relayed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A TCP listener: one connection to one target."""
        await self.crossed_in((writer.get_extra_info("peername") or ("127.0.0.1",))[0])
        state = self._all.context().state
        (action,) = state.listener(self._wanted.listener)["DefaultActions"]
        group = state.target_group(action["TargetGroupArn"])
        away = self._all.away(self._wanted.load_balancer)
        target = target_for(state, self.load_balancer, group, None, self.node, time.time(), away)
        if target is None:
            return
        try:
            async with asyncio.timeout(CONNECT_S):
                server = await self.servers.connect(self.zone, target, int(target["Port"]), False, self.address)
        except OSError:  # TimeoutError is one
            return
        await tunnel((reader, writer), server, TCP_IDLE_S)

    async def _guarded(self, work: Any, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await work
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone
        except asyncio.CancelledError:
            pass  # the listener is gone
        except Exception:
            log.exception("a connection to %s:%d ends: a defect", self.address, self.port)
        finally:
            self._tasks.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()


def _is_operator(peer: str) -> bool:
    place = place_of(peer)
    return place is None or place.name == OPERATOR
