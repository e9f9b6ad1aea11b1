"""Promises of a story that compares several paths to its service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import words
from .expectations import Expectation


@dataclass(frozen=True, slots=True)
class Of:
    """A promise that is to hold for the users of one path."""

    path: str
    promise: Expectation

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        """As the promise judges, given what was measured of the path."""
        judged = self.promise.judge({**measured, **_path(measured, self.path)})
        return {**judged, "name": f"{judged['name']}, {self.path}"}


@dataclass(frozen=True, slots=True)
class Sooner:
    """The users of one path were all served again before those of another."""

    path: str
    than: str

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        """{name, expected, measured, ok}."""
        ours, theirs = (_path(measured, name)["rto"]["overall_s"] for name in (self.path, self.than))
        return {
            "name": f"RTO, {self.path}",
            "expected": f"sooner than {self.than}",
            "measured": f"{words.seconds(ours)}, {words.seconds(theirs)}",
            "ok": ours is not None and (theirs is None or ours < theirs),
        }


def _path(measured: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in measured["paths"] if each["name"] == name)
    return found
