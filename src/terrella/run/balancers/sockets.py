"""Opens and closes the sockets of load balancers' nodes as the region's state says, and keeps their probes going.

A node listens on its own address, at the machine's port for the listener's port. A change of the state is looked at
once, soon after it was made; nothing polls.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...net.addresses import EDGE_ADDRESS, client_ip, node_address, place_of
from ...net.places import OPERATOR
from ...region.region import Region
from ...region.service import Context
from ...services.elbv2 import recording
from ...services.elbv2.deciding import Forward, Gate, Node, decide
from ...services.elbv2.matching import Ask
from ...services.elbv2.records import Record, Wire
from ...store.journal import Change
from ...wire.http import Response
from ..crossing import Crossing
from ..datagrams import Datagrams
from ..follower import Follower
from ..process import Job
from .client import Client
from .connections import Connections
from .gates import Gates
from .http2 import Http2
from .mutual_tls import Mutual
from .openssl import accept
from .probes import Probes
from .providers import Providers
from .servers import LARGEST_HEAD, Servers
from .tls import Asked, ListenerCertificates, alpn_of

log = logging.getLogger(__name__)
MUTUAL = "MutualAuthentication"
HTTP2 = "routing.http2.enabled"
FOLLOWED = ("elbv2", "arc-zonal-shift", "acm")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One socket that should listen."""

    load_balancer: str
    listener: str
    zone: str
    address: str
    port: int
    protocol: str
    alpn: str = ""
    mutual: str = ""


