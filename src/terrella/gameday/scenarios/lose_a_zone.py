"""lose_a_zone: a load balancer in three zones loses one of them under traffic; then once more, shifted away before.

What is learnt: what one zone of three takes with it (a node, and the servers behind all nodes that stood there), how
long that lasts, that functions do not notice, and what a zonal shift is worth that comes in time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ...net.addresses import address_of
from ...net.places import zone_ids
from ...wire.http import Request, Response
from ...world.operator import NotReady, Operator
from ...world.world import World
from ..expectations import Availability, NothingLost, Rto
from ..scenario import Path, Phase, Scenario
from ..workloads.requests import Requests
from ..workloads.visitors import Visitors

SERVICE, TABLE, REGION, LOST = "global_chat", "messages", "eu-west-1", "eu-west-1c"
HOST = "fast.chat.example.com"
CITIES = ("dublin", "amsterdam", "new-york", "tokyo")
FUNCTION, SERVERS = "function", "servers"
EVERY_S, IN_A_ROW = 10, 2  # health checks of the servers


async def build(world: World) -> None:
    """The chat behind a load balancer in three zones; beside its function one server in each zone."""
    await world.deploy(SERVICE, (REGION,), fronts=("balancer",))
    balancer, listener = await _balancer(world)
    fleet = await _fleet(world, balancer, listener)
    await _name(world, balancer)
    await Operator(world).ready(REGION, "elbv2", "DescribeTargetHealth", fleet, _all_healthy)


async def lose_the_zone(world: World) -> None:
    await world.strike("zone-outage", LOST)


async def heal(world: World) -> None:
    await world.heal()


async def shift(world: World) -> None:
    """Traffic leaves the zone while all is well."""
    balancer, _ = await _balancer(world)
    await world.call(REGION, "arc-zonal-shift", "StartZonalShift", {
        "resourceIdentifier": balancer["LoadBalancerArn"], "awayFrom": zone_ids(REGION)[LOST],
        "expiresIn": "2h", "comment": "It looks ill.",
    })  # fmt: skip
    world.mark("shifted", words=f"away from {LOST}")


async def heal_again(world: World) -> None:
    await world.heal()
    running = await world.call(REGION, "arc-zonal-shift", "ListZonalShifts", {"status": "ACTIVE"})
    for each in running["items"]:
        wanted = {"zonalShiftId": each["zonalShiftId"]}
        await world.call(REGION, "arc-zonal-shift", "CancelZonalShift", wanted)


scenario = Scenario(
    name="lose_a_zone",
    title="Lose a zone",
    regions=(REGION,),
    table=TABLE,
    speed=4,
    build=build,
    workload=(
        Visitors(CITIES, f"https://{HOST}", per_second=0.3, path=FUNCTION),
        Requests(CITIES, f"https://{HOST}/where", per_second=0.3, path=SERVERS),
    ),
    phases=(
        Phase("whole", "three zones", 120),
        Phase("lost", f"{LOST} is lost", 240, begin=lose_the_zone),
        Phase("healed", f"{LOST} is back", 150, begin=heal),
        Phase("shifted", f"traffic is shifted away from {LOST}", 90, begin=shift),
        Phase("lost-again", f"{LOST} is lost again", 150, begin=lose_the_zone),
        Phase("healed-again", f"{LOST} is back, the shift is over", 90, begin=heal_again),
    ),
    expectations=(Availability(0.90), Rto(150), Availability(0.999, during="lost-again"), NothingLost()),
    paths=(
        Path(FUNCTION, "a function behind the load balancer, which is in no zone", noticed="node"),
        Path(SERVERS, "a server in each zone behind the load balancer", noticed="node"),
    ),
)


def answer_in(zone: str) -> Callable[[Request], Response]:
    """What a server in a zone says to everything."""
    body = json.dumps({"zone": zone}).encode()
    headers = [("Content-Type", "application/json"), ("X-Region", REGION), ("X-Zone", zone)]

    def answer(request: Request) -> Response:
        return Response(200, headers, body)

    return answer


async def _balancer(world: World) -> tuple[dict[str, Any], str]:
    """The chat's load balancer, and the ARN of the listener that shows the chat's certificate."""
    for balancer in (await world.call(REGION, "elbv2", "DescribeLoadBalancers", {}))["LoadBalancers"]:
        named = {"LoadBalancerArn": balancer["LoadBalancerArn"]}
        for listener in (await world.call(REGION, "elbv2", "DescribeListeners", named))["Listeners"]:
            for shown in listener.get("Certificates") or ():
                arn = {"CertificateArn": shown["CertificateArn"]}
                found = await world.call(REGION, "acm", "DescribeCertificate", arn)
                if found["Certificate"]["DomainName"] == HOST:
                    return balancer, listener["ListenerArn"]
    raise NotReady(f"No load balancer of {REGION} has a certificate for {HOST}.")


async def _fleet(world: World, balancer: dict[str, Any], listener: str) -> dict[str, Any]:
    """A server in each zone, and the rule that sends `/where` to them. Their target group and targets; those an
    earlier story in the same world has left are taken out."""
    made = await world.call(REGION, "elbv2", "CreateTargetGroup", {
        "Name": "servers", "TargetType": "ip", "Protocol": "HTTP", "Port": 9000, "VpcId": balancer["VpcId"],
        "HealthCheckIntervalSeconds": EVERY_S, "HealthCheckTimeoutSeconds": 5,
        "HealthyThresholdCount": IN_A_ROW, "UnhealthyThresholdCount": IN_A_ROW,
    })  # fmt: skip
    group = {"TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}
    left = (await world.call(REGION, "elbv2", "DescribeTargetHealth", group))["TargetHealthDescriptions"]
    if left:
        gone = [{"Id": each["Target"]["Id"], "Port": each["Target"]["Port"]} for each in left]
        await world.call(REGION, "elbv2", "DeregisterTargets", {**group, "Targets": gone})
    targets = []
    for zone in sorted(each["ZoneName"] for each in balancer["AvailabilityZones"]):
        address = f"{address_of(zone).rpartition('.')[0]}.200"
        targets.append({"Id": address, "Port": await world.serve(address, answer_in(zone))})
    await world.call(REGION, "elbv2", "RegisterTargets", {**group, "Targets": targets})
    rules = (await world.call(REGION, "elbv2", "DescribeRules", {"ListenerArn": listener}))["Rules"]
    if not any(each["Priority"] == "1" for each in rules):
        await world.call(REGION, "elbv2", "CreateRule", {
            "ListenerArn": listener, "Priority": 1,
            "Conditions": [{"Field": "path-pattern", "Values": ["/where"]}],
            "Actions": [{"Type": "forward", **group}],
        })  # fmt: skip
    return {**group, "Targets": targets}


async def _name(world: World, balancer: dict[str, Any]) -> None:
    operator = Operator(world)
    zones = await operator.route53("ListHostedZonesByName", {"DNSName": "example.com"})
    alias = {
        "DNSName": balancer["DNSName"], "HostedZoneId": balancer["CanonicalHostedZoneId"],
        "EvaluateTargetHealth": True,
    }  # fmt: skip
    zone = zones["HostedZones"][0]["Id"].rpartition("/")[2]
    await operator.upsert(zone, {"Name": HOST, "Type": "A", "AliasTarget": alias})


def _all_healthy(out: dict[str, Any]) -> bool:
    return all(each["TargetHealth"]["State"] == "healthy" for each in out["TargetHealthDescriptions"])
