"""Which VPCs see a private zone. Kept as state, and sent to the edge; VPCs themselves are not checked for."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import zones
from .changes import new_change, submitted
from .errors import LastVPCAssociation, PublicZoneVPCAssociation, VPCAssociationNotFound
from .paging import page, page_size
from .state import State, service


@service.operation_named("AssociateVPCWithHostedZone")
def associate_vpc_with_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, vpc = _private(ctx.state, input["HostedZoneId"]), _vpc(input)
    if vpc in zone["VPCs"]:
        return _changed(ctx, zone, zone["VPCs"], input)
    zones.check_domain_is_free(ctx.state, zone["Name"], vpc)
    return _changed(ctx, zone, [*zone["VPCs"], vpc], input)


@service.operation_named("DisassociateVPCFromHostedZone")
def disassociate_vpc_from_hosted_zone(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, vpc = _private(ctx.state, input["HostedZoneId"]), _vpc(input)
    if vpc not in zone["VPCs"]:
        raise VPCAssociationNotFound(
            f"The VPC {vpc['VPCId']} in region {vpc['VPCRegion']} is not associated with the hosted zone."
        )
    if len(zone["VPCs"]) == 1:
        raise LastVPCAssociation(
            "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is "
            "associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC "
            "from a hosted zone."
        )
    return _changed(ctx, zone, [each for each in zone["VPCs"] if each != vpc], input)


@service.operation_named("ListHostedZonesByVPC")
def list_hosted_zones_by_vpc(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    size, marker, vpc = page_size(input), input.get("NextToken") or "", _vpc({"VPC": input})
    found = (zone for id, zone in ctx.state.zones.items() if id >= marker and vpc in zone["VPCs"])
    shown, following = page(found, size)
    summaries = [
        {"HostedZoneId": zone["Id"], "Name": zone["Name"], "Owner": {"OwningAccount": ctx.account}}
        for zone in shown
    ]
    answer: dict[str, Any] = {"HostedZoneSummaries": summaries, "MaxItems": str(size)}
    return answer | ({"NextToken": following["Id"]} if following else {})


def _private(state: State, id: str) -> dict[str, Any]:
    zone = zones.find(state, id)
    if not zone["PrivateZone"]:
        raise PublicZoneVPCAssociation(
            "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support "
            "associating a VPC with a public hosted zone."
        )
    return zone


def _vpc(input: dict[str, Any]) -> dict[str, Any]:
    vpc = {key: input["VPC"][key] for key in ("VPCRegion", "VPCId") if key in input["VPC"]}
    zones.check_vpc(vpc)
    return vpc


def _changed(
    ctx: Context[State], zone: dict[str, Any], vpcs: list[dict[str, Any]], input: dict[str, Any]
) -> dict[str, Any]:
    info = new_change(ctx, input.get("Comment"))
    ctx.commit("zone_updated", zone=zone | {"VPCs": vpcs}, info=info)
    return {"ChangeInfo": submitted(info)}
