"""Health checks that follow an alarm."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.edge.alarms import Alarms
from terrella.edge.health import HealthTable

KEY = "eu-west-1/far"


def following(insufficient: str, **more: Any) -> tuple[HealthTable, Alarms]:
    health = HealthTable()
    config = {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "eu-west-1", "Name": "far"}}
    health.put("hc", {**config, "InsufficientDataHealthStatus": insufficient, **more})
    health.put("other", {"Type": "TCP", "IPAddress": "127.10.1.1"})
    alarms = Alarms(health)
    alarms.follow()
    return health, alarms


@pytest.mark.parametrize(
    ("insufficient", "verdicts"),
    [
        ("Healthy", [True, False, True, True]),
        ("Unhealthy", [False, False, True, False]),
        ("LastKnownStatus", [True, False, True, True]),
    ],
)
def test_a_check_is_what_its_alarm_was_found_to_be(insufficient: str, verdicts: list[bool]) -> None:
    health, alarms = following(insufficient)
    found = [health.healthy("hc")]
    for value in ("ALARM", "OK", "INSUFFICIENT_DATA"):
        alarms.put(KEY, value)
        found.append(health.healthy("hc"))
    assert found == verdicts and health.healthy("other")


def test_only_a_verdict_that_changed_is_news() -> None:
    _, alarms = following("Healthy")
    assert alarms.put(KEY, "OK") == [] == alarms.put("eu-west-1/another", "ALARM")
    assert [check.id for check in alarms.put(KEY, "ALARM")] == ["hc"]


def test_what_was_found_is_taken_up_again_after_a_restart() -> None:
    health, alarms = following("LastKnownStatus", Inverted=True)
    assert not health.healthy("hc")
    alarms.load([(KEY, "ALARM")])
    assert health.healthy("hc")
