"""dns_or_anycast: the same chat behind two front doors, the DNS and anycast; a region is lost for both at once.

What is learnt: what a crowd behind resolvers and a crowd behind an accelerator see of the same loss, city by city.
"""

from __future__ import annotations

from ...world.world import World
from ..expectations import Availability, Converged, NothingLost, Rto
from ..path_expectations import Of, Sooner
from ..scenario import Path, Phase, Scenario
from ..workloads.visitors import Visitors

SERVICE, TABLE = "global_chat", "messages"
FIRST, SECOND = "eu-west-1", "ap-northeast-1"
ACCELERATOR_HOME = "us-west-2"
CITIES = ("amsterdam", "tokyo", "new-york", "sao-paulo", "sydney")
DNS, ANYCAST = "DNS", "anycast"


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND), fronts=("balancer", "accelerator"))


async def lose_the_first(world: World) -> None:
    await world.strike("region-outage", FIRST)


async def heal(world: World) -> None:
    await world.heal()


scenario = Scenario(
    name="dns_or_anycast",
    title="DNS or anycast",
    regions=(FIRST, SECOND, ACCELERATOR_HOME),
    table=TABLE,
    speed=4,
    build=build,
    workload=(
        Visitors(CITIES, "https://chat.example.com", per_second=0.3, path=DNS),
        Visitors(CITIES, "https://fast.chat.example.com", per_second=0.3, path=ANYCAST),
    ),
    phases=(
        Phase("whole", "two regions, two front doors", 180),
        Phase("lost", f"{FIRST} is lost", 240, begin=lose_the_first),
        Phase("healed", f"{FIRST} is back", 180, begin=heal),
    ),
    expectations=(
        Availability(0.90), Of(DNS, Rto(150)), Of(ANYCAST, Rto(90)), Sooner(ANYCAST, DNS), NothingLost(), Converged(),
    ),
    paths=(
        Path(DNS, "Route 53, latency records, an HTTP API per region"),
        Path(ANYCAST, "Global Accelerator, a load balancer per region", noticed="endpoint"),
    ),
)  # fmt: skip
