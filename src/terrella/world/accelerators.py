"""The accelerators' edge in a simulated world: flows from the nearest edge location over the backbone, and probes of
plain addresses.

Where a flow goes is decided by `edge.flows`, as live. The client's TCP ends at the edge location; a second connection
is made from there to the endpoint, and its TLS passes through both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from ..edge.accelerators import Accelerators as Known
from ..edge.accelerators import Destination, EndpointKey, is_reached, standing
from ..edge.probe import Outcome, Plan, judge, plan
from ..net.addresses import address_of, place_of
from ..net.distance import nearest_edge
from ..net.places import ANYCAST, OPERATOR, find
from ..wire.http import Request, Response
from .crossing import Crossing

CONNECT_S = 10.0
FIRST_PORT, PORTS = 32768, 28232  # of a client's connections, as Linux gives them out
Answer = Callable[[str, int, Request], Awaitable[Response | None]]


class Reset(Exception):
    """The edge location has dropped the connection: no endpoint takes it, or the one chosen did not answer."""


class Arrival(NamedTuple):
    """A flow that has got through: its edge location, its endpoint, and when the client's first bytes are there."""

    edge: str
    destination: Destination
    hello: float | None


class Accelerators:
    """What the edge does with flows. `answer` is what a server at an address and port answers, None if it refuses."""

    def __init__(
        self,
        known: Known,
        crossing: Crossing,
        answer: Answer,
        probe: Callable[[Plan, str, str], Awaitable[Outcome]],
        turned: Callable[[], None],
    ) -> None:
        self.known, self._crossing, self._answer, self._probe = known, crossing, answer, probe
        self._turned = turned
        self._flows = 0
        self._busy: set[EndpointKey] = set()

    async def connect(self, source: str, address: str, port: int) -> Arrival:
        """Begin a flow from a place. Raises Reset."""
        crossing, clock = self._crossing, self._crossing.clock
        await crossing.cross(source, ANYCAST)
        began, edge = clock.time, nearest_edge(find(source)).name
        hello = _legs(crossing, began, (ANYCAST, source), (source, ANYCAST))
        to = self._destination(source, edge, address, port)
        if to is None or not crossing.runs(ANYCAST):
            await self._reset(source)
        assert to is not None
        try:
            await clock.at_most(CONNECT_S, self._shake_hands(edge, to))
        except TimeoutError:
            await self._reset(source)
        return Arrival(edge, to, hello)

    async def exchange(self, source: str, flow: Arrival, request: Request) -> Response:
        """One request over a flow: the client's TLS first, if it has any. Raises Reset."""
        cross, clock, edge, place = self._crossing.cross, self._crossing.clock, flow.edge, flow.destination.place
        if flow.hello is None:
            await cross(source, ANYCAST)
        else:
            await clock.sleep(max(0.0, flow.hello - clock.time))
        if request.secure:
            await cross(edge, place)
            await cross(place, edge)
            await cross(ANYCAST, source)
            await cross(source, ANYCAST)
        await cross(edge, place)
        response = await self._answer(flow.destination.address, flow.destination.port, request)
        await cross(place, edge)
        await cross(ANYCAST, source)
        if response is None:
            raise Reset
        return response

    async def answer(self, address: str, port: int, request: Request) -> Response | None:
        """What a request is answered that has come to the edge location nearest to its source; None for a reset."""
        source, cross = request.source or OPERATOR, self._crossing.cross
        edge = nearest_edge(find(source)).name
        to = self._destination(source, edge, address, port)
        if to is None:
            return None
        try:
            await self._crossing.clock.at_most(CONNECT_S, self._shake_hands(edge, to))
        except TimeoutError:
            return None
        if request.secure:  # TLS ends at the endpoint
            await cross(edge, to.place)
            await cross(to.place, edge)
        await cross(edge, to.place)
        response = await self._answer(to.address, to.port, request)
        await cross(to.place, edge)
        return response

    def follow(self) -> None:
        """There may be plain addresses to probe now."""
        for key, _, _ in self.known.probed():
            if key not in self._busy:
                self._busy.add(key)
                self._crossing.clock.spawn(self._probe_for_ever(key))

    def _destination(self, source: str, edge: str, address: str, port: int) -> Destination | None:
        entrance = self.known.entrance(address, port)
        if entrance is None:
            return None
        self._flows += 1
        client = (address_of(source), FIRST_PORT + self._flows % PORTS)
        heading = self.known.heading(entrance, client, edge, self._crossing.network)
        return heading.to if heading is not None else None

    async def _shake_hands(self, edge: str, to: Destination) -> None:
        """The second connection. An endpoint that refuses resets the first."""
        await self._crossing.cross(edge, to.place)
        place = place_of(to.address)
        refuses = place is not None and self._crossing.harms.get(place.region) == "kill"
        await self._crossing.cross(to.place, edge)
        if refuses:
            raise TimeoutError

    async def _reset(self, source: str) -> None:
        await self._crossing.cross(ANYCAST, source)
        raise Reset

    async def _probe_for_ever(self, key: EndpointKey) -> None:
        while any(each == key for each, _, _ in self.known.probed()):
            group = self.known.groups[key.group]
            if self._crossing.runs(ANYCAST) and self.known.learn(key, await self._well(key, group)):
                self._turned()
            await self._crossing.clock.sleep(group["Check"]["IntervalSeconds"])
        self._busy.discard(key)

    async def _well(self, key: EndpointKey, group: dict[str, Any]) -> bool:
        """Does a plain address answer its group's check?"""
        if not is_reached(key.endpoint):
            return False
        check = group["Check"]
        config = {
            "Type": check["Protocol"], "IPAddress": key.endpoint, "Port": check["Port"], "ResourcePath": check["Path"],
        }  # fmt: skip
        found = await self._probe(plan(key.group, config), ANYCAST, standing(key.endpoint, group["Region"]))
        return judge(config, found).healthy


def _legs(crossing: Crossing, at: float, *legs: tuple[str, str]) -> float | None:
    """When something that crosses leg after leg has arrived; None for never."""
    arrived: float | None = at
    for here, there in legs:
        arrived = crossing.network.cross(here, there, arrived) if arrived is not None else None
    return arrived
