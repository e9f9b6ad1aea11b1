"""The process of everything outside AWS: the operator's front door, and the cities people stand in."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from ..net.addresses import FRONT_DOOR
from ..net.places import OPERATOR, city, city_names
from ..store.journal import MemoryJournal
from .channel import Message
from .city_proxy import Visitor
from .crossing import Crossing
from .front_door import FrontDoor
from .http_client import HttpClient
from .http_server import Server, serve
from .journey import Journey
from .lookup import Lookups
from .place import source_of
from .process import Job, Tell, cannot, port_taken

CITIES = "cities"


class CitiesPlace:
    """`process.Duty` of the cities."""

    def __init__(self, job: Job, crossing: Crossing, tell: Tell) -> None:
        self.job, self.crossing = job, crossing
        self.client = HttpClient()
        self.lookups = Lookups(crossing, job.ports.dns, job.spec.speed)
        spec = job.spec
        self._journey = Journey(crossing, self.lookups, job.ports.at, spec.pass_through, spec.resolvers)
        self._visitors: set[Visitor] = set()
        self._proxies: list[asyncio.Server] = []
        self._front_door: Server

    async def open(self) -> None:
        """Raises PortTaken."""
        ports = self.job.ports
        await self.lookups.open()
        homes = {service.id: service.home for service in self.job.services if service.home}
        standbys = {service.id: service.standby for service in self.job.services if service.standby}
        addresses = partial(self.lookups.addresses, OPERATOR)
        door = FrontDoor(self.job.spec.regions, homes, self.client, ports.api, standbys, addresses)
        port = ports.api
        try:
            self._front_door = await serve(door.handle, MemoryJournal(), FRONT_DOOR, port, source=source_of)
            port = ports.proxy
            await self._proxy(None, port)
            for name in city_names():
                port = ports.cities + city(name).number
                await self._proxy(name, port)
        except OSError as error:
            raise port_taken(FRONT_DOOR, port, error) from None

    async def close(self) -> None:
        for proxy in self._proxies:
            proxy.close()
        for visitor in list(self._visitors):
            visitor.hang_up()
        self.lookups.close()
        await self._front_door.close(grace_s=0.3)
        self.client.close()

    def struck(self, all: tuple[Any, ...]) -> None:
        """The network knows; nothing else here changes."""

    def peer_up(self, name: str) -> None:
        """Nothing is kept about places."""

    def asked(self, message: Message) -> Any:
        raise cannot(message)

    def status(self) -> dict[str, Any]:
        return {"visitors": len(self._visitors)}

    async def _proxy(self, name: str | None, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._proxies.append(
            await loop.create_server(
                lambda: Visitor(self._journey, name, self._visitors), FRONT_DOOR, port, backlog=512
            )
        )
