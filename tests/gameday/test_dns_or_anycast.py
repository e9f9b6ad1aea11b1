"""DNS and anycast side by side, simulated: one loss, two crowds, and a report that keeps them apart."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import simulated

from terrella.gameday import report, scenario, verdict
from terrella.gameday.checks.paths import audience
from terrella.gameday.scenario import Scenario
from terrella.world.history import Attempt, Event, History

EU, JP = "eu-west-1", "ap-northeast-1"
NEAR_EU, NEAR_JP = ("amsterdam", "new-york", "sao-paulo"), ("tokyo", "sydney")


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    return verdict.judge(scenario.load("dns_or_anycast"), simulated.tell("dns_or_anycast")).to_dict()


@pytest.fixture(scope="module")
def sides(verdicts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    dns, anycast = verdicts["paths"]
    assert (dns["name"], anycast["name"]) == ("DNS", "anycast")
    return dns, anycast


def test_every_promise_is_kept(verdicts: dict[str, Any]) -> None:
    assert verdicts["ok"], verdicts["expectations"]
    assert json.loads(json.dumps(verdicts)) == verdicts


def test_both_crowds_are_served_by_the_nearest_region(verdicts: dict[str, Any]) -> None:
    for path in ("DNS", "anycast"):
        for cities, region in ((NEAR_EU, EU), (NEAR_JP, JP)):
            for city in cities:
                assert set(verdicts["served_by"][audience(city, path)]["whole"]) == {region}


def test_an_accelerator_notices_by_its_load_balancer_and_owes_nothing_to_caches(sides: Any) -> None:
    """Three probes of the nodes, ten seconds apart; then new flows go elsewhere, whatever resolvers remember."""
    dns, anycast = sides
    assert 20 < anycast["detection_s"] <= 35 < 20 + dns["detection_s"] < 65
    for city in NEAR_EU:
        assert anycast["per_city"][city]["by_caches"] == 0
        assert anycast["rto"]["per_city"][city]["total_s"] < anycast["detection_s"] + 15
        assert dns["rto"]["per_city"][city]["total_s"] > anycast["rto"]["per_city"][city]["total_s"]
    assert any(dns["per_city"][city]["by_caches"] > 0.2 for city in NEAR_EU)
    assert anycast["rto"]["overall_s"] < dns["rto"]["overall_s"]


def test_the_backbone_is_a_better_way_to_the_other_continent(sides: Any) -> None:
    dns, anycast = (side["per_city"]["amsterdam"] for side in sides)
    assert anycast["during_ms"] < 0.9 * dns["during_ms"]
    assert anycast["failed"] < dns["failed"]


def test_whoever_was_not_cut_off_notices_nothing(sides: Any) -> None:
    for side in sides:
        for city in NEAR_JP:
            assert (side["per_city"][city]["failed"], side["rto"]["per_city"][city]["total_s"]) == (0, 0)


def test_one_page_shows_both_city_by_city(verdicts: dict[str, Any]) -> None:
    text, page = report.text(verdicts), report.html(verdicts)
    dns = verdicts["paths"][0]["per_city"]["amsterdam"]
    for said in (text, page):
        for word in ("Side by side", "Amsterdam, DNS", "Amsterdam, anycast", "Global Accelerator", "not cut off"):
            assert word.lower() in said.lower(), word
        assert f"{dns['during_ms']:.0f} ms" in said
        assert f"{100 * dns['by_caches']:.2f} %" in said
    assert "us-west-2</span>" not in page  # it only keeps the accelerator's control plane: no colour for it


def test_a_story_of_one_path_is_reported_as_before() -> None:
    history = History("simulated", 7, 1.0, 0.0, 10.0, events=[Event(0.0, "phase", {"name": "only"})])
    history.attempts.append(Attempt(1.0, 1.1, "tokyo", "read", True, JP, 200, None, None))
    measured = verdict.measure(history)
    assert "paths" not in measured
    assert list(measured["availability"]["per_city"]) == ["tokyo"]


def short() -> Scenario:
    """The same story, told briefly."""
    told = scenario.load("dns_or_anycast")
    brief = {"whole": 20, "lost": 60, "healed": 20}
    crowd = tuple(replace(each, cities=("amsterdam", "tokyo")) for each in told.workload)
    phases = tuple(replace(phase, lasts_s=brief[phase.name]) for phase in told.phases)
    return replace(told, workload=crowd, phases=phases)


def test_the_same_seed_tells_the_same_story_to_the_last_digit() -> None:
    story, found = short(), []
    for _ in range(2):
        world = simulated.world(*story.regions)
        found.append(world.run(scenario.run(story, world, lambda said: None)))
    assert found[0] == found[1]
    assert {each.path for each in found[0].attempts} == {"DNS", "anycast"}
