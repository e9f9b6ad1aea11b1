"""Several paths to one service, measured: by histories written by hand."""

from __future__ import annotations

from typing import Any

from terrella.gameday.checks import paths
from terrella.gameday.expectations import Rto
from terrella.gameday.path_expectations import Of, Sooner
from terrella.gameday.scenario import Path
from terrella.gameday.verdict import measure
from terrella.world.history import Attempt, Event, History

WAYS = (Path("DNS", "by name"), Path("anycast", "by address", noticed="endpoint"))
LOST, NOTICED_BY_DNS, NOTICED_BY_EDGE, HEALED = 100.0, 140.0, 125.0, 300.0


def history(speed: float = 1.0) -> History:
    """One city, a visit each second on both paths: by DNS nobody is served for 90 s, by anycast for 30 s."""
    events = [
        Event(0.0, "phase", {"name": "all"}),
        Event(50.0, "endpoint", {"region": "b", "healthy": True}),
        Event(LOST, "struck", {"kind": "region-outage", "fault": {"region": "a"}}),
        Event(NOTICED_BY_EDGE, "endpoint", {"region": "a", "healthy": False}),
        Event(NOTICED_BY_DNS, "verdict", {"id": "hc", "healthy": False}),
        Event(HEALED, "healed", {}),
    ]
    attempts = [attempt(at, path) for at in range(400) for path in ("DNS", "anycast")]
    return History("simulated", 7, speed, 0.0, 400.0, attempts, events)


def attempt(at: int, path: str) -> Attempt:
    cut_off = LOST <= at < LOST + {"DNS": 90, "anycast": 30}[path]
    took_s = 0.1 if at < LOST else 0.5
    region = None if cut_off else "a"
    return Attempt(float(at), at + took_s, "tokyo", "read", not cut_off, region, None, None, None, path=path)


def sides() -> list[dict[str, Any]]:
    return paths.measure(history(), WAYS)


def test_each_path_has_its_own_detection_and_recovery() -> None:
    dns, anycast = sides()
    assert (dns["detection_s"], anycast["detection_s"]) == (40, 25)
    assert (dns["rto"]["overall_s"], anycast["rto"]["overall_s"]) == (90, 30)


def test_what_fails_after_a_loss_was_noticed_is_what_caches_cost() -> None:
    dns, anycast = (side["per_city"]["tokyo"] for side in sides())
    assert (dns["failed"], dns["by_caches"]) == (90, 50 / 90)
    assert (anycast["failed"], anycast["by_caches"]) == (30, 5 / 30)
    assert [round(dns[name]) for name in ("before_ms", "during_ms")] == [100, 500]
    assert dns["answered"] == 1 - 90 / 200


def test_a_faster_world_is_told_in_its_own_seconds() -> None:
    dns, _ = paths.measure(history(speed=2.0), WAYS)
    assert (dns["detection_s"], dns["rto"]["overall_s"]) == (80, 180)
    assert dns["per_city"]["tokyo"]["by_caches"] == 50 / 90


def test_the_people_of_a_city_are_told_apart_everywhere() -> None:
    measured = measure(history(), WAYS)
    audiences = {"Tokyo, DNS", "Tokyo, anycast"}
    for name in ("availability", "rto"):
        assert set(measured[name]["per_city"]) == audiences
    assert set(measured["latency"]) == set(measured["served_by"]) == audiences
    assert measured["detection_s"] == 25
    assert measured["rto"]["overall_s"] == 90


def test_promises_are_made_to_the_people_of_a_path() -> None:
    measured = measure(history(), WAYS)
    assert Of("anycast", Rto(60)).judge(measured)["ok"]
    assert not Of("DNS", Rto(60)).judge(measured)["ok"]
    assert Of("DNS", Rto(60)).judge(measured)["name"] == "RTO, DNS"
    assert Sooner("anycast", "DNS").judge(measured)["ok"]
    assert not Sooner("DNS", "anycast").judge(measured)["ok"]


def test_without_a_loss_there_is_nothing_to_compare() -> None:
    whole = history()
    whole.events[:] = whole.events[:2]
    for side in paths.measure(whole, WAYS):
        assert (side["per_city"], side["detection_s"]) == ({}, None)
