"""Health checks of plain addresses, one task per endpoint, from the edge and over the network."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ...edge.accelerators import Accelerators, EndpointKey, is_reached, standing
from ...edge.probe import judge, plan
from ...net.places import ANYCAST
from ..checkers import Prober

log = logging.getLogger(__name__)


class Probes:
    """Every endpoint that is to be probed, each by its group's settings."""

    def __init__(self, known: Accelerators, prober: Prober, speed: float, turned: Callable[[], None]) -> None:
        self._known, self._prober, self._speed, self._turned = known, prober, speed, turned
        self._tasks: dict[EndpointKey, asyncio.Task[None]] = {}

    def follow(self) -> None:
        """What is to be probed may have changed."""
        wanted = {key for key, _, _ in self._known.probed()}
        for key in self._tasks.keys() - wanted:
            self._tasks.pop(key).cancel()
        for key in wanted - self._tasks.keys():
            self._tasks[key] = asyncio.get_running_loop().create_task(self._probe_for_ever(key))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _probe_for_ever(self, key: EndpointKey) -> None:
        while (group := self._known.groups.get(key.group)) is not None:
            try:
                answered = await self._probe(key, group["Check"], group["Region"])
                if self._known.learn(key, answered):
                    log.info("endpoint %s of %s: %s", key.endpoint, key.group, "healthy" if answered else "unhealthy")
                    self._turned()
            except Exception:
                log.exception("a probe of %s: a defect", key.endpoint)
            await asyncio.sleep(group["Check"]["IntervalSeconds"] / self._speed)

    async def _probe(self, key: EndpointKey, check: dict[str, object], region: str) -> bool:
        if not is_reached(key.endpoint):
            return False
        where = {"IPAddress": key.endpoint, "Port": check["Port"], "ResourcePath": check["Path"]}
        config = {"Type": check["Protocol"], **where}
        found = await self._prober.probe(plan(key.group, config), ANYCAST, standing(key.endpoint, region))
        return judge(config, found).healthy
