"""Choices of a node at their edges: who is in reach, who is well enough, whose turn it is, what a header says."""

from __future__ import annotations

import random
from typing import Any

import pytest

from terrella.run.balancers.allowance import Allowance
from terrella.services.elbv2 import choosing, conditions, deciding, matching, probing, slow_start, sticking
from terrella.services.elbv2.errors import TooManyRules, ValidationError
from terrella.services.elbv2.matching import Ask

MINIMUM = choosing.MINIMUM
ZONES = (("a", "za"), ("b", "zb"), ("c", "all"), ("d", None))
TARGETS = [{"Id": name, "AvailabilityZone": zone, "LeftAt": None} for name, zone in ZONES]


def ids(targets: list[dict[str, Any]]) -> str:
    return "".join(each["Id"] for each in targets)


def group(**attributes: str) -> dict[str, Any]:
    return {"Attributes": attributes, "Arn": "g", "TargetType": "ip"}


def test_in_reach_are_the_own_zones_targets_and_those_of_no_zone() -> None:
    assert ids(choosing.in_reach(TARGETS, "za", False)) == "acd"
    assert ids(choosing.in_reach(TARGETS, "za", True)) == "abcd"
    assert ids(choosing.in_reach([{**TARGETS[0], "LeftAt": 5.0}, *TARGETS[1:]], "za", False)) == "cd"


def test_a_shift_away_from_a_zone_leaves_the_others_unless_there_are_none() -> None:
    assert ids(choosing.in_reach(TARGETS, "za", True, {"za"})) == "bcd"
    assert ids(choosing.in_reach(TARGETS[:1], "za", True, {"za"})) == "a"


def test_targets_cross_zones_as_the_group_says_or_else_the_load_balancer() -> None:
    name = "load_balancing.cross_zone.enabled"
    off, unsaid = {"Attributes": {name: "false"}}, {"Attributes": {}}
    assert choosing.crosses(group(), unsaid) and not choosing.crosses(group(), off)
    assert choosing.crosses(group(**{name: "true"}), off) and not choosing.crosses(group(**{name: "false"}), unsaid)


@pytest.mark.parametrize(("settings", "well", "chosen"), [
    ({}, "a", "a"),
    ({}, "", "abcd"),
    ({f"{MINIMUM}count": "2"}, "ab", "ab"),
    ({f"{MINIMUM}count": "2"}, "a", "abcd"),
    ({f"{MINIMUM}percentage": "50"}, "ab", "ab"),
    ({f"{MINIMUM}percentage": "51"}, "ab", "abcd"),
    ({f"{MINIMUM}percentage": "51"}, "abc", "abc"),
    ({f"{MINIMUM}count": "3", f"{MINIMUM}percentage": "25"}, "ab", "abcd"),
    ({f"{MINIMUM}count": "off", f"{MINIMUM}percentage": "25"}, "b", "b"),
])  # fmt: skip
def test_fewer_healthy_targets_than_demanded_let_all_of_them_in(
    settings: dict[str, str], well: str, chosen: str
) -> None:
    assert ids(choosing.eligible(TARGETS, lambda each: each["Id"] in well, group(**settings))) == chosen


def test_the_least_busy_is_picked_and_turns_go_round() -> None:
    rng, busy = random.Random(1), {"a": 2, "b": 1, "c": 3, "d": 1}
    picked = {
        choosing.pick(TARGETS, "least_outstanding_requests", 0, lambda each: busy[each["Id"]], rng)["Id"]
        for _ in range(30)
    }
    assert picked == {"b", "d"}
    turns = [choosing.pick(TARGETS, "round_robin", turn, lambda each: 0, rng) for turn in range(5)]
    assert ids(turns) == "abcda"


def test_the_thirty_first_address_a_request_came_by_is_one_too_many() -> None:
    seen = [("X-Forwarded-For", ", ".join(["198.18.0.1"] * number)) for number in (30, 31)]
    refused = [deciding._refused(Ask("GET", "h", "/", "", [each])) for each in seen]
    assert [each and each.status for each in refused] == [None, 463]


@pytest.mark.parametrize(("given", "port", "told"), [
    ("h:8080", 80, "h"), ("h:8443", 443, "h"), ("h", 443, "h"), ("h", 8443, "h:8443"), ("h:1", 8443, "h:1"),
])  # fmt: skip
def test_a_host_names_its_port_if_it_is_not_the_usual_one(given: str, port: int, told: str) -> None:
    assert deciding._host(given, port) == told


