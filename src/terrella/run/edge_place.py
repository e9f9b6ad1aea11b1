"""The edge's process: DNS answers, health checkers, and the zones that reached it. Reached by anycast."""

from __future__ import annotations

import logging
import time
from typing import Any

from ..net.addresses import EDGE_ADDRESS
from ..net.places import ANYCAST
from ..region.region import Region
from ..store.journal import Journal
from ..store.maps import Maps
from .clock import WallClock
from .crossing import Crossing
from .disk import Disk
from .http_client import HttpClient
from .peers import Here, Links
from .process import Job, port_taken
from .region_on_disk import RegionOnDisk
from .tasks import Tasks

log = logging.getLogger(__name__)


class EdgePlace:
    """`process.Duty` of the edge."""

    def __init__(self, job: Job, crossing: Crossing) -> None:
        self.job, self.crossing = job, crossing
        self.client, self.tasks = HttpClient(), Tasks()
        self._began = time.time()

    async def open(self) -> None:
        """Raises DiskError, PortTaken."""
        self.disk = Disk.open(self.job.folder)
        self.on_disk = RegionOnDisk(self.disk, self._build, lambda region: self.links.begin_anew())
        self.links = Links(
            Here(ANYCAST, self.job.ports.links, frozenset(self.job.spec.regions)),
            self.crossing,
            self.disk.journal,
            lambda: self.on_disk.region,
            self.job.folder / "links.json",
        )
        self.disk.owed = self.links.settled
        try:
            await self.links.start()
        except OSError as error:
            raise port_taken(EDGE_ADDRESS, self.job.ports.links, error) from None

    async def close(self) -> None:
        self.tasks.cancel_all()
        self.client.close()
        self.links.close()
        await self.disk.close()

    def struck(self, all: tuple[Any, ...]) -> None:
        """The network knows; nothing else here changes."""

    def peer_up(self, name: str) -> None:
        self.links.nudge(name)

    def status(self) -> dict[str, Any]:
        return {
            "changes": self.disk.journal.last,
            "links": self.links.status(),
            "uptime_s": round(time.time() - self._began, 1),
        }

    def _build(self, journal: Journal, maps: Maps) -> Region:
        return Region(
            ANYCAST,
            [service.state_only() for service in self.job.services],
            clock=WallClock(),
            journal=journal,
            maps=maps,
            world=self.job.facts(),
            rng=self.job.random("edge"),
        )
