"""Slow start: a target that has become healthy gets a share of requests that grows in a straight line.

It needs somebody to take the rest: a target enters slow start only while another one is healthy and not in it, and
those registered together into an empty group do not. It ends with its duration, or when the target becomes unhealthy
or leaves. Every node judges by what it sees itself.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#slow-start-mode
"""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]
DURATION = "slow_start.duration_seconds"
HEALTHY = "healthy"


def healthy_verdict(targets: dict[str, Plain], seen: dict[str, Plain], key: str, now: float, duration: float) -> Plain:
    """What a node notes when a target becomes healthy. `targets` are the group's, `seen` its verdicts, by target;
    `duration` is in seconds of the clock, 0 without slow start."""
    verdict: Plain = {"State": HEALTHY}
    if duration <= 0 or not _others_serve(targets, seen, key, now):
        return verdict
    return verdict | {"SlowFrom": now, "SlowUntil": now + duration}


def share(verdict: Plain, now: float) -> float:
    """How much of its full share a target gets, from 0 to 1."""
    until = verdict.get("SlowUntil", 0.0)
    if now >= until:
        return 1.0
    return max(0.0, (now - verdict["SlowFrom"]) / (until - verdict["SlowFrom"]))


def _others_serve(targets: dict[str, Plain], seen: dict[str, Plain], key: str, now: float) -> bool:
    first = key not in seen
    registered = targets.get(key, {}).get("RegisteredAt")
    return any(
        other != key and verdict["State"] == HEALTHY and share(verdict, now) == 1.0
        and not (first and targets.get(other, {}).get("RegisteredAt") == registered)
        for other, verdict in seen.items()
    )  # fmt: skip
