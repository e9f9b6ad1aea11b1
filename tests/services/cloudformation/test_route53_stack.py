"""A stack of Route 53's resources against the service itself."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from stage import Stage, att, ref, resources

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.services.cloudformation import service as cloudformation
from terrella.services.route53 import service as route53

KMS = "arn:aws:kms:us-east-1:123456789012:key/1"


class Home(Stage):
    """us-east-1, with an edge that has every change at once, unless it is far behind."""

    behind = False

    def build(self) -> None:
        self.region = Region(
            "us-east-1", [cloudformation, route53], clock=self.time, journal=self.journal, maps=self.maps,
            world=WorldFacts(("us-east-1",)), ports=Ports(tasks=self.time), rng=random.Random(7),
        )  # fmt: skip
        outbox = self.region.peer_with("edge")

        def arrived(change: Any) -> None:
            if not self.behind:
                outbox.acked = change.seq

        self.journal.follow(arrived)
        self.region.start()

    @property
    def kept(self) -> Any:
        return self.region.state["route53"]


@pytest.fixture
def home() -> Home:
    return Home()


def zone(**more: Any) -> dict[str, Any]:
    return {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com", **more}}


def policy(address: str) -> dict[str, Any]:
    document = {
        "AWSPolicyFormatVersion": "2015-10-01", "RecordType": "A", "StartEndpoint": "e",
        "Endpoints": {"e": {"Type": "value", "Value": address}},
    }  # fmt: skip
    named = {"Name": f"p-{address}", "Document": json.dumps(document)}
    return {"Type": "AWS::Route53::TrafficPolicy", "Properties": named}


def instance(policy: str, ttl: int = 60) -> dict[str, Any]:
    return {"Type": "AWS::Route53::TrafficPolicyInstance", "Properties": {
        "HostedZoneId": ref("Zone"), "Name": "www.example.com", "TTL": ttl, "TrafficPolicyId": ref(policy),
        "TrafficPolicyVersion": 1,
    }}  # fmt: skip


def everything(*blocks: str) -> dict[str, Any]:
    return resources(
        Zone=zone(QueryLoggingConfig={
            "CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:q",
        }),
        Key={"Type": "AWS::Route53::KeySigningKey", "Properties": {
            "HostedZoneId": ref("Zone"), "Name": "ksk", "KeyManagementServiceArn": KMS, "Status": "ACTIVE",
        }},
        Signing={"Type": "AWS::Route53::DNSSEC", "Properties": {"HostedZoneId": ref("Zone")}, "DependsOn": "Key"},
        Offices={"Type": "AWS::Route53::CidrCollection", "Properties": {
            "Name": "offices", "Locations": [{"LocationName": "home", "CidrList": list(blocks)}],
        }},
        Record={"Type": "AWS::Route53::RecordSet", "Properties": {
            "HostedZoneId": ref("Zone"), "Name": "c.example.com", "Type": "A", "TTL": "60", "SetIdentifier": "1",
            "ResourceRecords": ["192.0.2.1"],
            "CidrRoutingConfig": {"CollectionId": att("Offices", "Id"), "LocationName": "home"},
        }},
        Policy=policy("192.0.2.1"), Instance=instance("Policy"),
    )  # fmt: skip


def test_a_stack_of_everything_comes_changes_and_goes(home: Home) -> None:
    assert home.deploy(everything("10.1.0.0/16")) == "CREATE_COMPLETE"
    ((_, made),) = home.kept.zones.items()
    assert made["dnssec"]["status"] == "SIGNING" and len(home.kept.query_logging) == 1
    ((_, begun),) = home.kept.traffic_instances.items()
    assert begun["Tree"][begun["Id"]][0]["ResourceRecords"] == [{"Value": "192.0.2.1"}]
    changed = everything("10.2.0.0/16", "10.3.0.0/16")
    changed["Resources"] |= {"Other": policy("192.0.2.2"), "Instance": instance("Other", 5)}
    assert home.deploy(changed) == "UPDATE_COMPLETE"
    ((_, offices),) = home.kept.cidr_collections.items()
    assert offices["Locations"] == {"home": ["10.2.0.0/16", "10.3.0.0/16"]}
    ((id, begun),) = home.kept.traffic_instances.items()
    assert begun["TTL"] == 5 and begun["Tree"][id][0]["ResourceRecords"] == [{"Value": "192.0.2.2"}]
    home.begin("DeleteStack", StackName="shop")
    home.time.run()
    for left in (home.kept.zones, home.kept.cidr_collections, home.kept.traffic_instances, home.kept.query_logging):
        assert len(left) == 0


def test_a_zones_vpcs_and_features_follow_the_template(home: Home) -> None:
    one, two = ({"VPCId": f"vpc-1234567{n}", "VPCRegion": "us-east-1"} for n in (1, 2))
    assert home.deploy(resources(Zone=zone(VPCs=[one]))) == "CREATE_COMPLETE"
    assert home.deploy(resources(Zone=zone(VPCs=[two]))) == "UPDATE_COMPLETE"
    ((_, made),) = home.kept.zones.items()
    assert made["VPCs"] == [{"VPCId": "vpc-12345672", "VPCRegion": "us-east-1"}]
    swift = resources(Zone=zone(HostedZoneFeatures={"EnableAcceleratedRecovery": True}))
    assert home.deploy(swift, "swift") == "CREATE_COMPLETE"
    home.begin("DeleteStack", StackName="swift")
    home.time.run()
    assert len(home.kept.zones) == 1


def test_an_instance_that_cannot_be_applied_fails_the_stack_with_the_reason(home: Home) -> None:
    taken = {"Type": "AWS::Route53::RecordSet", "Properties": {
        "HostedZoneId": ref("Zone"), "Name": "www.example.com", "Type": "A", "TTL": "60",
        "ResourceRecords": ["192.0.2.7"],
    }}  # fmt: skip
    template = resources(
        Zone=zone(), Taken=taken, Policy=policy("192.0.2.1"), Instance={**instance("Policy"), "DependsOn": "Taken"}
    )
    assert home.deploy(template) == "ROLLBACK_COMPLETE"
    assert "Instance CREATE_FAILED" in home.events() and len(home.kept.zones) == 0


def a(name: str, address: str = "192.0.2.1") -> dict[str, Any]:
    return {"Name": name, "Type": "A", "TTL": "60", "ResourceRecords": [address]}


def in_zone(**more: Any) -> dict[str, Any]:
    return {"Type": "AWS::Route53::RecordSet", "Properties": {"HostedZoneId": ref("Zone"), **more}}


def names_in(home: Home) -> list[str]:
    return sorted({record["Name"] for _, group in home.kept.records.items() for record in group} - {"example.com."})


def by_hand(home: Home, action: str, **record: Any) -> None:
    content = [{"Value": value} for value in record["ResourceRecords"]]
    wanted = record | {"TTL": 60, "ResourceRecords": content}
    ((id, _),) = home.kept.zones.items()
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": wanted}]}
    home.region.call("route53", "ChangeResourceRecordSets", {"HostedZoneId": id, "ChangeBatch": batch})


def test_a_record_under_another_name_is_another_record(home: Home) -> None:
    shown = {"Outputs": {"Name": {"Value": ref("Record")}}}
    assert home.deploy(resources(Zone=zone(), Record=in_zone(**a("one.example.com"))) | shown) == "CREATE_COMPLETE"
    assert home.deploy(resources(Zone=zone(), Record=in_zone(**a("two.example.com"))) | shown) == "UPDATE_COMPLETE"
    assert names_in(home) == ["two.example.com."]
    assert home.outputs() == {"Name": "two.example.com"}


def test_a_record_that_was_altered_by_hand_is_not_deleted_and_one_that_is_gone_is_no_fault(home: Home) -> None:
    both = {"One": in_zone(**a("one.example.com")), "Two": in_zone(**a("two.example.com"))}
    assert home.deploy(resources(Zone=zone(), **both)) == "CREATE_COMPLETE"
    by_hand(home, "DELETE", **a("one.example.com"))
    by_hand(home, "UPSERT", **a("two.example.com", "192.0.2.2"))
    assert home.deploy(resources(Zone=zone())) == "UPDATE_COMPLETE"
    assert names_in(home) == ["two.example.com."]
    assert "Two DELETE_FAILED" in home.events() and "One DELETE_FAILED" not in home.events()


def test_a_group_goes_whole_though_one_of_it_is_gone(home: Home) -> None:
    properties = {"HostedZoneId": ref("Zone"), "RecordSets": [a("one.example.com"), a("two.example.com")]}
    group = {"Type": "AWS::Route53::RecordSetGroup", "Properties": properties}
    assert home.deploy(resources(Zone=zone(), Group=group)) == "CREATE_COMPLETE"
    by_hand(home, "DELETE", **a("one.example.com"))
    assert home.deploy(resources(Zone=zone())) == "UPDATE_COMPLETE"
    assert names_in(home) == [] and "Group DELETE_FAILED" not in home.events()


def test_a_zone_has_as_many_tags_as_its_template(home: Home) -> None:
    def tagged(count: int) -> dict[str, Any]:
        return resources(Zone=zone(HostedZoneTags=[{"Key": f"k{n}", "Value": str(n)} for n in range(count)]))

    for count in (23, 2):
        assert home.deploy(tagged(count)) == ("CREATE_COMPLETE" if count == 23 else "UPDATE_COMPLETE")
        ((_, tags),) = home.kept.tags.items()
        assert {key: value for key, value in tags.items() if key[0] == "k"} == {f"k{n}": str(n) for n in range(count)}


def test_what_was_half_made_goes_again(home: Home) -> None:
    nowhere = zone(QueryLoggingConfig={"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:123456789012:log-group:q"})
    assert home.deploy(resources(Zone=nowhere)) == "ROLLBACK_COMPLETE"
    assert len(home.kept.zones) == 0
    locations = [{"LocationName": "home", "CidrList": ["10.1.0.0/32"]}]
    wrong = {"Type": "AWS::Route53::CidrCollection", "Properties": {"Name": "offices", "Locations": locations}}
    assert home.deploy(resources(Offices=wrong), "wrong") == "ROLLBACK_COMPLETE"
    assert len(home.kept.cidr_collections) == 0


def test_a_record_that_is_made_when_something_else_fails_goes_again(home: Home) -> None:
    group = {"Type": "AWS::Route53::RecordSetGroup", "Properties": {
        "HostedZoneId": ref("Zone"), "RecordSets": [a("two.example.com"), a("three.example.com")],
    }}  # fmt: skip
    home.behind = True  # the edge, so that everybody waits for it
    bad = in_zone(**a("bad.example.com", "nonsense"))
    template = resources(Zone=zone(), One=in_zone(**a("one.example.com")), Group=group, Wrong=bad)
    home.begin("CreateStack", StackName="shop", TemplateBody=json.dumps(template))
    home.time.run(5)
    home.behind, home.region.peer_with("edge").acked = False, home.journal.last
    home.time.run()
    assert home.status() == "ROLLBACK_COMPLETE"
    assert len(home.kept.zones) == len(home.kept.records) == 0
