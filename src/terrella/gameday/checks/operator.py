"""operator: what the operator tried in each phase, and what became of it."""

from __future__ import annotations

from typing import Any

from ...world.history import History
from .. import words
from ._figures import finding, phase_of

ABOUT = "One operation of AWS's API each, by the operator."


def measure(history: History) -> dict[str, Any]:
    phases = history.phases()
    found: dict[str, dict[str, str]] = {}
    for event in history.events:
        name = phase_of(phases, event.at)
        if event.what == "operator" and name is not None:
            found.setdefault(event.detail["words"], {})[name] = event.detail["outcome"]
    tried = [name for name, _, _ in phases if any(name in row for row in found.values())]
    rows = [[said, *(row.get(name, words.UNKNOWN) for name in tried)] for said, row in found.items()]
    head = ("What was tried", *(words.phase(name) for name in tried))
    counts = {
        name: {word: sum(row.get(name, "").startswith(word) for row in found.values()) for word in ("done", "refused")}
        for name in tried
    }
    return finding("operator", "What the operator could do", ABOUT, head, rows, tried=found, **counts)
