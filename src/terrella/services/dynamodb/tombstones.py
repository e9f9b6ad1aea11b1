"""Tombstones are forgotten a day after, once nothing older than they can come any more.

A region asks every other one that may still send something to say a word. Links are ordered: when the word is
there, whatever that region had accepted or copied before is there too, and whatever this one had sent it has
arrived there. Then no item that a tombstone holds down is left anywhere. A region that is cut off says nothing,
so tombstones wait for it however long that takes, as its writes do.

Invariant: a tombstone that is forgotten has nothing left to win against.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ...core.errors import ServiceUnavailable
from ...region.service import Context
from ...store.journal import Change
from . import joining, records
from .state import State, Table, service

Plain = dict[str, Any]

KEPT_S, LOOK_EVERY_S = 24 * 3600.0, 6 * 3600.0
AT_ONCE = 1000


@service.start
def begin(ctx: Context[State]) -> None:
    """Look for old tombstones now and then, as long as there are global tables."""

    def tend() -> None:
        if ctx.state.tended or not ctx.state.shared:
            return
        try:
            ctx.here.ports.tasks.spawn("dynamodb: forget tombstones", _forget_now_and_then(ctx))
            ctx.state.tended = True
        except ServiceUnavailable:
            pass  # a region without background work keeps them

    ctx.state.tend, ctx.state.tended = tend, False
    tend()


@service.change
def tombstones_marked(
    state: State, change: Change, table: str, group: str, before: float, to: list[str]
) -> None:
    """Where it was asked, the word of the others is waited for; the others owe it."""
    known = state.known(table)
    if known is None or known.group != group:
        return
    if known.region == change.origin:
        state.alter(known, swept={"before": before, "passed": []})
    else:
        state.alter(known, passes={**known.data["passes"], change.origin: before})


@service.change
def tombstones_passed(
    state: State, change: Change, table: str, group: str, before: float, to: list[str]
) -> None:
    """The word that was asked for."""
    known = state.known(table)
    if known is None or known.group != group:
        return
    if known.region == change.origin:
        passes = {region: at for region, at in known.data["passes"].items() if region not in to}
        state.alter(known, passes=passes)
    elif known.data["swept"].get("before") == before:
        passed = sorted({*known.data["swept"]["passed"], change.origin})
        state.alter(known, swept={"before": before, "passed": passed})


@service.change
def tombstones_forgotten(state: State, change: Change, table: str, keys: list[bytes], before: float) -> None:
    known = state.known(table)
    for key in keys if known is not None else ():
        assert known is not None
        record = known.items.get(key)
        if record is not None and _is_old(record, before):
            known.items.delete(key)


async def sweep(ctx: Context[State], name: str) -> None:
    """Forget what all others have given their word for; ask for the next."""
    certain = _certain(ctx.state.known(name))
    async for keys in _old(ctx, name, certain):
        if _certain(ctx.state.known(name)) == certain:  # nobody has joined meanwhile
            ctx.commit("tombstones_forgotten", table=name, keys=keys, before=certain)
    before = ctx.here.clock.now() - ctx.scaled(KEPT_S)
    async for _ in _old(ctx, name, before):
        table = ctx.state.known(name)
        if table is not None and table.group is not None:
            to = joining.others(table)
            ctx.commit("tombstones_marked", table=name, group=table.group, before=before, to=to)
        return


async def _forget_now_and_then(ctx: Context[State]) -> None:
    try:
        while ctx.state.shared:
            await ctx.here.clock.sleep(ctx.scaled(LOOK_EVERY_S))
            for name in sorted(ctx.state.shared):
                await sweep(ctx, name)
    finally:
        ctx.state.tended = False


async def _old(ctx: Context[State], name: str, before: float) -> AsyncIterator[list[bytes]]:
    """The keys of tombstones older than that, a portion at a time; others are served between portions."""
    start = b""
    while True:
        table: Table | None = ctx.state.known(name)
        if table is None:
            return
        keys: list[bytes] = []
        seen = 0
        for key, record in table.items.scan(start):
            seen += 1
            start = key + b"\0"
            if _is_old(record, before):
                keys.append(key)
            if seen == AT_ONCE:
                break
        if keys:
            yield keys
        if seen < AT_ONCE:
            return
        await ctx.here.clock.sleep(0)


def _certain(table: Table | None) -> float:
    """Nothing accepted before this moment is on its way from anywhere."""
    if table is None or table.group is None or not table.data["swept"]:
        return 0.0
    swept = table.data["swept"]
    return float(swept["before"]) if set(joining.others(table)) <= set(swept["passed"]) else 0.0


def _is_old(record: bytes, before: float) -> bool:
    return not records.json_of(record) and records.unpack(record).stamp[0] < before
