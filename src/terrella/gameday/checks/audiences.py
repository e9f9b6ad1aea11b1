"""audiences: phase by phase, what people met with whom different health checks watch over.

A story says by an event "audience" (`path`, `checks`) which checks are heeded for the people of a path.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...world.history import Event, History
from .. import words
from . import phases
from ._figures import finding


def measure(history: History) -> dict[str, Any]:
    marks = [event for event in history.events if event.what == "audience"]
    values = {mark.detail["path"]: phases.measure(_of(history, mark))["values"] for mark in marks}
    rows = [[words.phase(name), path, *phases.row(name, found[name])[1:]]
            for name, _, _ in history.phases() for path, found in values.items()]  # fmt: skip
    head = ("Phase", "Watched by", *phases.HEAD[1:])
    return finding("audiences", "The same release, for two audiences", phases.ABOUT, head, rows, **values)


def _of(history: History, mark: Event) -> History:
    """What the people of one path met with, and the verdicts that concern them."""
    mine = [each for each in history.attempts if each.path == mark.detail["path"]]
    events = [e for e in history.events if e.what != "verdict" or e.detail["id"] in mark.detail["checks"]]
    return replace(history, attempts=mine, events=events)
