"""How a game day goes while it goes: what happens, and on a terminal a line of who is being answered."""

from __future__ import annotations

import asyncio
import os
import sys
import time

from ..gameday import words
from ..gameday.scenario import Scenario
from ..world.history import Attempt
from ..world.world import World
from ._says import colour

EVERY_S, EVERY_PLAIN_S = 0.5, 10.0


class Watching:
    """Prints progress. `hear` is told of steps, `watch` looks at the world now and then."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._tty = sys.stdout.isatty()

    def hear(self, said: str) -> None:
        """A step of the story."""
        self.clear()
        print(f"{colour('grey', f'{time.monotonic() - self._began:5.1f} s')}  {said}", flush=True)

    async def watch(self, scenario: Scenario, world: World) -> None:
        """Say how it is until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S if self._tty else EVERY_PLAIN_S)
            line = status_line(scenario, world)
            if not line:
                continue
            if self._tty:
                print(f"\r\x1b[K{_cut(line)}", end="", flush=True)
            else:
                self.hear(line)

    def clear(self) -> None:
        if self._tty:
            print("\r\x1b[K", end="")


def status_line(scenario: Scenario, world: World) -> str:
    """The phase, what is left of it, and how each city's last visit went; nothing before the first phase."""
    begun = [event for event in world.history.events if event.what == "phase"]
    if not begun:
        return ""
    phase = next(each for each in scenario.phases if each.name == begun[-1].detail["name"])
    left_s = begun[-1].at + phase.lasts_s / world.speed - world.clock.now()
    latest: dict[str, Attempt] = {}
    for attempt in world.history.attempts[-200:]:
        latest[attempt.city] = attempt
    people = "  ".join(_one(city, attempt) for city, attempt in sorted(latest.items()))
    return f"{words.title(phase.name)}, {max(0.0, left_s):.0f} s left  {people}"


def _one(city: str, attempt: Attempt) -> str:
    if not attempt.ok:
        return f"{words.place(city)} ✗ {attempt.error}"
    return f"{words.place(city)} ✓ {attempt.region} {(attempt.ended - attempt.began) * 1000:.0f} ms"


def _cut(line: str) -> str:
    try:
        wide = os.get_terminal_size().columns
    except OSError:
        wide = 80
    return line if len(line) < wide else line[: wide - 2] + "…"
