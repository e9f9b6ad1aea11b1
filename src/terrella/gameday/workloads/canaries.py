"""canaries: small programs in cities that ask one region each, whatever the DNS says, and tell CloudWatch how long
that took.

What they find is no visit of anybody: no report counts it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ...core.errors import AwsError
from ...region.homes import GLOBAL_HOME
from ...world.world import World
from ..operator import health_checks
from ._arrivals import arrive, chance

NAMESPACE, METRIC = "Canaries", "Latency"


@dataclass(frozen=True, slots=True)
class Canaries:
    """`watched` are pairs of a region and the city it is watched from. Who gets no answer has waited `patience_s`."""

    watched: tuple[tuple[str, str], ...]
    path: str = "/messages?room=lobby&limit=1"
    per_second: float = 0.2
    patience_s: float = 3.0

    async def run(self, world: World, is_over: Callable[[], bool]) -> None:
        """Ask until the story is over, each region at the host its health check asks."""
        checks = await health_checks(world)
        for region, city in self.watched:
            url = f"https://{checks[region]['HealthCheckConfig']['FullyQualifiedDomainName']}{self.path}"
            rng: random.Random = chance(world, "canaries", region)
            world.spawn(arrive(world, rng, self.per_second, is_over, partial(self._ask, world, region, city, url)))

    async def _ask(self, world: World, region: str, city: str, url: str) -> None:
        attempt = await world.visit(city, "canary", "GET", url, b"", None, self.patience_s)
        took_s = attempt.ended - attempt.began if attempt.ok else self.patience_s
        datum = {
            "MetricName": METRIC, "Unit": "Milliseconds", "Value": took_s * 1000, "StorageResolution": 1,
            "Dimensions": [{"Name": "Region", "Value": region}],
        }  # fmt: skip
        try:
            await world.call(
                GLOBAL_HOME, "cloudwatch", "PutMetricData", {"Namespace": NAMESPACE, "MetricData": [datum]}
            )
        except AwsError:
            pass  # what cannot be told is missing, and alarms know what to think of that
