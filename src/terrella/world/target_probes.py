"""Health checks of targets in a simulated world: every node probes every target, each at its own moment."""

from __future__ import annotations

import random
from typing import Any

from ..region.region import Region
from ..services.elbv2 import health, probing
from ..services.elbv2.door import probe_function
from ..services.elbv2.probing import Finding, Watch
from ..services.elbv2.targets import standing
from ..store.journal import Change
from ..wire.http import Request
from .balancers import Balancers
from .crossing import Crossing

SPREAD_S = 1.0  # first probes begin within this
Plain = dict[str, Any]


class TargetProbes:
    """One endless piece of work per node and target."""

    def __init__(self, crossing: Crossing, balancers: Balancers, rng: random.Random) -> None:
        self._crossing, self._balancers, self._rng = crossing, balancers, rng
        self._busy: set[tuple[str, Watch]] = set()

    def follow(self, here: Region, change: Change) -> None:
        """Something of a region's changed: begin what is new; what is gone ends by itself."""
        if change.service == "elbv2" and change.body["table"] in ("load_balancers", "listeners", "rules", "targets"):
            self._crossing.clock.at(self._crossing.clock.time, lambda: self._begin(here))

    def _begin(self, here: Region) -> None:
        for watch in probing.watches(here.state["elbv2"]):
            if (here.name, watch) not in self._busy:
                self._busy.add((here.name, watch))
                self._crossing.clock.spawn(self._probe_for_ever(here, watch))

    async def _probe_for_ever(self, here: Region, watch: Watch) -> None:
        clock, opinion = self._crossing.clock, probing.Opinion()
        await clock.sleep(self._rng.random() * SPREAD_S)
        while (found := probing.watched(here.state["elbv2"], watch)) is not None:
            group, target = found
            if target["LeftAt"] is not None:
                break
            if opinion.state != probing.known(here.state["elbv2"], watch):
                opinion = probing.Opinion()  # the target has left and come back since
            if self._crossing.runs(here.name):
                verdict = opinion.learn(await self._probe(here, watch, group, target), group)
                if verdict is not None:
                    health.learn(here.context("elbv2"), watch.group, watch.target, watch.zone, verdict)
            await clock.sleep(group["HealthCheckIntervalSeconds"])
        self._busy.discard((here.name, watch))

    async def _probe(self, here: Region, watch: Watch, group: Plain, target: Plain) -> Finding:
        ask = self._ask_function if group["TargetType"] == "lambda" else self._ask_server
        try:
            status = await self._crossing.clock.at_most(
                group["HealthCheckTimeoutSeconds"], ask(here, watch, group, target)
            )
        except TimeoutError:
            return probing.LATE
        return probing.REFUSED if status is None else probing.judge(status, group)

    async def _ask_function(self, here: Region, watch: Watch, group: Plain, target: Plain) -> int | None:
        return await probe_function(here.context("elbv2"), group, target)

    async def _ask_server(self, here: Region, watch: Watch, group: Plain, target: Plain) -> int | None:
        port, headers = probing.port_of(group, target), {"host": target["Address"], "user-agent": probing.AGENT}
        request = Request("GET", group["HealthCheckPath"], "", headers, source=watch.zone)
        place = standing(here.name, target)
        response = await self._balancers.ask_server(watch.zone, place, target, port, request)
        return response.status if response is not None else None
