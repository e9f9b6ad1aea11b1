"""Simulated worlds for tests: all services, the chat of the examples, stories told in a few lines."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from terrella.edge.habits import Habits
from terrella.gameday import scenario
from terrella.run.found import found_services
from terrella.world.history import History
from terrella.world.sample import Sample, archive_of
from terrella.world.simulated import SimulatedWorld

APP = Path(__file__).parent.parent / "examples" / "global_chat" / "src" / "app.py"


def world(*regions: str, seed: int = 7, habits: Habits | None = None) -> SimulatedWorld:
    """A world of these regions (and us-east-1) in which the chat can be deployed."""
    chat = Sample("global_chat", archive_of({"app.py": APP.read_bytes()}))
    return SimulatedWorld(found_services(), regions, seed, [chat], habits)


def tell(name: str, seed: int = 7, habits: Habits | None = None) -> History:
    """A game day, simulated."""
    story = scenario.load(name)
    simulated = world(*story.regions, seed=seed, habits=habits)
    history: History = simulated.run(scenario.run(story, simulated, lambda said: None))
    return history


def after(simulated: SimulatedWorld, seconds: float, *work: Coroutine[Any, Any, Any]) -> Sequence[Any]:
    """What some work comes to, one after the other, and then so much time."""

    async def all_of_it() -> list[Any]:
        found = [await each for each in work]
        await simulated.clock.sleep(seconds)
        return found

    found: list[Any] = simulated.run(all_of_it())
    return found
