"""Another name for a service that is deployed, with health checks of its own: so two audiences can be compared who
meet with the same service at the same time, and differ in what watches over them.
"""

from __future__ import annotations

from typing import Any

from ..world.operator import Operator
from ..world.world import World
from .operator import health_checks, records, route53, zone_of


async def second_name(world: World, domain: str, health_path: str) -> dict[str, str]:
    """Have the service of each region answer to this name as well; its latency records heed checks that ask for that
    path. The ids of these checks by region; a name that is there already stays as it is. Raises AwsError, NotReady."""
    there = await records(world, f"{domain}.")
    if there:
        return {region: record["HealthCheckId"] for region, record in there.items()}
    zone, made = await zone_of(world), {}
    for region, check in (await health_checks(world)).items():
        config = check["HealthCheckConfig"]
        alias = await _domain(world, zone, region, domain, config["FullyQualifiedDomainName"].partition(".")[0])
        made[region] = await create_check(world, f"{domain}-{region}", {**config, "ResourcePath": health_path})
        await Operator(world).upsert(zone, {
            "Name": domain, "Type": "A", "SetIdentifier": region, "Region": region, "HealthCheckId": made[region],
            "AliasTarget": {**alias, "EvaluateTargetHealth": True},
        })  # fmt: skip
    return made


async def create_check(world: World, name: str, config: dict[str, Any]) -> str:
    """A health check of this run's own; its id. Raises AwsError."""
    reference = f"{name}-{len(world.history.events)}-{world.clock.now():.3f}"[-64:]
    made = await route53(world, "CreateHealthCheck", {"CallerReference": reference, "HealthCheckConfig": config})
    identifier: str = made["HealthCheck"]["Id"]
    return identifier


async def _domain(world: World, zone: str, region: str, domain: str, api: str) -> dict[str, str]:
    """The name in front of a region's API; what its record is an alias of."""
    certificate = await Operator(world).certificate(zone, region, domain)
    configuration = {"CertificateArn": certificate, "EndpointType": "REGIONAL"}
    made = await world.call(
        region, "apigatewayv2", "CreateDomainName",
        {"DomainName": domain, "DomainNameConfigurations": [configuration]},
    )  # fmt: skip
    mapping = {"ApiId": api, "DomainName": domain, "Stage": "$default"}
    await world.call(region, "apigatewayv2", "CreateApiMapping", mapping)
    found = made["DomainNameConfigurations"][0]
    return {"DNSName": found["ApiGatewayDomainName"], "HostedZoneId": found["HostedZoneId"]}
