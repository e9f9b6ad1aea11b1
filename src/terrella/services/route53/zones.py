"""Hosted zones, public and private. A private zone is kept with the VPCs it belongs to."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import names
from .changes import new_change, submitted
from .errors import (
    ConflictingDomainExists,
    HostedZoneAlreadyExists,
    HostedZoneNotEmpty,
    InvalidDomainName,
    InvalidInput,
    InvalidVPCId,
    NoSuchDelegationSet,
    NoSuchHostedZone,
    TooManyHostedZones,
)
from .paging import page, page_size
from .state import State, service

MOST_ZONES = 500
NAME_SERVER_ENDINGS = ("com", "net", "org", "co.uk")
NS_TTL, SOA_TTL = 172_800, 900
_ID = string.ascii_uppercase + string.digits
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")


@service.operation
def create_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    config, vpc = input.get("HostedZoneConfig") or {}, input.get("VPC")
    name = _zone_name(input["Name"])
    if "DelegationSetId" in input:
        raise NoSuchDelegationSet(input["DelegationSetId"].rpartition("/")[2])
    private = bool(config.get("PrivateZone")) or vpc is not None
    if private:
        check_vpc(vpc)
    _check_new(ctx.state, name, input["CallerReference"], vpc)
    zone = {
        "Id": _new_id(ctx),
        "Name": name,
        "CallerReference": input["CallerReference"],
        "Comment": config.get("Comment"),
        "PrivateZone": private,
        "VPCs": [dict(vpc)] if vpc else [],
        "NameServers": _private_servers() if private else _name_servers(ctx.here.rng),
        "CreatedAt": ctx.now,
    }
    info = new_change(ctx)
    ctx.commit("zone_created", zone=zone, records=_own_records(zone), info=info)
    answer = {
        "HostedZone": shown(ctx.state, zone),
        "ChangeInfo": submitted(info),
        "Location": f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone['Id']}",
    }
    return answer | ({"VPC": vpc} if private else {"DelegationSet": {"NameServers": zone["NameServers"]}})


@service.operation
def get_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    if zone["PrivateZone"]:
        return {"HostedZone": shown(ctx.state, zone), "VPCs": zone["VPCs"]}
    return {"HostedZone": shown(ctx.state, zone), "DelegationSet": {"NameServers": zone["NameServers"]}}


@service.operation
def delete_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    if ctx.state.count(zone["Id"]) > len(_own_records(zone)):
        raise HostedZoneNotEmpty(
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
        )
    if zone.get("dnssec", {}).get("keys"):
        raise HostedZoneNotEmpty(
            "The specified hosted zone contains DNSSEC Key Signing Keys and so cannot be deleted."
        )
    info = new_change(ctx)
    ctx.commit("zone_deleted", id=zone["Id"], info=info)
    return {"ChangeInfo": submitted(info)}


@service.operation
def update_hosted_zone_comment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    ctx.commit("zone_updated", zone=zone | {"Comment": input.get("Comment")})
    return {"HostedZone": shown(ctx.state, find(ctx.state, zone["Id"]))}


@service.operation
def get_hosted_zone_count(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"HostedZoneCount": len(ctx.state.zones)}


@service.operation
def list_hosted_zones(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    if "DelegationSetId" in input:
        raise NoSuchDelegationSet(input["DelegationSetId"].rpartition("/")[2])
    size, marker = page_size(input), input.get("Marker") or ""
    private_only = input.get("HostedZoneType") == "PrivateHostedZone"
    found = (
        zone
        for id, zone in ctx.state.zones.items()
        if id >= marker and (zone["PrivateZone"] or not private_only)
    )
    zones, following = page(found, size)
    answer = {"HostedZones": [shown(ctx.state, zone) for zone in zones], "IsTruncated": following is not None}
    answer |= {"MaxItems": str(size), "Marker": marker or None}
    return answer | ({"NextMarker": following["Id"]} if following else {})


@service.operation
def list_hosted_zones_by_name(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    size, asked = page_size(input), input.get("DNSName")
    if "HostedZoneId" in input and not asked:
        raise InvalidInput("The input is not valid: HostedZoneId requires DNSName")
    start_id = input.get("HostedZoneId", "").rpartition("/")[2]
    start = (names.order(_zone_name(asked)) if asked else "", start_id)
    zones, following = page((zone for zone in _by_name(ctx.state) if _place(zone) >= start), size)
    answer = {
        "HostedZones": [shown(ctx.state, zone) for zone in zones],
        "DNSName": asked,
        "HostedZoneId": input.get("HostedZoneId"),
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following:
        answer |= {"NextDNSName": following["Name"], "NextHostedZoneId": following["Id"]}
    return answer


@service.change
def zone_created(
    state: State, change: Change, *, zone: dict[str, Any], records: list[dict[str, Any]], info: dict[str, Any]
) -> None:
    state.zones.put(zone["Id"], zone)
    for record in records:
        state.put_group(zone["Id"], zone["Name"], record["Type"], [record])
    state.remember(change, info)


@service.change
def zone_updated(
    state: State, change: Change, *, zone: dict[str, Any], info: dict[str, Any] | None = None
) -> None:
    state.zones.put(zone["Id"], zone)
    if info is not None:
        state.remember(change, info)


@service.change
def zone_deleted(state: State, change: Change, *, id: str, info: dict[str, Any]) -> None:
    state.zones.delete(id)
    state.forget_zone(id)
    state.tags.delete(f"hostedzone/{id}")
    state.remember(change, info)


def find(state: State, id: str) -> dict[str, Any]:
    """A zone by its id, with or without the path before it. NoSuchHostedZone if there is none."""
    id = id.rpartition("/")[2]
    zone: dict[str, Any] | None = state.zones.get(id)
    if zone is None:
        raise NoSuchHostedZone(id)
    return zone


def shown(state: State, zone: dict[str, Any]) -> dict[str, Any]:
    """A zone as the API gives it."""
    config = {"PrivateZone": zone["PrivateZone"]} | ({"Comment": zone["Comment"]} if zone["Comment"] else {})
    return {
        "Id": f"/hostedzone/{zone['Id']}",
        "Name": zone["Name"],
        "CallerReference": zone["CallerReference"],
        "Config": config,
        "ResourceRecordSetCount": state.count(zone["Id"]),
    }


def check_vpc(vpc: dict[str, Any] | None) -> None:
    if vpc is None:
        raise InvalidInput("When you're creating a private hosted zone, you must specify a VPC ID.")
    if not _VPC.fullmatch(vpc.get("VPCId", "")) or "VPCRegion" not in vpc:
        raise InvalidVPCId("The VPC ID is invalid.")


def check_domain_is_free(state: State, name: str, vpc: dict[str, Any]) -> None:
    """A VPC sees at most one private zone of a name."""
    for id, zone in state.zones.items():
        if zone["Name"] == name and vpc in zone["VPCs"]:
            raise ConflictingDomainExists(
                f"The VPC {vpc['VPCId']} in region {vpc['VPCRegion']} has already been associated with the "
                f"hosted zone {id} with the same domain name."
            )


def _zone_name(name: str) -> str:
    try:
        canonical = names.canonical(name)
    except names.BadName as bad:
        raise InvalidDomainName(f"Invalid Domain Name: [{name}]") from bad
    if names.is_wildcard(canonical):
        raise InvalidDomainName(f"Invalid Domain Name: [{name}]")
    return canonical


def _check_new(state: State, name: str, reference: str, vpc: dict[str, Any] | None) -> None:
    if any(zone["CallerReference"] == reference for _, zone in state.zones.items()):
        raise HostedZoneAlreadyExists(
            "A hosted zone has already been created with the specified caller reference."
        )
    if vpc:
        check_domain_is_free(state, name, vpc)
    if len(state.zones) >= MOST_ZONES:
        raise TooManyHostedZones(f"Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER of {MOST_ZONES}")


def _new_id(ctx: Context[State]) -> str:
    while (id := "Z" + "".join(ctx.here.rng.choices(_ID, k=20))) in ctx.state.zones:
        pass
    return id


def _name_servers(rng: random.Random) -> list[str]:
    """Four name servers as Route 53 numbers them: 512 to an ending, eight to an awsdns domain."""
    servers = []
    for index, ending in enumerate(NAME_SERVER_ENDINGS):
        number = rng.randrange(512)
        servers.append(f"ns-{512 * index + number}.awsdns-{number // 8:02d}.{ending}")
    rng.shuffle(servers)
    return servers


def _private_servers() -> list[str]:
    return [f"ns-{512 * index}.awsdns-00.{ending}" for index, ending in enumerate(NAME_SERVER_ENDINGS)]


def _own_records(zone: dict[str, Any]) -> list[dict[str, Any]]:
    """The NS and SOA record sets every zone begins with. Values from "NS and SOA records" of the guide."""
    servers = [f"{server}." for server in zone["NameServers"]]
    soa = f"{servers[0]} awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    return [
        _record(zone["Name"], "NS", NS_TTL, servers),
        _record(zone["Name"], "SOA", SOA_TTL, [soa]),
    ]


def _record(name: str, type: str, ttl: int, values: list[str]) -> dict[str, Any]:
    return {"Name": name, "Type": type, "TTL": ttl, "ResourceRecords": [{"Value": value} for value in values]}


def _by_name(state: State) -> Iterator[dict[str, Any]]:
    yield from sorted((zone for _, zone in state.zones.items()), key=_place)


def _place(zone: dict[str, Any]) -> tuple[str, str]:
    return names.order(zone["Name"]), zone["Id"]
