"""CIDR collections, record sets that route by them, and what askers are told."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from route53_batches import change, record
from route53_edge import Edge

from terrella.region.region import Region


def make(route53: Any, name: str = "offices", reference: str = "r") -> str:
    return str(route53.create_cidr_collection(Name=name, CallerReference=reference)["Collection"]["Id"])


def put(route53: Any, id: str, location: str, *blocks: str, action: str = "PUT", **more: Any) -> Any:
    changes = [{"LocationName": location, "Action": action, "CidrList": list(blocks)}]
    return route53.change_cidr_collection(Id=id, Changes=changes, **more)


def routed(name: str, address: str, collection: str, location: str) -> dict[str, Any]:
    config = {"CollectionId": collection, "LocationName": location}
    return record(name, address, SetIdentifier=location, CidrRoutingConfig=config)


def test_a_collection_is_made_once_for_a_name_and_a_reference(route53: Any) -> None:
    made = route53.create_cidr_collection(Name="offices", CallerReference="r")["Collection"]
    assert (made["Name"], made["Version"]) == ("offices", 1)
    assert made["Arn"] == f"arn:aws:route53::123456789012:cidrcollection/{made['Id']}"
    assert make(route53) == made["Id"]
    with pytest.raises(route53.exceptions.CidrCollectionAlreadyExistsException):
        make(route53, reference="another")
    assert route53.list_cidr_collections()["CidrCollections"] == [made]
    for number in range(4):
        make(route53, f"more{number}")
    with pytest.raises(route53.exceptions.LimitsExceeded):
        make(route53, "sixth")


def test_blocks_are_put_and_deleted_and_every_change_is_a_version(route53: Any) -> None:
    id = make(route53)
    put(route53, id, "home", "10.1.0.0/16", "2001:db8::/32", CollectionVersion=1)
    put(route53, id, "away", "10.1.2.0/24")
    with pytest.raises(route53.exceptions.CidrCollectionVersionMismatchException):
        put(route53, id, "away", "10.3.0.0/16", CollectionVersion=1)
    assert route53.list_cidr_collections()["CidrCollections"][0]["Version"] == 3
    assert [each["LocationName"] for each in route53.list_cidr_locations(CollectionId=id)["CidrLocations"]] == [
        "away", "home",
    ]  # fmt: skip
    blocks = route53.get_paginator("list_cidr_blocks").paginate(CollectionId=id, PaginationConfig={"PageSize": 2})
    assert [(each["LocationName"], each["CidrBlock"]) for page in blocks for each in page["CidrBlocks"]] == [
        ("away", "10.1.2.0/24"), ("home", "10.1.0.0/16"), ("home", "2001:db8::/32"),
    ]  # fmt: skip
    assert len(route53.list_cidr_blocks(CollectionId=id, LocationName="away")["CidrBlocks"]) == 1
    with pytest.raises(route53.exceptions.NoSuchCidrLocationException):
        route53.list_cidr_blocks(CollectionId=id, LocationName="nowhere")


def test_a_block_stands_in_one_location_and_moves_in_one_request(route53: Any) -> None:
    id = make(route53)
    put(route53, id, "home", "10.1.0.0/16")
    with pytest.raises(route53.exceptions.CidrBlockInUseException):
        put(route53, id, "away", "10.1.0.0/16")
    moved = [
        {"LocationName": "away", "Action": "PUT", "CidrList": ["10.1.0.0/16"]},
        {"LocationName": "home", "Action": "DELETE_IF_EXISTS", "CidrList": ["10.1.0.0/16", "10.9.0.0/16"]},
    ]
    route53.change_cidr_collection(Id=id, Changes=moved)
    assert route53.list_cidr_blocks(CollectionId=id)["CidrBlocks"] == [
        {"CidrBlock": "10.1.0.0/16", "LocationName": "away"}
    ]


@pytest.mark.parametrize("block", ["10.0.0.0/25", "0.0.0.0/0", "10.0.0.1/24", "2001:db8::/49", "10.0.0.0", "x"])
def test_blocks_too_small_too_large_or_crooked_are_refused(route53: Any, block: str) -> None:
    id = make(route53)
    with pytest.raises(route53.exceptions.InvalidInput):
        put(route53, id, "home", block)


def test_a_collection_that_is_not_empty_or_in_use_stays(route53: Any, zone: str) -> None:
    id = make(route53)
    put(route53, id, "home", "10.1.0.0/16")
    with pytest.raises(route53.exceptions.CidrCollectionInUseException):
        route53.delete_cidr_collection(Id=id)
    used = routed("c.example.com", "192.0.2.1", id, "home")
    change(route53, zone, ("CREATE", used))
    with pytest.raises(route53.exceptions.CidrBlockInUseException):
        put(route53, id, "home", "10.1.0.0/16", action="DELETE_IF_EXISTS")
    change(route53, zone, ("DELETE", used))
    put(route53, id, "home", "10.1.0.0/16", action="DELETE_IF_EXISTS")
    route53.delete_cidr_collection(Id=id)
    with pytest.raises(route53.exceptions.NoSuchCidrCollectionException):
        route53.list_cidr_locations(CollectionId=id)


def test_askers_are_told_apart_by_their_blocks(home: Region, route53: Any, zone: str) -> None:
    edge, id = Edge(home), make(route53)
    put(route53, id, "wide", "198.18.0.0/16")
    put(route53, id, "narrow", "198.18.3.0/24")
    change(
        route53, zone, ("CREATE", routed("c.example.com", "192.0.2.1", id, "wide")),
        ("CREATE", routed("c.example.com", "192.0.2.2", id, "narrow")),
        ("CREATE", routed("c.example.com", "192.0.2.3", id, "*")),
    )  # fmt: skip
    assert edge.ask("c.example.com", subnet="198.18.9.0") == ["192.0.2.1"]
    assert edge.ask("c.example.com", subnet="198.18.3.0") == ["192.0.2.2"]
    assert edge.ask("c.example.com", subnet="203.0.113.0") == ["192.0.2.3"] == edge.ask_anew("c.example.com")
    put(route53, id, "narrow", "203.0.113.0/24")
    assert edge.ask("c.example.com", subnet="203.0.113.0") == ["192.0.2.2"]


def test_record_sets_route_by_one_collection_and_its_locations_only(route53: Any, zone: str) -> None:
    one, other = make(route53), make(route53, "others")
    put(route53, one, "home", "10.1.0.0/16")
    change(route53, zone, ("CREATE", routed("c.example.com", "192.0.2.1", one, "home")))
    unknown = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
    twice = routed("c.example.com", "192.0.2.2", one, "home") | {"SetIdentifier": "again"}
    for wrong, why in (
        (routed("d.example.com", "192.0.2.1", unknown, "*"), "does not exist"),
        (routed("d.example.com", "192.0.2.1", one, "nowhere"), "location nowhere does not exist"),
        (routed("c.example.com", "192.0.2.1", other, "*"), "another CIDR collection"),
        (twice, "location already exists"),
    ):
        with pytest.raises(ClientError, match=why):
            change(route53, zone, ("CREATE", wrong))


def test_pages_of_blocks_end_whatever_the_names_of_locations(route53: Any) -> None:
    id = make(route53)
    put(route53, id, "a", "10.1.0.0/16", "10.2.0.0/16")
    put(route53, id, "a-b", "10.3.0.0/16", "10.4.0.0/16")
    pages = route53.get_paginator("list_cidr_blocks").paginate(CollectionId=id, PaginationConfig={"PageSize": 1})
    assert [each["CidrBlock"] for page in pages for each in page["CidrBlocks"]] == [
        "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16",
    ]  # fmt: skip
