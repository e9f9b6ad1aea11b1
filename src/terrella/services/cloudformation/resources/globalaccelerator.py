"""AWS::GlobalAccelerator: Accelerator, Listener, EndpointGroup, CrossAccountAttachment. Their home is us-west-2."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
GA = "globalaccelerator"
FLOW_LOGS = "FlowLogsEnabled FlowLogsS3Bucket FlowLogsS3Prefix"

accelerator = ResourceType(
    "AWS::GlobalAccelerator::Accelerator",
    properties=f"Enabled {FLOW_LOGS} IpAddresses IpAddressType Name Tags",
    required="Name",
    attributes="AcceleratorArn DnsName DualStackDnsName Ipv4Addresses Ipv6Addresses",
    tagged=True,
    gone="AcceleratorNotFoundException",
)
attachment = ResourceType(
    "AWS::GlobalAccelerator::CrossAccountAttachment",
    properties="Name Principals Resources Tags",
    required="Name",
    attributes="AttachmentArn",
    tagged=True,
    gone="AttachmentNotFoundException",
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
    if any(resource.changed(name) for name in FLOW_LOGS.split()):
        logs = {**resource.pick(FLOW_LOGS), "AcceleratorArn": resource.physical_id}
        await resource.call(GA, "UpdateAcceleratorAttributes", logs)

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
    of = {each["IpFamily"]: each["IpAddresses"] for each in found["IpSets"]}
    dual = {"DualStackDnsName": found["DualStackDnsName"]} if found.get("DualStackDnsName") else {}
    return {
        "AcceleratorArn": resource.physical_id,
        "DnsName": found["DnsName"],
        "Ipv4Addresses": of.get("IPv4", []),
        "Ipv6Addresses": of.get("IPv6", []),
        **dual,
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


@attachment.creates
async def create_attachment(resource: Resource) -> str:
    given = {**resource.pick("Name Principals"), "Resources": _resources(resource.get("Resources"))}
    token = {"IdempotencyToken": resource.token, "Tags": resource.tag_list() or None}
    made = await resource.call(GA, "CreateCrossAccountAttachment", {**given, **token})
    return str(made["CrossAccountAttachment"]["AttachmentArn"])


@attachment.updates
async def update_attachment(resource: Resource) -> None:
    was = resource.before["properties"] if resource.before else {}
    old, new = _resources(was.get("Resources")), _resources(resource.get("Resources"))
    before, now = was.get("Principals") or [], resource.get("Principals") or []
    given = {
        "AttachmentArn": resource.physical_id,
        "Name": resource.get("Name"),
        "AddPrincipals": [each for each in now if each not in before] or None,
        "RemovePrincipals": [each for each in before if each not in now] or None,
        "AddResources": [each for each in new if each not in old] or None,
        "RemoveResources": [each for each in old if each not in new] or None,
    }
    await resource.call(GA, "UpdateCrossAccountAttachment", given)
    await resource.retag(GA, resource.physical_id, key="ResourceArn")


@attachment.reads
async def attachment_attributes(resource: Resource) -> Plain:
    return {"AttachmentArn": resource.physical_id}


@attachment.deletes
async def delete_attachment(resource: Resource) -> None:
    await resource.call(GA, "DeleteCrossAccountAttachment", {"AttachmentArn": resource.physical_id})


def _resources(given: list[Plain] | None) -> list[Plain]:
    """As the API has them."""
    names = ("EndpointId", "Cidr", "Region")
    return [{name: each[name] for name in names if each.get(name)} for each in given or []]


async def _described(resource: Resource) -> Plain:
    arn = {"AcceleratorArn": resource.physical_id}
    found: Plain = (await resource.call(GA, "DescribeAccelerator", arn))["Accelerator"]
    return found
