"""bad_deploy: one region gets a release that cannot find its table. Shallow health checks watch over one audience, deep
ones over another.

What is learnt: a check that asks whether the function runs stays green while everybody who is sent there gets an
error, until somebody notices and rolls back; one that does what users do takes the region out by itself.
"""

from __future__ import annotations

from ...world.world import World
from .. import words
from ..checks import audiences
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE, altered, health_checks, ship
from ..path_expectations import Of
from ..scenario import Path, Phase, Scenario
from ..second_name import second_name
from ..workloads.visitors import Visitors

FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "new-york", "tokyo")
SHALLOW, DEEP = "shallow", "deep"
NAMES = {SHALLOW: "shallow.chat.example.com", DEEP: "chat.example.com"}
GOOD_LINE, BAD_LINE = 'environ.get("TABLE_NAME"', 'environ.get("TABEL_NAME"'  # one typing error


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND))
    deep = [check["Id"] for check in (await health_checks(world)).values()]
    shallow = [*(await second_name(world, NAMES[SHALLOW], "/health")).values()]
    for path, checks in ((SHALLOW, shallow), (DEEP, deep)):
        world.mark("audience", words=f"{NAMES[path]} is watched by {path} checks", path=path, checks=checks)


async def release(world: World) -> None:
    await ship(world, FIRST, altered(world.code(SERVICE), GOOD_LINE, BAD_LINE), "the bad release")


async def roll_back(world: World) -> None:
    await ship(world, FIRST, world.code(SERVICE), "the good release")


scenario = Scenario(
    name="bad_deploy",
    title="A bad deploy",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=tuple(Visitors(CITIES, f"https://{NAMES[path]}", path=path) for path in NAMES),
    phases=(
        Phase("calm", "the same release everywhere", 120),
        Phase("bad", f"a bad release in {FIRST}", 300, begin=release),
        Phase("mended", "somebody noticed and rolled it back", 180, begin=roll_back),
    ),
    findings=(audiences.measure,),
    speed=4,
    expectations=(
        Of(SHALLOW, Availability(0.97, during="calm")),
        Of(DEEP, Availability(0.97, during="calm")),
        Of(DEEP, Availability(0.65, during="bad")),
        Found("deep checks turn red", "audiences", "deep.bad.red_s", at_most=90, said=words.seconds),
        NothingLost(),
        Converged(),
    ),
    paths=(
        Path(SHALLOW, "health checks that ask whether the function runs"),
        Path(DEEP, "health checks that do what people do"),
    ),
)
