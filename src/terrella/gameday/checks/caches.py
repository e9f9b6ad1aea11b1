"""caches: requests that failed because of what a resolver remembered, by the kind of resolver.

A request counts if it failed, its resolver had not asked a name server for it, and some health check had turned
unhealthy and not yet back: the edge had another answer by then, and the visitor did not hear it.
"""

from __future__ import annotations

from typing import Any

from ...world.history import Attempt, History
from ._figures import told


def measure(history: History) -> dict[str, Any]:
    attempts, sick = told(history), _unhealthy(history)
    kinds = sorted({each.resolver for each in attempts}, key=lambda name: (name != "plain", name))
    return {
        **_counts(attempts, sick),
        "by_resolver": {
            kind: _counts([each for each in attempts if each.resolver == kind], sick) for kind in kinds
        },
    }


def _counts(attempts: list[Attempt], sick: list[tuple[float, float]]) -> dict[str, Any]:
    failed = [each for each in attempts if not each.ok]
    misled = [each for each in failed if each.cached and any(begin <= each.began < end for begin, end in sick)]
    return {
        "requests": len(attempts),
        "failed": len(failed),
        "misled": len(misled),
        "share": len(misled) / len(attempts) if attempts else None,
    }


def _unhealthy(history: History) -> list[tuple[float, float]]:
    """The stretches in which a health check said unhealthy."""
    began: dict[str, float] = {}
    stretches = []
    for event in history.events:
        if event.what != "verdict":
            continue
        id = event.detail["id"]
        if not event.detail["healthy"]:
            began.setdefault(id, event.at)
        elif id in began:
            stretches.append((began.pop(id), event.at))
    return stretches + [(at, history.ended) for at in began.values()]