class Balancers:
    """The load balancers of one region. `region` gives the region of the moment."""

    def __init__(self, job: Job, crossing: Crossing, region: Callable[[], Region]) -> None:
        self.job, self.crossing, self.region = job, crossing, region
        self.servers = Servers(job.name, crossing)
        self.gates = Gates(Providers(job, crossing))
        self._sockets: dict[Wanted, Socket] = {}
        self._nodes: dict[tuple[str, str], Node] = {}
        self._probes = Probes(self)
        self._follower = Follower("the load balancers", self._fit)

    def follow(self, change: Change) -> None:
        """One change of the journal."""
        if change.service in FOLLOWED:
            self.look()

    def look(self) -> None:
        """Make what listens and probes fit the state, soon."""
        self._follower.follow()

    async def close(self) -> None:
        self._follower.close()
        self._probes.close()
        for socket in self._sockets.values():
            socket.close()
        self.servers.close()
        self.gates.close()

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

    async def _fit(self) -> None:
        if "elbv2" not in self.region().state:
            return
        wanted = set(self._wanted())
        for gone in self._sockets.keys() - wanted:
            self._sockets.pop(gone).close()
        for new in wanted - self._sockets.keys():
            await self._open(new)
        self._probes.follow()
        for socket in self._sockets.values():
            socket.connections.review()

    def _wanted(self) -> list[Wanted]:
        state, found = self.region().state["elbv2"], []
        for arn, load_balancer in state.load_balancers.items():
            for listener in state.listeners_of(arn):
                for zone in load_balancer["Zones"]:
                    address = node_address(zone["ZoneName"], load_balancer["Number"])
                    place = (arn, listener["Arn"], zone["ZoneName"], address)
                    alpn = (listener.get("AlpnPolicy") or [""])[0]
                    mutual = (listener.get(MUTUAL) or {}).get("Mode", "")
                    found.append(Wanted(*place, listener["Port"], listener["Protocol"], alpn, mutual))
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
        self.secure = wanted.protocol == "HTTPS"
        self.node = balancers.node(wanted.load_balancer, wanted.zone)
        self.servers, self.gates = balancers.servers, balancers.gates
        self.crossing = balancers.crossing
        self.connections = Connections(self)
        self._mutual: Mutual | None = None
        self._server: asyncio.Server | None = None
        self._datagrams: Datagrams | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    async def open(self, machine_port: int) -> None:
        """Raises OSError."""
        context, protocol = None, self._wanted.protocol
        if protocol in ("HTTPS", "TLS"):
            certificates = ListenerCertificates(self._all.job.authority, self._certificates, self._alpn)
            if not certificates.ready():
                raise OSError("its certificate is gone")
            context = certificates.base
        if self._wanted.mutual:
            self._mutual = Mutual(self._all.job.authority, self._certificates, self._alpn, self._blob)
            context = None  # TLS begins once the connection is there
        serve = self._http if protocol in ("HTTP", "HTTPS") else self._nobody if protocol == "UDP" else self._carry
        if protocol in ("UDP", "TCP_UDP"):
            self._datagrams = self.connections.datagrams(self._all.job.spec.speed)
            await self._datagrams.listen(self.address, machine_port)
        self._server = await asyncio.start_server(
            serve, self.address, machine_port, ssl=context, limit=LARGEST_HEAD, backlog=512
        )

    def close(self) -> None:
        for each in (self._server, self._datagrams):
            if each is not None:
                each.close()
        for task in self._tasks:
            task.cancel()

    # For connections.

    @property
    def load_balancer(self) -> dict[str, Any]:
        found: dict[str, Any] = self._all.context().state.load_balancer(self._wanted.load_balancer)
        return found

    @property
    def listener(self) -> dict[str, Any]:
        found: dict[str, Any] = self._all.context().state.listener(self._wanted.listener)
        return found

    def away(self) -> frozenset[str]:
        """The zones traffic is shifted away from."""
        return self._all.away(self._wanted.load_balancer)

    def machine_port(self, address: str, port: int) -> int:
        """The port of the machine for one of another load balancer's node."""
        return self._all.job.ports.at(address, port)

    def now(self) -> float:
        return time.time()

    def context(self) -> Context[Any]:
        return self._all.context()

    def setting(self, name: str, otherwise: int) -> float:
        """A duration among the load balancer's attributes."""
        return float(self.load_balancer["Attributes"].get(name, otherwise))

    def decide(self, ask: Ask) -> Response | Forward | Gate:
        return decide(self._all.context().state, self.listener, ask, self.node, time.time(), self.away())

    # What is noted for metrics and logs.

    def wire(self, writer: asyncio.StreamWriter) -> Wire:
        """What is known of a new connection."""
        peer, now = writer.get_extra_info("peername") or ("127.0.0.1", 0), time.time()
        wire = Wire((self.client_ip(peer[0]), peer[1]), now)
        tls = writer.get_extra_info("ssl_object")
        if tls is not None:
            asked: Asked | None = getattr(tls, "asked", None)
            wire.protocol, wire.cipher, wire.resumed = tls.version(), tls.cipher()[0], tls.session_reused
            if asked is not None:
                wire.name, wire.shown, wire.handshake_s = asked.name, asked.shown, max(now - asked.at, 0.0)
        seen = f"{self._wanted.load_balancer} {self.address}:{self.port} {peer} {now}"
        wire.trace = f"TID_{hashlib.blake2b(seen.encode(), digest_size=16).hexdigest()}"
        return wire

    def began(self, wire: Wire) -> None:
        recording.connection_began(
            self._all.region(), self.load_balancer, self.zone, self.address, wire, self.port
        )

    def ended(self) -> None:
        recording.connection_ended(self._all.region(), self._wanted.load_balancer, self.zone)

    def flow_refused(self, *metrics: str) -> None:
        recording.flow_refused(self._all.region(), *self._counted(), metrics, time.time())

    def flow_began(self, group: str) -> None:
        recording.flow_began(self._all.region(), *self._counted(), group, time.time())

    def flow_ended(self, wire: Wire, passed: tuple[int, int], reset: str) -> None:
        region, now = self._all.region(), time.time()
        recording.flow_ended(region, *self._counted(), passed, reset, now)
        load_balancer = region.state["elbv2"].load_balancers.get(self._wanted.load_balancer)
        if load_balancer is not None and wire.protocol is not None:
            node = (self.address, self.port)
            recording.tls_over(region, load_balancer, self._wanted.listener, node, wire, passed, now)

    def datagrams_began(self) -> None:
        recording.datagrams_began(self._all.region(), self._wanted.load_balancer, self.zone, time.time())

    def _counted(self) -> tuple[str, str, str]:
        protocol = "TLS" if self._wanted.protocol == "TLS" else "TCP"
        return self._wanted.load_balancer, self.zone, protocol

    def over(self, record: Record) -> None:
        """A request is over."""
        region = self._all.region()
        load_balancer = region.state["elbv2"].load_balancers.get(self._wanted.load_balancer)
        if load_balancer is not None:
            recording.request_over(region, load_balancer, self.zone, self.address, record, time.time())

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

    def _blob(self, digest: str) -> bytes:
        return self._all.region().ports.blobs.get(digest)

    def _alpn(self) -> tuple[str, ...]:
        """What is spoken here, the preferred first."""
        if self._wanted.protocol == "TLS":
            return alpn_of(self._wanted.alpn)
        found = self._all.context().state.load_balancers.get(self._wanted.load_balancer) or {"Attributes": {}}
        return ("h2", "http/1.1") if found["Attributes"].get(HTTP2) == "true" else ("http/1.1",)

    def _certificates(self) -> list[dict[str, Any]]:
        region = self._all.region()
        listener = region.state["elbv2"].listeners.get(self._wanted.listener)
        kept = region.state["acm"].certificates
        return [found for arn in (listener or {}).get("Certificates", ()) if (found := kept.get(arn))]

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if _is_edge(writer):
            writer.close()
            return
        await self._guarded(self._spoken(reader, writer), writer)

    async def _spoken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection in the version of HTTP that TLS has agreed on. Raises OSError."""
        if self._mutual is not None:
            mutual = self.listener[MUTUAL]
            store = self._all.context().state.trust_stores.get(mutual.get("TrustStoreArn") or "")
            context = self._mutual.context(mutual, store)
            reader, writer = await accept((reader, writer), context, LARGEST_HEAD)
        tls = writer.get_extra_info("ssl_object")
        speaks = Http2 if tls is not None and tls.selected_alpn_protocol() == "h2" else Client
        await speaks(self, reader, writer).serve()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if _is_edge(writer):
            writer.close()
            return
        await self._guarded(self.connections.carry(reader, writer), writer)

    async def _nobody(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Where only datagrams are taken, a connection tells the checks of nodes that the node is there."""
        writer.close()

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


def _is_edge(writer: asyncio.StreamWriter) -> bool:
    """Does the edge ask whether the node is there?"""
    return bool((writer.get_extra_info("peername") or ("",))[0] == EDGE_ADDRESS)


def _is_operator(peer: str) -> bool:
    place = place_of(peer)
    return place is None or place.name == OPERATOR
