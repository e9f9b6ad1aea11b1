"""The virtual clock: order, waiting, giving up."""

from __future__ import annotations

import pytest

from terrella.world.virtual import BEGINNING, Future, Stuck, VirtualClock


def test_a_day_of_sleeping_costs_nothing_and_passes() -> None:
    clock = VirtualClock()

    async def story() -> float:
        await clock.sleep(86_400)
        return clock.now()

    assert clock.run(story()) == BEGINNING + 86_400


def test_what_is_due_at_the_same_moment_keeps_its_order() -> None:
    clock, seen = VirtualClock(), []

    async def after(seconds: float, name: str) -> None:
        await clock.sleep(seconds)
        seen.append(name)

    async def story() -> None:
        for seconds, name in ((2, "c"), (1, "a"), (1, "b"), (2, "d")):
            clock.spawn(after(seconds, name))
        await clock.sleep(3)

    clock.run(story())
    assert seen == ["a", "b", "c", "d"]


def test_work_that_takes_too_long_is_a_timeout_and_goes_on() -> None:
    clock, seen = VirtualClock(), []

    async def slow() -> None:
        await clock.sleep(5)
        seen.append(clock.now() - BEGINNING)

    async def story() -> None:
        with pytest.raises(TimeoutError):
            await clock.within(2, slow())
        assert clock.now() == BEGINNING + 2
        await clock.sleep(10)

    clock.run(story())
    assert seen == [5]


def test_work_that_is_given_up_ends_where_it_stood() -> None:
    clock, seen = VirtualClock(), []

    async def slow() -> None:
        try:
            await clock.sleep(5)
            seen.append("went on")
        finally:
            seen.append("cleaned up")

    async def story() -> None:
        with pytest.raises(TimeoutError):
            await clock.at_most(2, slow())
        await clock.sleep(10)

    clock.run(story())
    assert seen == ["cleaned up"]


def test_an_error_reaches_whoever_waits_for_the_result() -> None:
    clock = VirtualClock()

    async def broken() -> int:
        await clock.sleep(1)
        raise KeyError("x")

    async def story() -> None:
        with pytest.raises(KeyError):
            await clock.within(5, broken())

    clock.run(story())


def test_an_error_nobody_waits_for_ends_the_run() -> None:
    clock = VirtualClock()

    async def broken() -> None:
        raise KeyError("x")

    async def story() -> None:
        clock.spawn(broken())
        await clock.sleep(1)

    with pytest.raises(KeyError):
        clock.run(story())


def test_waiting_for_what_nothing_can_bring_is_noticed() -> None:
    clock = VirtualClock()

    async def story() -> None:
        await Future[None](clock)

    with pytest.raises(Stuck):
        clock.run(story())
