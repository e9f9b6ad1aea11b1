"""lose_us_east_1: the control planes of us-east-1 are out, and then another region is lost on top of it.

What is learnt: names resolve, health checks notice and traffic fails over without us-east-1, because none of this is a
control plane's work; but nobody can change a record, a health check or a role until it is back. So a recovery plan
whose first step is to change a record is no plan.
"""

from __future__ import annotations

from ...region.homes import GLOBAL_HOME
from ...world.world import World
from ..checks import operator, phases
from ..expectations import Availability, Converged, Found, NothingLost, Rpo, Rto
from ..operator import NAME, SERVICE, TABLE, attempt, function_in, health_checks, records, zone_of
from ..scenario import Phase, Scenario
from ..workloads.visitors import Visitors

FIRST, SECOND = "eu-west-1", "ap-northeast-1"
CITIES = ("amsterdam", "new-york", "sao-paulo", "tokyo")
TRUST = '{"Version": "2012-10-17", "Statement": []}'


async def build(world: World) -> None:
    await world.deploy(SERVICE, (FIRST, SECOND))


async def try_everything(world: World) -> None:
    """What somebody on call might want to do; each is harmless when it succeeds."""
    zone, record = await zone_of(world), (await records(world))[FIRST]
    check = (await health_checks(world))[FIRST]
    aside = {"Name": f"status.{NAME}", "Type": "TXT", "TTL": 60, "ResourceRecords": [{"Value": '"we know"'}]}
    function = (await function_in(world, SECOND))["FunctionArn"]
    home = GLOBAL_HOME

    def upsert(record_set: dict[str, object]) -> dict[str, object]:
        changes = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record_set}]}
        return {"HostedZoneId": zone, "ChangeBatch": changes}

    for words, region, service, operation, input in (
        ("write a record (Route 53)", home, "route53", "ChangeResourceRecordSets", upsert(aside)),
        (f"rewrite {FIRST}'s record (Route 53)", home, "route53", "ChangeResourceRecordSets", upsert(record)),
        ("alter a health check (Route 53)", home, "route53", "UpdateHealthCheck",
         {"HealthCheckId": check["Id"], "FailureThreshold": check["HealthCheckConfig"]["FailureThreshold"]}),
        ("read the records (Route 53)", home, "route53", "ListResourceRecordSets", {"HostedZoneId": zone}),
        ("request a certificate there (ACM)", home, "acm", "RequestCertificate", {"DomainName": f"new.{NAME[:-1]}"}),
        ("create a role (IAM)", home, "iam", "CreateRole",
         {"RoleName": f"on-call-{1000 * world.clock.now():.0f}", "AssumeRolePolicyDocument": TRUST}),
        (f"tag the function in {SECOND} (Lambda)", SECOND, "lambda", "TagResource",
         {"Resource": function, "Tags": {"on-call": "yes"}}),
    ):  # fmt: skip
        await attempt(world, words, region, service, operation, input)


async def lose_the_control_planes(world: World) -> None:
    await world.strike("control-plane-outage", "*", GLOBAL_HOME)
    await try_everything(world)


async def lose_the_first(world: World) -> None:
    await world.strike("region-outage", FIRST)
    await try_everything(world)


async def heal(world: World) -> None:
    await world.heal()
    await try_everything(world)


scenario = Scenario(
    name="lose_us_east_1",
    title="Lose us-east-1",
    regions=(FIRST, SECOND),
    table=TABLE,
    build=build,
    workload=(Visitors(CITIES),),
    phases=(
        Phase("calm", "all is well", 120, begin=try_everything),
        Phase("no-control", f"the control planes of {GLOBAL_HOME} are out", 180, begin=lose_the_control_planes),
        Phase("lost", f"{FIRST} is lost as well", 240, begin=lose_the_first),
        Phase("healed", "both are back", 180, begin=heal),
    ),
    findings=(operator.measure, phases.measure),
    speed=4,
    expectations=(
        Availability(0.95, during="no-control"),
        Rto(150),
        Found("still done meanwhile", "operator", "no-control.done", at_least=2),
        Found("refused afterwards", "operator", "healed.refused", exactly=0),
        Rpo(5),
        NothingLost(),
        Converged(),
    ),
)
