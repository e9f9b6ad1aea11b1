"""Sweeping: every half minute of the world's time expired items go, and streams are trimmed and take new shards.

So an item is deleted within half a minute of its moment (AWS: within days), once every portion before it is.
Nobody sweeps in a region where no table has a stream or a time to live.
"""

from __future__ import annotations

from itertools import islice, takewhile
from typing import Any

from ...core.errors import ServiceUnavailable
from ...region.service import Context
from ...store.journal import Change
from . import streams, time_to_live
from .state import State, expires_by, service
from .stream_records import time_of
from .streams import PARTITION_WRITES_PER_S, RETENTION_S, SHARD_S, Stream, id_of

Plain = dict[str, Any]

EVERY_S = 30.0
SHORTEST_PAUSE_S = 0.5  # of real time, however fast the world is
TRIMMED_AT_ONCE = 1000


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on there is somebody to sweep, when there is something."""
    sweeper = Sweeper(ctx)
    ctx.state.stir = sweeper.stir
    sweeper.stir()


class Sweeper:
    """At most one piece of work in the background, while there is something to look after."""

    def __init__(self, ctx: Context[State]) -> None:
        self._ctx, self._at_work = ctx, False
        self._counted: dict[str, tuple[float, int]] = {}  # by stream: when, and its next number then

    def stir(self) -> None:
        if not self._at_work and self._needed():
            work = self._sweep_on()
            try:
                self._at_work = True
                self._ctx.here.ports.tasks.spawn("dynamodb: sweep", work)
            except ServiceUnavailable:  # a region without background work keeps what is to be swept
                work.close()
                self._at_work = False

    def _needed(self) -> bool:
        state = self._ctx.state
        return bool(state.streams) or any(expires_by(data) for _, data in state.tables.items())

    async def _sweep_on(self) -> None:
        clock = self._ctx.here.clock
        try:
            while self._needed():
                pause_s = max(self._ctx.scaled(EVERY_S), SHORTEST_PAUSE_S)
                while sweep(self._ctx, self._counted):
                    await clock.sleep(0)  # others are served between portions
                await clock.sleep(pause_s)
        finally:
            self._at_work = False


def sweep(ctx: Context[State], counted: dict[str, tuple[float, int]] | None = None) -> bool:
    """Do one portion of everything there is to do; True when there is more."""
    more = False
    for name in ctx.state.tables:
        table = ctx.state.known(name)
        if table is not None and table.expiry is not None:
            more |= time_to_live.fill(ctx, table) or time_to_live.expire(ctx, table)
    for stream in list(ctx.state.streams.values()):
        _roll(ctx, stream, counted if counted is not None else {})
        more |= _trim(ctx, stream)
    return more


@service.change
def stream_rolled(state: State, change: Change, stream: str, shard: int, split: bool) -> None:
    """A shard is closed, and another follows it, or two."""
    known = state.streams.get(stream)
    if known is not None:
        state.put_stream(streams.rolled(known.data, shard, known.next, split, change.time))


@service.change
def stream_trimmed(state: State, change: Change, stream: str, shard: int, before: int, gone: bool) -> None:
    """Records before a number are no more, nor is the shard if it is `gone`."""
    known = state.streams.get(stream)
    if known is None:
        return
    known.forget(shard, before)
    shards = [
        {**each, "kept": before} if each["number"] == shard else each
        for each in known.data["shards"]
        if each["number"] != shard or not gone
    ]
    state.put_stream({**known.data, "shards": shards, "next": known.next})


@service.change
def stream_forgotten(state: State, change: Change, stream: str) -> None:
    """A stream that ended a day ago."""
    known = state.streams.get(stream)
    if known is not None:
        state.forget_stream(known)


def _roll(ctx: Context[State], stream: Stream, counted: dict[str, tuple[float, int]]) -> None:
    name, now = id_of(stream.data), ctx.here.clock.now()
    before, number = counted.get(name, (now, stream.next))
    counted[name] = (now, stream.next)
    shards = [each for each in stream.data["shards"] if each["last"] is None]
    rate = (stream.next - number) / (now - before) if now > before else 0.0
    crowded = rate > PARTITION_WRITES_PER_S * len(shards)
    for shard in shards:
        if crowded or now - shard["opened_at"] >= ctx.scaled(SHARD_S):
            ctx.commit("stream_rolled", stream=name, shard=shard["number"], split=crowded)


def _trim(ctx: Context[State], stream: Stream) -> bool:
    name, horizon = id_of(stream.data), ctx.here.clock.now() - ctx.scaled(RETENTION_S)
    ended_at = stream.data["ended_at"]
    if ended_at is not None and ended_at < horizon:
        ctx.commit("stream_forgotten", stream=name)
        return False
    more = False
    for shard in stream.data["shards"]:
        passed = takewhile(
            lambda each: time_of(each[1]) < horizon, stream.read(shard["number"], shard["kept"])
        )
        old = [number for number, _ in islice(passed, TRIMMED_AT_ONCE)]
        gone = shard["closed_at"] is not None and shard["closed_at"] < horizon and len(old) < TRIMMED_AT_ONCE
        if old or gone:
            before = old[-1] + 1 if old else shard["kept"]
            ctx.commit("stream_trimmed", stream=name, shard=shard["number"], before=before, gone=gone)
        more |= len(old) == TRIMMED_AT_ONCE
    return more
