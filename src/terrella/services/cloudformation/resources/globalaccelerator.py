"""AWS::GlobalAccelerator: Accelerator, Listener, EndpointGroup. Their home is us-west-2."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
GA = "globalaccelerator"

accelerator = ResourceType(
    "AWS::GlobalAccelerator::Accelerator",
    properties="Enabled IpAddresses IpAddressType Name Tags",
    required="Name",
    attributes="AcceleratorArn DnsName DualStackDnsName Ipv4Addresses Ipv6Addresses",
    tagged=True,
    gone="AcceleratorNotFoundException",
)
LISTENER = "ClientAffinity PortRanges Protocol"
listener = ResourceType(
    "AWS::GlobalAccelerator::Listener",
    properties=f"{LISTENER} AcceleratorArn",
    required="AcceleratorArn PortRanges Protocol",
    create_only="AcceleratorArn",
    attributes="ListenerArn",
    gone="ListenerNotFoundException AcceleratorNotFoundException",
)
GROUP = (
    "EndpointConfigurations HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
    "PortOverrides ThresholdCount TrafficDialPercentage"
)
group = ResourceType(
    "AWS::GlobalAccelerator::EndpointGroup",
    properties=f"{GROUP} EndpointGroupRegion ListenerArn",
    required="EndpointGroupRegion ListenerArn",
    create_only="EndpointGroupRegion ListenerArn",
    attributes="EndpointGroupArn",
    gone="EndpointGroupNotFoundException",
)


@accelerator.creates
async def create_accelerator(resource: Resource) -> str:
    given = resource.pick("Enabled IpAddresses IpAddressType Name")
    token = {"IdempotencyToken": resource.token}
    made = await resource.call(GA, "CreateAccelerator", {**given, **token, "Tags": resource.tag_list() or None})
    return str(made["Accelerator"]["AcceleratorArn"])


@accelerator.settles
async def settle_accelerator(resource: Resource) -> None:
    async def deployed() -> bool:
        return bool((await _described(resource))["Status"] == "DEPLOYED")

    await resource.until(deployed, f"Accelerator {resource.get('Name')}")


@accelerator.updates
async def update_accelerator(resource: Resource) -> None:
    given = resource.pick("IpAddresses IpAddressType Name")
    enabled = {"Enabled": resource.get("Enabled", True), "AcceleratorArn": resource.physical_id}
    await resource.call(GA, "UpdateAccelerator", {**given, **enabled})
    await resource.retag(GA, resource.physical_id, key="ResourceArn")


@accelerator.reads
async def accelerator_attributes(resource: Resource) -> Plain:
    found = await _described(resource)
    return {
        "AcceleratorArn": resource.physical_id,
        "DnsName": found["DnsName"],
        "Ipv4Addresses": found["IpSets"][0]["IpAddresses"],
    }


@accelerator.deletes
async def delete_accelerator(resource: Resource) -> None:
    """It is disabled first, as the API demands."""
    arn = {"AcceleratorArn": resource.physical_id}
    await resource.call(GA, "UpdateAccelerator", {**arn, "Enabled": False})
    await resource.call(GA, "DeleteAccelerator", arn)


@listener.creates
async def create_listener(resource: Resource) -> str:
    given = resource.pick(f"{LISTENER} AcceleratorArn")
    made = await resource.call(GA, "CreateListener", {**given, "IdempotencyToken": resource.token})
    return str(made["Listener"]["ListenerArn"])


@listener.updates
async def update_listener(resource: Resource) -> None:
    await resource.call(GA, "UpdateListener", {**resource.pick(LISTENER), "ListenerArn": resource.physical_id})


@listener.reads
async def listener_attributes(resource: Resource) -> Plain:
    return {"ListenerArn": resource.physical_id}


@listener.deletes
async def delete_listener(resource: Resource) -> None:
    await resource.call(GA, "DeleteListener", {"ListenerArn": resource.physical_id})


@group.creates
async def create_group(resource: Resource) -> str:
    given = resource.pick(f"{GROUP} EndpointGroupRegion ListenerArn")
    made = await resource.call(GA, "CreateEndpointGroup", {**given, "IdempotencyToken": resource.token})
    return str(made["EndpointGroup"]["EndpointGroupArn"])


@group.updates
async def update_group(resource: Resource) -> None:
    given = {**resource.pick(GROUP), "EndpointGroupArn": resource.physical_id}
    await resource.call(GA, "UpdateEndpointGroup", given)


@group.reads
async def group_attributes(resource: Resource) -> Plain:
    return {"EndpointGroupArn": resource.physical_id}


@group.deletes
async def delete_group(resource: Resource) -> None:
    await resource.call(GA, "DeleteEndpointGroup", {"EndpointGroupArn": resource.physical_id})


async def _described(resource: Resource) -> Plain:
    arn = {"AcceleratorArn": resource.physical_id}
    found: Plain = (await resource.call(GA, "DescribeAccelerator", arn))["Accelerator"]
    return found
