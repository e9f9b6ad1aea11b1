"""Health checks that follow a CloudWatch alarm: what the regions found of their alarms, and what it means.

It is what an alarm's metric comes to that counts, not the state somebody set. What a region that is cut off finds
does not get here: the last that did remains.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-creating-values.html
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .health import HealthCheck, HealthTable

KIND = "CLOUDWATCH_METRIC"


class Alarms:
    """What was found, by "region/name"."""

    def __init__(self, health: HealthTable) -> None:
        self._health, self._found = health, dict[str, str]()

    def load(self, found: Iterable[tuple[str, str]]) -> None:
        self._found.update(found)
        self.follow()

    def put(self, key: str, value: str) -> list[HealthCheck]:
        """Something else was found of one. The checks whose verdict that changed."""
        self._found[key] = value
        return self.follow()

    def follow(self) -> list[HealthCheck]:
        """Tell every check that follows an alarm what was found of it."""
        return [
            check for check in self._health.checks.values() if check.config["Type"] == KIND and self._turned(check)
        ]

    def _turned(self, check: HealthCheck) -> bool:
        before, healthy = check.healthy(), self._verdict(check.config)
        if healthy is not None:
            self._health.tell(check.id, healthy)
        return check.healthy() != before

    def _verdict(self, config: dict[str, Any]) -> bool | None:
        """None where what was known last stays: in the beginning that is healthy."""
        alarm = config["AlarmIdentifier"]
        value = self._found.get(f"{alarm['Region']}/{alarm['Name']}", "INSUFFICIENT_DATA")
        if value == "INSUFFICIENT_DATA":
            return {"Healthy": True, "Unhealthy": False}.get(config["InsufficientDataHealthStatus"])
        return value == "OK"
