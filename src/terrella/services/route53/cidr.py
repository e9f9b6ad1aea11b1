"""CIDR collections: blocks of addresses by location, for IP-based routing. The edge holds a copy.

Facts: "IP-based routing" of the Developer Guide. Blocks of IPv4 are of 1 to 24 bits, of IPv6 of 1 to 48.

Invariant: a block stands in one location of its collection, and a location without blocks does not exist.
"""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Iterator
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from .changes import new_change
from .errors import (
    CidrBlockInUseException,
    CidrCollectionAlreadyExistsException,
    CidrCollectionInUseException,
    CidrCollectionVersionMismatchException,
    InvalidInput,
    LimitsExceeded,
    NoSuchCidrCollectionException,
    NoSuchCidrLocationException,
)
from .paging import page, results_size
from .state import State, service

Collection = dict[str, Any]
Locations = dict[str, list[str]]
DEFAULT = "*"
MOST_COLLECTIONS, MOST_BLOCKS, MOST_IN_A_REQUEST = 5, 1000, 1000
_LONGEST = {4: 24, 6: 48}


@service.operation
def create_cidr_collection(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    known = next((each for _, each in ctx.state.cidr_collections.items() if each["Name"] == input["Name"]), None)
    if known is not None:
        if known["CallerReference"] != input["CallerReference"]:
            raise CidrCollectionAlreadyExistsException(
                f"A CIDR collection with the name {input['Name']} and a different caller reference already exists."
            )
        return _created(known)
    if len(ctx.state.cidr_collections) >= MOST_COLLECTIONS:
        raise LimitsExceeded(f"Limits Exceeded: MAX_CIDR_COLLECTIONS_BY_OWNER of {MOST_COLLECTIONS}")
    id = str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4))
    collection = {
        "Id": id,
        "Arn": f"arn:aws:route53::{ctx.account}:cidrcollection/{id}",
        "Name": input["Name"],
        "CallerReference": input["CallerReference"],
        "Version": 1,
        "Locations": {},
    }
    ctx.commit("cidr_collection_put", collection=collection)
    return _created(collection)


