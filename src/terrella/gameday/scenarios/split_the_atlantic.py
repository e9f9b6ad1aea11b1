"""split_the_atlantic: nothing passes between America and Europe for a while; both sides go on writing the same items.

What is learnt: a global table stays available through a partition, and pays for it afterwards: of two writes that did
not know of one another one is discarded, although it was acknowledged. How many is counted exactly.
"""

from __future__ import annotations

from ...world.world import World
from ..checks import discarded, phases
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE
from ..scenario import Phase, Scenario
from ..tags import ITEMS
from ..workloads.topics import Topics

AMERICA, EUROPE = "us-east-1", "eu-west-1"
AMERICANS, EUROPEANS = ("new-york", "sao-paulo"), ("amsterdam", "london")


async def build(world: World) -> None:
    await world.deploy(SERVICE, (AMERICA, EUROPE))


async def split(world: World) -> None:
    await world.strike("partition", ",".join((AMERICA, *AMERICANS)), ",".join((EUROPE, *EUROPEANS)))


async def heal(world: World) -> None:
    await world.heal()


scenario = Scenario(
    name="split_the_atlantic",
    title="Split the Atlantic",
    regions=(AMERICA, EUROPE),
    table=TABLE,
    build=build,
    workload=(Topics((*AMERICANS, *EUROPEANS)),),
    phases=(
        Phase("whole", "all is well", 120),
        Phase("split", "nothing crosses the Atlantic", 240, begin=split),
        Phase("healed", "the way is open again", 150, begin=heal),
    ),
    findings=(discarded.measure, phases.measure),
    speed=4,
    expectations=(
        Availability(0.97),
        Availability(0.97, during="split"),
        Found("writes discarded", "discarded", "discarded", at_most=2 * ITEMS),
        NothingLost(),
        Converged(),
    ),
)
