"""The process of everything outside AWS: the operator's front door, and the cities people stand in."""

from __future__ import annotations

from typing import Any

from ..net.addresses import FRONT_DOOR
from ..store.journal import MemoryJournal
from .crossing import Crossing
from .front_door import FrontDoor
from .http_client import HttpClient
from .http_server import Server, serve
from .place import source_of
from .process import Job, port_taken

CITIES = "cities"


class CitiesPlace:
    """`process.Duty` of the cities."""

    def __init__(self, job: Job, crossing: Crossing) -> None:
        self.job, self.crossing = job, crossing
        self.client = HttpClient()
        self._front_door: Server

    async def open(self) -> None:
        """Raises PortTaken."""
        port = self.job.ports.api
        door = FrontDoor(self.job.spec.regions, self.client, port)
        try:
            self._front_door = await serve(door.handle, MemoryJournal(), FRONT_DOOR, port, source=source_of)
        except OSError as error:
            raise port_taken(FRONT_DOOR, port, error) from None

    async def close(self) -> None:
        await self._front_door.close(grace_s=0.3)
        self.client.close()

    def struck(self, all: tuple[Any, ...]) -> None:
        """The network knows; nothing else here changes."""

    def peer_up(self, name: str) -> None:
        """Nothing is kept about places."""

    def status(self) -> dict[str, Any]:
        return {}
