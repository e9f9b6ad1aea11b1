"""The classic game days, simulated: each teaches what its page says it teaches, and the same each time."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import pytest
import simulated

from terrella.gameday import report, scenario, verdict
from terrella.world.history import Arrival, History

EU, JP, US = "eu-west-1", "ap-northeast-1", "us-east-1"
CLASSICS = ("bad_deploy", "cap", "grey_failure", "health_check_storm", "lose_us_east_1", "split_the_atlantic")
PARTS = {"health_check_storm": 0.3}  # how much of a story is enough; the others are told by half


def told(name: str, part: float, checks: dict[str, Any] | None = None) -> tuple[scenario.Scenario, History]:
    """A game day with shorter phases. `checks` gets the edge's health checks as they are in the end."""
    story = scenario.load(name)
    story = replace(story, phases=tuple(replace(phase, lasts_s=phase.lasts_s * part) for phase in story.phases))
    world = simulated.world(*story.regions)
    history: History = world.run(scenario.run(story, world, lambda said: None))
    if checks is not None:
        checks.update(world.answers.health.checks)
    return story, history


@functools.cache
def judged(name: str) -> dict[str, Any]:
    return verdict.judge(*told(name, PARTS.get(name, 0.5))).to_dict()


def found(name: str, id: str) -> dict[str, Any]:
    values: dict[str, Any] = judged(name)["findings"][id]["values"]
    return values


@pytest.mark.parametrize("name", CLASSICS)
def test_promises_are_kept_and_the_report_shows_what_was_found(name: str) -> None:
    told = judged(name)
    assert told["ok"], [each for each in told["expectations"] if not each["ok"]]
    text, page = report.text(told), report.html(told)
    for each in told["findings"].values():
        assert each["name"] in text and each["name"] in page
        assert all(cell in text for row in each["rows"] for cell in row)


@pytest.mark.parametrize("name", CLASSICS)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    one, other = (report.document(verdict.judge(*told(name, 0.1)).to_dict()) for _ in range(2))
    assert one == other


def test_shallow_checks_do_not_see_a_bad_deploy_and_deep_ones_do() -> None:
    shallow, deep = (found("bad_deploy", "audiences")[path] for path in ("shallow", "deep"))
    assert shallow["bad"]["red_s"] is None
    assert shallow["bad"]["answered"] < 0.45  # two of three cities are sent to the region that errs
    assert shallow["bad"]["worst"] == 0
    assert deep["bad"]["red_s"] < 45
    assert deep["bad"]["answered"] > shallow["bad"]["answered"] + 0.2
    assert deep["mended"]["green_s"] < 45
    assert shallow["calm"]["answered"] == deep["calm"]["answered"] == 1
    per_city = judged("bad_deploy")["availability"]["per_city"]
    assert per_city["Tokyo, shallow"] == per_city["Tokyo, deep"] == 1  # whom the other region serves


def test_a_grey_failure_is_green_until_latency_counts() -> None:
    phases, served = found("grey_failure", "phases"), judged("grey_failure")["served_by"]
    assert phases["slow"]["red_s"] is None
    assert phases["slow"]["soon"] < 0.4 < 0.6 < phases["bounded"]["soon"]
    assert set(served["amsterdam"]["slow"]) == {EU}  # latency routing does not measure today's latency
    assert served["amsterdam"]["bounded"][JP] > served["amsterdam"]["bounded"].get(EU, 0)
    assert phases["bounded"]["red_s"] < 90


def test_a_search_string_is_found_in_a_slow_answer_too() -> None:
    checks: dict[str, Any] = {}
    _, history = told("grey_failure", 0.25, checks)
    (search,) = (check for check in checks.values() if check.config["Type"] == "HTTPS_STR_MATCH")
    assert search.healthy() and len(search.opinions) == 16
    assert search.id not in {event.detail["id"] for event in history.events if event.what == "verdict"}


def test_canaries_are_nobodys_visits() -> None:
    assert set(judged("grey_failure")["availability"]["per_city"]) == {"amsterdam", "new-york", "sao-paulo", "tokyo"}


