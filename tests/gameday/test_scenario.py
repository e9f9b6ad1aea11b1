"""Game days by name, and the promises they make."""

from __future__ import annotations

import pytest

from terrella.gameday import scenario
from terrella.gameday.expectations import Availability, Rpo, Rto


def test_a_game_day_is_found_by_its_name() -> None:
    assert "lose_a_region" in scenario.names()
    assert scenario.load("lose-a-region").lasts_s == 16 * 60


def test_an_unknown_game_day_names_those_there_are() -> None:
    with pytest.raises(scenario.UnknownScenario, match="lose_a_region"):
        scenario.load("nothing")


def test_expectations_are_kept_or_not() -> None:
    assert Availability(0.9).judge({"availability": {"overall": 0.9}})["ok"]
    assert not Availability(0.9).judge({"availability": {"overall": 0.89}})["ok"]
    assert not Availability(0.9).judge({"availability": {"overall": None}})["ok"]
    assert not Rto(60).judge({"rto": {"overall_s": None, "per_city": {}}})["ok"]
    assert Rto(60).judge({"rto": {"overall_s": 60.0, "per_city": {}}})["ok"]
    assert not Rpo(1).judge({"rpo": {"seconds": 1.5, "writes": 3}})["ok"]


def test_a_story_without_a_loss_does_not_speak_of_one() -> None:
    assert Rto(60).judge({"rto": {"overall_s": None, "per_city": {}}})["measured"] == "no region was lost"


def test_one_write_is_one_write() -> None:
    assert Rpo(1).judge({"rpo": {"seconds": 0.5, "writes": 1}})["measured"] == "0.50 s, 1 write"
