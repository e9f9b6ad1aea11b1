"""What Lambda tells CloudWatch of each function. https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html

An error counts as an invocation, a throttle does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...region.measures import Measure, Meter, Spread
from ...region.ports import Outcome
from ...region.service import Context
from .state import State, service

UNITS = {"Duration": "Milliseconds"}


def began(ctx: Context[State], name: str) -> None:
    """An invocation has begun: so many of the function, and of all functions, are under way now."""
    _add(ctx, "ConcurrentExecutions", name, float(ctx.state.running[name]))
    _add(ctx, "ConcurrentExecutions", "", float(sum(ctx.state.running.values())))


def ran(ctx: Context[State], name: str, outcome: Outcome) -> None:
    """An invocation has ended."""
    _add(ctx, "Invocations", name, 1.0)
    _add(ctx, "Errors", name, 0.0 if outcome.error is None else 1.0)
    _add(ctx, "Throttles", name, 0.0)
    _add(ctx, "Duration", name, outcome.duration_ms)


def throttled(ctx: Context[State], name: str) -> None:
    """An invocation was refused for want of concurrency."""
    _add(ctx, "Throttles", name, 1.0)


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    for (metric, name), meter in ctx.state.meters.items():
        dimensions = (("FunctionName", name),) if name else ()
        yield Measure("AWS/Lambda", metric, dimensions, UNITS.get(metric, "Count"), meter)


def _add(ctx: Context[State], metric: str, name: str, value: float) -> None:
    meters, key = ctx.state.meters, (metric, name)
    meter = meters.get(key)
    if meter is None:
        meter = meters[key] = (Spread if metric == "Duration" else Meter)(ctx.here.world.speed)
    meter.add(ctx.here.clock.now(), value)
