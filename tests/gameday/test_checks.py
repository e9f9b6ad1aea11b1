"""Checks on histories made by hand, whose answers are known."""

from __future__ import annotations

import pytest

from terrella.gameday import scenario
from terrella.gameday.checks import (
    availability,
    caches,
    converged,
    detection,
    latency,
    replication_lag,
    rpo,
    rto,
    served_by,
    timeline,
    writes,
)
from terrella.gameday.verdict import judge
from terrella.world.history import Arrival, Attempt, Event, History

EU, JP = "eu-west-1", "ap-northeast-1"


def attempt(
    at: float, ok: bool = True, city: str = "amsterdam", what: str = "read", tag: str | None = None,
    took: float = 0.1, region: str = EU,
) -> Attempt:  # fmt: skip
    return Attempt(at, at + took, city, what, ok, region, 200 if ok else None, None, tag)


def history(*attempts: Attempt, arrivals: tuple[Arrival, ...] = (), speed: float = 1.0) -> History:
    """In order until 100, EU lost from 100 to 200, the end at 300."""
    return History(
        "simulated", 0, speed, began=0.0, ended=300.0, attempts=list(attempts), arrivals=list(arrivals),
        events=[
            Event(0.0, "deployed", {"service": "chat", "regions": [EU, JP]}),
            Event(0.0, "phase", {"name": "calm"}),
            Event(100.0, "phase", {"name": "lost"}),
            Event(100.0, "struck", {"kind": "region-outage", "fault": {"region": EU}}),
            Event(130.0, "verdict", {"id": "x", "healthy": False}),
            Event(200.0, "phase", {"name": "healed"}),
            Event(200.0, "healed", {}),
        ],
        digests={EU: "same", JP: "same"},
    )  # fmt: skip


def arrival(tag: str, region: str, at: float, accepted: float, gone: bool = False) -> Arrival:
    return Arrival(tag, region, at, EU, accepted, gone)


def outage(city: str, last_failure: float) -> list[Attempt]:
    """One attempt every 5 s during the outage, the later ones served by the other region."""
    return [attempt(at, at > last_failure, city, region=JP) for at in range(100, 200, 5)]


def test_a_busy_machine_is_named_as_a_suspect() -> None:
    busy, idle = history(attempt(1)), history(attempt(1))
    busy.events.append(Event(299.0, "machine-busy", {"words": "load average 17.2 on 2 processors"}))
    story = scenario.load("lose_a_region")
    assert any("17.2 on 2" in note for note in judge(story, busy).to_dict()["notes"])
    assert not any("machine" in note for note in judge(story, idle).to_dict()["notes"])


def test_availability_is_the_share_that_succeeded() -> None:
    found = availability.measure(history(attempt(1), attempt(2), attempt(101, ok=False), attempt(201)))
    assert found["overall"] == 0.75
    assert found["per_phase"] == {"calm": 1.0, "lost": 0.0, "healed": 1.0}
    assert found["per_city"] == {"amsterdam": 0.75}


def test_what_began_before_the_story_or_after_it_does_not_count() -> None:
    found = availability.measure(history(attempt(-1, ok=False), attempt(1), attempt(300, ok=False)))
    assert found["overall"] == 1.0


def test_a_phase_in_which_nobody_asked_has_no_availability() -> None:
    assert availability.measure(history(attempt(1)))["per_phase"]["lost"] is None


def test_latency_counts_what_succeeded_in_real_milliseconds() -> None:
    took = [attempt(1, took=0.1), attempt(2, took=0.3), attempt(3, took=0.2), attempt(4, False, took=3.0)]
    found = latency.measure(history(*took, speed=10))["amsterdam"]["calm"]["reads"]
    assert found["count"] == 3
    assert found["p50_ms"] == pytest.approx(200)
    assert found["p99_ms"] == pytest.approx(300)


def test_served_by_tells_the_region_that_answered() -> None:
    found = served_by.measure(history(attempt(1), attempt(2), attempt(150, region=JP)))
    assert found["amsterdam"] == {"calm": {EU: 2}, "lost": {JP: 1}, "healed": {}}


def test_detection_is_the_first_verdict_after_the_loss() -> None:
    assert detection.measure(history()) == 30
    assert detection.measure(history(speed=10)) == 300  # world seconds


def test_only_a_verdict_of_the_outage_that_says_unhealthy_detects_it() -> None:
    def detected(*verdicts: tuple[float, bool]) -> float | None:
        story = history()
        story.events = [each for each in story.events if each.what != "verdict"]
        story.events += [Event(at, "verdict", {"id": "x", "healthy": healthy}) for at, healthy in verdicts]
        story.events.sort(key=lambda each: each.at)
        return detection.measure(story)

    assert detected((50, False), (110, True), (140, False)) == 40
    assert detected((50, False), (110, True)) is None
    assert detected((250, False)) is None, "the region was healed by then"


def test_rto_is_until_the_first_of_steady_successes_split_into_its_parts() -> None:
    found = rto.measure(history(*outage("amsterdam", 160), *outage("tokyo", 0)))
    assert found["per_city"]["amsterdam"] == {"total_s": 65, "detection_s": 30, "dns_caching_s": 35}
    assert found["per_city"]["tokyo"]["total_s"] == 0
    assert found["overall_s"] == 65


def test_rto_is_in_seconds_of_the_world() -> None:
    found = rto.measure(history(*outage("amsterdam", 160), speed=10))
    assert found["per_city"]["amsterdam"] == {"total_s": 650, "detection_s": 300, "dns_caching_s": 350}


