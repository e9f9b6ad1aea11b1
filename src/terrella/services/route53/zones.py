"""Hosted zones, public and private. A private zone is kept with the VPCs it belongs to."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import delegation_sets, names, recovery, terms
from .changes import new_change, submitted
from .errors import (
    ConflictingDomainExists,
    HostedZoneAlreadyExists,
    HostedZoneNotEmpty,
    InvalidDomainName,
    InvalidInput,
    InvalidVPCId,
    NoSuchHostedZone,
    TooManyHostedZones,
)
from .paging import page, page_size
from .state import State, service

MOST_ZONES = 500
NS_TTL, SOA_TTL = 172_800, 900
_ID = string.ascii_uppercase + string.digits
_VPC = re.compile(r"vpc-[0-9a-f]{8,17}")


@service.operation
def create_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    config, vpc = input.get("HostedZoneConfig") or {}, input.get("VPC")
    name = _zone_name(input["Name"])
    private = bool(config.get("PrivateZone")) or vpc is not None
    if private:
        check_vpc(vpc)
    reused = _reused(ctx.state, name, input.get("DelegationSetId"), private)
    _check_new(ctx.state, name, input["CallerReference"], vpc)
    zone = {
        "Id": _new_id(ctx),
        "Name": name,
        "CallerReference": input["CallerReference"],
        "Comment": config.get("Comment"),
        "PrivateZone": private,
        "VPCs": [dict(vpc)] if vpc else [],
        "NameServers": _servers(ctx, private, reused),
        "CreatedAt": ctx.now,
        **({"DelegationSetId": reused["Id"]} if reused else {}),
    }
    info = new_change(ctx)
    ctx.commit("zone_created", zone=zone, records=_own_records(zone), info=info)
    answer = {
        "HostedZone": shown(ctx, zone),
        "ChangeInfo": submitted(info),
        "Location": f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone['Id']}",
    }
    return answer | ({"VPC": vpc} if private else {"DelegationSet": delegation_sets.of_zone(ctx.state, zone)})


@service.operation
def get_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    if zone["PrivateZone"]:
        return {"HostedZone": shown(ctx, zone), "VPCs": zone["VPCs"]}
    return {"HostedZone": shown(ctx, zone), "DelegationSet": delegation_sets.of_zone(ctx.state, zone)}


@service.operation
def delete_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    _check_deletable(ctx, zone)
    info = new_change(ctx)
    ctx.commit("zone_deleted", id=zone["Id"], info=info)
    return {"ChangeInfo": submitted(info)}


@service.operation
def update_hosted_zone_comment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = find(ctx.state, input["Id"])
    ctx.commit("zone_updated", zone=zone | {"Comment": input.get("Comment")}, **terms.stamp(ctx.state, zone["Id"]))
    return {"HostedZone": shown(ctx, find(ctx.state, zone["Id"]))}


@service.operation
def get_hosted_zone_count(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"HostedZoneCount": len(ctx.state.zones)}


@service.operation
def list_hosted_zones(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    asked = input.get("DelegationSetId")
    reused = delegation_sets.find(ctx.state, asked)["Id"] if asked else None
    size, marker = page_size(input), input.get("Marker") or ""
    private_only = input.get("HostedZoneType") == "PrivateHostedZone"
    found = (
        zone
        for id, zone in ctx.state.zones.items()
        if id >= marker
        and (zone["PrivateZone"] or not private_only)
        and (reused is None or zone.get("DelegationSetId") == reused)
    )
    zones, following = page(found, size)
    answer = {"HostedZones": [shown(ctx, zone) for zone in zones], "IsTruncated": following is not None}
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
        "HostedZones": [shown(ctx, zone) for zone in zones],
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
    state: State, change: Change, *, zone: dict[str, Any], info: dict[str, Any] | None = None, term: int = 0
) -> None:
    if terms.is_late(state, zone["Id"], term):
        return
    state.zones.put(zone["Id"], zone)
    if info is not None:
        state.remember(change, info)


@service.change
def zone_deleted(state: State, change: Change, *, id: str, info: dict[str, Any]) -> None:
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


def shown(ctx: Context[State], zone: dict[str, Any]) -> dict[str, Any]:
    """A zone as the API gives it."""
    config = {"PrivateZone": zone["PrivateZone"]} | ({"Comment": zone["Comment"]} if zone["Comment"] else {})
    features = {"AcceleratedRecoveryStatus": recovery.status(ctx, zone)} if recovery.is_known(zone) else None
    return {
        "Id": f"/hostedzone/{zone['Id']}",
        "Name": zone["Name"],
        "CallerReference": zone["CallerReference"],
        "Config": config,
        "ResourceRecordSetCount": ctx.state.count(zone["Id"]),
        "Features": features,
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


def _check_deletable(ctx: Context[State], zone: dict[str, Any]) -> None:
    held = "The specified hosted zone contains {} and so cannot be deleted."
    if ctx.state.count(zone["Id"]) > len(_own_records(zone)):
        raise HostedZoneNotEmpty(held.format("non-required resource record sets"))
    if zone.get("dnssec", {}).get("keys"):
        raise HostedZoneNotEmpty(held.format("DNSSEC Key Signing Keys"))
    if ctx.state.protections_of(zone["Id"]):
        raise HostedZoneNotEmpty(held.format("resource record set protections"))
    if recovery.status(ctx, zone) != "DISABLED":
        raise InvalidInput("The specified hosted zone has accelerated recovery enabled and so cannot be deleted.")


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


def _reused(state: State, name: str, id: str | None, private: bool) -> dict[str, Any] | None:
    """The reusable delegation set a new zone shall have. Two zones of one name cannot share name servers."""
    if id is None:
        return None
    if private:
        raise InvalidInput("A reusable delegation set cannot be associated with a private hosted zone.")
    reused = delegation_sets.for_new_zone(state, id)
    if any(zone["Name"] == name for zone in delegation_sets.zones_of(state, reused["Id"])):
        raise ConflictingDomainExists(
            f"Cannot create hosted zone with DelegationSetId DelegationSetId:{reused['Id']} as the DNSName{name} "
            "conflicts with existing ones sharing the delegation set"
        )
    return reused


def _servers(ctx: Context[State], private: bool, reused: dict[str, Any] | None) -> list[str]:
    if reused is not None:
        return list(reused["NameServers"])
    return _private_servers() if private else delegation_sets.name_servers(ctx.here.rng)


def _private_servers() -> list[str]:
    return [f"ns-{512 * index}.awsdns-00.{ending}" for index, ending in enumerate(delegation_sets.NAME_SERVER_ENDINGS)]


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
