"""The edge's process: DNS answers, health checkers, accelerators, and what of them reached it. Reached by anycast."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine
from typing import Any

import ormsgpack

from ..edge.answers import EdgeAnswers
from ..edge.health import HealthCheck
from ..edge.load_balancers import NodeId
from ..net.addresses import EDGE_ADDRESS, FRONT_DOOR
from ..net.places import ANYCAST
from ..region import seats
from ..region.ports import Ports
from ..region.region import Region
from ..store.journal import Change, Journal
from ..store.maps import Maps
from ..wire.http import Request, Response
from .accelerators import Accelerators
from .channel import Message
from .checkers import Checkers, Prober
from .clock import WallClock
from .crossing import Crossing
from .disk import Disk
from .dns_server import DnsServer
from .forward import OtherRegions
from .http_client import HttpClient
from .http_server import serve
from .node_checks import NodeChecks
from .peers import Here, Links
from .process import Job, Tell, cannot, port_taken
from .query_logs import QueryLogs
from .region_on_disk import RegionOnDisk
from .verdicts import Verdicts

log = logging.getLogger(__name__)


class EdgePlace:
    """`process.Duty` of the edge."""

    def __init__(self, job: Job, crossing: Crossing, tell: Tell) -> None:
        self.job, self.crossing, self._tell = job, crossing, tell
        self._began, self.client = time.time(), HttpClient()

    async def open(self) -> None:
        """Raises DiskError, PortTaken."""
        spec = self.job.spec
        self.disk = Disk.open(self.job.folder)
        self.on_disk = RegionOnDisk(self.disk, self._build, self._rebuilt)
        self.links = Links(
            Here(ANYCAST, self.job.ports.links, frozenset(spec.regions)),
            self.crossing,
            self.disk.journal,
            lambda: self.on_disk.region,
            self.job.folder / "links.json",
        )
        self.disk.owed = self.links.settled
        self._begin_answering()
        self.disk.journal.follow(self._take)
        self.dns = DnsServer(lambda message, address, tcp: self.answers.reply(message, address, tcp))
        await self._listen()

    async def close(self) -> None:
        self.dns.close()
        self.checkers.close()
        self.node_checks.close()
        self.accelerators.close()
        self.query_logs.close()
        self.links.close()
        self.client.close()
        await self.questions.close(grace_s=0.3)
        await self.disk.close()

    def struck(self, all: tuple[Any, ...]) -> None:
        """The network knows; nothing else here changes."""

    def peer_up(self, name: str) -> None:
        self.links.nudge(name)

    def asked(self, message: Message) -> Any:
        raise cannot(message)

    def status(self) -> dict[str, Any]:
        health = self.answers.health
        return {
            "changes": self.disk.journal.last,
            "links": self.links.status(),
            "uptime_s": round(time.time() - self._began, 1),
            "zones": len(self.answers.zones.by_id),
            "accelerators": self.accelerators.status(),
            "query_log": self.query_logs.status(),
            "health_checks": {id: health.healthy(id) for id in health.checks},
        }

    def _build(self, journal: Journal, maps: Maps) -> Region:
        spec = self.job.spec
        return Region(
            ANYCAST,
            [service.state_only() for service in self.job.services],
            clock=WallClock(),
            journal=journal,
            maps=maps,
            world=self.job.facts(),
            ports=Ports(regions=OtherRegions(ANYCAST, spec.regions, self.crossing, self.client, self.job.ports.api)),
            rng=self.job.random("edge"),
        )

    def _rebuilt(self, region: Region) -> None:
        self.checkers.close()
        self.node_checks.close()
        self.accelerators.close()
        self.query_logs.close()
        self._begin_answering()
        self.links.begin_anew()

    def _begin_answering(self) -> None:
        """Make of the disk what answers are made of."""
        spec, network = self.job.spec, self.crossing.network
        self.answers = EdgeAnswers(network, self.job.random("answers"), spec.regions, spec.speed, time.time)
        self.verdicts = Verdicts(self.job.folder / "verdicts.json")
        self.answers.load(self.on_disk.region, self.verdicts.read())
        prober = Prober(self.crossing, self.answers.address_at, spec.ports.at, spec.speed)
        self.checkers = Checkers(self.answers.health, prober, self.job.random("checkers"), self._turned)
        self.checkers.follow()
        balancers = self.answers.load_balancers
        self.node_checks = NodeChecks(balancers, self.crossing, spec.ports, spec.speed, self._node_turned)
        self.node_checks.follow()
        self.accelerators = Accelerators(
            self.answers.accelerators, prober, self.crossing, spec, self._look_at_endpoints, self.answers.flows
        )
        self.accelerators.follow()
        self.query_logs = QueryLogs(self.answers.query_log, lambda: self.on_disk.region)

    def _take(self, change: Change) -> None:
        for check in self.answers.take(change):
            self._turned(check)
        if change.kind.startswith("health_check"):
            self.checkers.follow()
        elif change.service in ("elbv2", "arc-zonal-shift"):
            self.node_checks.follow()
            self._look_at_endpoints()
        elif change.service == "globalaccelerator":
            self.accelerators.follow()
            self._look_at_endpoints()

    def _turned(self, check: HealthCheck) -> None:
        self.verdicts.write(self.answers.health.known())
        self._tell("verdict", id=check.id, healthy=check.healthy())

    def _node_turned(self, node: NodeId, up: bool) -> None:
        self._tell("node", load_balancer=node.load_balancer, zone=node.zone, up=up)
        self._look_at_endpoints()

    def _look_at_endpoints(self) -> None:
        """The health of an accelerator's endpoint may have turned."""
        for endpoint in self.answers.accelerators.turned():
            self._tell("endpoint", **endpoint)

    async def _listen(self) -> None:
        ports, address = self.job.ports, EDGE_ADDRESS
        port = ports.links
        try:
            await self.links.start()
            port = ports.api
            self.questions = await serve(self._asked, self.disk.journal, address, port)
            port = ports.dns
            await self.dns.listen(address, port)
            address = FRONT_DOOR
            await self.dns.listen(address, port)
        except OSError as error:
            raise port_taken(address, port, error) from None

    async def _asked(self, request: Request) -> Response:
        """A question of a region's control plane, in MessagePack."""
        try:
            question = ormsgpack.unpackb(request.body)
            if question["kind"] == "is_well":
                answer = await seats.looked(self.on_disk.region, question, _at_most)
            else:
                answer = self.answers.answer(question)
        except (ValueError, KeyError, TypeError) as wrong:
            return Response(400, [("Content-Type", "text/plain")], f"{wrong}".encode())
        return Response(200, [("Content-Type", "application/vnd.msgpack")], ormsgpack.packb(answer))


def _at_most(seconds: float, work: Coroutine[Any, Any, bool]) -> Awaitable[bool]:
    return asyncio.wait_for(work, seconds)
