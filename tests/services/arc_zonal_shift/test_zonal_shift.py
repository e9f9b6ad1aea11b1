"""How long zonal shifts last, and whose traffic they move."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.services.arc_zonal_shift.errors import ValidationException
from terrella.services.arc_zonal_shift.managed import page
from terrella.services.arc_zonal_shift.shifts import _seconds
from terrella.services.arc_zonal_shift.state import State, status
from terrella.store.maps import MemoryMaps


def shift(id: str, resource: str, zone: str, canceled_at: float | None = None) -> dict[str, Any]:
    return {"Id": id, "Resource": resource, "Zone": zone, "ExpiresAt": 10.0, "CanceledAt": canceled_at}


def test_a_shift_ends_with_its_moment_or_when_it_is_cancelled() -> None:
    assert [status(shift("1", "r", "a"), now) for now in (9.9, 10.0)] == ["ACTIVE", "EXPIRED"]
    assert [status(shift("1", "r", "a", 3.0), now) for now in (9.9, 10.0)] == ["CANCELED", "CANCELED"]


def test_away_are_the_zones_of_a_resources_own_shifts_while_they_last() -> None:
    state = State(MemoryMaps())
    for each in (shift("1", "r", "a"), shift("2", "other", "b"), shift("3", "r", "c", 1.0)):
        state.shifts.put(each["Id"], each)
    assert (state.away("r", 5.0), state.away("r", 10.0)) == (frozenset("a"), frozenset())


@pytest.mark.parametrize(("text", "seconds"), [("1m", 60), ("72h", 259_200), ("4320m", 259_200)])
def test_three_days_are_not_too_long(text: str, seconds: int) -> None:
    assert _seconds(text) == seconds


@pytest.mark.parametrize("text", ["0m", "73h", "4321m", "1d", "1", "01h", "1h30m", ""])
def test_three_days_are_the_longest_in_minutes_or_hours(text: str) -> None:
    with pytest.raises(ValidationException):
        _seconds(text)


def test_the_last_page_names_no_other() -> None:
    items: list[Any] = [1, 2, 3, 4]
    first = page(items, {"maxResults": 2})
    assert first == {"items": [1, 2], "nextToken": "2"}
    assert page(items, {"maxResults": 2, "nextToken": "2"}) == {"items": [3, 4]}
