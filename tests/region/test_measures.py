"""What services measure of themselves: sums by minutes, how values are spread, levels that last, several together."""

from __future__ import annotations

import pytest

from terrella.region.measures import SPREADS_KEPT, Level, Meter, Spread, Together

MINUTE = 1_760_000_040.0


class Now:
    def __init__(self) -> None:
        self.time = MINUTE

    def __call__(self) -> float:
        return self.time


def test_a_spread_knows_its_values_to_within_little() -> None:
    meter = Spread()
    for number in range(1, 1001):
        meter.add(MINUTE, number / 1000)
    values = meter.values(MINUTE)
    assert values is not None and sum(values.values()) == 1000
    seen = 0
    for value, count in sorted(values.items()):
        seen += count
        assert value == pytest.approx(seen / 1000, rel=0.03, abs=0.002)
    assert min(values) >= 0.001 and max(values) == 1.0


def test_a_spread_forgets_values_before_it_forgets_their_sum() -> None:
    meter = Spread()
    for minute in range(SPREADS_KEPT + 5):
        meter.add(MINUTE + 60 * minute, 1.0)
        meter.add(MINUTE + 60 * minute, 2.0)
    assert meter.values(MINUTE) is None
    assert next(meter.between(MINUTE, MINUTE + 60))[1] == [2, 3.0, 1.0, 2.0]
    assert meter.values(meter.newest()) == {1.0: 1, 2.0: 1}


def test_a_level_has_a_point_in_every_minute_it_lasts() -> None:
    now = Now()
    level = Level(now)
    level.set(2.0)
    now.time += 150
    level.set(0.0)
    now.time += 30
    assert [(at - MINUTE, row) for at, row in level.between(0.0, now.time + 60)] == [
        (0.0, [1, 2.0, 2.0, 2.0]), (60.0, [1, 2.0, 2.0, 2.0]), (120.0, [1, 0.0, 0.0, 2.0]), (180.0, [1, 0.0, 0.0, 0.0]),
    ]  # fmt: skip
    assert [at - MINUTE for at, _ in level.between(MINUTE + 60, MINUTE + 120)] == [60.0]
    level.set(None)
    now.time += 600
    assert level.newest() == MINUTE + 180 and list(level.between(MINUTE + 180, now.time)) == []


def test_a_level_may_have_no_points_while_it_is_nothing() -> None:
    now = Now()
    level = Level(now, zeros=False)
    level.set(1.0)
    level.set(0.0)
    now.time += 300
    assert [row for _, row in level.between(0.0, now.time)] == [[1, 0.0, 0.0, 1.0]]


def test_several_are_one_metric() -> None:
    one, other = Meter(), Meter()
    one.add(MINUTE, 1.0)
    other.add(MINUTE, 3.0)
    other.add(MINUTE + 60, 5.0)
    both = Together([one, other])
    assert [row for _, row in both.between(0.0, 1e12)] == [[2, 4.0, 1.0, 3.0], [1, 5.0, 5.0, 5.0]]
    assert both.values(MINUTE) == {1.0: 1, 3.0: 1} and both.newest() == MINUTE + 60
