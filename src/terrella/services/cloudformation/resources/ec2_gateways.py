"""AWS::EC2: ways in and out of a network. Elastic IPs, NAT gateways, endpoints of services, instances behind them.

All of it is state: no packet of this world passes a NAT gateway, and no instance runs.
"""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import retag
from .ec2 import tag_specifications

Plain = dict[str, Any]
EC2 = "ec2"

address = ResourceType(
    "AWS::EC2::EIP",
    properties="Domain InstanceId NetworkBorderGroup PublicIpv4Pool Tags",
    create_only="Domain NetworkBorderGroup",
    attributes="AllocationId PublicIp",
    tagged=True,
    gone="InvalidAllocationID.NotFound InvalidAddress.NotFound",
)
association = ResourceType(
    "AWS::EC2::EIPAssociation",
    properties="AllocationId EIP InstanceId NetworkInterfaceId PrivateIpAddress",
    create_only="AllocationId EIP InstanceId NetworkInterfaceId PrivateIpAddress",
    attributes="Id",
    gone="InvalidAssociationID.NotFound",
)
NAT = "AllocationId ConnectivityType PrivateIpAddress SubnetId"
nat_gateway = ResourceType(
    "AWS::EC2::NatGateway",
    properties=f"{NAT} Tags",
    required="SubnetId",
    create_only=NAT,
    attributes="NatGatewayId",
    tagged=True,
    gone="NatGatewayNotFound InvalidNatGatewayID.NotFound",
    note="State: nothing in this world passes it.",
)
ENDPOINT = "PolicyDocument PrivateDnsEnabled RouteTableIds SecurityGroupIds ServiceName SubnetIds VpcEndpointType VpcId"
endpoint = ResourceType(
    "AWS::EC2::VPCEndpoint",
    properties=f"{ENDPOINT} Tags",
    required="ServiceName VpcId",
    create_only="ServiceName VpcEndpointType VpcId",
    attributes="Id CreationTimestamp DnsEntries NetworkInterfaceIds",
    tagged=True,
    gone="InvalidVpcEndpointId.NotFound InvalidVpcEndpoint.NotFound",
    note="State: every service is reached with or without one.",
)
INSTANCE = (
    "AvailabilityZone BlockDeviceMappings CreditSpecification DisableApiTermination EbsOptimized IamInstanceProfile "
    "ImageId InstanceType KeyName Monitoring NetworkInterfaces PrivateIpAddress SecurityGroupIds SecurityGroups "
    "SourceDestCheck SubnetId Tags UserData Affinity HibernationOptions HostId InstanceInitiatedShutdownBehavior "
    "Ipv6AddressCount Ipv6Addresses LaunchTemplate MetadataOptions PlacementGroupName PrivateDnsNameOptions "
    "PropagateTagsToVolumeOnCreation SsmAssociations Tenancy Volumes CpuOptions EnclaveOptions"
)
instance = ResourceType(
    "AWS::EC2::Instance",
    properties=INSTANCE,
    create_only="AvailabilityZone BlockDeviceMappings ImageId KeyName NetworkInterfaces PrivateIpAddress SubnetId",
    attributes="AvailabilityZone InstanceId PrivateDnsName PrivateIp PublicDnsName PublicIp VpcId",
    tagged=True,
    gone="InvalidInstanceID.NotFound",
    note="State: no machine is started, and UserData is not run. Of its settings those that describe hardware, "
    "shutdown, metadata, tenancy, volumes and SSM are accepted and not acted on.",
)


@address.creates
async def allocate(resource: Resource) -> str:
    input = {"Domain": "vpc", "TagSpecifications": tag_specifications(resource, "elastic-ip")}
    made = await resource.call(EC2, "AllocateAddress", input)
    if resource.get("InstanceId"):
        await _bind(resource, made["AllocationId"])
    return str(made["PublicIp"])


@address.updates
async def update_address(resource: Resource) -> None:
    allocation = await _allocation(resource)
    if resource.changed("InstanceId") and resource.get("InstanceId"):
        await _bind(resource, allocation)
    await retag(resource, allocation)


@address.reads
async def address_attributes(resource: Resource) -> Plain:
    return {"AllocationId": await _allocation(resource), "PublicIp": resource.physical_id}


@address.deletes
async def release(resource: Resource) -> None:
    await resource.call(EC2, "ReleaseAddress", {"AllocationId": await _allocation(resource)})


async def _bind(resource: Resource, allocation: str) -> None:
    about = {"AllocationId": allocation, "InstanceId": resource.get("InstanceId")}
    await resource.call(EC2, "AssociateAddress", {**about, "AllowReassociation": True})


async def _allocation(resource: Resource) -> str:
    """`Ref` gives the address itself; what the API wants is its allocation."""
    found = await resource.call(EC2, "DescribeAddresses", {"PublicIps": [resource.physical_id]})
    return str(found["Addresses"][0]["AllocationId"])


@association.creates
async def associate(resource: Resource) -> str:
    input = resource.pick("AllocationId InstanceId NetworkInterfaceId PrivateIpAddress")
    input["PublicIp"] = resource.get("EIP")
    return str((await resource.call(EC2, "AssociateAddress", input)).get("AssociationId", resource.logical_id))


@association.reads
async def association_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@association.deletes
async def disassociate(resource: Resource) -> None:
    await resource.call(EC2, "DisassociateAddress", {"AssociationId": resource.physical_id})


