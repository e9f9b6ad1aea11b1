"""AWS::Route53: HostedZone, RecordSet, RecordSetGroup, HealthCheck, QueryLoggingConfig. Their home is us-east-1."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ....core.errors import AwsError
from ..errors import HandlerFailed
from ..resource import Cancelled, Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]

zone = ResourceType(
    "AWS::Route53::HostedZone",
    properties="HostedZoneConfig HostedZoneFeatures HostedZoneTags Name QueryLoggingConfig VPCs",
    required="Name",
    create_only="Name",
    attributes="Id NameServers",
    gone="NoSuchHostedZone",
)
RECORD = (
    "AliasTarget CidrRoutingConfig Failover GeoLocation GeoProximityLocation HealthCheckId MultiValueAnswer "
    "Name Region ResourceRecords SetIdentifier TTL Type Weight"
)
record = ResourceType(
    "AWS::Route53::RecordSet",
    properties=f"{RECORD} Comment HostedZoneId HostedZoneName",
    required="Name Type",
    create_only="HostedZoneId HostedZoneName Name",
    gone="NoSuchHostedZone",
)
group = ResourceType(
    "AWS::Route53::RecordSetGroup",
    properties="Comment HostedZoneId HostedZoneName RecordSets",
    create_only="HostedZoneId HostedZoneName",
    attributes="Id",
    gone="NoSuchHostedZone",
)
check = ResourceType(
    "AWS::Route53::HealthCheck",
    properties="HealthCheckConfig HealthCheckTags",
    required="HealthCheckConfig",
    create_only="HealthCheckConfig.Type HealthCheckConfig.MeasureLatency HealthCheckConfig.RequestInterval",
    attributes="HealthCheckId",
    gone="NoSuchHealthCheck",
)
logging = ResourceType(
    "AWS::Route53::QueryLoggingConfig",
    properties="CloudWatchLogsLogGroupArn HostedZoneId",
    required="CloudWatchLogsLogGroupArn HostedZoneId",
    create_only="CloudWatchLogsLogGroupArn HostedZoneId",
    attributes="Id",
    gone="NoSuchQueryLoggingConfig",
    note="Kept as state: the edge writes no query logs.",
)
UPDATABLE_CHECK = (
    "AlarmIdentifier ChildHealthChecks Disabled EnableSNI FailureThreshold FullyQualifiedDomainName "
    "HealthThreshold IPAddress InsufficientDataHealthStatus Inverted Port Regions ResourcePath SearchString"
)
TAGS_AT_ONCE = 10  # that one request adds, and removes
NOT_THERE = "but it was not found"
RESETTABLE = ("ChildHealthChecks", "FullyQualifiedDomainName", "Regions", "ResourcePath")


@zone.creates
async def create_zone(resource: Resource) -> str:
    config = dict(resource.get("HostedZoneConfig", {}))
    vpcs = resource.get("VPCs", [])
    input: Plain = {"Name": _dotted(resource.get("Name")), "CallerReference": resource.token}
    if vpcs:
        input["VPC"] = vpcs[0]
        config["PrivateZone"] = True
    made = await resource.call("route53", "CreateHostedZone", {**input, "HostedZoneConfig": config or None})
    zone_id = bare(made["HostedZone"]["Id"])
    try:
        await _furnish(resource, zone_id, vpcs[1:])
    except AwsError:  # nobody else knows of the zone yet
        await resource.call("route53", "DeleteHostedZone", {"Id": zone_id})
        raise
    return zone_id


@zone.updates
async def update_zone(resource: Resource) -> None:
    zone_id = resource.physical_id
    if resource.changed("HostedZoneConfig"):
        comment = resource.get("HostedZoneConfig", {}).get("Comment", "")
        await resource.call("route53", "UpdateHostedZoneComment", {"Id": zone_id, "Comment": comment})
    if resource.changed("VPCs"):
        await _associate(resource, zone_id)
    if resource.changed("QueryLoggingConfig"):
        await _log(resource, zone_id)
    if resource.changed("HostedZoneFeatures"):
        await _accelerate(resource, zone_id)
    await _tag(resource, "hostedzone", zone_id, "HostedZoneTags")


@zone.reads
async def zone_attributes(resource: Resource) -> Plain:
    found = await resource.call("route53", "GetHostedZone", {"Id": resource.physical_id})
    servers = found.get("DelegationSet", {}).get("NameServers", [])
    return {"Id": resource.physical_id, "NameServers": servers}


@zone.deletes
async def delete_zone(resource: Resource) -> None:
    """Accelerated recovery holds a zone: it ends first."""
    if resource.get("HostedZoneFeatures", {}).get("EnableAcceleratedRecovery"):

        async def ended() -> bool:
            found = await resource.call("route53", "GetHostedZone", {"Id": resource.physical_id})
            status = found["HostedZone"].get("Features", {}).get("AcceleratedRecoveryStatus", "DISABLED")
            if status in ("ENABLED", "ENABLE_FAILED"):
                input = {"HostedZoneId": resource.physical_id, "EnableAcceleratedRecovery": False}
                await resource.call("route53", "UpdateHostedZoneFeatures", input)
            return bool(status == "DISABLED")

        await resource.until(ended, f"Hosted zone {resource.physical_id}")
    await resource.call("route53", "DeleteHostedZone", {"Id": resource.physical_id})


@record.creates
async def create_record(resource: Resource) -> str:
    zone_id = await _zone(resource, resource.properties)
    with suppress(Cancelled):  # it is made, and has to go again
        await change(resource, zone_id, [("CREATE", resource.properties)])
    return str(resource.get("Name"))


@record.updates
async def update_record(resource: Resource) -> None:
    was = resource.before["properties"] if resource.before else {}
    zone_id = await _zone(resource, resource.properties)
    await change(resource, zone_id, _transition([was], [resource.properties]))


@record.deletes
async def delete_record(resource: Resource) -> None:
    await _remove(resource, await _zone(resource, resource.properties), [resource.properties])


@group.creates
async def create_group(resource: Resource) -> str:
    for zone_id, records in (await _by_zone(resource, resource.properties)).items():
        with suppress(Cancelled):  # it is made, and has to go again
            await change(resource, zone_id, [("CREATE", each) for each in records])
    return resource.name


@group.updates
async def update_group(resource: Resource) -> None:
    was = await _by_zone(resource, resource.before["properties"] if resource.before else {})
    now = await _by_zone(resource, resource.properties)
    for zone_id in {**was, **now}:
        steps = _transition(was.get(zone_id, []), now.get(zone_id, []))
        if steps:
            await change(resource, zone_id, steps)


@group.reads
async def group_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@group.deletes
async def delete_group(resource: Resource) -> None:
    for zone_id, records in (await _by_zone(resource, resource.properties)).items():
        await _remove(resource, zone_id, records)


@check.creates
async def create_check(resource: Resource) -> str:
    input = {"CallerReference": resource.token, **resource.pick("HealthCheckConfig")}
    check_id = str((await resource.call("route53", "CreateHealthCheck", input))["HealthCheck"]["Id"])
    await _tag(resource, "healthcheck", check_id, "HealthCheckTags")
    return check_id


@check.updates
async def update_check(resource: Resource) -> None:
    settings = resource.pick(UPDATABLE_CHECK, resource.get("HealthCheckConfig"))
    gone = {*_before(resource).get("HealthCheckConfig", {})} - {*settings}
    resets = [name for name in RESETTABLE if name in gone]
    input = {"HealthCheckId": resource.physical_id, **settings, "ResetElements": resets or None}
    await resource.call("route53", "UpdateHealthCheck", input)
    await _tag(resource, "healthcheck", resource.physical_id, "HealthCheckTags")


@check.reads
async def check_attributes(resource: Resource) -> Plain:
    return {"HealthCheckId": resource.physical_id}


@check.deletes
async def delete_check(resource: Resource) -> None:
    await resource.call("route53", "DeleteHealthCheck", {"HealthCheckId": resource.physical_id})


@logging.creates
async def create_logging(resource: Resource) -> str:
    input = resource.pick("CloudWatchLogsLogGroupArn HostedZoneId")
    made = await resource.call("route53", "CreateQueryLoggingConfig", input)
    return str(made["QueryLoggingConfig"]["Id"])


@logging.reads
async def logging_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@logging.deletes
async def delete_logging(resource: Resource) -> None:
    await resource.call("route53", "DeleteQueryLoggingConfig", {"Id": resource.physical_id})


async def change(resource: Resource, zone_id: str, steps: list[tuple[str, Plain]]) -> None:
    """One atomic batch, and the wait until every name server has it."""
    changes = [{"Action": action, "ResourceRecordSet": record_set(each)} for action, each in steps]
    input = {"HostedZoneId": zone_id, "ChangeBatch": {"Changes": changes}}
    made = (await resource.call("route53", "ChangeResourceRecordSets", input))["ChangeInfo"]
    name = {"Id": bare(made["Id"])}

    async def in_sync() -> bool:
        found = await resource.call("route53", "GetChange", name)
        return bool(found["ChangeInfo"]["Status"] == "INSYNC")

    if made["Status"] != "INSYNC":
        await resource.until(in_sync, f"Change {name['Id']}")


async def _remove(resource: Resource, zone_id: str, records: list[Plain]) -> None:
    """All at once, but for those that are not there any more. What has been altered since is not ours to delete."""
    try:
        await change(resource, zone_id, [("DELETE", each) for each in records])
    except AwsError as refusal:
        if refusal.error_code != "InvalidChangeBatch" or NOT_THERE not in refusal.message:
            raise
        if len(records) > 1:
            for each in records:
                await _remove(resource, zone_id, [each])


def record_set(properties: Plain) -> Plain:
    """A record as the API writes it: values as structures, names with their dot, aliases complete."""
    found = {name: properties[name] for name in RECORD.split() if name in properties}
    found["Name"] = _dotted(found["Name"])
    if "ResourceRecords" in found:
        found["ResourceRecords"] = [{"Value": str(each)} for each in found["ResourceRecords"]]
    if "AliasTarget" in found:
        found["AliasTarget"] = {"EvaluateTargetHealth": False, **found["AliasTarget"]}
    return found


def bare(identifier: str) -> str:
    """An id without the path before it."""
    return identifier.rpartition("/")[2]


def _dotted(name: Any) -> str:
    return str(name) if str(name).endswith(".") else f"{name}."


def _transition(was: list[Plain], now: list[Plain]) -> list[tuple[str, Plain]]:
    """Deletions before upserts: a record may change its kind under the same name."""
    old = {_key(each): each for each in was}
    new = {_key(each): each for each in now}
    gone = [("DELETE", each) for key, each in old.items() if key not in new]
    return gone + [("UPSERT", each) for key, each in new.items() if old.get(key) != each]


def _key(properties: Plain) -> tuple[str, str, str]:
    name = _dotted(properties.get("Name", "")).lower()
    return name, str(properties.get("Type")), str(properties.get("SetIdentifier"))


async def _zone(resource: Resource, properties: Plain) -> str:
    if "HostedZoneId" in properties:
        return bare(str(properties["HostedZoneId"]))
    name = _dotted(properties.get("HostedZoneName", ""))
    if name == ".":
        raise HandlerFailed("Either HostedZoneId or HostedZoneName must be specified.")
    found = await resource.call("route53", "ListHostedZonesByName", {"DNSName": name})
    zones = [each for each in found["HostedZones"] if each["Name"] == name]
    if len(zones) != 1:
        how = "Multiple hosted zones" if zones else "No hosted zones"
        raise HandlerFailed(f"{how} named {name} found")
    return bare(zones[0]["Id"])


async def _by_zone(resource: Resource, properties: Plain) -> dict[str, list[Plain]]:
    """Records of a group by their zone: the group's own unless a record names another."""
    found: dict[str, list[Plain]] = {}
    common: Plain = {name: properties[name] for name in ("HostedZoneId", "HostedZoneName") if name in properties}
    for each in properties.get("RecordSets", []):
        own = "HostedZoneId" in each or "HostedZoneName" in each
        zone_id = await _zone(resource, each if own else common)
        found.setdefault(zone_id, []).append(each)
    return found


