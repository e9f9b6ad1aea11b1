"""Health checks that follow a routing control."""

from __future__ import annotations

from typing import Any

from terrella.edge.controls import Controls
from terrella.edge.health import HealthTable

ARN = "arn:aws:route53-recovery-control::123456789012:controlpanel/1/routingcontrol/2"


def following(**more: Any) -> tuple[HealthTable, Controls]:
    health = HealthTable()
    health.put("hc", {"Type": "RECOVERY_CONTROL", "RoutingControlArn": ARN, **more})
    controls = Controls(health)
    controls.follow()
    return health, controls


def turned(on: bool, index: int) -> dict[str, Any]:
    return {ARN: {"on": on, "index": index}}


def test_a_check_is_healthy_while_its_control_is_on_and_off_until_it_is_known() -> None:
    health, controls = following()
    found = [health.healthy("hc")]
    for index, on in enumerate((True, False), 1):
        assert [check.id for check in controls.take(turned(on, index))] == ["hc"]
        found.append(health.healthy("hc"))
    assert found == [False, True, False]


def test_what_comes_late_from_another_member_does_not_count() -> None:
    health, controls = following()
    controls.take(turned(True, 5))
    assert controls.take(turned(False, 4)) == [] and health.healthy("hc")


def test_inverted_turns_it_around_and_a_calculated_check_sees_it() -> None:
    health, controls = following(Inverted=True)
    health.put("sum", {"Type": "CALCULATED", "ChildHealthChecks": ["hc"], "HealthThreshold": 1})
    assert health.healthy("hc") and health.healthy("sum")
    controls.take(turned(True, 1))
    assert not health.healthy("hc") and not health.healthy("sum")
