"""grey_failure: a region becomes slow and loses packets, but is not dead; later its health is judged by latency, too.

What is learnt: every health check that asks for a status stays green, a deep one as well, and latency routing knows
the latency of networks, not of today: people are sent on to where they suffer. What takes the region out is a
measurement of what people feel, from outside: canaries, an alarm on their latency, and a health check that follows it.
"""

from __future__ import annotations

from typing import Any

from ...region.homes import GLOBAL_HOME
from ...world.world import World
from .. import words
from ..checks import phases
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE, health_checks, records, route53, upsert
from ..scenario import Phase, Scenario
from ..second_name import create_check
from ..workloads.canaries import METRIC, NAMESPACE, Canaries
from ..workloads.visitors import Visitors

FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "new-york", "sao-paulo", "tokyo")
BOUND_MS = 1500.0


async def build(world: World) -> None:
    """The last to tell this story in the same world may have left it watched."""
    await world.deploy(SERVICE, (FIRST, SECOND))
    checks = await health_checks(world)
    for region, record in (await records(world)).items():
        if record["HealthCheckId"] != checks[region]["Id"]:
            await upsert(world, {**record, "HealthCheckId": checks[region]["Id"]})
    await _search_beside(world, checks[FIRST]["HealthCheckConfig"])


async def slow_down(world: World) -> None:
    """Two faults in one: late packets, and some lost."""
    await world.strike("latency", FIRST, "250ms", "jitter=200ms")
    await world.strike("loss", FIRST, "3%")


async def watch_latency(world: World) -> None:
    """Each region is well when it answers its health check and its canary's latency is within bounds."""
    for region, record in (await records(world)).items():
        name = f"slow-{region}"
        await world.call(GLOBAL_HOME, "cloudwatch", "PutMetricAlarm", {
            "AlarmName": name, "Namespace": NAMESPACE, "MetricName": METRIC, "Statistic": "Average",
            "Dimensions": [{"Name": "Region", "Value": region}], "Period": 30, "EvaluationPeriods": 2,
            "Threshold": BOUND_MS, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing",
        })  # fmt: skip
        alarm = {"Region": GLOBAL_HOME, "Name": name}
        quick = await create_check(world, f"quick-{region}", {
            "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": alarm, "InsufficientDataHealthStatus": "LastKnownStatus",
        })  # fmt: skip
        both = await create_check(world, f"well-{region}", {
            "Type": "CALCULATED", "ChildHealthChecks": [record["HealthCheckId"], quick], "HealthThreshold": 2,
        })  # fmt: skip
        await upsert(world, {**record, "HealthCheckId": both})
    world.mark("operator", words=f"a region is well if its canary waits less than {BOUND_MS:g} ms", outcome="done")


async def heal(world: World) -> None:
    await world.heal()


async def _search_beside(world: World, config: dict[str, Any]) -> None:
    """One more check of the first region that no record heeds: it looks for a word in the answer. Would it see more?"""
    checks = (await route53(world, "ListHealthChecks", {}))["HealthChecks"]
    if not any("SearchString" in check["HealthCheckConfig"] for check in checks):
        await create_check(world, "search", {**config, "Type": "HTTPS_STR_MATCH", "SearchString": '"status": "ok"'})


scenario = Scenario(
    name="grey_failure",
    title="A grey failure",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES), Canaries(((FIRST, "dublin"), (SECOND, "osaka")))),
    phases=(
        Phase("calm", "all is well; deep health checks", 120),
        Phase("slow", f"{FIRST} is slow and loses packets", 240, begin=slow_down),
        Phase("bounded", "canaries' latency counts as health, too", 300, begin=watch_latency),
        Phase("healed", f"{FIRST} is quick again", 240, begin=heal),
    ),
    findings=(phases.measure,),
    speed=4,
    expectations=(
        Availability(0.99, during="calm"),
        Found("quick answers once latency counts", "phases", "bounded.soon", at_least=0.60, said=words.percent),
        Found("the alarm is heeded", "phases", "bounded.red_s", at_most=150, said=words.seconds),
        NothingLost(),
        Converged(),
    ),
)
