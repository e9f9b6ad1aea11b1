"""Health checks that follow a routing control of Application Recovery Controller: On is healthy, Off is not.

A control nobody has turned yet, or knows of, is Off. Members of a cluster tell the edge of its states, in whatever
order: the one of the highest index counts.
https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .health import HealthCheck, HealthTable

KIND = "RECOVERY_CONTROL"


class RoutingControls:
    """What routing controls are, by ARN: {"on": bool, "index": int}."""

    def __init__(self, health: HealthTable) -> None:
        self._health, self._states = health, dict[str, dict[str, Any]]()

    def load(self, states: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self.put(dict(states))

    def put(self, states: dict[str, dict[str, Any]]) -> list[HealthCheck]:
        """What some of them are now. The checks whose verdict that changed."""
        for arn, told in states.items():
            known = self._states.get(arn)
            if known is None or told["index"] > known["index"]:
                self._states[arn] = told
        return self.follow()

    def follow(self) -> list[HealthCheck]:
        """Tell every check that follows a routing control what that is."""
        checks = self._health.checks.values()
        return [check for check in checks if check.config["Type"] == KIND and self._turned(check)]

    def _turned(self, check: HealthCheck) -> bool:
        before = check.healthy()
        control = self._states.get(check.config["RoutingControlArn"])
        self._health.tell(check.id, control is not None and bool(control["on"]))
        return check.healthy() != before
