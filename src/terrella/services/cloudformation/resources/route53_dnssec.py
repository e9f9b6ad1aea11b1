"""AWS::Route53: KeySigningKey, DNSSEC. A zone is signed once it has a key in use."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from .route53 import bare

Plain = dict[str, Any]

key = ResourceType(
    "AWS::Route53::KeySigningKey",
    properties="HostedZoneId KeyManagementServiceArn Name Status",
    required="HostedZoneId KeyManagementServiceArn Name Status",
    create_only="HostedZoneId KeyManagementServiceArn Name",
    gone="NoSuchKeySigningKey NoSuchHostedZone",
)
signing = ResourceType(
    "AWS::Route53::DNSSEC",
    properties="HostedZoneId",
    required="HostedZoneId",
    create_only="HostedZoneId",
    gone="DNSSECNotFound NoSuchHostedZone",
)


@key.creates
async def create_key(resource: Resource) -> str:
    input = resource.pick("HostedZoneId KeyManagementServiceArn Name Status")
    await resource.call("route53", "CreateKeySigningKey", {"CallerReference": resource.token, **input})
    return f"{bare(resource.get('HostedZoneId'))}|{resource.get('Name')}"


@key.updates
async def update_key(resource: Resource) -> None:
    if not resource.changed("Status"):
        return
    if resource.get("Status") == "ACTIVE":
        await resource.call("route53", "ActivateKeySigningKey", _named(resource))
    else:
        await resource.call("route53", "DeactivateKeySigningKey", _named(resource))


@key.deletes
async def delete_key(resource: Resource) -> None:
    """A key has to be out of use first."""
    await resource.call("route53", "DeactivateKeySigningKey", _named(resource))
    await resource.call("route53", "DeleteKeySigningKey", _named(resource))


@signing.creates
async def begin_signing(resource: Resource) -> str:
    zone_id = bare(resource.get("HostedZoneId"))
    await resource.call("route53", "EnableHostedZoneDNSSEC", {"HostedZoneId": zone_id})
    return zone_id


@signing.deletes
async def end_signing(resource: Resource) -> None:
    await resource.call("route53", "DisableHostedZoneDNSSEC", {"HostedZoneId": resource.physical_id})


def _named(resource: Resource) -> Plain:
    zone_id, _, name = resource.physical_id.partition("|")
    return {"HostedZoneId": zone_id, "Name": name}
