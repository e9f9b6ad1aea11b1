"""A whole world in one thread, on a clock that costs nothing: the same regions, edge, network and functions
as live, carried by function calls.

Invariant: everything hangs on the seed and on what is asked of the world; the same again gives the same
history, to the last digit.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from .. import faults
from ..core.errors import AwsError, NotImplementedHere, ServiceUnavailable
from ..edge.answers import EdgeAnswers
from ..edge.habits import Habits
from ..edge.health import HealthCheck
from ..edge.load_balancers import NodeId
from ..net.addresses import is_accelerator, place_of
from ..net.network import Network
from ..net.places import ANYCAST, OPERATOR
from ..region import seats
from ..region.homes import GLOBAL_HOME
from ..region.ports import Ports
from ..region.region import Region, WorldFacts
from ..region.service import Service
from ..store.journal import Change, MemoryJournal
from ..store.maps import MemoryMaps
from ..wire.http import Request, Response
from .accelerators import Accelerators
from .balancers import Balancers
from .checkers import Checkers
from .crossing import Crossing
from .default_network import DefaultNetwork
from .deployment import Deployment
from .functions import InProcessFunctions
from .gathering import Tables, arrivals, digest, settled, tags_in
from .history import Attempt, Event, History
from .links import Links
from .node_checks import NodeChecks
from .sample import Sample
from .servers import Servers
from .target_probes import TargetProbes
from .virtual import Future, Task, VirtualClock
from .visits import Visitors

COLD_S = 0.03  # what starting a function's environment takes: assumed, near what the live world measures
LAST_WAIT_S = 60.0
CALL_S = 30.0  # the operator's patience, as live


class SimulatedWorld:
    """`world.World`, simulated. `services` is every service there is, `samples` what can be deployed, `habits` those
    of people's resolvers."""

    def __init__(
        self,
        services: Iterable[Service[Any]],
        regions: Sequence[str],
        seed: int = 0,
        samples: Iterable[Sample] = (),
        habits: Habits | None = None,
    ) -> None:
        self.clock, self.seed, self.speed = VirtualClock(), seed, 1.0
        self.regions = tuple(dict.fromkeys((GLOBAL_HOME, *regions)))
        self.history = History("simulated", seed, self.speed, self.clock.now())
        self.samples = {sample.name: sample for sample in samples}
        self.network = Network(rng=self.chance("network"))
        self.crossing = Crossing(self.network, self.clock)
        self.faults: tuple[Any, ...] = ()
        self.places: dict[str, Region] = {}
        self.links = Links(self.places, self.crossing, self.chance("links"))
        self.answers = EdgeAnswers(
            self.network, self.chance("answers"), self.regions, self.speed, self.clock.now
        )
        self.servers = Servers()
        self.balancers = Balancers(self.places, self.crossing, self.servers, self.chance)
        self.checkers = Checkers(
            self.answers, self.crossing, self.answer_checker, self.listens, self.chance("checkers"), self._turned
        )
        self.accelerators = Accelerators(
            self.answers.accelerators, self.crossing, self.answer_at, self.checkers.probe, self._look_at_endpoints
        )
        self.node_checks = NodeChecks(
            self.answers.load_balancers, self.balancers, self.crossing, self._node_turned
        )
        self.target_probes = TargetProbes(self.crossing, self.balancers, self.chance("target probes"))
        self.visitors = Visitors(
            self.answers, self.crossing, self.accelerators, self.answer_at, self.chance("pace"),
            habits or Habits(), self.chance("people"),
        )
        self._deployments: dict[str, Deployment] = {}
        self._spawned: list[Task[None]] = []
        self._populate(list(services))

    # What a story may do.

    async def deploy(self, service: str, regions: Sequence[str], fronts: Sequence[str] = ()) -> None:
        """Raises KeyError for a sample this world was not given; AwsError, NotReady."""
        deployment = self._deployments.get(service)
        if deployment is None:
            deployment = self._deployments[service] = Deployment(self, self.samples[service])
        await deployment.extend(regions, fronts)
        self.mark("deployed", service=service, regions=list(deployment.regions))

    async def serve(self, address: str, answer: Callable[[Request], Response]) -> int:
        return self.servers.serve(address, answer)

    def code(self, service: str) -> bytes:
        """Raises KeyError."""
        return self.samples[service].archive

    async def call(self, region: str, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        """The operator stands beside each region; only faults come between, and patience ends."""
        try:
            return await self.clock.at_most(CALL_S, self._called(region, service, operation, input))
        except TimeoutError:
            raise ServiceUnavailable(f"{region} did not answer within {CALL_S:g} s.") from None

    async def _called(self, region: str, service: str, operation: str, input: dict[str, Any]) -> dict[str, Any]:
        await self.crossing.cross(OPERATOR, region)
        self._refuse_if_down(region)
        here = self.places[region]
        for fault in here.faults:
            fault.on_request(service, operation, region)
        output = await here.request(service, operation, input, region=region)
        await self.crossing.cross(region, OPERATOR)
        return output

    async def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float,
        path: str = "",
    ) -> Attempt:  # fmt: skip
        attempt = await self.visitors.visit(city, what, method, url, body, tag, patience_s, path)
        self.history.attempts.append(attempt)
        return attempt

    async def strike(self, kind: str, *words: str) -> None:
        """Raises FaultError."""
        fault = faults.parse(kind, words)
        self._in_force((*self.faults, fault))
        self.mark("struck", kind=fault.kind(), fault=fault.to_dict(), text=fault.describe())

    async def heal(self) -> None:
        self._in_force(())
        self.mark("healed")

    def mark(self, what: str, **detail: Any) -> None:
        self.history.events.append(Event(self.clock.now(), what, detail))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._spawned.append(self.clock.spawn(work))

    async def finish(self, table: str) -> None:
        until = self.clock.now() + LAST_WAIT_S
        while self._spawned and self.clock.now() < until:
            self._spawned = [task for task in self._spawned if not task.done]
            await self.clock.sleep(0.1)
        history = self.history
        history.attempts.sort(key=lambda each: (each.began, each.city))
        tables = await settled(lambda: self._look(table), self.clock, LAST_WAIT_S)
        for name, items in tables.items():
            history.digests[name] = digest(items)
            journal = self.places[name].journal
            history.arrivals += arrivals(name, journal.read(0, journal.last), tags_in(items))

    async def _look(self, table: str) -> Tables:
        found = {name: self._items(name, table) for name in self.regions}
        return {name: items for name, items in found.items() if items is not None}

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a story to its end."""
        return self.clock.run(work)

    def chance(self, *purpose: str) -> random.Random:
        """Chance of its own for each purpose, so that one draw more here alters nothing there."""
        text = "/".join((str(self.seed), *purpose))
        return random.Random(hashlib.sha256(text.encode()).digest())

    # The places.

    async def answer(self, place: str, request: Request) -> Response:
        """What a place answers to a request that has reached it."""
        await self.crossing.while_paused(place)
        if not self.crossing.runs(place):
            raise ServiceUnavailable(f"{place} refuses connections: its process is not running.")
        answer = self.places[place].handle(request)
        return answer if isinstance(answer, Response) else await answer

    async def answer_at(self, address: str, port: int, request: Request) -> Response | None:
        """What answers a request that has reached an address; None where connections are refused."""
        if not self.listens(address, port):
            return None
        place, server = place_of(address), self.servers.at(address, port)
        assert place is not None
        if server is not None:
            return server(request)
        await self.crossing.while_paused(place.region)
        if place.kind == "zone":
            return await self.balancers.answer(address, port, request)
        return await self.answer(place.name, request)

    async def answer_checker(self, address: str, port: int, request: Request) -> Response | None:
        """What answers a health check's request that has reached an address, or an accelerator's edge location."""
        answer = self.accelerators.answer if is_accelerator(address) else self.answer_at
        return await answer(address, port, request)

    def listens(self, address: str, port: int) -> bool:
        """Would a connection to an address be taken?"""
        if is_accelerator(address):
            return self.answers.accelerators.entrance(address, port) is not None
        if self.servers.at(address, port) is not None:
            return True
        place = place_of(address)
        if place is None or self.crossing.harms.get(place.region) == "kill":
            return False
        if place.kind == "zone":
            return self.balancers.listens(place.name, address, port)
        return place.kind == "region" and place.name in self.places

    def _populate(self, services: list[Service[Any]]) -> None:
        for name in self.regions:
            region = Region(
                name, services, clock=self.clock, journal=MemoryJournal(), maps=MemoryMaps(),
                world=self._facts(), ports=self._ports(name), rng=self.chance("services", name),
            )  # fmt: skip
            region.journal.follow(partial(self.target_probes.follow, region))
            self._add(region)
        edge = Region(
            ANYCAST, [service.state_only() for service in services], clock=self.clock,
            journal=MemoryJournal(), maps=MemoryMaps(), world=self._facts(), rng=self.chance("edge"),
            ports=Ports(regions=OtherRegions(self, ANYCAST)),
        )  # fmt: skip
        edge.journal.follow(self._learnt)
        self._add(edge)
        for place in self.places.values():
            place.start()

    def _add(self, place: Region) -> None:
        self.places[place.name] = place
        self.links.follow(place)

    def _facts(self) -> WorldFacts:
        return WorldFacts(self.regions, self.speed)

    def _ports(self, name: str) -> Ports:
        blobs = MemoryBlobs()
        chance = self.chance("functions", name)
        pace = self.chance("pace", name)
        inside = InProcessFunctions(
            name, blobs, self.clock, chance, self._inside(name),
            lambda first: COLD_S * pace.uniform(0.8, 1.4) if first else 0.0,
        )  # fmt: skip
        return Ports(
            regions=OtherRegions(self, name),
            borrowed=DefaultNetwork(),
            edge=EdgeLine(self, name),
            tasks=RegionTasks(self.clock),
            blobs=blobs,
            functions=inside,
        )

    def _inside(self, name: str) -> Callable[[str, str, dict[str, Any], str], dict[str, Any]]:
        """What a client inside a function of this region gets, at once."""

        def call(service: str, operation: str, input: dict[str, Any], region: str) -> dict[str, Any]:
            here = self.places[name]
            if region != name:
                raise NotImplementedHere(service, f"{operation} of another region from a simulated function")
            if service not in here.services:
                raise NotImplementedHere(service, operation)
            for fault in here.faults:
                fault.on_request(service, operation, name)
            return here.call(service, operation, input)

        return call

    def _in_force(self, all: tuple[Any, ...]) -> None:
        self.faults = all
        self.crossing.strike(all)
        on_request = tuple(fault for fault in all if hasattr(fault, "on_request"))
        for place in self.places.values():
            place.faults = on_request

    def _refuse_if_down(self, region: str) -> None:
        if not self.crossing.runs(region):
            raise ServiceUnavailable(f"{region} refuses connections: its process is not running.")

    def _learnt(self, change: Change) -> None:
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
        self.mark("verdict", id=check.id, healthy=check.healthy())

    def _node_turned(self, node: NodeId, up: bool) -> None:
        self.mark("node", load_balancer=node.load_balancer, zone=node.zone, up=up)
        self._look_at_endpoints()

    def _look_at_endpoints(self) -> None:
        """The health of an accelerator's endpoint may have turned."""
        for endpoint in self.answers.accelerators.turned():
            self.mark("endpoint", **endpoint)

    def _items(self, region: str, table: str) -> list[dict[str, Any]] | None:
        """Everything a region's table holds; None if it has no such table."""
        items: list[dict[str, Any]] = []
        input: dict[str, Any] = {"TableName": table}
        here = self.places[region]
        if "dynamodb" not in here.services:
            return None
        try:
            while True:
                output = here.call("dynamodb", "Scan", input)
                items += output.get("Items", [])
                if not output.get("LastEvaluatedKey"):
                    return items
                input["ExclusiveStartKey"] = output["LastEvaluatedKey"]
        except AwsError:
            return None