def test_a_trace_keeps_its_root_and_gets_a_self_of_this_node() -> None:
    own = deciding._trace("Self=1-old;Root=1-a;x=1", random.Random(1), 1.0)
    assert own.startswith("Self=1-00000001-") and own.endswith(";Root=1-a;x=1") and "old" not in own
    assert deciding._trace("x=1", random.Random(1), 1.0).startswith("Root=1-00000001-")


def test_groups_that_all_weigh_nothing_get_nothing() -> None:
    groups = [{"TargetGroupArn": name, "Weight": 0} for name in ("one", "two")]
    ask, rng = Ask("GET", "h", "/", ""), random.Random(1)
    assert deciding._group({"TargetGroups": groups}, ask, rng, 1.0) == (None, [])
    groups[1]["Weight"] = 1
    assert {deciding._group({"TargetGroups": groups}, ask, rng, 1.0)[0] for _ in range(20)} == {"two"}


def test_a_client_stays_by_either_cookie_and_another_sites_gets_both_rules() -> None:
    plain, twin = sticking.cookies_for("AWSALB", "it", 60, 0.0)
    assert plain.endswith("; Expires=Thu, 01 Jan 1970 00:01:00 GMT; Path=/")
    assert twin.endswith("; Path=/; SameSite=None; Secure")
    value = twin.partition("=")[2].partition(";")[0]
    assert sticking.remembered({"AWSALBCORS": value}, "AWSALB", ["other", "it"]) == "it"
    assert sticking.remembered({"AWSALB": value}, "AWSALB", ["other"]) is None


def test_only_the_applications_own_cookie_makes_a_client_stay() -> None:
    name = "stickiness.app_cookie."
    settings = {"stickiness.enabled": "true", "stickiness.type": "app_cookie", f"{name}cookie_name": "app",
                f"{name}duration_seconds": "9"}  # fmt: skip
    assert sticking.after(group(**settings), "t", [("Set-Cookie", "app=1")], 0.0)
    assert not sticking.after(group(**settings), "t", [("Set-Cookie", "apple=1")], 0.0)


def test_a_backslash_takes_the_wildcard_from_a_character_and_any_pair_will_do() -> None:
    assert matching._like("a\\*b", False).fullmatch("a*b") and not matching._like("a\\*b", False).fullmatch("axb")
    wanted = {"Values": [{"Key": "x", "Value": "1"}, {"Key": "y", "Value": "2"}]}
    rule = {"Conditions": [{"Field": "query-string", "QueryStringConfig": wanted}]}
    assert matching.met([rule], Ask("GET", "h", "/", "y=2")) is rule
    assert matching.met([rule], Ask("GET", "h", "/", "y=1&x=2")) is None


def test_a_rule_has_five_values_and_six_wildcards() -> None:
    def checked(*values: str) -> Any:
        return conditions.checked([{"Field": "path-pattern", "Values": list(values)}])

    assert checked("/1", "/2", "/3", "/4", "/5") and checked("/*?*?", "/*?")
    with pytest.raises(TooManyRules):
        checked("/1", "/2", "/3", "/4", "/5", "/6")
    with pytest.raises(ValidationError):
        checked("/*?*?", "/*??")


def test_opinions_take_a_streak_and_one_other_finding_breaks_it() -> None:
    settings = {"HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2}
    opinion, said = probing.Opinion(), []
    for well in (True, False, True, False, False, True, True, True):
        verdict = opinion.learn(probing.WELL if well else probing.LATE, settings)
        said.append(verdict and verdict["State"])
    assert said == ["healthy", None, None, None, "unhealthy", None, None, "healthy"]
    assert [probing._accepts("200-202,204", status) for status in (199, 200, 202, 203, 204)] == [
        False, True, True, False, True,
    ]  # fmt: skip


def test_slow_start_is_over_with_its_last_moment() -> None:
    verdict = {"SlowFrom": 10.0, "SlowUntil": 20.0}
    assert [slow_start.share(verdict, now) for now in (9.0, 10.0, 15.0, 20.0)] == [0.0, 0.0, 0.5, 1.0]


def test_targets_that_drain_are_there_until_they_are_gone() -> None:
    class State:
        targets = {"g": [{"Id": "a", "GoneAt": 10.0}, {"Id": "b"}]}

    found: Any = State()
    assert [ids(deciding.registered(found, "g", now)) for now in (9.9, 10.0)] == ["ab", "b"]


def test_an_allowance_is_spent_to_the_last_and_earned_again() -> None:
    allowance = Allowance.full(2, 1.0, 0.0)
    assert [allowance.spend(now) for now in (0.0, 0.0, 0.0, 0.5, 1.0, 1.0)] == [True, True, False, False, True, False]
    assert [allowance.spend(now) for now in (9.0, 9.0, 9.0)] == [True, True, False]
