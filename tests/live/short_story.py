"""A short game day, for tests. Run as a program it tells the story live and prints the verdict as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from terrella.edge.habits import Habits
from terrella.gameday.expectations import Converged, NothingLost
from terrella.gameday.scenario import Phase, Scenario
from terrella.gameday.scenarios import lose_a_region as story
from terrella.gameday.workloads.visitors import Visitors
from terrella.run.gameday import own_world, play
from terrella.world.spec import WorldSpec

SPEED = 20.0
LOST_S = 220.0
ALIKE = Habits(least_ttl=0, stale=0, far=0)  # so that it is not chance who is misled
NEAR = {"amsterdam": story.FIRST, "tokyo": story.SECOND}
SHORT = Scenario(
    name="short",
    title="A short story",
    regions=(story.FIRST, story.SECOND),
    table=story.TABLE,
    build=story.build,
    workload=(Visitors(tuple(NEAR), per_second=0.4),),
    phases=(
        Phase("one-region", "one", 40),
        Phase("second-region", "adding one", 0, begin=story.add_the_second),
        Phase("two-regions", "two", 140),
        Phase("lost", "lost", LOST_S, begin=story.lose_the_first),
        Phase("healed", "healed", 120, begin=story.heal),
    ),
    expectations=(NothingLost(), Converged()),
)


async def nobody_watches(scenario: Any, world: Any) -> None:
    await asyncio.Event().wait()


def main() -> None:
    spec = WorldSpec(resolvers=ALIKE).changed(regions=list(SHORT.regions), speed=SPEED, seed=7)
    with own_world(None, spec, _say) as data:
        verdict = play(data, SHORT, _say, nobody_watches)
    print(json.dumps(verdict))


def _say(words: str) -> None:
    print(words, file=sys.stderr)


if __name__ == "__main__":
    main()
