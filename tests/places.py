"""A region by itself for tests: in memory, its clock set by hand, the edge a table of answers."""

from __future__ import annotations

import random
from collections.abc import Coroutine
from typing import Any, TypeVar

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.region.service import Service
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps

NOW = 1_760_000_000.0
T = TypeVar("T")


class HandClock:
    """Stands still until it is set; sleeping moves it."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds


class EdgeOfAnswers:
    """The edge as far as a control plane knows it: what it will answer, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, dict[str, Any]] = {}
        self.asked: list[dict[str, Any]] = []

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(question)
        return self.answers[question.get("name") or question["kind"]]


class TasksByHand:
    """Background work that waits until a test runs it."""

    def __init__(self) -> None:
        self.waiting: list[Coroutine[Any, Any, None]] = []

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.waiting.append(work)

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        """Nothing takes any time here."""
        return await work

    def drop(self) -> None:
        for work in self.waiting:
            work.close()
        self.waiting.clear()


def region(
    name: str, *services: Service[Any], ports: Ports | None = None, maps: MemoryMaps | None = None
) -> Region:
    """A region with these services. Of the rest of the world it only knows that us-east-1 is there."""
    return Region(
        name,
        services,
        clock=HandClock(),
        journal=MemoryJournal(),
        maps=maps or MemoryMaps(),
        world=WorldFacts(tuple({"us-east-1": 0, name: 0})),
        ports=ports,
        rng=random.Random(7),
    )