def test_without_us_east_1_nothing_can_be_changed_and_everything_goes_on() -> None:
    tried = found("lose_us_east_1", "operator")["tried"]
    for what, outcomes in tried.items():
        here = ("Route 53" in what and "read" not in what) or "ACM" in what
        expected = "refused: ServiceUnavailable" if here else "done"
        if "IAM" not in what:  # borrowed: in live worlds only
            assert [outcomes[phase] for phase in ("calm", "no-control", "lost", "healed")] == [
                "done", expected, expected, "done",
            ], what  # fmt: skip
    story = judged("lose_us_east_1")
    assert story["availability"]["per_phase"]["no-control"] > 0.99
    assert story["detection_s"] < 45 and story["rto"]["overall_s"] < 120  # fails over without a control plane


def test_both_sides_of_the_atlantic_go_on_and_one_of_two_writers_loses() -> None:
    discarded = found("split_the_atlantic", "discarded")
    assert judged("split_the_atlantic")["availability"]["per_phase"]["split"] == 1
    assert 12 <= discarded["discarded"] <= discarded["differing"] <= 24  # one for each item that both had written
    both = [name for name, row in discarded["by"].items() if row.get("discarded")]
    assert all(name.startswith("split") for name in both)
    assert {US, EU} == {name.partition(", ")[2] for name in both}
    assert sum(row.get("nowhere", 0) for row in discarded["by"].values()) == 0
    assert judged("split_the_atlantic")["converged"]["ok"]


def test_a_storm_of_uncached_checks_is_sixteen_writes_in_ten_seconds_for_each() -> None:
    load = found("health_check_storm", "load")
    assert load["uncached-one"]["checks here"] == pytest.approx(1.6, abs=0.15)  # 8 regions, 2 checkers, 10 s
    assert load["uncached-more"]["checks here"] == pytest.approx(4 * 1.6, abs=0.5)
    assert load["uncached-one"]["checks elsewhere"] == pytest.approx(1.6, abs=0.15)  # by way of the global table
    for kept in ("cached-one", "cached-more"):
        assert load[kept]["checks here"] == pytest.approx(0.1, abs=0.05)  # whoever asks, once in 10 s
    assert load["uncached-more"]["times_people"] > 10 * load["cached-more"]["times_people"]


def test_one_partition_makes_one_table_forget_and_the_other_refuse() -> None:
    available, consistent = (found("cap", "cap")[table] for table in ("MREC", "MRSC"))
    assert available["writes_alone"] == available["reads_alone"] == 1
    assert consistent["writes_alone"] == consistent["reads_alone"] == 0
    assert available["discarded"] > 5 and available["missed_cut"] > 5
    assert consistent["discarded"] == consistent["missed"] == 0
    assert available["same"] and consistent["same"]
    assert consistent["p50_ms"] > 10 > available["p50_ms"]  # a round trip to another region


def arrival(tag: str, region: str, at: float, origin: str, accepted: float) -> Arrival:
    return Arrival(tag, region, at, origin, accepted)


def test_a_write_is_discarded_only_by_one_that_could_not_know_of_it() -> None:
    from terrella.gameday.checks.discarded import fates_of

    one, two = "v-000000000000", "v-000000000018"  # of one item
    met = [arrival(one, US, 1, US, 1), arrival(one, EU, 1.1, US, 1), arrival(two, EU, 2, EU, 2)]
    assert fates_of([*met, arrival(two, US, 2.1, EU, 2)]) == {one: "replaced", two: "stands"}
    late = [arrival(one, US, 1, US, 1), arrival(two, EU, 2, EU, 2), arrival(one, EU, 5, US, 1)]
    assert fates_of([*late, arrival(two, US, 5, EU, 2)]) == {one: "discarded", two: "stands"}
    own = [arrival(one, US, 1, US, 1), arrival(two, US, 2, US, 2), arrival(one, EU, 5, US, 1)]
    assert fates_of(own) == {one: "replaced", two: "stands"}
    other = [arrival(one, US, 1, US, 1), arrival("v-000000000001", EU, 2, EU, 2)]
    assert fates_of(other)[one] == "stands"  # another item
