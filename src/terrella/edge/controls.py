"""Health checks that follow a routing control: on is healthy, off is not, and one nobody has told of is off.

Every member of a control's cluster tells the edge of it, so that any that is left is enough. What a majority agreed on
later counts more.
https://docs.aws.amazon.com/r53recovery/latest/dg/routing-control.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .health import HealthCheck, HealthTable

KIND = "RECOVERY_CONTROL"


class Controls:
    """What is known of routing controls, by ARN: {"on", "index"}."""

    def __init__(self, health: HealthTable) -> None:
        self._health, self._known = health, dict[str, dict[str, Any]]()

    def take(self, states: Mapping[str, dict[str, Any]]) -> list[HealthCheck]:
        """What a member told. The checks whose verdict that changed."""
        for arn, told in states.items():
            known = self._known.get(arn)
            if known is None or told["index"] > known["index"]:
                self._known[arn] = told
        return self.follow()

    def follow(self) -> list[HealthCheck]:
        """Tell every check that follows a control what it is."""
        return [
            check for check in self._health.checks.values() if check.config["Type"] == KIND and self._turned(check)
        ]

    def _turned(self, check: HealthCheck) -> bool:
        before = check.healthy()
        known = self._known.get(check.config["RoutingControlArn"])
        self._health.tell(check.id, known is not None and bool(known["on"]))
        return check.healthy() != before
