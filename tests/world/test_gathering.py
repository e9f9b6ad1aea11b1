"""Comparing regions at the end: one look may fall into a write, so it is not the last word."""

from __future__ import annotations

from terrella.world.gathering import Tables, settled
from terrella.world.virtual import VirtualClock


def test_regions_are_looked_at_until_they_agree() -> None:
    clock, looks = VirtualClock(), [{"a": [{"n": 1}], "b": []}, {"a": [{"n": 1}], "b": [{"n": 1}]}]

    async def look() -> Tables:
        return looks.pop(0)

    assert clock.run(settled(look, clock, 10)) == {"a": [{"n": 1}], "b": [{"n": 1}]}
    assert not looks


def test_regions_that_never_agree_are_shown_as_they_are() -> None:
    clock = VirtualClock()
    began = clock.now()

    async def look() -> Tables:
        return {"a": [{"n": 1}], "b": []}

    assert clock.run(settled(look, clock, 10)) == {"a": [{"n": 1}], "b": []}
    assert 10 < clock.now() - began < 11
