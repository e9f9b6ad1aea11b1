"""What Route 53 tells CloudWatch of health checks, in us-east-1: whether each is healthy, and what share of its
checkers says so; where it was asked for, how long the parts of a probe take, by region of the checker.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-cloudwatch.html

Verdicts are the edge's. It is asked for them once a minute of the world, from the first time on that somebody asks for
these metrics; a minute in which it does not answer has no points.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.errors import AwsError, ServiceUnavailable
from ...region.measures import Measure, Meter
from ...region.service import Context
from .state import HOME, State, service

NAMESPACE = "AWS/Route53"
EVERY_S, ASKED_S = 60.0, 10.0
UNITS = {
    "HealthCheckPercentageHealthy": "Percent", "ConnectionTime": "Milliseconds", "SSLHandshakeTime": "Milliseconds",
    "TimeToFirstByte": "Milliseconds",
}  # fmt: skip


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    """The verdicts there are. They are us-east-1's to tell, also while another region is in charge."""
    if ctx.region != HOME:
        return
    if len(ctx.state.health_checks) and not ctx.state.watched:
        _begin(ctx)
    for (metric, id, region), meter in ctx.state.meters.items():
        where = (("Region", region),) if region else ()
        yield Measure(NAMESPACE, metric, (("HealthCheckId", id), *where), UNITS.get(metric, "None"), meter)


def _begin(ctx: Context[State]) -> None:
    watching = _watch(ctx)
    try:
        ctx.here.ports.tasks.spawn("route53: watch health checks", watching)
        ctx.state.watched = True
    except ServiceUnavailable:  # a region without background work watches nothing
        watching.close()


async def _watch(ctx: Context[State]) -> None:
    clock = ctx.here.clock
    try:
        while len(ctx.state.health_checks):
            await _look(ctx)
            await clock.sleep(ctx.scaled(EVERY_S))
    finally:
        ctx.state.watched = False


async def _look(ctx: Context[State]) -> None:
    ports, clock = ctx.here.ports, ctx.here.clock
    try:
        question = {"kind": "health_verdicts", "now": clock.now()}
        found: dict[str, Any] = await ports.tasks.within(ctx.scaled(ASKED_S), ports.edge.ask(question))
    except (TimeoutError, AwsError):
        return
    for id, (healthy, share, children) in found["verdicts"].items():
        _note(ctx, "HealthCheckStatus", id, float(healthy))
        if share is not None:
            _note(ctx, "HealthCheckPercentageHealthy", id, share * 100.0)
        if children is not None:
            _note(ctx, "ChildHealthCheckHealthyCount", id, float(children))
    for id, rows in found["latencies"].items():
        for region, metric, took_ms in rows:
            _note(ctx, metric, id, took_ms)
            _note(ctx, metric, id, took_ms, region)


def _note(ctx: Context[State], metric: str, id: str, value: float, region: str = "") -> None:
    meters, key = ctx.state.meters, (metric, id, region)
    meter = meters.get(key) or meters.setdefault(key, Meter(ctx.here.world.speed))
    meter.add(ctx.here.clock.now(), value)
