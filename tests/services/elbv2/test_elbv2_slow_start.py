"""Slow start: who enters it, what share he gets, when it ends."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import ClientError
from services.elbv2.elbv2_parts import forward

from terrella.services.elbv2 import health
from terrella.services.elbv2.deciding import Node, decide
from terrella.services.elbv2.matching import Ask
from terrella.services.elbv2.slow_start import healthy_verdict, share

OLD, NEW = {"RegisteredAt": 1.0}, {"RegisteredAt": 5.0}
WELL, ILL = {"State": "healthy"}, {"State": "unhealthy"}
SLOW = {"State": "healthy", "SlowFrom": 100.0, "SlowUntil": 140.0}


def test_a_share_grows_in_a_straight_line() -> None:
    assert [share(SLOW, now) for now in (100.0, 110.0, 130.0, 140.0, 200.0)] == [0.0, 0.25, 0.75, 1.0, 1.0]
    assert share(WELL, 100.0) == 1.0


@pytest.mark.parametrize(("seen", "slow", "why"), [
    ({"old": WELL}, True, "somebody else serves"),
    ({}, False, "nobody serves"),
    ({"old": ILL}, False, "nobody serves who is well"),
    ({"old": {"State": "healthy", "SlowFrom": 90.0, "SlowUntil": 130.0}}, False, "all who serve are in it themselves"),
    ({"twin": WELL}, False, "registered together into an empty group"),
    ({"twin": WELL, "new": ILL}, True, "well again"),
])  # fmt: skip
def test_who_enters_slow_start(seen: dict[str, Any], slow: bool, why: str) -> None:
    targets = {"old": OLD, "new": NEW, "twin": NEW}
    assert ("SlowUntil" in healthy_verdict(targets, seen, "new", 100.0, 30.0)) is slow, why
    assert "SlowUntil" not in healthy_verdict(targets, seen, "new", 100.0, 0.0)


def test_a_new_target_gets_its_share_of_turns_and_then_all_of_them(here: Any) -> None:
    balancer = here.load_balancer()
    group = here.group("servers", "127.20.9.201")
    here.elb.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "slow_start.duration_seconds", "Value": "100"}]
    )
    listener = here.listener(balancer, forward(group))
    ctx, zone = here.region.context("elbv2"), balancer["AvailabilityZones"][0]["ZoneName"]
    health.learn(ctx, group, "127.20.9.201|9000", zone, WELL)
    here.clock.time += 1
    here.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.20.9.202"}])
    began = here.region.context("elbv2").now
    health.learn(here.region.context("elbv2"), group, "127.20.9.202|9000", zone, WELL)
    node = Node(zone, random.Random(1))

    def taken(after: float) -> float:
        state = ctx.state
        counted: Counter[str] = Counter()
        for _ in range(2_000):
            decision = decide(state, state.listener(listener), Ask("GET", "a", "/", ""), node, began + after)
            counted[decision.target["Id"]] += 1
        return counted["127.20.9.202"] / 1_000

    assert taken(0) == 0
    assert taken(25) == pytest.approx(0.25, abs=0.05)
    assert taken(75) == pytest.approx(0.75, abs=0.05)
    assert taken(100) == 1.0


@pytest.mark.parametrize(("settings", "code"), [
    ({"slow_start.duration_seconds": "29"}, "ValidationError"),
    ({"slow_start.duration_seconds": "901"}, "ValidationError"),
    ({"slow_start.duration_seconds": "30", "load_balancing.algorithm.type": "least_outstanding_requests"},
     "InvalidConfigurationRequest"),
    ({"slow_start.duration_seconds": "30", "load_balancing.algorithm.type": "weighted_random"},
     "InvalidConfigurationRequest"),
])  # fmt: skip
def test_what_slow_start_does_not_go_with(here: Any, settings: dict[str, str], code: str) -> None:
    rows = [{"Key": name, "Value": value} for name, value in settings.items()]
    with pytest.raises(ClientError) as refused:
        here.elb.modify_target_group_attributes(TargetGroupArn=here.group(), Attributes=rows)
    assert refused.value.response["Error"]["Code"] == code