class OtherRegions:
    """`region.ports.Regions` of one region."""

    def __init__(self, world: SimulatedWorld, here: str) -> None:
        self._world, self._here = world, here

    async def forward(self, region: str, request: Request) -> Response:
        """The answer of another region. Raises ServiceUnavailable when its process is not running."""
        await self._world.crossing.cross(self._here, region)
        request.source = self._here
        response = await self._world.answer(region, request)
        await self._world.crossing.cross(region, self._here)
        return response


class EdgeLine:
    """`region.ports.Edge` of one region."""

    def __init__(self, world: SimulatedWorld, here: str) -> None:
        self._world, self._here = world, here

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the edge says. Raises ServiceUnavailable when its process is not running."""
        crossing = self._world.crossing
        await crossing.cross(self._here, ANYCAST)
        await crossing.while_paused(ANYCAST)
        if not crossing.runs(ANYCAST):
            raise ServiceUnavailable("The edge does not answer: its process is not running.")
        if question["kind"] == "is_well":
            answer = await seats.looked(self._world.places[ANYCAST], question, self._world.clock.at_most)
        else:
            answer = self._world.answers.answer(question)
        await crossing.cross(ANYCAST, self._here)
        return answer


class RegionTasks:
    """`region.ports.Tasks` of one region."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self.within = clock.within

    def promise(self) -> Future[Any]:
        return Future(self._clock)

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._clock.spawn(work)


class MemoryBlobs:
    """`region.ports.Blobs` in memory."""

    def __init__(self, kept: Mapping[str, bytes] | None = None) -> None:
        self._kept = dict(kept or {})

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._kept[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        return self._kept[digest]
