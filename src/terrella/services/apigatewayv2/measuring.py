"""What HTTP APIs tell CloudWatch, by API and by stage: how many requests, how many went wrong on whose side, how long
they took. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html

Requests that no API could be found for are nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...region.measures import Measure, Meter, Spread
from ...region.service import Context
from .state import State, service

NAMESPACE = "AWS/ApiGateway"
SPREADS = ("Latency", "IntegrationLatency")
UNITS = {"Latency": "Milliseconds", "IntegrationLatency": "Milliseconds", "DataProcessed": "Bytes"}
Where = tuple[str, str]  # an API's id, a stage or "" for all


def answered(ctx: Context[State], api: str, stage: str, status: int, size: int, took_ms: float) -> None:
    """A request was answered."""
    for where in ((api, ""), (api, stage)):
        add(ctx, where, "Count", 1.0)
        add(ctx, where, "4xx", float(400 <= status < 500))
        add(ctx, where, "5xx", float(status >= 500))
        add(ctx, where, "Latency", took_ms)
        add(ctx, where, "DataProcessed", float(size))


def integrated(ctx: Context[State], api: str, stage: str, took_ms: float) -> None:
    """An integration has answered, or failed to."""
    for where in ((api, ""), (api, stage)):
        add(ctx, where, "IntegrationLatency", took_ms)


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    for (metric, api, stage), meter in ctx.state.meters.items():
        dimensions = (("ApiId", api), *((("Stage", stage),) if stage else ()))
        yield Measure(NAMESPACE, metric, dimensions, UNITS.get(metric, "Count"), meter)


def add(ctx: Context[State], where: Where, metric: str, value: float) -> None:
    meters, key = ctx.state.meters, (metric, *where)
    meter = meters.get(key)
    if meter is None:
        meter = meters[key] = (Spread if metric in SPREADS else Meter)(ctx.here.world.speed)
    meter.add(ctx.here.clock.now(), value)
