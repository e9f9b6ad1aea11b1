"""A region's process: its disk, its services, its servers, its links to the other places.

Addresses of region N: 127.10.N.1 is where the world reaches it; 127.10.N.2 is for what runs inside it (its
functions), which no fault of the network can cut off from it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from ..net.addresses import address_of, place_of
from ..net.places import ANYCAST, OPERATOR
from ..region.ports import Ports
from ..region.region import Begun, Region
from ..store.journal import Journal
from ..store.maps import Maps
from ..wire.http import Request, Response
from ..world.gathering import arrivals
from .balancers import Balancers
from .borrowed import BorrowedServices
from .channel import Message
from .clock import WallClock
from .crossing import Crossing
from .disk import Disk
from .forward import EdgeLine, OtherRegions
from .functions import LiveFunctions, Settings
from .http_client import HttpClient
from .http_server import Server, serve
from .peers import Here, Links
from .process import Job, Tell, cannot, port_taken
from .region_on_disk import RegionOnDisk
from .tasks import Tasks
from .tls import Certificates
from .web import Web

log = logging.getLogger(__name__)


class RegionPlace:
    """`process.Duty` of a region."""

    def __init__(self, job: Job, crossing: Crossing, tell: Tell) -> None:
        self.job, self.crossing, self.name = job, crossing, job.name
        self.address = address_of(job.name)
        self.inside = inside_address(job.name)
        self.client, self.tasks, self.web = HttpClient(), Tasks(), Web(job, crossing)
        self._faults: tuple[Any, ...] = ()
        self._servers: list[Server] = []
        self._began = time.time()

    async def open(self) -> None:
        """Raises DiskError, PortTaken."""
        self.disk = Disk.open(self.job.folder)
        self.functions = LiveFunctions(self._sandboxes(), self.disk.blobs)
        self.borrowed = BorrowedServices(self.job.borrowed)
        self.on_disk = RegionOnDisk(self.disk, self._build, lambda region: self.links.begin_anew())
        peers = frozenset((*self.job.spec.regions, ANYCAST)) - {self.name}
        self.links = Links(
            Here(self.name, self.job.ports.links, peers),
            self.crossing,
            self.disk.journal,
            lambda: self.on_disk.region,
            self.job.folder / "links.json",
        )
        self.disk.owed = self.links.settled
        await self._listen()
        self.balancers = Balancers(self.job, self.crossing, lambda: self.on_disk.region)
        self.disk.journal.follow(self.balancers.follow)
        self.on_disk.region.start()
        self.balancers.look()

    async def close(self) -> None:
        await self.balancers.close()
        await asyncio.gather(*(server.close(grace_s=0.3) for server in self._servers))
        self.tasks.cancel_all()
        self.functions.close()
        await self.borrowed.close()
        self.client.close()
        self.web.close()
        self.links.close()
        await self.disk.close()

    def struck(self, all: tuple[Any, ...]) -> None:
        self._faults = tuple(fault for fault in all if hasattr(fault, "on_request"))
        if hasattr(self, "on_disk"):
            self.on_disk.region.faults = self._faults

    def peer_up(self, name: str) -> None:
        self.links.nudge(name)

    def status(self) -> dict[str, Any]:
        found = {
            "changes": self.disk.journal.last,
            "links": self.links.status(),
            "uptime_s": round(time.time() - self._began, 1),
        }
        broken = self.disk.journal.broken
        return found if broken is None else {**found, "why": f"cannot write to its disk: {broken.strerror}"}

    def asked(self, message: Message) -> Any:
        """`arrivals`: which tagged writes came with up to `limit` changes `after` a number of the journal;
        and `next`, the number to ask after, or None at the end."""
        if message["do"] != "arrivals":
            raise cannot(message)
        changes = self.disk.journal.read(int(message["after"]), int(message["limit"]))
        found = [list(each) for each in arrivals(self.name, changes, set())]
        return {"arrivals": found, "next": changes[-1].seq if changes else None}

    def _build(self, journal: Journal, maps: Maps) -> Region:
        self.tasks.cancel_all()  # work of a region that was left behind ends with it
        region = Region(
            self.name,
            self.job.services,
            clock=WallClock(),
            journal=journal,
            maps=maps,
            world=self.job.facts(),
            ports=self._ports(),
            # Begun anew, chance must not give out again the ids it has given: they stand in the journal.
            rng=self.job.random(f"services after {journal.last}"),
        )
        region.faults = self._faults
        return region

    def _ports(self) -> Ports:
        port = self.job.ports.api
        return Ports(
            regions=OtherRegions(self.name, self.job.facts().regions, self.crossing, self.client, port),
            edge=EdgeLine(self.name, self.crossing, self.client, port),
            tasks=self.tasks,
            blobs=self.disk.blobs,
            functions=self.functions,
            borrowed=self.borrowed,
            certificates=self.job.authority,
            web=self.web,
        )

    def _sandboxes(self) -> Settings:
        return Settings(
            region=self.name,
            endpoint_url=f"http://{self.inside}:{self.job.ports.api}",
            logs=self.job.folder / "functions",
            code=self.job.data.path / "code",
        )

    async def _listen(self) -> None:
        ports, address = self.job.ports, self.address
        failure, journal = self.on_disk.failure, self.disk.journal
        port = ports.api
        try:
            outer = await serve(self._from_outside, journal, address, port, failure=failure, source=source_of)
            self._servers.append(outer)
            inner = await serve(self.on_disk.begin, journal, self.inside, port, failure=failure)
            self._servers.append(inner)
            port = ports.web
            await outer.listen(address, port)
            port = ports.tls
            await outer.listen(address, port, Certificates(self.job.authority, address, self._issued).base)
            port = ports.links
            await self.links.start()
        except OSError as error:
            raise port_taken(address, port, error) from None

    def _from_outside(self, request: Request) -> Begun:
        """Whoever comes from a place has crossed the network before it connected; the operator has not."""
        if self.crossing.network.faults and request.source in (None, OPERATOR):
            return self._for_operator(request)
        return self.on_disk.begin(request)

    async def _for_operator(self, request: Request) -> Response:
        await self.crossing.cross(OPERATOR, self.name)
        answer = self.on_disk.handle(request)
        response = answer if isinstance(answer, Response) else await answer
        await self.crossing.cross(self.name, OPERATOR)
        return response

    def _issued(self, name: str) -> bool:
        """Has this region a certificate for a customer's name?"""
        acm = self.on_disk.region.state.get("acm")
        return acm is not None and acm.issued_for(name, time.time()) is not None


def source_of(address: str) -> str | None:
    """The name of the place an address belongs to."""
    place = place_of(address)
    return place.name if place is not None else None


def inside_address(region: str) -> str:
    """Where what runs inside a region reaches it."""
    return address_of(region).rpartition(".")[0] + ".2"
