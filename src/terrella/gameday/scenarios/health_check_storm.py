"""health_check_storm: deep health checks that do their work each time, and ones that remember the result for a while.

What is learnt: Route 53 asks from eight regions by sixteen checkers, so a check at 10 s is 1.6 requests a second; a
handful of them over one table is more load than the people are, on every replica, and it grows with each new check.
Kept for as long as the interval, the same verdicts cost one write in ten seconds, however many ask.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ...world.world import World
from .. import words
from ..checks import load, phases
from ..checks.load import NOTED
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE, health_checks, route53, set_environment
from ..scenario import Phase, Scenario
from ..workloads.visitors import Visitors

FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "new-york", "tokyo")
KEPT_S, MORE = 10.0, 3  # seconds of the world that a result is kept; further checks of the first region
ROOM_OF_CANARIES, STORM = " health", "storm-"
ONE, ALL = 1, 1 + MORE
CHECKS = {"cached-one": ONE, "uncached-one": ONE, "uncached-more": ALL, "cached-more": ALL}


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND))
    await _remove_checks(world)
    await _keep_results(world, KEPT_S)


async def keep_nothing(world: World) -> None:
    await _keep_results(world, 0)


async def add_checks(world: World) -> None:
    """As if further names, teams or records had checks of their own over the same table."""
    config = (await health_checks(world))[FIRST]["HealthCheckConfig"]
    for number in range(MORE):
        reference = f"{STORM}{number}-{world.history.began:.3f}"
        await route53(world, "CreateHealthCheck", {"CallerReference": reference, "HealthCheckConfig": config})


async def keep_again(world: World) -> None:
    await _keep_results(world, KEPT_S)


async def count(world: World) -> None:
    """Read the first region's stream from its beginning, and note when who wrote. The further checks go."""
    await _remove_checks(world)
    times: dict[str, list[float]] = {kind: [] for kind in load.KINDS}
    for record in await _stream(world):
        change = record["dynamodb"]
        room, sent = change["Keys"]["room"]["S"], change["Keys"]["sent"]["S"]
        checks = "checks here" if sent == FIRST else "checks elsewhere"
        times[checks if room == ROOM_OF_CANARIES else "people"].append(_seconds(change["ApproximateCreationDateTime"]))
    total = sum(map(len, times.values()))
    world.mark(NOTED, words=f"{total} writes were counted", times=times, checks=CHECKS)


async def _remove_checks(world: World) -> None:
    """Those of this story; one that was interrupted may have left some."""
    for check in (await route53(world, "ListHealthChecks", {}))["HealthChecks"]:
        if check["CallerReference"].startswith(STORM):
            await route53(world, "DeleteHealthCheck", {"HealthCheckId": check["Id"]})


async def _keep_results(world: World, seconds: float) -> None:
    """Functions live in real time, so what they are told is scaled here."""
    for region in (FIRST, SECOND):
        await set_environment(world, region, HEALTH_CACHE_SECONDS=f"{seconds / world.speed:g}")
    world.mark("operator", words=f"deep health is kept for {seconds:g} s", outcome="done")


async def _stream(world: World) -> list[dict[str, Any]]:
    """Every record there is in the stream of the first region's table."""
    table = (await world.call(FIRST, "dynamodb", "DescribeTable", {"TableName": TABLE}))["Table"]
    stream = {"StreamArn": table["LatestStreamArn"]}
    described = (await world.call(FIRST, "dynamodbstreams", "DescribeStream", stream))["StreamDescription"]
    found: list[dict[str, Any]] = []
    for shard in described["Shards"]:
        asked = {**stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await world.call(FIRST, "dynamodbstreams", "GetShardIterator", asked))["ShardIterator"]
        while iterator:
            page = await world.call(FIRST, "dynamodbstreams", "GetRecords", {"ShardIterator": iterator})
            found += page["Records"]
            iterator = page.get("NextShardIterator") if page["Records"] else None
    return found


def _seconds(moment: Any) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else float(moment)


scenario = Scenario(
    name="health_check_storm",
    title="A storm of health checks",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES, per_second=0.4),),
    phases=(
        Phase("cached-one", f"one deep check a region, its result kept for {KEPT_S:g} s", 180),
        Phase("uncached-one", "nothing is kept", 180, begin=keep_nothing),
        Phase("uncached-more", f"{ALL} checks of {FIRST}, nothing is kept", 180, begin=add_checks),
        Phase("cached-more", f"{ALL} checks of {FIRST}, kept for {KEPT_S:g} s", 180, begin=keep_again),
        Phase("counted", "the table's stream is read", 10, begin=count),
    ),
    findings=(load.measure, phases.measure),
    speed=3,
    expectations=(
        Availability(0.97),
        Found("kept checks against people", "load", "cached-more.times_people", at_most=3.0, said=words.times),
        NothingLost(),
        Converged(),
    ),
)
