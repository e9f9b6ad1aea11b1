"""lose_a_region: a chat goes from one region to two, then loses the first under traffic, then gets it back.

What is learnt: what latency routing brings each city, how long an outage lasts for whom, and what becomes of
writes that were acknowledged and not yet elsewhere.
"""

from __future__ import annotations

from ...world.world import World
from ..expectations import Availability, Converged, NothingLost, Rpo, Rto
from ..scenario import Phase, Scenario
from ..workloads.visitors import Visitors

SERVICE, TABLE = "global_chat", "messages"
FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "tokyo", "new-york", "sao-paulo", "sydney")


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST,))


async def add_the_second(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND))


async def lose_the_first(world: World) -> None:
    await world.strike("region-outage", FIRST)


async def heal(world: World) -> None:
    await world.heal()


scenario = Scenario(
    name="lose_a_region",
    title="Lose a region",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES),),
    phases=(
        Phase("one-region", f"one region: {FIRST}", 180),
        Phase("second-region", f"adding {SECOND}", 0, begin=add_the_second),
        Phase("two-regions", f"two regions: {FIRST} and {SECOND}", 240),
        Phase("lost", f"{FIRST} is lost", 300, begin=lose_the_first),
        Phase("healed", f"{FIRST} is back", 240, begin=heal),
    ),
    expectations=(Availability(0.90), Rto(150), Rpo(5), NothingLost(), Converged()),
)