async def _furnish(resource: Resource, zone_id: str, vpcs: list[Plain]) -> None:
    """What a new zone shall have beside its name and first VPC."""
    for vpc in vpcs:
        await resource.call("route53", "AssociateVPCWithHostedZone", {"HostedZoneId": zone_id, "VPC": vpc})
    await _tag(resource, "hostedzone", zone_id, "HostedZoneTags")
    await _log(resource, zone_id)
    if resource.get("HostedZoneFeatures", {}).get("EnableAcceleratedRecovery") is not None:
        await _accelerate(resource, zone_id)


async def _associate(resource: Resource, zone_id: str) -> None:
    """The VPCs of a private zone, as they should be. New ones first: it must never be without any."""
    was, now = _before(resource).get("VPCs", []), resource.get("VPCs", [])
    for vpc in now:
        if vpc not in was:
            await resource.call("route53", "AssociateVPCWithHostedZone", {"HostedZoneId": zone_id, "VPC": vpc})
    for vpc in was:
        if vpc not in now:
            await resource.call("route53", "DisassociateVPCFromHostedZone", {"HostedZoneId": zone_id, "VPC": vpc})


async def _log(resource: Resource, zone_id: str) -> None:
    """The query logging configuration of a zone, as it should be."""
    if _before(resource).get("QueryLoggingConfig"):
        found = await resource.call("route53", "ListQueryLoggingConfigs", {"HostedZoneId": zone_id})
        for config in found["QueryLoggingConfigs"]:
            await resource.call("route53", "DeleteQueryLoggingConfig", {"Id": config["Id"]})
    arn = resource.get("QueryLoggingConfig", {}).get("CloudWatchLogsLogGroupArn")
    if arn:
        input = {"HostedZoneId": zone_id, "CloudWatchLogsLogGroupArn": arn}
        await resource.call("route53", "CreateQueryLoggingConfig", input)


async def _accelerate(resource: Resource, zone_id: str) -> None:
    wanted = resource.get("HostedZoneFeatures", {}).get("EnableAcceleratedRecovery", False)
    input = {"HostedZoneId": zone_id, "EnableAcceleratedRecovery": wanted}
    await resource.call("route53", "UpdateHostedZoneFeatures", input)


async def _tag(resource: Resource, kind: str, resource_id: str, member: str) -> None:
    was = {each["Key"]: each["Value"] for each in _before(resource).get(member, [])}
    now = {each["Key"]: each["Value"] for each in resource.get(member, [])}
    now = {**resource.thing["tags"], **now}
    removed = [key for key in was if key not in now]
    rows = [{"Key": key, "Value": value} for key, value in now.items() if was.get(key) != value]
    for first in range(0, max(len(rows), len(removed)), TAGS_AT_ONCE):
        some = slice(first, first + TAGS_AT_ONCE)
        input = {"ResourceType": kind, "ResourceId": resource_id, "AddTags": rows[some] or None}
        await resource.call("route53", "ChangeTagsForResource", {**input, "RemoveTagKeys": removed[some] or None})


def _before(resource: Resource) -> Plain:
    return resource.before["properties"] if resource.before else {}
