"""The buckets of one metric between two moments, whoever measured it: customers, or this world itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ...region.service import Context
from .buckets import Bucket, unpacked
from .series import Series, id_of
from .state import POINTS_KEPT_S, SECOND, State


class Window(NamedTuple):
    """Seconds since 1970, and how long each bucket is. The first begins at `start`."""

    start: float
    end: float
    period: float


def collect(ctx: Context[State], series: Series, unit: str | None, window: Window) -> dict[tuple[float, str], Bucket]:
    """(when it begins, unit) -> bucket, in that order, where there is something."""
    found: dict[tuple[float, str], Bucket] = {}
    for at, its_unit, bucket in _points(ctx, series, unit, window):
        begins = window.start + (at - window.start) // window.period * window.period
        found.setdefault((begins, its_unit), Bucket()).add(bucket)
    return dict(sorted(found.items()))


def collect_any_unit(ctx: Context[State], series: Series, unit: str | None, window: Window) -> dict[float, Bucket]:
    """The same, where values of several units are not kept apart."""
    found: dict[float, Bucket] = {}
    for (at, _), bucket in collect(ctx, series, unit, window).items():
        found.setdefault(at, Bucket()).add(bucket)
    return found


def aligned(start: float, period: int) -> float:
    """A start as CloudWatch rounds it: down to a whole minute, or to a whole period that is shorter."""
    step = min(period, 60)
    return start // step * step


def _points(
    ctx: Context[State], series: Series, unit: str | None, window: Window
) -> Iterator[tuple[float, str, Bucket]]:
    start, end = max(window.start, ctx.now - POINTS_KEPT_S), window.end
    if start >= end:
        return
    about = ctx.state.metrics.get(series.key)
    for each in about["Units"] if about else ():
        if unit in (None, each):
            place = id_of(series.key, each)
            for at, record in ctx.state.points.scan(place + _second(start), place + _second(end)):
                yield float(SECOND.unpack(at[-4:])[0]), each, unpacked(record)
    for measure in ctx.here.measures() if series.namespace.startswith("AWS/") else ():
        if measure[:3] == series and unit in (None, measure.unit):
            for moment, (count, total, least, most) in measure.meter.between(start, end):
                values = measure.meter.values(moment)
                known = Counter(values) if values is not None else None
                yield moment, measure.unit, Bucket(count, total, least, most, known)


def _second(moment: float) -> bytes:
    whole = int(moment)
    return SECOND.pack(min(max(whole + (moment > whole), 0), 2**32 - 1))
