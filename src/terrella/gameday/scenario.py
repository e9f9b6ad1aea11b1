"""A game day as data, and the one way to run it, whichever engine the world is of.

Invariant: a run awaits nothing but the world's methods and its clock, so that a simulated run depends on the
seed alone.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from ..core.kinds import kinds
from ..world.history import History
from ..world.world import Progress, World
from .expectations import Expectation

SETTLE_S = 5.0  # real seconds after the last phase, for what is still on its way between regions
Step = Callable[[World], Awaitable[None]]
Finding = Callable[[History], dict[str, Any]]


class Workload(Protocol):
    """People using the service."""

    def run(self, world: World, is_over: Callable[[], bool]) -> Coroutine[Any, Any, None]:
        """Use it until the story is over."""
        ...


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the story, in world seconds. `begin` runs as it begins; a phase lasts at least as long as
    that takes."""

    name: str
    title: str
    lasts_s: float
    begin: Step | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """One of several ways to the service that a story compares; workloads say by its name which is theirs. `noticed`
    is the event by which a loss is noticed on it: a health check's "verdict", a load balancer's "node" or an
    accelerator's "endpoint"."""

    name: str
    title: str
    noticed: str = "verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One game day. `table` is the table whose replicas are compared, `regions` are those it needs; `build`
    deploys the service, and is left out when it has been deployed already. `paths` are the ways to the service it
    compares, if there is more than one. `findings` are measurements that this story has beside those of every story;
    the report shows each as a table. `speed` is how many times as fast a live world of its own tells it."""

    name: str
    title: str
    regions: tuple[str, ...]
    table: str
    build: Step | None = None
    workload: tuple[Workload, ...]
    phases: tuple[Phase, ...]
    expectations: tuple[Expectation, ...]
    paths: tuple[Path, ...] = ()
    findings: tuple[Finding, ...] = ()
    speed: float = 12.0  # of a small story: it is over in a minute and a half

    @property
    def lasts_s(self) -> float:
        """World seconds from the first phase's beginning to the last one's end."""
        return sum(phase.lasts_s for phase in self.phases)


class UnknownScenario(ValueError):
    """There is no game day of that name; the message lists those there are."""


def names() -> list[str]:
    """Every game day there is."""
    return sorted(kinds(f"{__package__}.scenarios"))


def load(name: str) -> Scenario:
    """The game day of that name. Raises UnknownScenario."""
    found = kinds(f"{__package__}.scenarios").get(name.strip().replace("-", "_"))
    if found is None:
        raise UnknownScenario(f"There is no game day called {name!r}. There are: {', '.join(names())}.")
    scenario: Scenario = found.scenario
    return scenario


async def run(scenario: Scenario, world: World, progress: Progress) -> History:
    """Tell the story in a world and return what happened. Raises what building the service raised."""
    history, over = world.history, False
    if scenario.build is not None:
        progress("deploying the service")
        await scenario.build(world)
    for number, phase in enumerate(scenario.phases):
        world.mark("phase", name=phase.name, title=phase.title)
        progress(phase.title)
        if number == 0:
            history.began = world.clock.now()
            for workload in scenario.workload:
                world.spawn(workload.run(world, lambda: over))
        began = world.clock.now()
        if phase.begin is not None:
            await phase.begin(world)
        await world.clock.sleep(max(0.0, began + phase.lasts_s / world.speed - world.clock.now()))
    history.ended, over = world.clock.now(), True
    progress("comparing the regions")
    await world.clock.sleep(SETTLE_S)
    await world.finish(scenario.table)
    return history
