"""What CloudWatch knows in one region.

    cloudwatch.metrics   key of a metric -> {"Units": [...], "Newest": when something was put, roughly}
    cloudwatch.points    id of a metric in a unit, second -> a bucket of what was put then
    cloudwatch.alarms    name -> what DescribeAlarms tells
    cloudwatch.tags      ARN -> {key: value}
    cloudwatch.found     "region/name" -> what was last found of an alarm, whatever state it was put in
    cloudwatch.history   moment, number -> an entry of DescribeAlarmHistory
    cloudwatch.dashboards  name -> {"Body", "LastModified"}
    cloudwatch.kept      "swept" -> when what is too old was last removed

Invariant: a point is a second long, a minute, or what a minute of this world is; never longer.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import islice
from typing import Any

import orjson

from ...region.region import Region
from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps
from .buckets import unpacked
from .series import id_of

Plain = dict[str, Any]
EDGE = "edge"
SECOND = struct.Struct(">I")
ENTRY = struct.Struct(">QI")  # microseconds, number of the change
POINTS_KEPT_S = 15 * 86_400.0
HISTORY_KEPT_S = 30 * 86_400.0
NOTED_EVERY_S = 300.0
SWEPT_EVERY_S = 3600.0
SWEPT_AT_ONCE = 2000


class State:
    """The maps, and how to wake whoever looks after alarms."""

    def __init__(self, maps: Maps) -> None:
        self.metrics = maps.objects("cloudwatch.metrics")
        self.points = maps.records("cloudwatch.points")
        self.alarms = maps.objects("cloudwatch.alarms")
        self.tags = maps.objects("cloudwatch.tags")
        self.found = maps.objects("cloudwatch.found")
        self.history = maps.records("cloudwatch.history")
        self.dashboards = maps.objects("cloudwatch.dashboards")
        self.kept = maps.objects("cloudwatch.kept")
        self.wake: Callable[[], None] = _nobody


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    """The edge has health checks that follow alarms."""
    return (EDGE,) if change.kind == "alarm_found" else ()


service = Service("cloudwatch", State, replicates=owed_to)


@service.change
def points_put(state: State, change: Change, *, series: list[list[Any]]) -> None:
    """Each is [key, unit, second, bucket]. Buckets of one second become one."""
    for key, unit, second, record in series:
        about = state.metrics.get(key)
        if about is None or unit not in about["Units"] or change.time - about["Newest"] > NOTED_EVERY_S:
            units = sorted({unit, *(about["Units"] if about else ())})
            state.metrics.put(key, {"Units": units, "Newest": change.time})
        place = id_of(key, unit) + SECOND.pack(second)
        before = state.points.get(place)
        if before is not None:
            bucket = unpacked(before)
            bucket.add(unpacked(record))
            record = bucket.packed()
        state.points.put(place, record)
    if change.time - (state.kept.get("swept") or 0.0) > SWEPT_EVERY_S:
        _sweep(state, change.time)


@service.change
def alarm_put(state: State, change: Change, *, alarm: Plain, entries: list[Plain], tags: Plain | None = None) -> None:
    """An alarm is made, altered, or in another state."""
    state.alarms.put(alarm["AlarmName"], alarm)
    if tags is not None:
        state.tags.put(alarm["AlarmArn"], tags)
    _note(state, change, entries)
    state.wake()


@service.change
def alarm_removed(state: State, change: Change, *, name: str, entries: list[Plain]) -> None:
    alarm = state.alarms.get(name)
    if alarm is not None:
        state.alarms.delete(name)
        state.tags.delete(alarm["AlarmArn"])
    _note(state, change, entries)


@service.change
def alarm_found(state: State, change: Change, *, key: str, value: str) -> None:
    """What an alarm watches came to something else. The edge has this of every region."""
    state.found.put(key, value)


@service.change
def alarm_acted(state: State, change: Change, *, entries: list[Plain]) -> None:
    _note(state, change, entries)


@service.change
def dashboard_put(state: State, change: Change, *, name: str, body: str) -> None:
    state.dashboards.put(name, {"Body": body, "LastModified": change.time})


@service.change
def dashboards_removed(state: State, change: Change, *, names: list[str]) -> None:
    for name in names:
        state.dashboards.delete(name)


@service.change
def tags_put(state: State, change: Change, *, arn: str, tags: Plain) -> None:
    state.tags.put(arn, tags)


def _note(state: State, change: Change, entries: list[Plain]) -> None:
    for number, entry in enumerate(entries):
        place = ENTRY.pack(int(change.time * 1e6), change.seq % 2**24 * 256 + number)
        state.history.put(place, orjson.dumps({**entry, "Timestamp": change.time}))
    oldest = ENTRY.pack(int((change.time - HISTORY_KEPT_S) * 1e6), 0)
    for place, _ in list(islice(state.history.scan(b"", oldest), 100)):
        state.history.delete(place)


def _sweep(state: State, now: float) -> None:
    """Remove points older than anybody may read, and metrics that have none; some at a time."""
    oldest, left = SECOND.pack(int(now - POINTS_KEPT_S)), SWEPT_AT_ONCE
    for key, about in state.metrics.items():
        for place in (id_of(key, unit) for unit in about["Units"]):
            gone = [each for each, _ in islice(state.points.scan(place, place + oldest), max(left, 0))]
            for each in gone:
                state.points.delete(each)
            left -= len(gone)
        if left > 0 and now - about["Newest"] > POINTS_KEPT_S + NOTED_EVERY_S:
            state.metrics.delete(key)
    if left > 0:
        state.kept.put("swept", now)


def _nobody() -> None:
    """A region that was not started looks after nothing."""
