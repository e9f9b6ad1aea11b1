"""Global Accelerator through boto3: what AWS says of it, and what it refuses in which words."""

from __future__ import annotations

import random
import re
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from places import EdgeOfAnswers, region

from terrella.edge.answers import EdgeAnswers
from terrella.net.network import Network
from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.globalaccelerator import service

ALB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/0123456789abcdef"
PORTS = [{"FromPort": 80, "ToPort": 81}]


@pytest.fixture
def edge() -> EdgeOfAnswers:
    return EdgeOfAnswers()


@pytest.fixture
def home(edge: EdgeOfAnswers) -> Region:
    return region("us-west-2", service, ports=Ports(edge=edge))


@pytest.fixture
def ga(home: Region) -> Any:
    return boto.client(home, "globalaccelerator")


@pytest.fixture
def arn(ga: Any) -> str:
    return str(ga.create_accelerator(Name="chat", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"])


@pytest.fixture
def listener(ga: Any, arn: str) -> str:
    made = ga.create_listener(AcceleratorArn=arn, PortRanges=PORTS, Protocol="TCP", IdempotencyToken="1")
    return str(made["Listener"]["ListenerArn"])


@pytest.fixture
def group(ga: Any, listener: str) -> str:
    made = ga.create_endpoint_group(
        ListenerArn=listener, EndpointGroupRegion="eu-west-1", EndpointConfigurations=[{"EndpointId": ALB}],
        IdempotencyToken="1",
    )  # fmt: skip
    return str(made["EndpointGroup"]["EndpointGroupArn"])


def refused(call: Any, code: str, **input: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code, caught.value.response["Error"]


def test_an_accelerator_has_two_addresses_and_a_name_at_once(ga: Any, home: Region) -> None:
    made = ga.create_accelerator(Name="chat", IdempotencyToken="1", Tags=[{"Key": "a", "Value": "b"}])["Accelerator"]
    assert re.fullmatch(r"arn:aws:globalaccelerator::\d{12}:accelerator/[0-9a-f-]{36}", made["AcceleratorArn"])
    assert re.fullmatch(r"a[0-9a-f]{16}\.awsglobalaccelerator\.com", made["DnsName"])
    assert made["IpSets"][0]["IpAddresses"] == ["127.55.0.1", "127.56.0.1"]
    assert (made["Status"], made["Enabled"], made["IpAddressType"]) == ("IN_PROGRESS", True, "IPV4")
    home.clock.time += 31  # type: ignore[attr-defined]
    found = ga.describe_accelerator(AcceleratorArn=made["AcceleratorArn"])["Accelerator"]
    assert found == {**made, "Status": "DEPLOYED"}
    assert ga.list_tags_for_resource(ResourceArn=made["AcceleratorArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_the_same_token_makes_nothing_new(ga: Any, arn: str) -> None:
    assert ga.create_accelerator(Name="other", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"] == arn


@pytest.mark.parametrize("name", ["-a", "a.", "a b", "x" * 65])
def test_a_bad_name_is_refused(ga: Any, name: str) -> None:
    refused(ga.create_accelerator, "InvalidArgumentException", Name=name, IdempotencyToken="2")


def test_what_is_not_in_this_world_says_so(ga: Any) -> None:
    refused(ga.create_accelerator, "NotImplemented", Name="a", IpAddresses=["198.51.100.1"], IdempotencyToken="2")
    context = {"Message": "m", "Signature": "s"}
    refused(ga.provision_byoip_cidr, "NotImplemented", Cidr="198.51.100.0/24", CidrAuthorizationContext=context)
    assert ga.list_byoip_cidrs()["ByoipCidrs"] == []
    for call in (ga.advertise_byoip_cidr, ga.withdraw_byoip_cidr, ga.deprovision_byoip_cidr):
        refused(call, "ByoipCidrNotFoundException", Cidr="198.51.100.0/24")


def test_an_accelerator_of_both_families_tells_four_addresses_and_two_names(ga: Any, listener: str, arn: str) -> None:
    plain = ga.describe_accelerator(AcceleratorArn=arn)["Accelerator"]
    dual = ga.update_accelerator(AcceleratorArn=arn, IpAddressType="DUAL_STACK")["Accelerator"]
    assert (dual["IpAddressType"], dual["DnsName"]) == ("DUAL_STACK", plain["DnsName"])
    assert dual["DualStackDnsName"] == dual["DnsName"].replace(".", ".dualstack.", 1)
    assert [(each["IpFamily"], len(each["IpAddresses"])) for each in dual["IpSets"]] == [("IPv4", 2), ("IPv6", 2)]
    refused(
        ga.create_endpoint_group, "InvalidArgumentException", ListenerArn=listener, EndpointGroupRegion="eu-west-1",
        EndpointConfigurations=[{"EndpointId": ALB, "ClientIPPreservationEnabled": False}], IdempotencyToken="3",
    )  # fmt: skip


def test_it_is_taken_apart_from_below_and_disabled_first(ga: Any, arn: str, listener: str, group: str) -> None:
    refused(ga.delete_accelerator, "AcceleratorNotDisabledException", AcceleratorArn=arn)
    ga.update_accelerator(AcceleratorArn=arn, Enabled=False)
    refused(ga.delete_accelerator, "AssociatedListenerFoundException", AcceleratorArn=arn)
    refused(ga.delete_listener, "AssociatedEndpointGroupFoundException", ListenerArn=listener)
    ga.delete_endpoint_group(EndpointGroupArn=group)
    ga.delete_listener(ListenerArn=listener)
    ga.delete_accelerator(AcceleratorArn=arn)
    refused(ga.describe_accelerator, "AcceleratorNotFoundException", AcceleratorArn=arn)


def test_twenty_accelerators_are_the_limit_in_pages_of_ten(ga: Any) -> None:
    for number in range(20):
        ga.create_accelerator(Name="a", IdempotencyToken=str(number))
    refused(ga.create_accelerator, "LimitExceededException", Name="a", IdempotencyToken="20")
    pages = list(ga.get_paginator("list_accelerators").paginate())
    assert [len(page["Accelerators"]) for page in pages] == [10, 10]
    refused(ga.list_accelerators, "InvalidNextTokenException", NextToken="what")


@pytest.mark.parametrize(("first", "last"), [(81, 90), (90, 89)])
def test_ports_run_upwards_and_belong_to_one_listener(
    ga: Any, arn: str, listener: str, first: int, last: int
) -> None:
    ranges = [{"FromPort": first, "ToPort": last}]
    given = {"AcceleratorArn": arn, "PortRanges": ranges, "Protocol": "TCP", "IdempotencyToken": "2"}
    refused(ga.create_listener, "InvalidPortRangeException", **given)


def test_a_group_has_the_documented_defaults_and_the_edge_tells_health(
    ga: Any, group: str, edge: EdgeOfAnswers
) -> None:
    edge.answers["endpoint_health"] = {"states": {f"{group} {ALB}": "HEALTHY"}}
    assert ga.describe_endpoint_group(EndpointGroupArn=group)["EndpointGroup"] == {
        "EndpointGroupArn": group,
        "EndpointGroupRegion": "eu-west-1",
        "EndpointDescriptions": [
            {"EndpointId": ALB, "Weight": 128, "HealthState": "HEALTHY", "ClientIPPreservationEnabled": True}
        ],
        "TrafficDialPercentage": 100.0,
        "HealthCheckPort": 80,
        "HealthCheckProtocol": "TCP",
        "HealthCheckIntervalSeconds": 30,
        "ThresholdCount": 3,
        "PortOverrides": [],
    }


def test_a_region_has_one_group_per_listener(ga: Any, listener: str, group: str) -> None:
    given = {"ListenerArn": listener, "IdempotencyToken": "2"}
    refused(ga.create_endpoint_group, "EndpointGroupAlreadyExistsException", EndpointGroupRegion="eu-west-1", **given)
    refused(ga.create_endpoint_group, "InvalidArgumentException", EndpointGroupRegion="moon-1", **given)


@pytest.mark.parametrize(
    "change",
    [
        {"EndpointConfigurations": [{"EndpointId": ALB.replace("eu-west-1", "eu-west-2")}]},
        {"EndpointConfigurations": [{"EndpointId": "what"}]},
        {"EndpointConfigurations": [{"EndpointId": ALB}, {"EndpointId": ALB}]},
        {"EndpointConfigurations": [{"EndpointId": "eipalloc-1", "ClientIPPreservationEnabled": True}]},
        {"HealthCheckIntervalSeconds": 20},
        {"PortOverrides": [{"ListenerPort": 90, "EndpointPort": 9000}]},
    ],
)
def test_what_makes_no_sense_in_a_group_is_refused(ga: Any, group: str, change: dict[str, Any]) -> None:
    refused(ga.update_endpoint_group, "InvalidArgumentException", EndpointGroupArn=group, **change)


def test_endpoints_come_and_go_one_by_one(ga: Any, group: str, edge: EdgeOfAnswers) -> None:
    new = [{"EndpointId": "127.20.9.200", "Weight": 5}, {"EndpointId": "i-0123456789abcdef0"}]
    added = ga.add_endpoints(EndpointGroupArn=group, EndpointConfigurations=new)["EndpointDescriptions"]
    assert [each["HealthState"] for each in added] == ["INITIAL", "INITIAL"]
    ga.remove_endpoints(EndpointGroupArn=group, EndpointIdentifiers=[{"EndpointId": ALB}])
    edge.answers["endpoint_health"] = {"states": {}}
    left = ga.describe_endpoint_group(EndpointGroupArn=group)["EndpointGroup"]["EndpointDescriptions"]
    assert [(each["EndpointId"], each["Weight"]) for each in left] == [
        ("127.20.9.200", 5), ("i-0123456789abcdef0", 128),
    ]  # fmt: skip


def test_what_flows_depend_on_is_owed_to_the_edge(home: Region, ga: Any) -> None:
    outbox = home.peer_with("edge")
    arn = ga.create_accelerator(Name="chat", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"]
    made = ga.create_listener(AcceleratorArn=arn, PortRanges=PORTS, Protocol="TCP", IdempotencyToken="1")
    made = ga.create_endpoint_group(
        ListenerArn=made["Listener"]["ListenerArn"], EndpointGroupRegion="eu-west-1", IdempotencyToken="1"
    )
    group = made["EndpointGroup"]["EndpointGroupArn"]
    ga.update_endpoint_group(EndpointGroupArn=group, TrafficDialPercentage=30)
    ga.tag_resource(ResourceArn=group, Tags=[{"Key": "a", "Value": "b"}])
    copy = region("edge", service.state_only())
    while (batch := outbox.due(0.0)) is not None:
        outbox.ack(copy.accept(batch), 0.0)
    held = copy.state["globalaccelerator"]
    assert held.group(group)["Dial"] == 30 and held.accelerator(arn) and not len(held.tags)
    answers = EdgeAnswers(Network(), random.Random(1), ("us-west-2",), 1.0)
    answers.load(copy)  # as an edge does that was started again
    target = answers.accelerators.target(held.accelerator(arn)["DnsName"] + ".")
    assert target is not None and target.addresses == ("127.55.0.1", "127.56.0.1")
    assert [each.port for each in answers.accelerators.entrances()] == [80, 81, 80, 81]
