"""One zone of three is lost, simulated: what a node takes with it, what the servers there do, what a shift is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import simulated

from terrella.edge.habits import Habits
from terrella.gameday import report, scenario, verdict
from terrella.gameday.checks.paths import audience
from terrella.gameday.scenarios import lose_a_zone as story

A, B, C = "eu-west-1a", "eu-west-1b", "eu-west-1c"


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Any]:
    """With one resolver in each city, so that a city knows the lost node or does not."""
    alike = Habits(least_ttl=0, stale=0, far=0)
    return verdict.judge(scenario.load("lose_a_zone"), simulated.tell("lose_a_zone", habits=alike)).to_dict()


def test_every_promise_is_kept(verdicts: dict[str, Any]) -> None:
    assert verdicts["ok"], verdicts["expectations"]


def test_the_servers_of_a_lost_zone_answer_nobody_and_come_back(verdicts: dict[str, Any]) -> None:
    for city in story.CITIES:
        served = verdicts["served_by"][audience(city, "servers")]
        assert set(served["whole"]) == set(served["healed"]) == {A, B, C}
        assert set(served["lost"]) == set(served["lost-again"]) == {A, B}
        assert C not in served["shifted"]


def test_behind_the_other_nodes_only_servers_fail_and_only_until_their_checks_do(verdicts: dict[str, Any]) -> None:
    """Two probes ten seconds apart, each with five seconds of patience."""
    function, servers = verdicts["paths"]
    near = [city for city, found in function["per_city"].items() if found["failed"] == 0]
    assert 0 < len(near) < len(story.CITIES), "another seed: some cities know the lost node, some do not"
    for city in near:
        assert function["rto"]["per_city"][city]["total_s"] == 0
        assert servers["per_city"][city]["answered"] > 0.9
        assert servers["rto"]["per_city"][city]["total_s"] < 30


def test_who_knows_the_lost_node_waits_for_probes_and_caches(verdicts: dict[str, Any]) -> None:
    function, _ = verdicts["paths"]
    assert 20 < function["detection_s"] < 35
    cut_off = [city for city, found in function["per_city"].items() if found["failed"]]
    for city in cut_off:
        assert 0 < function["rto"]["per_city"][city]["total_s"] < 35 + 60 + 10


def test_a_zone_that_was_left_before_takes_nothing_with_it(verdicts: dict[str, Any]) -> None:
    found = verdicts["availability"]["per_phase"]
    assert found["lost"] < 0.98
    assert found["lost-again"] == found["shifted"] == 1


def test_nothing_is_lost_and_no_region_was(verdicts: dict[str, Any]) -> None:
    assert verdicts["writes"]["lost"] == verdicts["rpo"]["writes"] == 0
    assert not any("region was lost" in note for note in verdicts["notes"])
    assert "node in eu-west-1c went down" in report.html(verdicts)


def test_the_story_may_be_told_again_in_the_same_world() -> None:
    world = simulated.world(story.REGION)
    for _ in range(2):
        world.run(story.build(world))
    attempt = world.run(world.visit("dublin", "read", "GET", f"https://{story.HOST}/where", b"", None, 3.0))
    assert (attempt.ok, attempt.region in (A, B, C)) == (True, True)


def test_the_same_seed_tells_the_same_story_to_the_last_digit() -> None:
    told = scenario.load("lose_a_zone")
    short, found = replace(told, phases=tuple(replace(phase, lasts_s=30) for phase in told.phases)), []
    for _ in range(2):
        world = simulated.world(*short.regions)
        found.append(world.run(scenario.run(short, world, lambda said: None)))
    assert found[0] == found[1]
