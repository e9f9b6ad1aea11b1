"""AWS::EC2: the network that load balancers stand in. VPCs, subnets, security groups, gateways and routes."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import retag

Plain = dict[str, Any]
EC2 = "ec2"

vpc = ResourceType(
    "AWS::EC2::VPC",
    properties="CidrBlock EnableDnsHostnames EnableDnsSupport InstanceTenancy Tags",
    create_only="CidrBlock",
    attributes="CidrBlock CidrBlockAssociations DefaultNetworkAcl DefaultSecurityGroup Ipv6CidrBlocks VpcId",
    tagged=True,
    gone="InvalidVpcID.NotFound",
)
subnet = ResourceType(
    "AWS::EC2::Subnet",
    properties="AssignIpv6AddressOnCreation AvailabilityZone AvailabilityZoneId CidrBlock EnableDns64 Ipv6CidrBlock "
    "Ipv6Native MapPublicIpOnLaunch PrivateDnsNameOptionsOnLaunch Tags VpcId",
    required="VpcId",
    create_only="AvailabilityZone AvailabilityZoneId CidrBlock Ipv6CidrBlock Ipv6Native VpcId",
    attributes="AvailabilityZone CidrBlock Ipv6CidrBlocks NetworkAclAssociationId SubnetId VpcId",
    tagged=True,
    gone="InvalidSubnetID.NotFound",
    note="EnableDns64 and PrivateDnsNameOptionsOnLaunch are accepted and not acted on.",
)
group = ResourceType(
    "AWS::EC2::SecurityGroup",
    properties="GroupDescription GroupName SecurityGroupEgress SecurityGroupIngress Tags VpcId",
    required="GroupDescription",
    create_only="GroupDescription GroupName VpcId",
    attributes="GroupId VpcId Id",
    name="GroupName",
    longest_name=255,
    tagged=True,
    gone="InvalidGroup.NotFound InvalidGroupId.NotFound",
    note="Rules are kept; nothing in this world filters by them.",
)
internet_gateway = ResourceType(
    "AWS::EC2::InternetGateway",
    properties="Tags",
    attributes="InternetGatewayId",
    tagged=True,
    gone="InvalidInternetGatewayID.NotFound",
)
attachment = ResourceType(
    "AWS::EC2::VPCGatewayAttachment",
    properties="InternetGatewayId VpcId VpnGatewayId",
    required="VpcId",
    create_only="InternetGatewayId VpcId VpnGatewayId",
    attributes="AttachmentType",
    gone="Gateway.NotAttached InvalidInternetGatewayID.NotFound",
)
route_table = ResourceType(
    "AWS::EC2::RouteTable",
    properties="Tags VpcId",
    required="VpcId",
    create_only="VpcId",
    attributes="RouteTableId",
    tagged=True,
    gone="InvalidRouteTableID.NotFound",
)
ROUTE = (
    "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId EgressOnlyInternetGatewayId GatewayId "
    "InstanceId NatGatewayId NetworkInterfaceId RouteTableId TransitGatewayId VpcEndpointId VpcPeeringConnectionId"
)
WHERE_TO = "DestinationCidrBlock DestinationIpv6CidrBlock DestinationPrefixListId"
route = ResourceType(
    "AWS::EC2::Route",
    properties=ROUTE,
    required="RouteTableId",
    create_only=f"{WHERE_TO} RouteTableId",
    attributes="CidrBlock",
    gone="InvalidRoute.NotFound InvalidRouteTableID.NotFound",
)
association = ResourceType(
    "AWS::EC2::SubnetRouteTableAssociation",
    properties="RouteTableId SubnetId",
    required="RouteTableId SubnetId",
    create_only="RouteTableId SubnetId",
    attributes="Id",
    gone="InvalidAssociationID.NotFound",
)


@vpc.creates
async def create_vpc(resource: Resource) -> str:
    input = {**resource.pick("CidrBlock InstanceTenancy"), "TagSpecifications": tag_specifications(resource, "vpc")}
    return str((await resource.call(EC2, "CreateVpc", input))["Vpc"]["VpcId"])


@vpc.settles
async def settle_vpc(resource: Resource) -> None:
    """One attribute per call, as the API wants it."""
    for name in ("EnableDnsSupport", "EnableDnsHostnames"):
        if resource.changed(name):
            value = {"Value": str(resource.get(name, "false")).lower() == "true"}
            await resource.call(EC2, "ModifyVpcAttribute", {"VpcId": resource.physical_id, name: value})


@vpc.updates
async def update_vpc(resource: Resource) -> None:
    await retag(resource)


@vpc.reads
async def vpc_attributes(resource: Resource) -> Plain:
    id = resource.physical_id
    found = (await resource.call(EC2, "DescribeVpcs", {"VpcIds": [id]}))["Vpcs"][0]
    blocks = [each["AssociationId"] for each in found.get("CidrBlockAssociationSet", [])]
    filters = [{"Name": "vpc-id", "Values": [id]}]
    acls = (await resource.call(EC2, "DescribeNetworkAcls", {"Filters": filters})).get("NetworkAcls", [])
    named = [*filters, {"Name": "group-name", "Values": ["default"]}]
    groups = (await resource.call(EC2, "DescribeSecurityGroups", {"Filters": named})).get("SecurityGroups", [])
    return {
        "VpcId": id,
        "CidrBlock": found["CidrBlock"],
        "CidrBlockAssociations": blocks,
        "Ipv6CidrBlocks": [each["Ipv6CidrBlock"] for each in found.get("Ipv6CidrBlockAssociationSet", [])],
        "DefaultNetworkAcl": acls[0]["NetworkAclId"] if acls else "",
        "DefaultSecurityGroup": groups[0]["GroupId"] if groups else "",
    }


@vpc.deletes
async def delete_vpc(resource: Resource) -> None:
    await resource.call(EC2, "DeleteVpc", {"VpcId": resource.physical_id})


@subnet.creates
async def create_subnet(resource: Resource) -> str:
    given = resource.pick("AvailabilityZone AvailabilityZoneId CidrBlock Ipv6CidrBlock Ipv6Native VpcId")
    made = await resource.call(
        EC2, "CreateSubnet", {**given, "TagSpecifications": tag_specifications(resource, "subnet")}
    )
    return str(made["Subnet"]["SubnetId"])


@subnet.settles
async def settle_subnet(resource: Resource) -> None:
    for name in ("MapPublicIpOnLaunch", "AssignIpv6AddressOnCreation"):
        if resource.changed(name):
            value = {"Value": str(resource.get(name, "false")).lower() == "true"}
            await resource.call(EC2, "ModifySubnetAttribute", {"SubnetId": resource.physical_id, name: value})


@subnet.updates
async def update_subnet(resource: Resource) -> None:
    await retag(resource)


@subnet.reads
async def subnet_attributes(resource: Resource) -> Plain:
    id = resource.physical_id
    found = (await resource.call(EC2, "DescribeSubnets", {"SubnetIds": [id]}))["Subnets"][0]
    shown = {name: found[name] for name in ("AvailabilityZone", "CidrBlock", "VpcId")}
    wide = [each["Ipv6CidrBlock"] for each in found.get("Ipv6CidrBlockAssociationSet", [])]
    return {**shown, "SubnetId": id, "NetworkAclAssociationId": "", "Ipv6CidrBlocks": wide}


@subnet.deletes
async def delete_subnet(resource: Resource) -> None:
    await resource.call(EC2, "DeleteSubnet", {"SubnetId": resource.physical_id})


@group.creates
async def create_group(resource: Resource) -> str:
    input = {
        "Description": resource.get("GroupDescription"),
        "GroupName": resource.name,
        "VpcId": resource.get("VpcId"),
        "TagSpecifications": tag_specifications(resource, "security-group"),
    }
    return str((await resource.call(EC2, "CreateSecurityGroup", input))["GroupId"])


@group.settles
async def settle_group(resource: Resource) -> None:
    for name, way in (("SecurityGroupIngress", "Ingress"), ("SecurityGroupEgress", "Egress")):
        was = (resource.before["properties"].get(name) if resource.before else None) or []
        now = resource.get(name) or []
        leaving = [permission_of(each) for each in was if each not in now]
        coming = [permission_of(each) for each in now if each not in was]
        id = {"GroupId": resource.physical_id}
        if leaving:
            await resource.call(EC2, f"RevokeSecurityGroup{way}", {**id, "IpPermissions": leaving})
        if way == "Egress" and coming and not was:
            everything = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
            await resource.call(EC2, "RevokeSecurityGroupEgress", {**id, "IpPermissions": everything})
        if coming:
            await resource.call(EC2, f"AuthorizeSecurityGroup{way}", {**id, "IpPermissions": coming})


@group.updates
async def update_group(resource: Resource) -> None:
    await retag(resource)


@group.reads
async def group_attributes(resource: Resource) -> Plain:
    id = resource.physical_id
    found = (await resource.call(EC2, "DescribeSecurityGroups", {"GroupIds": [id]}))["SecurityGroups"][0]
    return {"GroupId": id, "Id": id, "VpcId": found.get("VpcId", "")}


@group.deletes
async def delete_group(resource: Resource) -> None:
    await resource.call(EC2, "DeleteSecurityGroup", {"GroupId": resource.physical_id})


@internet_gateway.creates
async def create_gateway(resource: Resource) -> str:
    input = {"TagSpecifications": tag_specifications(resource, "internet-gateway")}
    made = await resource.call(EC2, "CreateInternetGateway", input)
    return str(made["InternetGateway"]["InternetGatewayId"])


@internet_gateway.updates
async def update_gateway(resource: Resource) -> None:
    await retag(resource)


@internet_gateway.reads
async def gateway_attributes(resource: Resource) -> Plain:
    return {"InternetGatewayId": resource.physical_id}


@internet_gateway.deletes
async def delete_gateway(resource: Resource) -> None:
    await resource.call(EC2, "DeleteInternetGateway", {"InternetGatewayId": resource.physical_id})


@attachment.creates
async def attach(resource: Resource) -> str:
    await resource.call(EC2, "AttachInternetGateway", resource.pick("InternetGatewayId VpcId"))
    return f"IGW|{resource.get('VpcId')}"


@attachment.reads
async def attachment_attributes(resource: Resource) -> Plain:
    return {"AttachmentType": "IGW"}


@attachment.deletes
async def detach(resource: Resource) -> None:
    await resource.call(EC2, "DetachInternetGateway", resource.pick("InternetGatewayId VpcId"))


@route_table.creates
async def create_route_table(resource: Resource) -> str:
    input = {**resource.pick("VpcId"), "TagSpecifications": tag_specifications(resource, "route-table")}
    return str((await resource.call(EC2, "CreateRouteTable", input))["RouteTable"]["RouteTableId"])


@route_table.updates
async def update_route_table(resource: Resource) -> None:
    await retag(resource)


@route_table.reads
async def route_table_attributes(resource: Resource) -> Plain:
    return {"RouteTableId": resource.physical_id}


@route_table.deletes
async def delete_route_table(resource: Resource) -> None:
    await resource.call(EC2, "DeleteRouteTable", {"RouteTableId": resource.physical_id})


@route.creates
async def create_route(resource: Resource) -> str:
    await resource.call(EC2, "CreateRoute", resource.pick(ROUTE))
    return f"{resource.get('RouteTableId')}|{_where_to(resource)}"


@route.updates
async def update_route(resource: Resource) -> None:
    await resource.call(EC2, "ReplaceRoute", resource.pick(ROUTE))


@route.reads
async def route_attributes(resource: Resource) -> Plain:
    return {"CidrBlock": _where_to(resource)}


@route.deletes
async def delete_route(resource: Resource) -> None:
    await resource.call(EC2, "DeleteRoute", resource.pick(f"{WHERE_TO} RouteTableId"))


@association.creates
async def associate(resource: Resource) -> str:
    made = await resource.call(EC2, "AssociateRouteTable", resource.pick("RouteTableId SubnetId"))
    return str(made["AssociationId"])


@association.reads
async def association_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@association.deletes
async def disassociate(resource: Resource) -> None:
    await resource.call(EC2, "DisassociateRouteTable", {"AssociationId": resource.physical_id})


def _where_to(resource: Resource) -> str:
    return str(next((value for value in resource.pick(WHERE_TO).values()), ""))


def tag_specifications(resource: Resource, kind: str) -> list[Plain] | None:
    tags = resource.tag_list()
    return [{"ResourceType": kind, "Tags": tags}] if tags else None


def permission_of(rule: Plain) -> Plain:
    """A rule of a template as EC2's API takes it."""
    found: Plain = {"IpProtocol": str(rule["IpProtocol"])}
    for name in ("FromPort", "ToPort"):
        if rule.get(name) is not None:
            found[name] = rule[name]
    about = {"Description": rule["Description"]} if rule.get("Description") else {}
    if rule.get("CidrIp"):
        found["IpRanges"] = [{"CidrIp": rule["CidrIp"], **about}]
    if rule.get("CidrIpv6"):
        found["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **about}]
    for name in ("SourceSecurityGroupId", "DestinationSecurityGroupId"):
        if rule.get(name):
            found["UserIdGroupPairs"] = [{"GroupId": rule[name], **about}]
    for name in ("SourcePrefixListId", "DestinationPrefixListId"):
        if rule.get(name):
            found["PrefixListIds"] = [{"PrefixListId": rule[name], **about}]
    return found
