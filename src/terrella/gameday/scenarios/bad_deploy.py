"""bad_deploy: one region gets a release that cannot find its table; first shallow health checks watch, then deep ones.

What is learnt: a check that asks whether the function runs stays green while everybody who is sent there gets an
error, until somebody notices and rolls back; one that does what users do takes the region out by itself.
"""

from __future__ import annotations

from ...world.world import World
from .. import words
from ..checks import phases
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE, altered, probe_path, ship
from ..scenario import Phase, Scenario
from ..workloads.visitors import Visitors

FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "new-york", "sao-paulo", "tokyo")
SHALLOW, DEEP = "/health", "/health/deep"
GOOD_LINE, BAD_LINE = 'environ.get("TABLE_NAME"', 'environ.get("TABEL_NAME"'  # one typing error


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND))
    await probe_path(world, SHALLOW)


async def release(world: World) -> None:
    await ship(world, FIRST, altered(world.code(SERVICE), GOOD_LINE, BAD_LINE), "the bad release")


async def roll_back(world: World) -> None:
    await ship(world, FIRST, world.code(SERVICE), "the good release")


async def look_deeper(world: World) -> None:
    await probe_path(world, DEEP)


scenario = Scenario(
    name="bad_deploy",
    title="A bad deploy",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES),),
    phases=(
        Phase("shallow", "the health checks ask whether the function runs", 120),
        Phase("bad-shallow", f"a bad release in {FIRST}", 240, begin=release),
        Phase("rolled-back", "somebody noticed and rolled it back", 120, begin=roll_back),
        Phase("deep", "the health checks do what users do", 60, begin=look_deeper),
        Phase("bad-deep", f"the same bad release in {FIRST}", 240, begin=release),
        Phase("mended", "rolled back", 150, begin=roll_back),
    ),
    findings=(phases.measure,),
    expectations=(
        Availability(0.99, during="shallow"),
        Availability(0.60, during="bad-deep"),
        Found("deep checks turn red", "phases", "bad-deep.red_s", at_most=90, said=words.seconds),
        NothingLost(),
        Converged(),
    ),
)