@service.operation
def change_cidr_collection(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    collection = find(ctx.state, input["Id"])
    version = input.get("CollectionVersion")
    if version is not None and version != collection["Version"]:
        raise CidrCollectionVersionMismatchException(
            f"The CIDR collection {collection['Id']} is at version {collection['Version']}, not {version}."
        )
    locations = _changed(collection["Locations"], input["Changes"])
    for name in collection["Locations"].keys() - locations.keys():
        if _is_used(ctx.state, collection["Id"], name):
            raise CidrBlockInUseException(f"The last CIDR blocks of location {name} are in use by a record set.")
    info = new_change(ctx)
    newer = collection | {"Locations": locations, "Version": collection["Version"] + 1}
    ctx.commit("cidr_collection_put", collection=newer, info=info)
    return {"Id": info["Id"]}


@service.operation
def delete_cidr_collection(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    collection = find(ctx.state, input["Id"])
    if collection["Locations"] or _is_used(ctx.state, collection["Id"], None):
        raise CidrCollectionInUseException("This CIDR collection is in use, and isn't empty.")
    ctx.commit("cidr_collection_deleted", id=collection["Id"])
    return {}


@service.operation
def list_cidr_collections(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = (each for id, each in ctx.state.cidr_collections.items() if id >= (input.get("NextToken") or ""))
    shown, following = page(found, results_size(input))
    answer: dict[str, Any] = {"CidrCollections": [_shown(each) for each in shown]}
    return answer | ({"NextToken": following["Id"]} if following else {})


@service.operation
def list_cidr_locations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    locations = find(ctx.state, input["CollectionId"])["Locations"]
    found = (name for name in sorted(locations) if name >= (input.get("NextToken") or ""))
    shown, following = page(found, results_size(input))
    answer: dict[str, Any] = {"CidrLocations": [{"LocationName": name} for name in shown]}
    return answer | ({"NextToken": following} if following else {})


@service.operation
def list_cidr_blocks(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    locations, asked = find(ctx.state, input["CollectionId"])["Locations"], input.get("LocationName")
    if asked is not None and asked not in locations:
        raise NoSuchCidrLocationException("The CIDR collection location doesn't match any locations in your account.")
    location, _, block = (input.get("NextToken") or "").partition("/")
    rows = (row for row in _rows(locations) if asked in (None, row[0]) and row >= (location, block))
    shown, following = page(rows, results_size(input))
    answer: dict[str, Any] = {"CidrBlocks": [{"CidrBlock": block, "LocationName": name} for name, block in shown]}
    return answer | ({"NextToken": "/".join(following)} if following else {})


@service.change
def cidr_collection_put(
    state: State, change: Change, *, collection: Collection, info: dict[str, Any] | None = None
) -> None:
    state.cidr_collections.put(collection["Id"], collection)
    if info is not None:
        state.remember(change, info)


@service.change
def cidr_collection_deleted(state: State, change: Change, *, id: str) -> None:
    state.cidr_collections.delete(id)


def find(state: State, id: str) -> Collection:
    """A CIDR collection by its id. NoSuchCidrCollectionException if there is none."""
    collection: Collection | None = state.cidr_collections.get(id)
    if collection is None:
        raise NoSuchCidrCollectionException(id)
    return collection


def fault(state: State, config: dict[str, str]) -> str | None:
    """Why a record set may not route by this collection and location."""
    collection = state.cidr_collections.get(config["CollectionId"])
    if collection is None:
        return f"CIDR collection {config['CollectionId']} does not exist"
    if config["LocationName"] not in (DEFAULT, *collection["Locations"]):
        return f"CIDR location {config['LocationName']} does not exist in CIDR collection {collection['Id']}"
    return None


def _changed(before: Locations, changes: list[dict[str, Any]]) -> Locations:
    """The locations once all changes are made, one after the other."""
    if sum(len(change["CidrList"]) for change in changes) > MOST_IN_A_REQUEST:
        raise InvalidInput(f"The input is not valid: a request can change at most {MOST_IN_A_REQUEST} CIDR blocks")
    locations = {name: set(blocks) for name, blocks in before.items()}
    for change in changes:
        blocks = {_block(text) for text in change["CidrList"]}
        here = locations.setdefault(change["LocationName"], set())
        if change["Action"] == "PUT":
            here |= blocks
        else:
            here -= blocks
    seen: dict[str, str] = {}
    for name, blocks in locations.items():
        for block in blocks:
            if block in seen:
                raise CidrBlockInUseException(f"The CIDR block {block} is already in use by location {seen[block]}.")
            seen[block] = name
    if len(seen) > MOST_BLOCKS:
        raise LimitsExceeded(f"Limits Exceeded: MAX_CIDR_BLOCKS_BY_COLLECTION of {MOST_BLOCKS}")
    return {name: sorted(blocks) for name, blocks in locations.items() if blocks}


def _block(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError as error:
        raise InvalidInput(f"The input is not valid: {text} is not a CIDR block") from error
    longest = _LONGEST[network.version]
    if "/" not in text or not 1 <= network.prefixlen <= longest:
        raise InvalidInput(f"The input is not valid: the prefix of {text} is not between /1 and /{longest}")
    return str(network)


def _is_used(state: State, collection: str, location: str | None) -> bool:
    """Does a record set route by this collection, and this location of it?"""
    configs = (record.get("CidrRoutingConfig") for _, group in state.records.items() for record in group)
    return any(
        config["CollectionId"] == collection and location in (None, config["LocationName"])
        for config in configs
        if config
    )


def _rows(locations: Locations) -> Iterator[tuple[str, str]]:
    for name in sorted(locations):
        yield from ((name, block) for block in locations[name])


def _created(collection: Collection) -> dict[str, Any]:
    location = f"https://route53.amazonaws.com/2013-04-01/cidrcollection/{collection['Id']}"
    return {"Collection": _shown(collection), "Location": location}


def _shown(collection: Collection) -> dict[str, Any]:
    return {key: collection[key] for key in ("Arn", "Id", "Name", "Version")}
