"""What DynamoDB tells CloudWatch: how late its writes arrive in other regions, how many are on their way, what tables
consume; what became of requests is counted in counting.py.

ReplicationLatency belongs to the region that was written to: by receiving region, from the moment a write was
accepted here to the moment it arrived there, in milliseconds, noted under the minute in which it arrived.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...region.measures import Measure, Meter
from ...region.service import Context
from ...store.journal import Change
from .membership import VERSION_2017
from .state import Dimensions, State, Table, service

LATENCY, PENDING = "ReplicationLatency", "PendingReplicationCount"
UNITS = {LATENCY: "Milliseconds", "SuccessfulRequestLatency": "Milliseconds"}
NAMESPACE = "AWS/DynamoDB"
READ_AT_ONCE = 4096


@service.on_landing
def landed(ctx: Context[State], changes: list[Change], peer: str, at: float) -> None:
    """Writes arrived in another region: by table, when each of them had been accepted here."""
    accepted: dict[str, list[float]] = {}
    for change in changes:
        if change.kind in ("item_put", "item_deleted"):
            accepted.setdefault(change.body["table"], []).append(change.accepted)
        elif change.kind == "items_written":  # not every table of them need be there
            for name in (write[0] for write in change.body["writes"]):
                table = ctx.state.known(name)
                if table is not None and peer in table.replicas:
                    accepted.setdefault(name, []).append(change.accepted)
    for name, times in accepted.items():
        count = len(times)
        total, least, most = (max(0.0, late) * 1000.0 for late in (
            count * at - sum(times), at - max(times), at - min(times)
        ))  # fmt: skip
        _meter(ctx, LATENCY, name, peer).add_all(at, count, total, least, most)


@service.measures
def measures(ctx: Context[State]) -> Iterator[Measure]:
    """Everything there is to tell. What is on its way is counted now; what was before, when somebody asked."""
    for name in ctx.state.shared:
        table = ctx.state.known(name)
        if table is not None and table.data["version"] == VERSION_2017:
            _count_pending(ctx, table)
    for (metric, dimensions), meter in ctx.state.meters.items():
        yield Measure(NAMESPACE, metric, dimensions, UNITS.get(metric, "Count"), meter)
    for name in ctx.state.tables:
        yield from _consumed(ctx.state.known(name))


def meter_of(ctx: Context[State], metric: str, dimensions: Dimensions) -> Meter:
    """Where the values of a metric are added. Dimensions are in order of their names."""
    meters, key = ctx.state.meters, (metric, dimensions)
    return meters.get(key) or meters.setdefault(key, Meter(ctx.here.world.speed))


def _meter(ctx: Context[State], metric: str, table: str, region: str) -> Meter:
    return meter_of(ctx, metric, (("ReceivingRegion", region), ("TableName", table)))


def _count_pending(ctx: Context[State], table: Table) -> None:
    """How many writes of a table are not yet acknowledged by each replica, read from the journal."""
    for region in table.replicas:
        outbox = ctx.here.outboxes.get(region)
        count, after = 0, outbox.acked if outbox is not None else ctx.here.journal.last
        while window := ctx.here.journal.read(after, READ_AT_ONCE):
            count += sum(_writes(change, table.name) for change in window if region in change.to)
            after = window[-1].seq
        _meter(ctx, PENDING, table.name, region).add(ctx.now, count)


def _writes(change: Change, table: str) -> int:
    if change.kind == "items_written":
        return sum(write[0] == table for write in change.body["writes"])
    return int(change.kind in ("item_put", "item_deleted") and change.body["table"] == table)


def _consumed(table: Table | None) -> Iterator[Measure]:
    """What a table and its global indexes consumed."""
    if table is None:
        return
    for metric, name, meter in table.throttle.meters():
        index: Any = (("GlobalSecondaryIndexName", name),) if name else ()
        yield Measure(NAMESPACE, metric, (*index, ("TableName", table.name)), "Count", meter)