def test_who_is_served_again_only_when_the_region_is_healed_has_no_rto_and_then_nobody_has() -> None:
    healed = [attempt(at, city="amsterdam") for at in range(200, 300, 5)]
    found = rto.measure(history(*outage("amsterdam", 500), *healed, *outage("tokyo", 120)))
    assert found["per_city"]["amsterdam"]["total_s"] is None
    assert (found["per_city"]["tokyo"]["total_s"], found["overall_s"]) == (25, None)


def test_a_lucky_request_in_the_middle_does_not_end_an_outage() -> None:
    attempts = [attempt(at, at == 120 or at > 160) for at in range(100, 200, 5)]
    assert rto.measure(history(*attempts))["overall_s"] == 65


def test_a_city_never_served_again_has_no_rto() -> None:
    assert rto.measure(history(*outage("amsterdam", 500)))["overall_s"] is None


def test_rpo_is_what_was_acknowledged_and_nowhere_else() -> None:
    attempts = [attempt(at, what="write", tag=f"v-{at}") for at in (97, 98, 99)]
    there = tuple(arrival(f"v-{at}", EU, at + 0.05, at + 0.05) for at in (97, 98, 99))
    found = rpo.measure(history(*attempts, arrivals=(*there, arrival("v-97", JP, 97.2, 97.05))))
    assert found["writes"] == 2
    assert found["seconds"] == pytest.approx(1.95)


def test_rpo_counts_what_was_acknowledged_before_the_loss_by_the_lost_region_and_nothing_else() -> None:
    others = [
        attempt(99, what="write", tag="refused", ok=False), attempt(99.95, what="write", tag="later"),
        attempt(99, what="write", tag="elsewhere", region=JP), attempt(99, what="read", tag="read"),
    ]  # fmt: skip
    assert rpo.measure(history(*others)) == {"writes": 0, "seconds": 0.0}
    found = rpo.measure(history(*others, attempt(99, what="write", tag="at risk")))
    assert (found["writes"], found["seconds"]) == (1, pytest.approx(0.9))


def test_writes_are_lost_late_or_overwritten() -> None:
    attempts = [attempt(at, what="write", tag=tag) for at, tag in zip(range(90, 94), "abcd", strict=True)]
    arrivals = [arrival(tag, EU, 95, 95) for tag in "abcd"]
    arrivals += [arrival("a", JP, 95.1, 95), arrival("b", JP, 201, 95), arrival("c", JP, 95.1, 95, True)]
    found = writes.measure(history(*attempts, arrivals=tuple(arrivals)))
    assert found == {"acknowledged": 4, "lost": 1, "late": 1, "overwritten": 1, "tags_lost": ["d"]}


def test_a_write_that_was_refused_is_not_lost() -> None:
    assert writes.measure(history(attempt(90, False, what="write", tag="a")))["lost"] == 0


def test_replication_lag_leaves_out_what_was_accepted_during_a_fault() -> None:
    arrivals = (
        arrival("a", JP, 10.1, 10), arrival("b", JP, 11.3, 11), arrival("c", JP, 12.2, 12),
        arrival("d", JP, 201, 150),
    )  # fmt: skip
    found = replication_lag.measure(history(arrivals=arrivals))[f"{EU} -> {JP}"]
    assert found["p50"] == pytest.approx(200)
    assert found["max"] == pytest.approx(300)


def test_replication_lag_is_of_other_regions_from_when_they_had_a_replica_and_again_after_a_fault() -> None:
    arrivals = (arrival("a", EU, 10.1, 10), arrival("b", JP, 41, 40), arrival("c", JP, 250.5, 250))
    story = history(arrivals=arrivals)
    story.events[0] = Event(0.0, "deployed", {"service": "chat", "regions": [EU]})
    story.events.insert(1, Event(50.0, "deployed", {"service": "chat", "regions": [EU, JP]}))
    assert replication_lag.measure(story) == {f"{EU} -> {JP}": {"p50": 500, "p99": 500, "max": 500}}


def test_replicas_converged_when_all_digests_are_one() -> None:
    story = history()
    assert converged.measure(story)["ok"]
    story.digests[JP] = "other"
    assert not converged.measure(story)["ok"]
    story.digests.clear()
    assert not converged.measure(story)["ok"]


def test_the_timeline_has_every_attempt_once() -> None:
    rows = timeline.measure(history(*outage("tokyo", 120), attempt(1)))
    counts = [row["cities"].values() for row in rows]
    assert sum(each["ok"] for row in counts for each in row) == 16
    assert sum(each["failed"] for row in counts for each in row) == 5


def test_a_failure_counts_as_the_resolvers_if_it_remembered_and_the_edge_knew_better() -> None:
    def tried(at: float, ok: bool, cached: bool, resolver: str = "plain") -> Attempt:
        return attempt(at, ok)._replace(cached=cached, resolver=resolver)

    story = history(
        tried(110, False, True),  # the edge did not know better, either
        tried(140, False, True), tried(150, True, True), tried(151, False, False), tried(190, False, True, "least-ttl"),
        tried(260, False, True),  # the check has turned back
    )  # fmt: skip
    story.events.append(Event(250.0, "verdict", {"id": "x", "healthy": True}))
    found = caches.measure(story)
    assert (found["requests"], found["failed"], found["misled"], found["share"]) == (6, 5, 2, 2 / 6)
    assert {name: each["misled"] for name, each in found["by_resolver"].items()} == {"plain": 1, "least-ttl": 1}
    assert list(found["by_resolver"]) == ["plain", "least-ttl"]


def test_nobody_is_misled_where_nothing_turned() -> None:
    story = history(attempt(50)._replace(cached=True, ok=False))
    story.events = [event for event in story.events if event.what != "verdict"]
    assert caches.measure(story)["misled"] == 0
    assert caches.measure(history())["share"] is None
