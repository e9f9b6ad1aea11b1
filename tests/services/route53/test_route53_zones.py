"""Hosted zones: made with their own records, told apart, found, removed only when empty."""

from __future__ import annotations

from typing import Any

import pytest
from route53_batches import change, names, record

VPC = {"VPCRegion": "eu-west-1", "VPCId": "vpc-0123456789abcdef0"}


def test_a_new_zone_has_four_name_servers_and_its_own_records(route53: Any) -> None:
    made = route53.create_hosted_zone(
        Name="Example.com", CallerReference="r", HostedZoneConfig={"Comment": "ours"}
    )
    zone, servers = made["HostedZone"], made["DelegationSet"]["NameServers"]
    assert zone["Name"] == "example.com."
    assert zone["Config"] == {"Comment": "ours", "PrivateZone": False}
    assert zone["ResourceRecordSetCount"] == 2
    assert sorted(server.rpartition("awsdns-")[2].split(".", 1)[1] for server in servers) == [
        "co.uk", "com", "net", "org",
    ]  # fmt: skip
    assert made["ChangeInfo"]["Status"] == "PENDING"
    own = route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    assert [(each["Type"], each["TTL"]) for each in own] == [("NS", 172800), ("SOA", 900)]
    assert own[1]["ResourceRecords"][0]["Value"].endswith(" 1 7200 900 1209600 86400")


def test_a_caller_reference_makes_one_zone_only(route53: Any, zone: str) -> None:
    with pytest.raises(route53.exceptions.HostedZoneAlreadyExists) as refusal:
        route53.create_hosted_zone(Name="other.com", CallerReference="first")
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_two_zones_may_have_one_name(route53: Any, zone: str) -> None:
    route53.create_hosted_zone(Name="example.com", CallerReference="second")
    assert route53.get_hosted_zone_count()["HostedZoneCount"] == 2


@pytest.mark.parametrize("name", ["a..com", "*.example.com", "x" * 64 + ".com"])
def test_what_is_no_domain_name_makes_no_zone(route53: Any, name: str) -> None:
    with pytest.raises(route53.exceptions.InvalidDomainName):
        route53.create_hosted_zone(Name=name, CallerReference="r")


def test_a_zone_that_is_not_there_is_the_error_boto3_knows(route53: Any) -> None:
    with pytest.raises(route53.exceptions.NoSuchHostedZone, match="No hosted zone found with ID: Z123"):
        route53.get_hosted_zone(Id="Z123")


def test_a_zone_is_removed_only_when_its_own_records_are_all(route53: Any, zone: str) -> None:
    change(route53, zone, ("CREATE", record("a.example.com", "192.0.2.1")))
    with pytest.raises(route53.exceptions.HostedZoneNotEmpty):
        route53.delete_hosted_zone(Id=zone)
    change(route53, zone, ("DELETE", record("a.example.com", "192.0.2.1")))
    route53.delete_hosted_zone(Id=zone)
    with pytest.raises(route53.exceptions.NoSuchHostedZone):
        names(route53, zone)


def test_zones_are_listed_page_by_page(route53: Any) -> None:
    made = {
        route53.create_hosted_zone(Name=f"z{n}.com", CallerReference=str(n))["HostedZone"]["Id"]
        for n in range(5)
    }
    pages = list(route53.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["HostedZones"]) for page in pages] == [2, 2, 1]
    assert {zone["Id"] for page in pages for zone in page["HostedZones"]} == made


def test_zones_by_name_are_ordered_by_reversed_labels(route53: Any) -> None:
    for name in ("b.org", "z.com", "a.z.com", "a.org"):
        route53.create_hosted_zone(Name=name, CallerReference=name)
    listed = route53.list_hosted_zones_by_name(DNSName="z.com", MaxItems="2")
    assert [zone["Name"] for zone in listed["HostedZones"]] == ["z.com.", "a.z.com."]
    assert listed["NextDNSName"] == "a.org."


def test_the_comment_can_be_changed(route53: Any, zone: str) -> None:
    route53.update_hosted_zone_comment(Id=zone, Comment="new")
    assert route53.get_hosted_zone(Id=zone)["HostedZone"]["Config"]["Comment"] == "new"


def test_a_private_zone_belongs_to_vpcs(route53: Any) -> None:
    made = route53.create_hosted_zone(Name="inside.com", CallerReference="p", VPC=VPC)
    zone = made["HostedZone"]["Id"]
    assert "DelegationSet" not in made
    other = VPC | {"VPCRegion": "us-west-2"}
    route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=other)
    assert route53.get_hosted_zone(Id=zone)["VPCs"] == [VPC, other]
    route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=VPC)
    with pytest.raises(route53.exceptions.LastVPCAssociation):
        route53.disassociate_vpc_from_hosted_zone(HostedZoneId=zone, VPC=other)


def test_a_vpc_sees_one_private_zone_of_a_name(route53: Any) -> None:
    route53.create_hosted_zone(Name="inside.com", CallerReference="p", VPC=VPC)
    with pytest.raises(route53.exceptions.ConflictingDomainExists):
        route53.create_hosted_zone(Name="inside.com", CallerReference="q", VPC=VPC)


def test_a_public_zone_takes_no_vpc(route53: Any, zone: str) -> None:
    with pytest.raises(route53.exceptions.PublicZoneVPCAssociation):
        route53.associate_vpc_with_hosted_zone(HostedZoneId=zone, VPC=VPC)


def test_limits_tell_what_is_used(route53: Any, zone: str) -> None:
    zones = route53.get_account_limit(Type="MAX_HOSTED_ZONES_BY_OWNER")
    assert (zones["Limit"]["Value"], zones["Count"]) == (500, 1)
    records = route53.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_RRSETS_BY_ZONE")
    assert (records["Limit"]["Value"], records["Count"]) == (10_000, 2)
    with pytest.raises(route53.exceptions.HostedZoneNotPrivate):
        route53.get_hosted_zone_limit(HostedZoneId=zone, Type="MAX_VPCS_ASSOCIATED_BY_ZONE")


def test_tags_are_added_and_removed(route53: Any, zone: str) -> None:
    route53.change_tags_for_resource(
        ResourceType="hostedzone",
        ResourceId=zone,
        AddTags=[{"Key": "team", "Value": "edge"}, {"Key": "old", "Value": ""}],
    )
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone, RemoveTagKeys=["old"])
    listed = route53.list_tags_for_resources(ResourceType="hostedzone", ResourceIds=[zone])
    assert listed["ResourceTagSets"][0]["Tags"] == [{"Key": "team", "Value": "edge"}]
    with pytest.raises(route53.exceptions.NoSuchHealthCheck):
        route53.list_tags_for_resource(ResourceType="healthcheck", ResourceId="nobody")


def test_geolocations_are_named(route53: Any) -> None:
    assert route53.get_geo_location(CountryCode="TR")["GeoLocationDetails"]["CountryName"] == "Turkey"
    state = route53.get_geo_location(CountryCode="US", SubdivisionCode="OR")["GeoLocationDetails"]
    assert state["SubdivisionName"] == "Oregon"
    with pytest.raises(route53.exceptions.NoSuchGeoLocation):
        route53.get_geo_location(CountryCode="XX")
    first = route53.list_geo_locations(MaxItems="8")
    assert [each.get("ContinentCode") or each["CountryCode"] for each in first["GeoLocationDetailsList"]] == [
        "AF", "AN", "AS", "EU", "NA", "OC", "SA", "*",
    ]  # fmt: skip
    assert first["NextCountryCode"] == "AD"
