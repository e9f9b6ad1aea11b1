"""One HTTP request by somebody in a city of a simulated world: resolver, name server, handshakes, door.

A visitor makes a new connection each time (TCP one round trip, TLS 1.3 one more) and has so much patience.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from ..edge.answers import EdgeAnswers
from ..edge.asker import Asker, asker_from
from ..edge.habits import PLAIN, Habit, Habits
from ..edge.resolver import STALE_AFTER_S, Ask, Resolver, Said
from ..edge.zones import normal_name
from ..net.addresses import address_of, place_of, subnet_of
from ..net.places import ANYCAST, Place
from ..wire import dns
from ..wire.http import Request, Response
from .accelerators import Accelerators, Answer, Reset
from .crossing import Crossing
from .history import Attempt

A = dns.TYPES["A"]
REACHED = ("region", "zone", "anycast")
ZONE_HEADER = "x-zone"
BUSY_S = 0.003  # what a region takes to answer, its function warm: assumed, near what the live world measures


class Found(NamedTuple):
    """Where a name led: an address of this world, or none and the reason."""

    address: str | None
    error: str | None
    cached: bool


class Url(NamedTuple):
    """A URL taken apart."""

    secure: bool
    host: str
    name: str
    port: int
    path: str
    query: str


@dataclass(slots=True)
class Visit:
    """One attempt under way."""

    city: str
    what: str
    request: Request
    url: Url
    began: float
    habit: Habit = PLAIN
    region: str | None = None
    cached: bool = False
    status: int | None = None
    error: str | None = None

    def heard(self, response: Response) -> None:
        """The answer has come. A server that says which zone it stands in is believed."""
        self.status = response.status
        self.region = response.header(ZONE_HEADER) or self.region


class Visitors:
    """Everybody in every city. Each city has one resolver of each habit."""

    def __init__(
        self,
        answers: EdgeAnswers,
        crossing: Crossing,
        accelerators: Accelerators,
        answer: Answer,
        rng: random.Random,
        habits: Habits,
        people: random.Random,
    ) -> None:
        self._answers, self._crossing, self._answer, self._rng = answers, crossing, answer, rng
        self._accelerators, self._habits, self._people = accelerators, habits, people
        self._resolvers: dict[tuple[str, str], Resolver] = {}
        self._askers: dict[tuple[str, bool], Asker] = {}

    async def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float,
        path: str = "",
    ) -> Attempt:  # fmt: skip
        """Try once. Never raises."""
        clock, parts = self._crossing.clock, url_parts(url)
        headers = {"host": parts.host, "accept": "*/*", "user-agent": "visitor"}
        if body:
            headers["content-type"] = "application/json"
            headers["content-length"] = str(len(body))
        request = Request(method, parts.path, parts.query, headers, body, city, parts.secure)
        visit = Visit(city, what, request, parts, clock.time, self._habits.draw(self._people))
        try:
            await clock.at_most(patience_s, self._go(visit))
        except TimeoutError:
            visit.error = "timeout"
        ok = visit.status is not None and 200 <= visit.status < 400
        if visit.status is not None and not ok:
            visit.error = f"status {visit.status}"
        return Attempt(
            visit.began, clock.time, city, what, ok, visit.region, visit.status,
            None if ok else visit.error, tag, visit.cached, visit.habit.name, path,
        )  # fmt: skip

    async def _go(self, visit: Visit) -> None:
        found = await self._resolve(visit.city, visit.url.name, visit.habit)
        address, visit.error, visit.cached = found
        place = place_of(address) if address is not None else None
        if address is None or place is None:
            return
        if place.name == ANYCAST:
            await self._by_accelerator(visit, address)
        else:
            await self._directly(visit, address, place)

    async def _directly(self, visit: Visit, address: str, place: Place) -> None:
        """To a region, or to a node or server in one of its zones."""
        clock, crossing, city, target = self._crossing.clock, self._crossing, visit.city, place.name
        visit.region = place.region
        while (lands := crossing.legs(city, target, 2 if visit.url.secure else 1)) is None:
            await clock.sleep(1.0)  # a lost handshake is begun anew (RFC 6298)
        await clock.sleep(lands - clock.time)
        if not crossing.network.reachable(city, target):
            await crossing.cross(city, target)  # cut off on the way: sent again until patience ends
        response = await self._answer(address, visit.url.port, visit.request)
        if response is None:
            await crossing.cross(target, city)
            visit.error = "refused"
            return
        await crossing.cross(target, city, self._busy_s())
        visit.heard(response)

    async def _by_accelerator(self, visit: Visit, address: str) -> None:
        """To the nearest edge location, and on to an endpoint."""
        try:
            flow = await self._accelerators.connect(visit.city, address, visit.url.port)
            place = place_of(flow.destination.address)
            visit.region = place.region if place is not None else None
            response = await self._accelerators.exchange(visit.city, flow, visit.request)
        except Reset:
            visit.error = "reset"
            return
        await self._crossing.clock.sleep(self._busy_s())
        visit.heard(response)

    def _busy_s(self) -> float:
        return BUSY_S * self._rng.uniform(0.7, 1.6)

    async def _resolve(self, city: str, name: str, habit: Habit) -> Found:
        """Where a name leads for a city, by its resolver, which asks the nearest name server."""
        clock, resolver = self._crossing.clock, self._resolver(city, habit)
        step, cached = resolver.step(name, A, clock.time), True
        records: tuple[dns.Record, ...] = ()
        while isinstance(step, Ask):
            cached = False
            said = await self._said(city, habit, step, resolver.falls_back(step, clock.time))
            resolver.learn(step, said, clock.time)
            following = resolver.step(name, A, clock.time)
            if following == step:  # an answer nobody may keep, as with a TTL of 0
                records = said.answers if said is not None else ()
                break
            step = following
        else:
            records, cached = step.records, cached or step.stale
        for record in records:
            if record.type == A:
                address = dns.decode(A, record.data)
                place = place_of(address)
                if place is not None and place.kind in REACHED:
                    return Found(address, None, cached)
        return Found(None, "dns", cached)

    async def _said(self, city: str, habit: Habit, ask: Ask, falls_back: bool) -> Said | None:
        """What a name server says; None if the resolver knows something old and is not answered in time."""
        if not falls_back:
            return await self._asked(city, habit, ask)
        try:
            said: Said = await self._crossing.clock.at_most(STALE_AFTER_S, self._asked(city, habit, ask))
        except TimeoutError:
            return None
        return said

    async def _asked(self, city: str, habit: Habit, ask: Ask) -> Said:
        crossing, stands = self._crossing, habit.stands(city).name
        for here, there in ((city, stands), (stands, ANYCAST)) if habit.far else ((city, ANYCAST),):
            await crossing.cross(here, there)
        while not crossing.runs(ANYCAST):
            await crossing.clock.sleep(1.0)
        said = self._answers.server.answer(ask.name, ask.type, self._asker(city, habit))
        for here, there in ((ANYCAST, stands), (stands, city)) if habit.far else ((ANYCAST, city),):
            await crossing.cross(here, there)
        return said

    def _resolver(self, city: str, habit: Habit) -> Resolver:
        found = self._resolvers.get((city, habit.name))
        if found is None:
            found = Resolver(least_ttl=habit.least_ttl_s, stale_s=habit.stale_s)
            self._resolvers[city, habit.name] = found
        return found

    def _asker(self, city: str, habit: Habit) -> Asker:
        asker = self._askers.get((city, habit.far))
        if asker is None:
            subnet = subnet_of(city)
            assert subnet is not None, f"{city} is no city"
            known = subnet.replace(".0/24", ".1") if habit.sends_subnet(city) else address_of(habit.stands(city))
            asker = asker_from(known, None, collections=self._answers.zones.collections)
            self._askers[city, habit.far] = asker
        return asker


@functools.lru_cache(maxsize=4096)
def url_parts(url: str) -> Url:
    """A URL taken apart, its name as DNS has it."""
    parts = urlsplit(url)
    name = normal_name(parts.hostname or "")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    return Url(secure, parts.netloc, name, port, parts.path or "/", parts.query)