@nat_gateway.creates
async def create_nat_gateway(resource: Resource) -> str:
    input = {**resource.pick(NAT), "TagSpecifications": tag_specifications(resource, "natgateway")}
    return str((await resource.call(EC2, "CreateNatGateway", input))["NatGateway"]["NatGatewayId"])


@nat_gateway.updates
async def update_nat_gateway(resource: Resource) -> None:
    await retag(resource)


@nat_gateway.reads
async def nat_gateway_attributes(resource: Resource) -> Plain:
    return {"NatGatewayId": resource.physical_id}


@nat_gateway.deletes
async def delete_nat_gateway(resource: Resource) -> None:
    await resource.call(EC2, "DeleteNatGateway", {"NatGatewayId": resource.physical_id})


@endpoint.creates
async def create_endpoint(resource: Resource) -> str:
    kind = {"VpcEndpointType": resource.get("VpcEndpointType", "Gateway")}  # as EC2 has it, too, when none is named
    tags = {"TagSpecifications": tag_specifications(resource, "vpc-endpoint")}
    input = {**resource.pick(ENDPOINT), **kind, **tags}
    return str((await resource.call(EC2, "CreateVpcEndpoint", input))["VpcEndpoint"]["VpcEndpointId"])


@endpoint.updates
async def update_endpoint(resource: Resource) -> None:
    input: Plain = {"VpcEndpointId": resource.physical_id, **resource.pick("PolicyDocument PrivateDnsEnabled")}
    for name in ("RouteTableIds", "SubnetIds", "SecurityGroupIds"):
        was = (resource.before["properties"].get(name) if resource.before else None) or []
        now = resource.get(name) or []
        input[f"Add{name}"] = [each for each in now if each not in was] or None
        input[f"Remove{name}"] = [each for each in was if each not in now] or None
    await resource.call(EC2, "ModifyVpcEndpoint", input)
    await retag(resource)


@endpoint.reads
async def endpoint_attributes(resource: Resource) -> Plain:
    found = await resource.call(EC2, "DescribeVpcEndpoints", {"VpcEndpointIds": [resource.physical_id]})
    shown = found["VpcEndpoints"][0]
    names = [f"{each.get('HostedZoneId', '')}:{each['DnsName']}" for each in shown.get("DnsEntries", [])]
    return {
        "Id": resource.physical_id,
        "CreationTimestamp": str(shown.get("CreationTimestamp", "")),
        "DnsEntries": names,
        "NetworkInterfaceIds": shown.get("NetworkInterfaceIds", []),
    }


@endpoint.deletes
async def delete_endpoint(resource: Resource) -> None:
    await resource.call(EC2, "DeleteVpcEndpoints", {"VpcEndpointIds": [resource.physical_id]})


@instance.creates
async def run_instance(resource: Resource) -> str:
    given = (
        "BlockDeviceMappings CreditSpecification DisableApiTermination EbsOptimized ImageId InstanceType KeyName "
        "PrivateIpAddress SecurityGroupIds SecurityGroups SubnetId UserData InstanceInitiatedShutdownBehavior"
    )
    input = {**resource.pick(given), **_launched(resource), "MinCount": 1, "MaxCount": 1, "ClientToken": resource.token}
    input["TagSpecifications"] = tag_specifications(resource, "instance")
    if resource.get("AvailabilityZone"):
        input["Placement"] = {"AvailabilityZone": resource.get("AvailabilityZone")}
    if resource.get("IamInstanceProfile"):
        input["IamInstanceProfile"] = {"Name": resource.get("IamInstanceProfile")}
    return str((await resource.call(EC2, "RunInstances", input))["Instances"][0]["InstanceId"])


def _launched(resource: Resource) -> Plain:
    """A launch template and network interfaces, as the API has them."""
    made: Plain = {}
    source = resource.get("LaunchTemplate")
    if source:
        names = ("LaunchTemplateId", "LaunchTemplateName", "Version")
        made["LaunchTemplate"] = {name: source[name] for name in names if name in source}
    if resource.get("NetworkInterfaces"):
        made["NetworkInterfaces"] = [
            {{"GroupSet": "Groups"}.get(name, name): value for name, value in each.items()}
            for each in resource.get("NetworkInterfaces")
        ]
    return made


@instance.updates
async def update_instance(resource: Resource) -> None:
    if resource.changed("InstanceType"):
        value = {"Value": resource.get("InstanceType")}
        input = {"InstanceId": resource.physical_id, "InstanceType": value}
        await resource.call(EC2, "ModifyInstanceAttribute", input)
    if resource.changed("SecurityGroupIds"):
        input = {"InstanceId": resource.physical_id, "Groups": resource.get("SecurityGroupIds")}
        await resource.call(EC2, "ModifyInstanceAttribute", input)
    await retag(resource)


@instance.reads
async def instance_attributes(resource: Resource) -> Plain:
    found = await resource.call(EC2, "DescribeInstances", {"InstanceIds": [resource.physical_id]})
    about = found["Reservations"][0]["Instances"][0]
    return {
        "InstanceId": resource.physical_id,
        "AvailabilityZone": about.get("Placement", {}).get("AvailabilityZone", ""),
        "PrivateDnsName": about.get("PrivateDnsName", ""),
        "PrivateIp": about.get("PrivateIpAddress", ""),
        "PublicDnsName": about.get("PublicDnsName", ""),
        "PublicIp": about.get("PublicIpAddress", ""),
        "VpcId": about.get("VpcId", ""),
    }


@instance.deletes
async def terminate(resource: Resource) -> None:
    await resource.call(EC2, "TerminateInstances", {"InstanceIds": [resource.physical_id]})
