"""How a game day goes while it goes: what happens, and who is being answered: on a terminal a line for each
city that is drawn again and again, elsewhere a line for all now and then."""

from __future__ import annotations

import asyncio
import shutil
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
        self._above = 0  # lines drawn above the one the cursor is in

    def hear(self, said: str) -> None:
        """A step of the story."""
        self.clear()
        print(f"{colour('grey', f'{time.monotonic() - self._began:5.1f} s')}  {said}", flush=True)

    async def watch(self, scenario: Scenario, world: World) -> None:
        """Say how it is until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S if self._tty else EVERY_PLAIN_S)
            phase, people = how_it_is(scenario, world)
            if not phase:
                continue
            if self._tty:
                self._draw([f"         {phase}", *(f"           {one}" for one in people)])
            else:
                self.hear("  ".join([phase, *people]))

    def clear(self) -> None:
        """Take away what was drawn."""
        if self._tty:
            up = f"\x1b[{self._above}A" if self._above else ""
            print(f"\r{up}\x1b[J", end="")
            self._above = 0

    def _draw(self, lines: list[str]) -> None:
        self.clear()
        wide, high = shutil.get_terminal_size()
        lines = [line if len(line) < wide else f"{line[: wide - 2]}…" for line in lines[: high - 1]]
        print("\n".join(lines), end="", flush=True)
        self._above = len(lines) - 1


def how_it_is(scenario: Scenario, world: World) -> tuple[str, list[str]]:
    """The phase with what is left of it, nothing outside the story; how each city's last visit went."""
    begun = [event for event in world.history.events if event.what == "phase"]
    if not begun or world.history.ended:
        return "", []
    phase = next(each for each in scenario.phases if each.name == begun[-1].detail["name"])
    left_s = begun[-1].at + phase.lasts_s / world.speed - world.clock.now()
    latest: dict[str, Attempt] = {}
    for attempt in world.history.attempts[-200:]:
        latest[attempt.city] = attempt
    left = f", {left_s:.0f} s left" if left_s > 0 else ""
    return f"{words.title(phase.name)}{left}", [_one(city, latest[city]) for city in sorted(latest)]


def _one(city: str, attempt: Attempt) -> str:
    if not attempt.ok:
        return f"{words.place(city)} ✗ {attempt.error}"
    return f"{words.place(city)} ✓ {attempt.region} {(attempt.ended - attempt.began) * 1000:.0f} ms"
