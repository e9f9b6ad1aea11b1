"""What Global Accelerator tells CloudWatch, in us-west-2, and its flow logs. The edge counts; it is asked once a minute
of the world, while there are accelerators.

https://docs.aws.amazon.com/global-accelerator/latest/dg/cloudwatch-monitoring.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...core.errors import AwsError, ServiceUnavailable
from ...net.places import find
from ...region.measures import Level, Measure, Meter, Told
from ...region.service import Context
from . import flow_logs
from .state import State, service

NAMESPACE = "AWS/GlobalAccelerator"
EVERY_S, ASKED_S = 60.0, 10.0
METRICS = ("NewFlowCount", "ProcessedBytesIn", "ProcessedBytesOut")
KOREA, INDIA = "KR", "IN"
AREAS = {"NA": "NA", "SA": "SA", "EU": "EU", "AF": "AF", "OC": "AU"}
MIDDLE_EAST = ("AE", "BH", "IL", "OM", "QA", "SA", "KW", "JO", "TR")
Row = list[Any]
Dimensions = tuple[tuple[str, str], ...]


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on there is somebody to ask the edge, when there are accelerators."""
    ctx.state.wake = lambda: _wake(ctx)
    _wake(ctx)


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    for (metric, dimensions), meter in ctx.state.meters.items():
        yield Measure(NAMESPACE, metric, dimensions, "Bytes" if "Bytes" in metric else "Count", meter)


def _wake(ctx: Context[State]) -> None:
    if ctx.state.watched or not len(ctx.state.accelerators):
        return
    watching = _watch(ctx)
    try:
        ctx.state.watched = True
        ctx.here.ports.tasks.spawn("globalaccelerator: ask what passed", watching)
    except ServiceUnavailable:  # a region without background work asks nothing
        watching.close()
        ctx.state.watched = False


async def _watch(ctx: Context[State]) -> None:
    clock = ctx.here.clock
    try:
        while len(ctx.state.accelerators):
            await clock.sleep(max(ctx.scaled(EVERY_S), 1.0))
            await look(ctx)
    finally:
        ctx.state.watched = False


async def look(ctx: Context[State]) -> None:
    """Ask the edge for what is new. While it does not answer it keeps it."""
    ports, state = ctx.here.ports, ctx.state
    question = {"kind": "accelerator_flows", "since": state.newest_minute, "have": state.newest_record}
    try:
        found: dict[str, Any] = await ports.tasks.within(ctx.scaled(ASKED_S), ports.edge.ask(question))
    except (TimeoutError, AwsError):
        return
    for minute, key, row in found["rows"]:
        _count(ctx, minute, tuple(key), row)
    state.newest_minute = max([state.newest_minute, *(row[0] for row in found["rows"])])
    state.counted = {each: row for each, row in state.counted.items() if each[0] >= state.newest_minute}
    _count_endpoints(ctx, found["endpoints"])
    for record in found["records"]:
        flow_logs.write(ctx.here, record)
    state.newest_record = found["records"][-1][0] if found["records"] else state.newest_record


def _count(ctx: Context[State], minute: int, key: tuple[str, ...], row: list[int]) -> None:
    """The counts of one minute, which is perhaps not over. An edge that began anew counts from nothing."""
    before = ctx.state.counted.get((minute, key), [0, 0, 0])
    ctx.state.counted[minute, key] = row
    accelerator, listener, region, edge, address, protocol = key
    to, at = area(region), area(edge)
    one = ("Accelerator", accelerator.rpartition("/")[2])
    listening = ("Listener", listener.rpartition("/")[2])
    sets: tuple[Dimensions, ...] = (
        (one,), (one, listening), (one, ("EndpointGroup", region), listening), (one, ("SourceRegion", to)),
        (one, ("DestinationEdge", at)), (one, ("DestinationEdge", at), ("SourceRegion", to)),
        (one, ("TransportProtocol", protocol)), (one, ("AcceleratorIPAddress", address)),
    )  # fmt: skip
    for metric, old, new in zip(METRICS, before, row, strict=True):
        more = new - old if new >= old else new
        for dimensions in sets if more else ():
            meter = _meter(ctx, metric, dimensions)
            assert isinstance(meter, Meter)
            meter.add(minute * meter.step, float(more))


def _count_endpoints(ctx: Context[State], rows: list[Row]) -> None:
    totals: dict[tuple[str, Dimensions], float] = {}
    for accelerator, listener, region, healthy, unhealthy in rows:
        one = ("Accelerator", accelerator.rpartition("/")[2])
        listening = ("Listener", listener.rpartition("/")[2])
        for dimensions in ((one,), (one, listening), (one, ("EndpointGroup", region), listening)):
            for metric, count in (("HealthyEndpointCount", healthy), ("UnhealthyEndpointCount", unhealthy)):
                totals[metric, dimensions] = totals.get((metric, dimensions), 0.0) + count
    for key in [each for each in ctx.state.meters if each[0].endswith("EndpointCount") and each not in totals]:
        _level(ctx, *key).set(None)
    for key, total in totals.items():
        _level(ctx, *key).set(total)


def area(place: str) -> str:
    """The part of the world Global Accelerator counts a region or an edge location to."""
    found = find(place)
    if found.country in (KOREA, INDIA):
        return found.country
    if found.country in MIDDLE_EAST:
        return "ME"
    return AREAS.get(found.continent, "AP")


def _meter(ctx: Context[State], metric: str, dimensions: Dimensions) -> Told:
    meters = ctx.state.meters
    return meters.get((metric, dimensions)) or meters.setdefault((metric, dimensions), Meter(ctx.here.world.speed))


def _level(ctx: Context[State], metric: str, dimensions: Dimensions) -> Level:
    found = ctx.state.meters.get((metric, dimensions))
    if found is None:
        found = ctx.state.meters[metric, dimensions] = Level(ctx.here.clock.now, ctx.here.world.speed)
    assert isinstance(found, Level)
    return found
