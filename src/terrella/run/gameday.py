"""Playing a game day: in a running world, in one of its own that ends with it, or simulated.

Invariant: a world that was started here is stopped here, however the story ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..core.errors import AwsError
from ..edge.habits import Habits
from ..faults import FaultError
from ..gameday import scenario as stories
from ..gameday.scenario import Scenario
from ..gameday.verdict import judge
from ..world.deployment import NotReady
from ..world.simulated import SimulatedWorld
from ..world.spec import WorldSpec
from ..world.world import Progress, World
from . import control
from .channel import ChannelClosed, Refused
from .data_dir import DataDir
from .disk.errors import DiskError
from .found import found_services
from .live import LiveWorld
from .samples import chat
from .stacks import DeploymentFailed
from .start import run_apart

log = logging.getLogger(__name__)

OFFSETS = (0, *range(200, 2_200, 200), *range(10_000, 14_000, 200))
Verdict = dict[str, Any]
Watching = Callable[[Scenario, World], Any]  # -> a coroutine that shows how it goes until it is cancelled


class GameDayFailed(RuntimeError):
    """The story could not be told to its end; the message is the sentence that says why."""


def simulate(scenario: Scenario, seed: int, progress: Progress, habits: Habits | None = None) -> Verdict:
    """Tell it in a simulated world. Raises GameDayFailed."""
    try:
        world = SimulatedWorld(found_services(), scenario.regions, seed, [chat()], habits)
        return judge(scenario, world.run(stories.run(scenario, world, progress))).to_dict()
    except (AwsError, NotReady, FaultError, OSError) as wrong:
        raise GameDayFailed(f"The game day broke off: {wrong}") from None
    except Exception as wrong:
        raise _defect(wrong) from None


def play(data: DataDir, scenario: Scenario, progress: Progress, watching: Watching) -> Verdict:
    """Tell it in the world running in a data directory. Raises GameDayFailed."""
    try:
        with asyncio.Runner() as runner:
            return runner.run(_play(data, scenario, progress, watching))
    except control.NotRunning as wrong:
        raise GameDayFailed(str(wrong)) from None
    except (AwsError, NotReady, DeploymentFailed, FaultError, Refused, DiskError) as wrong:
        raise GameDayFailed(f"The game day broke off: {wrong}") from None
    except ChannelClosed:
        raise GameDayFailed("The game day broke off: its world has stopped.") from None
    except GameDayFailed:
        raise
    except Exception as wrong:
        raise _defect(wrong) from None


def _defect(wrong: Exception) -> GameDayFailed:
    """The story's own Python, as a rule: where it happened is logged."""
    log.error("a defect in a game day", exc_info=wrong)
    return GameDayFailed(f"The game day broke off: {type(wrong).__name__}: {wrong}")


def is_running(data: DataDir) -> bool:
    """Does a world run in this data directory?"""
    try:
        control.ask(data, "where")
    except (control.NotRunning, Refused):
        return False
    return True


@contextmanager
def own_world(folder: Path | None, spec: WorldSpec, progress: Progress) -> Iterator[DataDir]:
    """A world of this game day's own, in a folder or in none that stays. Raises GameDayFailed."""
    with tempfile.TemporaryDirectory(prefix="terrella-") as temporary, _interrupted_by_sigterm():
        data = DataDir(folder or Path(temporary) / "world")
        started: list[int] = []
        try:
            started.append(_start(data, spec, progress))
            yield data
        finally:
            _stop(data)
            for supervisor in started:
                os.waitpid(supervisor, 0)


async def _play(data: DataDir, scenario: Scenario, progress: Progress, watching: Watching) -> Verdict:
    world = await LiveWorld.at(data)
    missing = set(scenario.regions) - set(world.regions)
    watch = None
    try:
        if missing:
            raise GameDayFailed(
                f"The world has no {' or '.join(sorted(missing))}, which this game day needs."
            )
        watch = asyncio.ensure_future(watching(scenario, world))
        return judge(scenario, await stories.run(scenario, world, progress)).to_dict()
    finally:
        if watch is not None:
            watch.cancel()
        await world.leave()


def _start(data: DataDir, spec: WorldSpec, progress: Progress) -> int:
    """On the first ports that are free. Returns the process id of the supervisor, our child."""
    why = "no free ports were found."
    for offset in OFFSETS if not spec.port_offset else (spec.port_offset,):
        ended: dict[str, Any] = {}
        try:
            for event in run_apart(data, spec.changed(port_offset=offset), outlives_us=False):
                ended = event
        except DiskError as wrong:
            raise GameDayFailed(str(wrong)) from None
        if "up" in ended:
            regions = ", ".join(ended["up"]["spec"]["regions"])
            progress(f"a world is up: {regions}; {spec.speed:g} times as fast; ports {4566 + offset} and on")
            return int(ended["up"]["pid"])
        why = ended.get("failed", f"{data.log('supervisor')} says more.")
        if "cannot be listened on" not in why:
            break
    raise GameDayFailed(f"The world did not start: {why}")


def _stop(data: DataDir) -> None:
    try:
        control.stop(data)
    except (control.NotRunning, Refused):
        pass  # it did not start, or has stopped already


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """SIGTERM and SIGHUP end the story as Ctrl-C does, so that the world is stopped."""

    def interrupt(number: int, frame: Any) -> None:
        by_key = signal.getsignal(signal.SIGINT)  # asyncio has its own while it runs
        (by_key if callable(by_key) else signal.default_int_handler)(signal.SIGINT, frame)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
