"""Custom routing through boto3, and the arithmetic of its ports against AWS's own example; attachments."""

from __future__ import annotations

from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from network import BorrowedNetwork
from places import region

from terrella.region.ports import Ports
from terrella.region.region import Region
from terrella.services.globalaccelerator import port_mappings, service

HOME = "us-west-2"
ALB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/0123456789abcdef"


@pytest.fixture
def home() -> Region:
    return region(HOME, service, ports=Ports(borrowed=BorrowedNetwork()))


@pytest.fixture
def ga(home: Region) -> Any:
    return boto.client(home, "globalaccelerator")


@pytest.fixture
def subnet(home: Region) -> dict[str, Any]:
    found: dict[str, Any] = boto.client(home, "ec2").describe_subnets()["Subnets"][0]
    return found


@pytest.fixture
def group(ga: Any) -> Any:
    made = ga.create_custom_routing_accelerator(Name="games", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"]
    ports = [{"FromPort": 10001, "ToPort": 30000}]
    listener = ga.create_custom_routing_listener(AcceleratorArn=made, PortRanges=ports, IdempotencyToken="1")
    destinations = [
        {"FromPort": 81, "ToPort": 82, "Protocols": ["TCP", "UDP"]},
        {"FromPort": 82, "ToPort": 83, "Protocols": ["UDP"]},
    ]
    answer = ga.create_custom_routing_endpoint_group(
        ListenerArn=listener["Listener"]["ListenerArn"], EndpointGroupRegion=HOME,
        DestinationConfigurations=destinations, IdempotencyToken="1",
    )  # fmt: skip
    return answer["EndpointGroup"]["EndpointGroupArn"]


def accelerator_of(group: str) -> str:
    return group.partition("/listener/")[0]


def refused(call: Any, code: str, **input: Any) -> None:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code, caught.value.response["Error"]


def test_the_example_of_the_developer_guide_fits_exactly() -> None:
    listener = {"PortRanges": [{"FromPort": 10001, "ToPort": 20040}]}
    destinations = [{"FromPort": 81, "ToPort": 90, "Protocols": ["TCP"]}]
    group: dict[str, Any] = {"Destinations": destinations, "Endpoints": []}
    for number in range(4):
        cidr = f"192.0.{number}.0/24"
        assert port_mappings.needed(cidr, destinations) == 2510
        ports = port_mappings.free_ports(listener, [group], 2510)
        group["Endpoints"].append({"Id": str(number), "Cidr": cidr, "Ports": ports, "All": False, "But": {}})
    assert [each["Ports"] for each in group["Endpoints"]] == [
        [[10001, 12510]], [[12511, 15020]], [[15021, 17530]], [[17531, 20040]],
    ]  # fmt: skip
    assert port_mappings.free_ports(listener, [group], 1) is None
    first = list(port_mappings.mappings(group, group["Endpoints"][0]))
    assert first[0][:3] == (10001, "192.0.0.4", 81) and first[9][:3] == (10010, "192.0.0.4", 90)
    assert first[10][:3] == (10011, "192.0.0.5", 81) and first[-1][:3] == (12510, "192.0.0.254", 90)
    del group["Endpoints"][1]
    assert port_mappings.free_ports(listener, [group], 2510) == [[12511, 15020]], "reclaimed"


def test_a_subnet_gets_static_ports_and_nothing_may_pass_before_it_is_allowed(
    ga: Any, group: str, subnet: dict[str, Any]
) -> None:
    id = subnet["SubnetId"]
    ga.add_custom_routing_endpoints(EndpointGroupArn=group, EndpointConfigurations=[{"EndpointId": id}])
    answer = ga.list_custom_routing_port_mappings(AcceleratorArn=accelerator_of(group), MaxResults=3)
    base = subnet["CidrBlock"].rpartition(".")[0]
    assert [
        (m["AcceleratorPort"], m["DestinationSocketAddress"]["Port"], m["Protocols"]) for m in answer["PortMappings"]
    ] == [(10001, 81, ["TCP", "UDP"]), (10002, 82, ["TCP", "UDP"]), (10003, 83, ["UDP"])]
    assert {m["DestinationTrafficState"] for m in answer["PortMappings"]} == {"DENY"}
    address = {"EndpointId": id, "DestinationAddress": f"{base}.4"}
    given = {"EndpointGroupArn": group, "EndpointId": id}
    ga.allow_custom_routing_traffic(**given, DestinationAddresses=[f"{base}.4"], DestinationPorts=[82])
    assert states(ga, address) == {81: "DENY", 82: "ALLOW", 83: "DENY"}
    ga.allow_custom_routing_traffic(**given, AllowAllTrafficToEndpoint=True)
    assert states(ga, address) == {81: "ALLOW", 82: "ALLOW", 83: "ALLOW"}
    ga.deny_custom_routing_traffic(**given, DestinationAddresses=[f"{base}.4"])
    assert states(ga, address) == {81: "DENY", 82: "DENY", 83: "DENY"}
    assert states(ga, {**address, "DestinationAddress": f"{base}.5"}) == {81: "ALLOW", 82: "ALLOW", 83: "ALLOW"}
    refused(ga.list_custom_routing_port_mappings_by_destination, "InvalidArgumentException", **{
        **address, "DestinationAddress": f"{base}.3",
    })  # fmt: skip
    ga.remove_custom_routing_endpoints(EndpointGroupArn=group, EndpointIds=[id])
    assert ga.list_custom_routing_port_mappings(AcceleratorArn=accelerator_of(group))["PortMappings"] == []


def states(ga: Any, destination: dict[str, Any]) -> dict[int, str]:
    found = ga.list_custom_routing_port_mappings_by_destination(**destination)["DestinationPortMappings"]
    assert all(len(each["AcceleratorSocketAddresses"]) == 2 for each in found)
    return {each["DestinationSocketAddress"]["Port"]: each["DestinationTrafficState"] for each in found}


def test_a_subnet_that_is_not_there_or_does_not_fit_is_refused(ga: Any, group: str, subnet: dict[str, Any]) -> None:
    def add(id: str, to: str = group) -> dict[str, Any]:
        return {"EndpointGroupArn": to, "EndpointConfigurations": [{"EndpointId": id}]}

    refused(ga.add_custom_routing_endpoints, "InvalidArgumentException", **add("subnet-0123456789abcdef0"))
    ga.add_custom_routing_endpoints(**add(subnet["SubnetId"]))
    refused(ga.add_custom_routing_endpoints, "EndpointAlreadyExistsException", **add(subnet["SubnetId"]))
    listener = ga.create_custom_routing_listener(
        AcceleratorArn=accelerator_of(group), PortRanges=[{"FromPort": 100, "ToPort": 200}], IdempotencyToken="2"
    )["Listener"]["ListenerArn"]
    small = ga.create_custom_routing_endpoint_group(
        ListenerArn=listener, EndpointGroupRegion=HOME, IdempotencyToken="2",
        DestinationConfigurations=[{"FromPort": 81, "ToPort": 81, "Protocols": ["TCP"]}],
    )["EndpointGroup"]["EndpointGroupArn"]  # fmt: skip
    refused(ga.add_custom_routing_endpoints, "LimitExceededException", **add(subnet["SubnetId"], small))


def test_the_two_kinds_do_not_see_one_another(ga: Any, group: str) -> None:
    custom = accelerator_of(group)
    standard = ga.create_accelerator(Name="a", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"]
    assert [each["AcceleratorArn"] for each in ga.list_accelerators()["Accelerators"]] == [standard]
    assert [each["AcceleratorArn"] for each in ga.list_custom_routing_accelerators()["Accelerators"]] == [custom]
    refused(ga.describe_accelerator, "AcceleratorNotFoundException", AcceleratorArn=custom)
    refused(ga.describe_custom_routing_accelerator, "AcceleratorNotFoundException", AcceleratorArn=standard)


def test_a_range_has_sixteen_ports_and_never_less_than_it_had(ga: Any, group: str) -> None:
    listener = group.partition("/endpoint-group/")[0]
    short = [{"FromPort": 1, "ToPort": 15}]
    given = {"AcceleratorArn": accelerator_of(group), "IdempotencyToken": "2"}
    refused(ga.create_custom_routing_listener, "InvalidPortRangeException", PortRanges=short, **given)
    less = [{"FromPort": 10001, "ToPort": 29999}]
    refused(ga.update_custom_routing_listener, "InvalidPortRangeException", ListenerArn=listener, PortRanges=less)
    more = [{"FromPort": 10000, "ToPort": 30000}]
    assert ga.update_custom_routing_listener(ListenerArn=listener, PortRanges=more)["Listener"]["PortRanges"] == more


def test_it_is_taken_apart_from_below(ga: Any, group: str) -> None:
    custom, listener = accelerator_of(group), group.partition("/endpoint-group/")[0]
    ga.update_custom_routing_accelerator(AcceleratorArn=custom, Enabled=False)
    refused(ga.delete_custom_routing_accelerator, "AssociatedListenerFoundException", AcceleratorArn=custom)
    refused(ga.delete_custom_routing_listener, "AssociatedEndpointGroupFoundException", ListenerArn=listener)
    ga.delete_custom_routing_endpoint_group(EndpointGroupArn=group)
    ga.delete_custom_routing_listener(ListenerArn=listener)
    ga.delete_custom_routing_accelerator(AcceleratorArn=custom)
    assert ga.list_custom_routing_accelerators()["Accelerators"] == []


def test_an_attachment_lets_its_principals_have_its_resources(ga: Any) -> None:
    accelerator = ga.create_accelerator(Name="a", IdempotencyToken="1")["Accelerator"]["AcceleratorArn"]
    resource = {"EndpointId": ALB, "Region": "eu-west-1"}
    made = ga.create_cross_account_attachment(Name="s", Principals=["210987654321"], IdempotencyToken="1")
    arn = made["CrossAccountAttachment"]["AttachmentArn"]
    ports = [{"FromPort": 80, "ToPort": 80}]
    given = {"AcceleratorArn": accelerator, "PortRanges": ports, "Protocol": "TCP", "IdempotencyToken": "1"}
    listener = ga.create_listener(**given)["Listener"]["ListenerArn"]
    endpoint = {
        "ListenerArn": listener, "EndpointGroupRegion": "eu-west-1", "IdempotencyToken": "1",
        "EndpointConfigurations": [{"EndpointId": ALB, "AttachmentArn": arn}],
    }  # fmt: skip
    refused(ga.create_endpoint_group, "InvalidArgumentException", **endpoint)
    changed = ga.update_cross_account_attachment(
        AttachmentArn=arn, AddPrincipals=["123456789012"], RemovePrincipals=["210987654321"], AddResources=[resource]
    )["CrossAccountAttachment"]
    assert (changed["Principals"], changed["Resources"]) == (["123456789012"], [resource])
    ga.create_endpoint_group(**endpoint)
    assert ga.list_cross_account_resource_accounts()["ResourceOwnerAwsAccountIds"] == ["123456789012"]
    found = ga.list_cross_account_resources(ResourceOwnerAwsAccountId="123456789012", AcceleratorArn=accelerator)
    assert found["CrossAccountResources"] == [{"EndpointId": ALB, "AttachmentArn": arn}]
    ga.delete_cross_account_attachment(AttachmentArn=arn)
    refused(ga.describe_cross_account_attachment, "AttachmentNotFoundException", AttachmentArn=arn)
    many = [str(100000000000 + number) for number in range(11)]
    given = {"Name": "s", "Principals": many, "IdempotencyToken": "2"}
    refused(ga.create_cross_account_attachment, "LimitExceededException", **given)
