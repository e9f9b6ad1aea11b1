"""The first game day, simulated from end to end with the real chat, and exactly repeatable."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simulated

from terrella.gameday import scenario, verdict
from terrella.world.history import History

EU, JP = "eu-west-1", "ap-northeast-1"


@pytest.fixture(scope="module")
def history() -> History:
    return simulated.tell("lose_a_region")


@pytest.fixture(scope="module")
def verdicts(history: History) -> dict[str, Any]:
    return verdict.judge(scenario.load("lose_a_region"), history).to_dict()


def test_the_same_seed_tells_the_same_story_to_the_last_digit(history: History) -> None:
    assert simulated.tell("lose_a_region") == history


def test_another_seed_tells_another(history: History) -> None:
    assert simulated.tell("lose_a_region", seed=8).attempts != history.attempts


def test_every_promise_is_kept(verdicts: dict[str, Any]) -> None:
    assert verdicts["ok"], verdicts["expectations"]
    assert [each["name"] for each in verdicts["expectations"]][:3] == ["availability", "RTO", "RPO"]


def test_the_verdicts_are_plain_json(verdicts: dict[str, Any]) -> None:
    assert json.loads(json.dumps(verdicts)) == verdicts


def test_latency_routing_brings_the_far_cities_nearer(verdicts: dict[str, Any]) -> None:
    served, latency = verdicts["served_by"], verdicts["latency"]
    assert set(served["tokyo"]["one-region"]) == {EU}
    assert served["tokyo"]["two-regions"][JP] > 0.9 * sum(served["tokyo"]["two-regions"].values())
    assert set(served["amsterdam"]["two-regions"]) == {EU}
    before = latency["tokyo"]["one-region"]["reads"]["p50_ms"]
    assert latency["tokyo"]["two-regions"]["reads"]["p50_ms"] < before / 5


def test_an_outage_lasts_for_detection_and_then_for_caches(verdicts: dict[str, Any]) -> None:
    """Three probes in a row at 10 s, each with up to 4 s of patience; then an alias's TTL of 60 s."""
    assert 20 < verdicts["detection_s"] < 45
    amsterdam = verdicts["rto"]["per_city"]["amsterdam"]
    assert amsterdam["total_s"] == pytest.approx(amsterdam["detection_s"] + amsterdam["dns_caching_s"])
    assert 0 < amsterdam["dns_caching_s"] <= 60 + 5
    assert verdicts["rto"]["per_city"]["tokyo"]["total_s"] == 0


def test_nothing_is_lost_and_the_replicas_agree(verdicts: dict[str, Any]) -> None:
    assert verdicts["writes"]["acknowledged"] > 400
    assert verdicts["writes"]["lost"] == verdicts["writes"]["overwritten"] == 0
    assert verdicts["converged"]["ok"]
    assert set(verdicts["converged"]["digests"]) == {EU, JP}


def test_replication_takes_the_way_between_the_regions(verdicts: dict[str, Any]) -> None:
    for lags in verdicts["replication_lag_ms"].values():
        assert 95 < lags["p50"] < 115  # half of a round trip of about 200 ms, and what batching takes


def test_an_attempt_says_why_it_failed_and_whether_its_name_was_remembered(history: History) -> None:
    assert {each.error for each in history.attempts if not each.ok} == {"timeout"}
    assert {each.error for each in history.attempts if each.ok} == {None}
    cached = sum(each.cached for each in history.attempts) / len(history.attempts)
    assert 0.9 < cached < 1.0  # an answer is kept for 60 s, in which some thirty visitors of a city come
