"""Health checkers of a simulated world: the same probes and verdicts as live, carried by functions."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

from ..edge.answers import EdgeAnswers
from ..edge.health import Checker, HealthCheck
from ..edge.probe import Outcome, Plan, judge, plan
from ..net.addresses import is_node, place_of
from ..net.places import ANYCAST
from ..wire.http import Request, Response
from .crossing import Crossing

Answer = Callable[[str, int, Request], Coroutine[Any, Any, Response | None]]


class Checkers:
    """One endless piece of work per check and checker. `turned` is told when a verdict turns."""

    def __init__(
        self,
        answers: EdgeAnswers,
        crossing: Crossing,
        answer: Answer,
        listens: Callable[[str, int], bool],
        rng: random.Random,
        turned: Callable[[HealthCheck], None],
    ) -> None:
        self._answers, self._crossing, self._answer, self._listens = answers, crossing, answer, listens
        self._rng, self._turned = rng, turned
        self._busy: set[tuple[str, Checker]] = set()
        self._addresses: dict[tuple[str, str], str | None] = {}
        self._epochs = (0, 0)

    def follow(self) -> None:
        """Begin what is new; what is gone ends by itself."""
        for check in self._answers.health.probing():
            for checker in check.checkers():
                if (check.id, checker) not in self._busy:
                    self._busy.add((check.id, checker))
                    self._crossing.clock.spawn(self._probe_for_ever(check.id, checker))

    async def _probe_for_ever(self, id: str, checker: Checker) -> None:
        clock, health = self._crossing.clock, self._answers.health
        await clock.sleep(self._rng.random() * health.checks[id].interval)
        while (check := health.checks.get(id)) is not None and check.probes and check.asks(checker, clock.now()):
            if self._crossing.runs(ANYCAST):
                finding = judge(check.config, await self.probe(plan(id, check.config), checker.place))
                reports = self._crossing.network.reachable(checker.place, ANYCAST)  # else it is itself cut off
                if reports and health.learn(id, checker, finding, clock.time):
                    self._turned(check)
            await clock.sleep(check.interval)
        self._busy.discard((id, checker))

    async def probe(self, plan: Plan, place: str, stands: str | None = None) -> Outcome:
        """What a checker standing at a place finds. `stands`: where the address is, if not where it belongs."""
        address = plan.address
        if address is None and plan.name:
            address = self._address(plan.name, place)
        if address is None:
            return Outcome(failed="resolve")
        known = address if plan.address is None else None
        clock, began = self._crossing.clock, self._crossing.clock.time
        found = place_of(address)
        target = stands or (found.name if found is not None else None)
        lands = None
        if target is not None:
            lands = self._crossing.legs(place, target, 2 if plan.tls else 1)
        if target is None or lands is None or lands - began > 2 * plan.connect_timeout:
            await clock.sleep(plan.connect_timeout)
            return Outcome(known, "connect")
        await clock.sleep(lands - began)
        trip_ms = (lands - began) * 1000 / (2.5 if plan.tls else 1.5)  # to connect, for TLS, half for the request
        if not self._listens(address, plan.port):
            return Outcome(known, "refused")
        measured = Outcome(known, connect_ms=trip_ms, tls_ms=trip_ms if plan.tls else None)
        if plan.request is None:
            return measured
        asked = clock.time
        outcome = await self._ask(plan, place, target, address, known)
        first_ms = (clock.time - asked) * 1000 + trip_ms / 2 if outcome.status is not None else None
        return replace(outcome, connect_ms=measured.connect_ms, tls_ms=measured.tls_ms, first_byte_ms=first_ms)

    def _address(self, name: str, place: str) -> str | None:
        """Where a name leads for a checker; worked out anew when a zone or a verdict has changed, and each time for
        what leads to a load balancer's nodes, which come and go."""
        epochs = (self._answers.zones.epoch, self._answers.health.epoch)
        if epochs != self._epochs:
            self._addresses.clear()
            self._epochs = epochs
        key = (name, place)
        if key not in self._addresses or is_node(self._addresses[key] or ""):
            self._addresses[key] = self._answers.address_at(name, place)
        return self._addresses[key]

    async def _ask(self, plan: Plan, place: str, target: str, to: str, address: str | None) -> Outcome:
        """The request has arrived; does an answer come back in time? `address` is told if it was looked up."""
        clock, began = self._crossing.clock, self._crossing.clock.time
        if not self._crossing.network.reachable(place, target):
            await clock.sleep(plan.response_timeout)
            return Outcome(address, "response")
        try:
            response = await clock.at_most(plan.response_timeout, self._answer(to, plan.port, _request(plan, place)))
        except TimeoutError:
            return Outcome(address, "response")
        if response is None:
            return Outcome(address, "closed")
        lands = self._crossing.network.cross(target, place, clock.time)
        if lands is None or lands - began > plan.response_timeout:
            await clock.sleep(max(0.0, began + plan.response_timeout - clock.time))
            return Outcome(address, "response")
        await clock.sleep(lands - clock.time)
        return Outcome(address, None, response.status, "OK" if response.status == 200 else "", response.body)


def _request(plan: Plan, place: str) -> Request:
    """The bytes of a probe as the value a server would make of them."""
    assert plan.request is not None
    path, query, headers = _read(plan.request)
    return Request("GET", path, query, dict(headers), b"", place, plan.tls)


@functools.lru_cache(maxsize=512)
def _read(request: bytes) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    head, *lines = request.decode().split("\r\n")
    path, _, query = head.split(" ")[1].partition("?")
    pairs = (line.partition(": ") for line in lines if line)
    return path, query, tuple((name.lower(), value) for name, _, value in pairs)
