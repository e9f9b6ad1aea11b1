"""accelerated_recovery: the control planes of us-east-1 are out for most of an hour; one zone has accelerated recovery,
another has not.

What is learnt: within the hour the zone that has it can be changed again, in us-west-2 and by the same endpoint; the
other cannot until us-east-1 is back, and a while longer. Before that neither can: a recovery in minutes must not need a
change of records.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...region.homes import GLOBAL_HOME
from ...world.history import History
from ...world.world import World
from .. import words
from ..checks import operator, phases
from ..checks._figures import finding
from ..expectations import Availability, Converged, Found, NothingLost
from ..operator import SERVICE, TABLE, ZONE, attempt, route53, zone_of
from ..scenario import Phase, Scenario
from ..workloads.visitors import Visitors

FIRST, SECOND, STANDBY = "eu-west-1", "ap-northeast-1", "us-west-2"
CITIES = ("amsterdam", "new-york", "tokyo")
FAST = "accelerated.example."
WITH, WITHOUT = "of a zone with accelerated recovery", "of a zone without"
EVERY_S, PATIENCE = 60.0, 50  # of the world; how often the operator knocks in vain
READY_S = 0.2


async def build(world: World) -> None:
    """The chat, whose zone has no accelerated recovery, and a zone that has."""
    await world.deploy(SERVICE, (FIRST, SECOND))
    zones = (await route53(world, "ListHostedZones", {}))["HostedZones"]
    if not any(zone["Name"] == FAST for zone in zones):
        await route53(world, "CreateHostedZone", {"Name": FAST, "CallerReference": f"{world.history.began:.3f}"})
    zone = {"HostedZoneId": await zone_of(world, FAST)}
    await route53(world, "UpdateHostedZoneFeatures", {**zone, "EnableAcceleratedRecovery": True})
    while await _status(world, zone["HostedZoneId"]) == "ENABLING":
        await world.clock.sleep(READY_S)


async def _status(world: World, zone: str) -> str:
    found = (await route53(world, "GetHostedZone", {"Id": zone}))["HostedZone"]
    return str(found["Features"]["AcceleratedRecoveryStatus"])


def _changes(zones: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """A change of each zone, the same each time: what somebody would write who says that there is trouble."""
    made = []
    for name, which in ((FAST, WITH), (ZONE, WITHOUT)):
        record = {"Name": f"status.{name}", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"we know"'}]}
        changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
        made.append((which, {"HostedZoneId": zones[name], "ChangeBatch": changes}))
    return made


def _zones(world: World) -> dict[str, str]:
    """The ids of both zones, which somebody on call should have at hand: they are not listed while it matters."""
    return next(dict(each.detail) for each in reversed(world.history.events) if each.what == "zones")


async def try_everything(world: World) -> None:
    """By the first region, which passes it on to wherever the endpoint of Route 53 leads."""
    zones = _zones(world)
    for which, input in _changes(zones):
        await attempt(world, f"write a record {which}", FIRST, "route53", "ChangeResourceRecordSets", input)
    zone = {"HostedZoneId": zones[FAST]}
    await attempt(world, "read the records", FIRST, "route53", "ListResourceRecordSets", zone)
    new = {"Name": "later.example.", "CallerReference": f"{world.clock.now():.3f}"}
    await attempt(world, "create a zone", FIRST, "route53", "CreateHostedZone", new)


async def knock(world: World) -> None:
    """Try each zone once a minute until it can be changed."""
    began, waiting = world.clock.now(), dict(_changes(_zones(world)))
    for _ in range(PATIENCE):
        for which, input in list(waiting.items()):
            try:
                await world.call(FIRST, "route53", "ChangeResourceRecordSets", input)
            except AwsError:
                continue
            del waiting[which]
            world.mark("changed", which=which, after_s=(world.clock.now() - began) * world.speed)
        await world.clock.sleep(EVERY_S / world.speed)


async def begin(world: World) -> None:
    world.mark("zones", **{name: await zone_of(world, name) for name in (FAST, ZONE)})
    await try_everything(world)


async def lose_the_control_planes(world: World) -> None:
    await world.strike("control-plane-outage", "*", GLOBAL_HOME)
    await try_everything(world)
    world.spawn(knock(world))


async def heal(world: World) -> None:
    await world.heal()
    await try_everything(world)


def recovery(history: History) -> dict[str, Any]:
    """How long it took until a record of each zone could be changed while us-east-1 was out."""
    after = {each.detail["which"]: each.detail["after_s"] for each in history.events if each.what == "changed"}
    rows = [[which, words.seconds(after[which]) if which in after else "not at all"] for which in (WITH, WITHOUT)]
    about = "From the loss of the control planes to the first change that was accepted, tried once a minute."
    values = {"with": after.get(WITH), "without": after.get(WITHOUT)}
    return finding("recovery", "Until records could be changed", about, ("Records", "After"), rows, **values)


scenario = Scenario(
    name="accelerated_recovery",
    title="Accelerated recovery",
    regions=(FIRST, SECOND, STANDBY),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES, per_second=0.05),),
    phases=(
        Phase("calm", "all is well", 120, begin=begin),
        Phase("out", f"the control planes of {GLOBAL_HOME} are out", 3000, begin=lose_the_control_planes),
        Phase("moved", f"Route 53's is in {STANDBY}", 300, begin=try_everything),
        Phase("healed", f"{GLOBAL_HOME} is well again", 1080, begin=heal),
        Phase("home", f"Route 53's control plane is back in {GLOBAL_HOME}", 120, begin=try_everything),
    ),
    findings=(operator.measure, recovery, phases.measure),
    speed=30,
    expectations=(
        Availability(0.99, during="out"),
        Found("changed again, with accelerated recovery", "recovery", "with", at_most=3600, said=words.seconds),
        Found("done while us-west-2 is in charge", "operator", "moved.done", exactly=2),
        Found("refused in the end", "operator", "home.refused", exactly=0),
        NothingLost(),
        Converged(),
    ),
)
