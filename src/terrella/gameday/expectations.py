"""What a game day promises. Expectations are judged from the measurements and decide the exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from . import words


class Expectation(Protocol):
    """A promise and how it is judged."""

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        """{name, expected, measured, ok}, the middle two as words for people."""
        ...


@dataclass(frozen=True, slots=True)
class Availability:
    """At least this share of all requests succeeded, or of those of one phase."""

    at_least: float
    during: str | None = None

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        shares = measured["availability"]
        found = shares["overall"] if self.during is None else shares["per_phase"][self.during]
        return _verdict(
            "availability" if self.during is None else f"availability during {words.phase(self.during)}",
            f"at least {100 * self.at_least:g} %",
            "nobody asked" if found is None else words.percent(found),
            found is not None and found >= self.at_least,
        )


@dataclass(frozen=True, slots=True)
class Rto:
    """Everybody was served again within this many world seconds of the loss."""

    at_most_s: float

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        found = measured["rto"]["overall_s"]
        waited = measured["rto"]["per_city"]
        missing = "somebody was not served again before the healing" if waited else "no region was lost"
        return _verdict(
            "RTO",
            f"at most {words.seconds(self.at_most_s)}",
            missing if found is None else words.seconds(found),
            found is not None and found <= self.at_most_s,
        )


@dataclass(frozen=True, slots=True)
class Rpo:
    """What was acknowledged and not yet elsewhere when the region went reaches back no further than this."""

    at_most_s: float

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        found = measured["rpo"]
        return _verdict(
            "RPO",
            f"at most {words.seconds(self.at_most_s)}",
            f"{words.seconds(found['seconds'])}, {words.count(found['writes'], 'write')}",
            found["seconds"] <= self.at_most_s,
        )


@dataclass(frozen=True, slots=True)
class NothingLost:
    """Every acknowledged write is in every replica in the end."""

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        lost = measured["writes"]["lost"]
        return _verdict("writes lost", "none", f"{lost} of {measured['writes']['acknowledged']}", lost == 0)


@dataclass(frozen=True, slots=True)
class Converged:
    """All replicas hold the same bytes in the end."""

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        ok = measured["converged"]["ok"]
        return _verdict("replicas", "the same bytes", "the same bytes" if ok else "different bytes", ok)


@dataclass(frozen=True, slots=True)
class Found:
    """A number of one of the story's own findings is what it has to be. `value` is its way there: `lost.red_s`."""

    name: str
    finding: str
    value: str
    at_least: float | None = None
    at_most: float | None = None
    exactly: Any = None
    said: Callable[[Any], str] = words.value

    def judge(self, measured: dict[str, Any]) -> dict[str, Any]:
        found = measured["findings"][self.finding]["values"]
        for name in self.value.split("."):
            found = found[name]
        return _verdict(self.name, self._expected(), self.said(found), found is not None and self._keeps(found))

    def _expected(self) -> str:
        bounds = (("at least ", self.at_least), ("at most ", self.at_most), ("", self.exactly))
        return " and ".join(f"{word}{self.said(bound)}" for word, bound in bounds if bound is not None)

    def _keeps(self, found: Any) -> bool:
        if self.exactly is not None and found != self.exactly:
            return False
        return (self.at_least is None or found >= self.at_least) and (self.at_most is None or found <= self.at_most)


def _verdict(name: str, expected: str, measured: str, ok: bool) -> dict[str, Any]:
    return {"name": name, "expected": expected, "measured": measured, "ok": bool(ok)}
