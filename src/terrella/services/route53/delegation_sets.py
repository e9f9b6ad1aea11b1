"""Reusable delegation sets: four name servers that many public zones may share."""

from __future__ import annotations

import random
import string
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from .errors import (
    DelegationSetAlreadyCreated,
    DelegationSetAlreadyReusable,
    DelegationSetInUse,
    HostedZoneNotFound,
    InvalidArgument,
    LimitsExceeded,
    NoSuchDelegationSet,
    TooManyHostedZones,
)
from .paging import page, page_size
from .state import State, service

DelegationSet = dict[str, Any]
MOST_SETS, MOST_ZONES_OF_A_SET = 100, 100
NAME_SERVER_ENDINGS = ("com", "net", "org", "co.uk")
_ID = string.ascii_uppercase + string.digits


@service.operation
def create_reusable_delegation_set(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    state, reference = ctx.state, input["CallerReference"]
    zone = _zone(state, input["HostedZoneId"]) if "HostedZoneId" in input else None
    if any(known["CallerReference"] == reference for _, known in state.delegation_sets.items()):
        raise DelegationSetAlreadyCreated(
            "A delegation set with the same owner and caller reference combination has already been created."
        )
    if len(state.delegation_sets) >= MOST_SETS:
        raise LimitsExceeded(f"Limits Exceeded: MAX_REUSABLE_DELEGATION_SETS_BY_OWNER of {MOST_SETS}")
    made = {
        "Id": "N" + "".join(ctx.here.rng.choices(_ID, k=20)),
        "CallerReference": reference,
        "NameServers": zone["NameServers"] if zone else name_servers(ctx.here.rng),
    }
    ctx.commit("delegation_set_created", made=made, zone=zone and zone | {"DelegationSetId": made["Id"]})
    location = f"https://route53.amazonaws.com/2013-04-01/delegationset/{made['Id']}"
    return {"DelegationSet": shown(made), "Location": location}


@service.operation
def get_reusable_delegation_set(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"DelegationSet": shown(find(ctx.state, input["Id"]))}


@service.operation
def list_reusable_delegation_sets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    size, marker = page_size(input), input.get("Marker") or ""
    first = marker.rpartition("/")[2]
    found = (each for id, each in ctx.state.delegation_sets.items() if id >= first)
    sets, following = page(found, size)
    answer = {
        "DelegationSets": [shown(each) for each in sets],
        "Marker": marker,
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    return answer | ({"NextMarker": following["Id"]} if following else {})


@service.operation
def delete_reusable_delegation_set(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = find(ctx.state, input["Id"])
    if zones_of(ctx.state, found["Id"]):
        raise DelegationSetInUse(
            "The specified delegation contains associated hosted zones which must be deleted before the reusable "
            "delegation set can be deleted."
        )
    ctx.commit("delegation_set_deleted", id=found["Id"])
    return {}


@service.operation
def get_reusable_delegation_set_limit(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = find(ctx.state, input["DelegationSetId"])
    limit = {"Type": input["Type"], "Value": MOST_ZONES_OF_A_SET}
    return {"Limit": limit, "Count": len(zones_of(ctx.state, found["Id"]))}


@service.change
def delegation_set_created(
    state: State, change: Change, *, made: DelegationSet, zone: dict[str, Any] | None
) -> None:
    state.delegation_sets.put(made["Id"], made)
    if zone is not None and zone["Id"] in state.zones:  # us-west-2 has only some
        state.zones.put(zone["Id"], zone)


@service.change
def delegation_set_deleted(state: State, change: Change, *, id: str) -> None:
    state.delegation_sets.delete(id)


def find(state: State, id: str) -> DelegationSet:
    """A set by its id, with or without the path before it. NoSuchDelegationSet if there is none."""
    id = id.rpartition("/")[2]
    found: DelegationSet | None = state.delegation_sets.get(id)
    if found is None:
        raise NoSuchDelegationSet(id)
    return found


def for_new_zone(state: State, id: str) -> DelegationSet:
    """The set a zone is to have. NoSuchDelegationSet; TooManyHostedZones if it has enough of them."""
    found = find(state, id)
    if len(zones_of(state, found["Id"])) >= MOST_ZONES_OF_A_SET:
        raise TooManyHostedZones(f"Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET of {MOST_ZONES_OF_A_SET}")
    return found


def zones_of(state: State, id: str) -> list[dict[str, Any]]:
    """The zones that have a set's name servers."""
    return [zone for _, zone in state.zones.items() if zone.get("DelegationSetId") == id]


def of_zone(state: State, zone: dict[str, Any]) -> DelegationSet:
    """A zone's name servers as the API gives them; those of a reusable set with its name."""
    known = state.delegation_sets.get(zone.get("DelegationSetId") or "")
    return shown(known) if known else {"NameServers": zone["NameServers"]}


def name_servers(rng: random.Random) -> list[str]:
    """Four name servers as Route 53 numbers them: 512 to an ending, eight to an awsdns domain."""
    servers = []
    for index, ending in enumerate(NAME_SERVER_ENDINGS):
        number = rng.randrange(512)
        servers.append(f"ns-{512 * index + number}.awsdns-{number // 8:02d}.{ending}")
    rng.shuffle(servers)
    return servers


def shown(found: DelegationSet) -> DelegationSet:
    """A set as the API gives it."""
    return found | {"Id": f"/delegationset/{found['Id']}"}


def _zone(state: State, id: str) -> dict[str, Any]:
    zone: dict[str, Any] | None = state.zones.get(id.rpartition("/")[2])
    if zone is None:
        raise HostedZoneNotFound(f"The specified HostedZone can't be found: {id}")
    if zone["PrivateZone"]:
        raise InvalidArgument("A private hosted zone has no delegation set that could be reused.")
    if "DelegationSetId" in zone:
        raise DelegationSetAlreadyReusable("The specified delegation set has already been marked as reusable.")
    return zone
