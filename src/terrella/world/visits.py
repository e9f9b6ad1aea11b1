"""One HTTP request by somebody in a city of a simulated world: resolver, name server, handshakes, door.

A visitor makes a new connection each time (TCP one round trip, TLS 1.3 one more) and has so much patience.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from ..edge.answers import EdgeAnswers
from ..edge.asker import Asker, asker_from
from ..edge.habits import PLAIN, Habit, Habits
from ..edge.resolver import STALE_AFTER_S, Ask, Resolver, Said
from ..edge.zones import normal_name
from ..net.addresses import address_of, place_of, subnet_of
from ..net.places import ANYCAST
from ..wire import dns
from ..wire.http import Request, Response
from .crossing import Crossing
from .history import Attempt

A = dns.TYPES["A"]
BUSY_S = 0.003  # what a region takes to answer, its function warm: assumed, near what the live world measures


class Place(NamedTuple):
    """Where a name led: a region, or no region and the reason."""

    region: str | None
    error: str | None
    cached: bool


class Url(NamedTuple):
    """A URL taken apart."""

    secure: bool
    host: str
    name: str
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


class Visitors:
    """Everybody in every city. Each city has one resolver of each habit."""

    def __init__(
        self,
        answers: EdgeAnswers,
        crossing: Crossing,
        answer: Callable[[str, Request], Awaitable[Response]],
        rng: random.Random,
        habits: Habits,
        people: random.Random,
    ) -> None:
        self._answers, self._crossing, self._answer, self._rng = answers, crossing, answer, rng
        self._habits, self._people = habits, people
        self._resolvers: dict[tuple[str, str], Resolver] = {}
        self._askers: dict[tuple[str, bool], Asker] = {}

    async def visit(
        self, city: str, what: str, method: str, url: str, body: bytes, tag: str | None, patience_s: float
    ) -> Attempt:
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
            None if ok else visit.error, tag, visit.cached, visit.habit.name,
        )  # fmt: skip

    async def _go(self, visit: Visit) -> None:
        clock, crossing, city = self._crossing.clock, self._crossing, visit.city
        found = await self._resolve(city, visit.url.name, visit.habit)
        visit.region, visit.error, visit.cached = found
        region = found.region
        if region is None:
            return
        while (lands := crossing.legs(city, region, 2 if visit.url.secure else 1)) is None:
            await clock.sleep(1.0)  # a lost handshake is begun anew (RFC 6298)
        await clock.sleep(lands - clock.time)
        if not crossing.network.reachable(city, region):
            await crossing.cross(city, region)  # cut off on the way: sent again until patience ends
        if crossing.harms.get(region) == "kill":
            await crossing.cross(region, city)
            visit.error = "refused"
            return
        response = await self._answer(region, visit.request)
        await crossing.cross(region, city, BUSY_S * self._rng.uniform(0.7, 1.6))
        visit.status = response.status

    async def _resolve(self, city: str, name: str, habit: Habit) -> Place:
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
                place = place_of(dns.decode(A, record.data))
                if place is not None and place.kind == "region":
                    return Place(place.name, None, cached)
        return Place(None, "dns", cached)

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
    return Url(parts.scheme == "https", parts.netloc, name, parts.path or "/", parts.query)
