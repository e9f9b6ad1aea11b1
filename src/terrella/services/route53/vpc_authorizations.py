"""Leave for VPCs of other accounts to be associated with a private zone. Kept as state: this world has one account."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import zones
from .errors import (
    InvalidInput,
    InvalidPaginationToken,
    TooManyVPCAssociationAuthorizations,
    VPCAssociationAuthorizationNotFound,
)
from .paging import page, results_size
from .state import State, service

MOST_AUTHORIZATIONS, LONGEST_PAGE = 1000, 50


@service.operation_named("CreateVPCAssociationAuthorization")
def create_vpc_association_authorization(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, vpc, known = _asked(ctx.state, input)
    if vpc not in known:
        if len(known) >= MOST_AUTHORIZATIONS:
            raise TooManyVPCAssociationAuthorizations(
                f"Limits Exceeded: MAX_VPC_ASSOCIATION_AUTHORIZATIONS_BY_ZONE of {MOST_AUTHORIZATIONS}"
            )
        ctx.commit("vpcs_authorized", zone=zone["Id"], vpcs=[*known, vpc])
    return {"HostedZoneId": zone["Id"], "VPC": vpc}


@service.operation_named("DeleteVPCAssociationAuthorization")
def delete_vpc_association_authorization(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, vpc, known = _asked(ctx.state, input)
    if vpc not in known:
        raise VPCAssociationAuthorizationNotFound(
            "The VPC that you specified is not authorized to be associated with the hosted zone."
        )
    ctx.commit("vpcs_authorized", zone=zone["Id"], vpcs=[each for each in known if each != vpc])
    return {}


@service.operation_named("ListVPCAssociationAuthorizations")
def list_vpc_association_authorizations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, token = zones.find(ctx.state, input["HostedZoneId"]), input.get("NextToken") or ""
    if token and "/" not in token:
        raise InvalidPaginationToken(f"The pagination token {token} is invalid.")
    found = sorted(ctx.state.authorizations.get(zone["Id"]) or [], key=_place)
    shown, following = page((vpc for vpc in found if _place(vpc) >= token), results_size(input, LONGEST_PAGE))
    answer: dict[str, Any] = {"HostedZoneId": zone["Id"], "VPCs": shown}
    return answer | ({"NextToken": _place(following)} if following else {})


@service.change
def vpcs_authorized(state: State, change: Change, *, zone: str, vpcs: list[dict[str, Any]]) -> None:
    if vpcs:
        state.authorizations.put(zone, vpcs)
    else:
        state.authorizations.delete(zone)


def _asked(
    state: State, input: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The zone and VPC of a request, and the VPCs authorized so far."""
    zone, vpc = zones.find(state, input["HostedZoneId"]), dict(input["VPC"])
    zones.check_vpc(vpc)
    if not zone["PrivateZone"]:
        raise InvalidInput(f"The hosted zone {zone['Id']} is public, and VPCs cannot be associated with it.")
    return zone, vpc, state.authorizations.get(zone["Id"]) or []


def _place(vpc: dict[str, Any]) -> str:
    return f"{vpc['VPCRegion']}/{vpc['VPCId']}"
