"""A running world as stories see it: `world.World` over its doors, its city proxies and its control socket.

Nothing here reaches into a region: the operator uses AWS's API, visitors come through their city's proxy with
TLS, faults go to the supervisor, and what became of the writes is asked of the regions' journals afterwards.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from .. import faults
from ..core.errors import AwsError, ServiceUnavailable
from ..net.addresses import address_of
from ..store.journal import MemoryJournal
from ..wire import client, model, signing
from ..wire.http import Request, Response
from ..world.gathering import Tables, digest, settled, tags_in
from ..world.history import Arrival, Attempt, Event, History
from ..world.spec import WorldSpec
from . import control
from .channel import Channel
from .clock import WallClock
from .data_dir import DataDir
from .http_client import HttpClient, HttpFailure
from .http_server import Server, serve
from .stacks import EXAMPLES, Chat, archive_of
from .visits import Visitors

log = logging.getLogger(__name__)

LAST_WAIT_S = 15.0
SETTLING_S, SETTLING_REAL_S = 60.0, 10.0  # in the world's time, but never less than so much of ours
BUSY = 1.5  # load per processor; the story itself makes about a half
AT_ONCE = 500  # changes of a journal looked through per question
SAID = {
    "died": "process-died", "revived": "process-revived",
    "verdict": "verdict", "node": "node", "endpoint": "endpoint",
}  # fmt: skip


class LiveWorld:
    """`world.World`, live. Made by `LiveWorld.at`."""

    def __init__(self, data: DataDir, spec: WorldSpec, line: Channel) -> None:
        self.clock, self.seed, self.speed, self.regions = WallClock(), spec.seed, spec.speed, spec.regions
        self.history = History("live", spec.seed, spec.speed, self.clock.now())
        self._data, self._spec, self._line = data, spec, line
        self._client = HttpClient()
        self._visitors = Visitors(data.ca_bundle, spec.ports, spec.resolvers, random.Random(f"{spec.seed} people"))
        self._chat = Chat(spec, self.regions)
        self._servers: list[Server] = []
        self._spawned: set[asyncio.Task[None]] = set()
        self._struck = False
        self._positions: dict[str, int] = {}
        self._told = data.history.stat().st_size if data.history.exists() else 0

    @classmethod
    async def at(cls, data: DataDir) -> LiveWorld:
        """The world running in a data directory. Raises NotRunning, Refused."""
        line = await control.connect(data)
        status = await line.ask("status")
        spec = data.read_spec()
        assert spec is not None, "a running world has written its description"
        world = cls(data, spec, line)
        world._positions = {each["name"]: each["changes"] for each in status["places"] if "changes" in each}
        return world

    async def leave(self) -> None:
        """Let go of the world: what was struck is healed, nobody visits any more."""
        for task in self._spawned:
            task.cancel()
        self._visitors.close()
        for server in self._servers:
            await server.close()
        if self._struck and self._line.open:
            await self._line.ask("heal", by="gameday")
        self._client.close()
        self._line.close()

    # What a story may do.

    async def deploy(self, service: str, regions: Sequence[str], fronts: Sequence[str] = ()) -> None:
        """Raises DeploymentFailed."""
        if service != self._chat.name:
            raise KeyError(service)
        await self._chat.deploy(list(regions), fronts)
        self.mark("deployed", service=service, regions=list(regions))

    async def serve(self, address: str, answer: Callable[[Request], Response]) -> int:
        """Raises OSError."""
        server = await serve(answer, MemoryJournal(), address, 0)
        self._servers.append(server)
        return server.port

    def code(self, service: str) -> bytes:
        """Raises KeyError."""
        if service != self._chat.name:
            raise KeyError(service)
        return archive_of(EXAMPLES / service / "src")

    async def call(self, region: str, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        modelled = model.load(service).operations[operation]
        request = client.write(modelled, input, region=region)
        for key, secret in list(self._spec.credentials.items())[:1]:
            signing.sign(request, key, secret, region, modelled.service.signing_name, self.clock.now())
        try:
            response = await self._client.send(request, address_of(region), self._spec.ports.api)
        except HttpFailure as failure:
            raise ServiceUnavailable(f"{region}: {failure}.") from None
        return client.read(modelled, response)

    async def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float,
        path: str = "",
    ) -> Attempt:  # fmt: skip
        attempt = await self._visitors.visit(city, what, method, url, body, tag, patience_s, path)
        self.history.attempts.append(attempt)
        return attempt

    async def strike(self, kind: str, *words: str) -> None:
        """Raises FaultError, Refused."""
        fault = faults.parse(kind, words)
        at = self.clock.now()
        self._struck = True
        await self._line.ask("strike", fault=fault.to_dict(), by="gameday")
        self._add(at, "struck", kind=fault.kind(), fault=fault.to_dict(), text=fault.describe())

    async def heal(self) -> None:
        """Raises Refused."""
        await self._line.ask("heal", by="gameday")
        self._struck = False
        self.mark("healed")

    def mark(self, what: str, **detail: Any) -> None:
        self._add(self.clock.now(), what, **detail)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._spawned.add(task)
        task.add_done_callback(self._over)

    async def finish(self, table: str) -> None:
        """Raises AwsError, Refused."""
        if self._spawned:
            await asyncio.wait(set(self._spawned), timeout=LAST_WAIT_S)
        self._visitors.close()
        self.history.attempts.sort(key=lambda each: (each.began, each.city))
        self._learn_events()
        self._look_at_the_machine()
        patience_s = max(SETTLING_S / self.speed, SETTLING_REAL_S)
        tables = await settled(lambda: self._look(table), self.clock, patience_s)
        for region, items in tables.items():
            self.history.digests[region] = digest(items)
            self.history.arrivals += await self._arrivals(region, tags_in(items))

    # What is learnt afterwards.

    def _learn_events(self) -> None:
        """What the world itself remembers: verdicts of health checks, processes that died."""
        with self._data.history.open("rb") as file:
            file.seek(self._told)
            for line in file:
                event = json.loads(line)
                if event["what"] in SAID:
                    detail = {name: is_ for name, is_ in event.items() if name not in ("time", "what")}
                    self._add(event["time"], SAID[event["what"]], **detail)
        self.history.events.sort(key=lambda event: event.at)

    def _look_at_the_machine(self) -> None:
        """A machine that had more to do than it can makes its own slowness look like the world's."""
        load, processors = os.getloadavg()[0], os.cpu_count() or 1
        if load > BUSY * processors:
            self.mark("machine-busy", words=f"load average {load:.1f} on {processors} processors")

    async def _look(self, table: str) -> Tables:
        found = await asyncio.gather(*(self._items(region, table) for region in self.regions))
        return {name: items for name, items in zip(self.regions, found, strict=True) if items is not None}

    async def _items(self, region: str, table: str) -> list[dict[str, Any]] | None:
        """Everything a region's table holds; None if it has no such table."""
        items: list[dict[str, Any]] = []
        input: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
        while True:
            try:
                output = await self.call(region, "dynamodb", "Scan", input)
            except AwsError as error:
                if error.code == "ResourceNotFoundException":
                    return None
                raise
            items += output.get("Items", [])
            if not output.get("LastEvaluatedKey"):
                return items
            input["ExclusiveStartKey"] = output["LastEvaluatedKey"]

    async def _arrivals(self, region: str, held: set[str]) -> list[Arrival]:
        """The first arrival of each tag since this story began."""
        found: dict[str, Arrival] = {}
        after: int | None = self._positions.get(region, 0)
        while after is not None:
            said = await self._line.ask("arrivals", name=region, after=after, limit=AT_ONCE)
            for fields in said["arrivals"]:
                arrival = Arrival(*fields)
                found.setdefault(arrival.tag, arrival._replace(overwritten=arrival.tag not in held))
            after = said["next"]
        return list(found.values())

    def _add(self, at: float, what: str, **detail: Any) -> None:
        self.history.events.append(Event(at, what, detail))

    def _over(self, task: asyncio.Task[None]) -> None:
        self._spawned.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a defect in what a story spawned", exc_info=task.exception())
