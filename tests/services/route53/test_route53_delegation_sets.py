"""Reusable delegation sets: name servers that zones share."""

from __future__ import annotations

from typing import Any

import pytest


def test_zones_of_a_set_have_its_name_servers(route53: Any) -> None:
    made = route53.create_reusable_delegation_set(CallerReference="r")["DelegationSet"]
    assert made["Id"].startswith("/delegationset/N") and len(made["NameServers"]) == 4
    zone = route53.create_hosted_zone(Name="a.com", CallerReference="a", DelegationSetId=made["Id"])
    assert zone["DelegationSet"] == made
    id = zone["HostedZone"]["Id"]
    (servers,) = [
        [value["Value"].rstrip(".") for value in each["ResourceRecords"]]
        for each in route53.list_resource_record_sets(HostedZoneId=id)["ResourceRecordSets"]
        if each["Type"] == "NS"
    ]
    assert servers == made["NameServers"] == route53.get_hosted_zone(Id=id)["DelegationSet"]["NameServers"]
    route53.create_hosted_zone(Name="other.com", CallerReference="b")
    assert [each["Id"] for each in route53.list_hosted_zones(DelegationSetId=made["Id"])["HostedZones"]] == [id]
    limit = route53.get_reusable_delegation_set_limit(
        Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET", DelegationSetId=made["Id"]
    )
    assert (limit["Count"], limit["Limit"]["Value"]) == (1, 100)
    with pytest.raises(route53.exceptions.ConflictingDomainExists, match="sharing the delegation set"):
        route53.create_hosted_zone(Name="a.com", CallerReference="c", DelegationSetId=made["Id"])


def test_a_set_in_use_is_not_deleted(route53: Any) -> None:
    made = route53.create_reusable_delegation_set(CallerReference="r")["DelegationSet"]
    zone = route53.create_hosted_zone(Name="a.com", CallerReference="a", DelegationSetId=made["Id"])["HostedZone"]
    with pytest.raises(route53.exceptions.DelegationSetInUse):
        route53.delete_reusable_delegation_set(Id=made["Id"])
    route53.delete_hosted_zone(Id=zone["Id"])
    route53.delete_reusable_delegation_set(Id=made["Id"])
    with pytest.raises(route53.exceptions.NoSuchDelegationSet):
        route53.get_reusable_delegation_set(Id=made["Id"])
    with pytest.raises(route53.exceptions.NoSuchDelegationSet):
        route53.create_hosted_zone(Name="b.com", CallerReference="b", DelegationSetId=made["Id"])


def test_a_zones_own_servers_can_be_made_reusable_once(route53: Any, zone: str) -> None:
    servers = route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
    made = route53.create_reusable_delegation_set(CallerReference="r", HostedZoneId=zone)["DelegationSet"]
    assert made["NameServers"] == servers
    assert route53.get_hosted_zone(Id=zone)["DelegationSet"]["Id"] == made["Id"]
    with pytest.raises(route53.exceptions.DelegationSetAlreadyReusable):
        route53.create_reusable_delegation_set(CallerReference="s", HostedZoneId=zone)
    with pytest.raises(route53.exceptions.DelegationSetAlreadyCreated):
        route53.create_reusable_delegation_set(CallerReference="r")
    with pytest.raises(route53.exceptions.HostedZoneNotFound):
        route53.create_reusable_delegation_set(CallerReference="t", HostedZoneId="Z0")


def test_sets_are_listed_in_pages_and_counted(route53: Any) -> None:
    made = {route53.create_reusable_delegation_set(CallerReference=str(n))["DelegationSet"]["Id"] for n in range(3)}
    first = route53.list_reusable_delegation_sets(MaxItems="2")
    assert first["IsTruncated"]
    rest = route53.list_reusable_delegation_sets(Marker=first["NextMarker"])
    assert {each["Id"] for each in first["DelegationSets"] + rest["DelegationSets"]} == made
    assert route53.get_account_limit(Type="MAX_REUSABLE_DELEGATION_SETS_BY_OWNER")["Count"] == 3


def test_private_zones_have_no_delegation_set(route53: Any) -> None:
    made = route53.create_reusable_delegation_set(CallerReference="r")["DelegationSet"]
    vpc = {"VPCRegion": "us-east-1", "VPCId": "vpc-12345678"}
    with pytest.raises(route53.exceptions.InvalidInput):
        route53.create_hosted_zone(Name="in.test", CallerReference="i", VPC=vpc, DelegationSetId=made["Id"])
