"""Health checks of targets: every node probes every target of its load balancer, each at its own moment.

Intervals and patience are divided by the world's speed, patience never below one second, as distances are not.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ...services.elbv2 import health, probing, recording
from ...services.elbv2.connections import reached
from ...services.elbv2.door import probe_function
from ...services.elbv2.probing import Watch
from ...wire.http_head import BadHead, read_response

if TYPE_CHECKING:
    from .sockets import Balancers

log = logging.getLogger(__name__)
LEAST_PATIENCE_S = 1.0
SPREAD_S = 1.0  # first probes begin within this


class Probes:
    """The tasks that probe, one per node and target."""

    def __init__(self, balancers: Balancers) -> None:
        self._all = balancers
        self._speed = balancers.job.spec.speed
        self._rng = balancers.job.random("target probes")
        self._tasks: dict[Watch, asyncio.Task[None]] = {}

    def follow(self) -> None:
        """Begin what is new and end what is gone."""
        wanted = set(probing.watches(self._all.context().state))
        for gone in self._tasks.keys() - wanted:
            self._tasks.pop(gone).cancel()
        for new in wanted - self._tasks.keys():
            self._tasks[new] = asyncio.get_running_loop().create_task(self._probe_for_ever(new))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def _probe_for_ever(self, watch: Watch) -> None:
        opinion = probing.Opinion(probing.known(self._all.context().state, watch))
        await asyncio.sleep(self._rng.random() * SPREAD_S / self._speed)
        while True:
            found = probing.watched(self._all.context().state, watch)
            if found is None:
                return
            group, target = found
            try:
                verdict = opinion.learn(await self._noted(watch, group, target), group)
                if verdict is not None:
                    health.learn(self._all.context(), watch.group, watch.target, watch.zone, verdict)
            except Exception:
                log.exception("a probe of %s: a defect", watch.target)
            await asyncio.sleep(group["HealthCheckIntervalSeconds"] / self._speed)

    async def _noted(self, watch: Watch, group: dict[str, Any], target: dict[str, Any]) -> probing.Finding:
        began = time.time()
        finding = await self._probe(watch, group, target)
        region, status = self._all.region(), finding.status
        load_balancer = region.state["elbv2"].load_balancers.get(watch.load_balancer)
        if load_balancer is not None:
            recording.probed(
                region, load_balancer, watch.source, group, target, began, status, finding.reason, time.time()
            )
        return finding

    async def _probe(self, watch: Watch, group: dict[str, Any], target: dict[str, Any]) -> probing.Finding:
        patience = max(group["HealthCheckTimeoutSeconds"] / self._speed, LEAST_PATIENCE_S)
        try:
            async with asyncio.timeout(patience):
                if group["TargetType"] == "lambda":
                    status = await probe_function(self._all.context(), group, target)
                    return probing.REFUSED if status is None else probing.judge(status, group)
                return await self._probe_server(watch, group, target)
        except TimeoutError:
            return probing.LATE
        except (OSError, BadHead, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return probing.REFUSED

    async def _probe_server(self, watch: Watch, group: dict[str, Any], target: dict[str, Any]) -> probing.Finding:
        protocol, port = group["HealthCheckProtocol"], probing.port_of(group, target)
        servers = self._all.servers
        if group["TargetType"] == "alb":
            found = reached(self._all.context().state, target, watch.zone)
            if found is None:
                return probing.REFUSED
            target, port = found, self._all.job.ports.at(found["Address"], port)
        reader, writer = await servers.connect(watch.zone, target, port, protocol in ("HTTPS", "TLS"), watch.source)
        try:
            if protocol not in ("HTTP", "HTTPS"):
                return probing.WELL
            writer.write(probing.request(group, target["Address"], port))
            head = read_response(await reader.readuntil(b"\r\n\r\n"), "GET")
            await servers.back(watch.zone, target)
            return probing.judge(head.status, group)
        finally:
            with suppress(RuntimeError):
                writer.transport.abort()
