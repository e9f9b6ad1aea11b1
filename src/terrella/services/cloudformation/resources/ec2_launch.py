"""AWS::EC2: launch templates, key pairs, flow logs, and who may use an endpoint service. All of it is state."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import retag

Plain = dict[str, Any]
EC2 = "ec2"

launch_template = ResourceType(
    "AWS::EC2::LaunchTemplate",
    properties="LaunchTemplateData LaunchTemplateName TagSpecifications VersionDescription",
    required="LaunchTemplateData",
    create_only="LaunchTemplateName",
    attributes="DefaultVersionNumber LatestVersionNumber LaunchTemplateId",
    name="LaunchTemplateName",
    longest_name=128,
    gone="InvalidLaunchTemplateId.NotFound",
    note="State: no machine is started.",
)
key_pair = ResourceType(
    "AWS::EC2::KeyPair",
    properties="KeyFormat KeyName KeyType PublicKeyMaterial Tags",
    required="KeyName",
    create_only="KeyFormat KeyName KeyType PublicKeyMaterial",
    attributes="KeyFingerprint KeyPairId",
    tagged=True,
    gone="InvalidKeyPair.NotFound",
    note="A key that is made here is kept in the SSM parameter /ec2/keypair/ID.",
)
entry = ResourceType(
    "AWS::EC2::NetworkAclEntry",
    properties="CidrBlock Egress Icmp Ipv6CidrBlock NetworkAclId PortRange Protocol RuleAction RuleNumber",
    required="NetworkAclId Protocol RuleAction RuleNumber",
    create_only="Egress NetworkAclId RuleNumber",
    attributes="Id",
    gone="InvalidNetworkAclEntry.NotFound InvalidNetworkAclID.NotFound",
    note="State: no packet is filtered.",
)
acl_association = ResourceType(
    "AWS::EC2::SubnetNetworkAclAssociation",
    properties="NetworkAclId SubnetId",
    required="NetworkAclId SubnetId",
    create_only="NetworkAclId SubnetId",
    attributes="AssociationId",
    note="State: no packet is filtered. Deleting it gives the subnet back to the network ACL of its VPC.",
)
FLOW = (
    "DeliverLogsPermissionArn LogDestination LogDestinationType LogFormat LogGroupName MaxAggregationInterval "
    "ResourceType TrafficType"
)
flow_log = ResourceType(
    "AWS::EC2::FlowLog",
    properties=f"{FLOW} DeliverCrossAccountRole DestinationOptions ResourceId Tags",
    required="ResourceId ResourceType",
    create_only=f"{FLOW} ResourceId",
    attributes="Id",
    tagged=True,
    gone="InvalidFlowLogId.NotFound",
    note="State: nothing is logged.",
)
permissions = ResourceType(
    "AWS::EC2::VPCEndpointServicePermissions",
    properties="AllowedPrincipals ServiceId",
    required="ServiceId",
    create_only="ServiceId",
    note="State: everybody may use everything.",
)


@launch_template.creates
async def create_launch_template(resource: Resource) -> str:
    input = {**_version(resource), "LaunchTemplateName": resource.name}
    input["TagSpecifications"] = resource.get("TagSpecifications")
    return str((await resource.call(EC2, "CreateLaunchTemplate", input))["LaunchTemplate"]["LaunchTemplateId"])


@launch_template.updates
async def update_launch_template(resource: Resource) -> None:
    """Every change of what is in it is a new version of it."""
    if resource.changed("LaunchTemplateData") or resource.changed("VersionDescription"):
        input = {**_version(resource), "LaunchTemplateId": resource.physical_id}
        await resource.call(EC2, "CreateLaunchTemplateVersion", input)


@launch_template.reads
async def launch_template_attributes(resource: Resource) -> Plain:
    ids = {"LaunchTemplateIds": [resource.physical_id]}
    found = (await resource.call(EC2, "DescribeLaunchTemplates", ids))["LaunchTemplates"][0]
    numbers = {name: str(found[name]) for name in ("DefaultVersionNumber", "LatestVersionNumber")}
    return {**numbers, "LaunchTemplateId": resource.physical_id}


@launch_template.deletes
async def delete_launch_template(resource: Resource) -> None:
    await resource.call(EC2, "DeleteLaunchTemplate", {"LaunchTemplateId": resource.physical_id})


@key_pair.creates
async def create_key_pair(resource: Resource) -> str:
    name, material = str(resource.get("KeyName")), resource.get("PublicKeyMaterial")
    if material:
        input = {"KeyName": name, "PublicKeyMaterial": str(material).encode()}
        await resource.call(EC2, "ImportKeyPair", input)
        return name
    made = await resource.call(EC2, "CreateKeyPair", {"KeyName": name, **resource.pick("KeyFormat KeyType")})
    secret = {"Name": f"/ec2/keypair/{made['KeyPairId']}", "Value": made["KeyMaterial"], "Type": "SecureString"}
    await resource.call("ssm", "PutParameter", secret)
    return name


@key_pair.updates
async def update_key_pair(resource: Resource) -> None:
    """Only its tags can be altered, and those of the stack do not reach it."""


@key_pair.reads
async def key_pair_attributes(resource: Resource) -> Plain:
    names = {"KeyNames": [resource.physical_id]}
    found = (await resource.call(EC2, "DescribeKeyPairs", names))["KeyPairs"][0]
    return {"KeyFingerprint": found.get("KeyFingerprint", ""), "KeyPairId": found["KeyPairId"]}


@key_pair.deletes
async def delete_key_pair(resource: Resource) -> None:
    if not resource.get("PublicKeyMaterial"):
        id = (await key_pair_attributes(resource))["KeyPairId"]
        await resource.call("ssm", "DeleteParameters", {"Names": [f"/ec2/keypair/{id}"]})
    await resource.call(EC2, "DeleteKeyPair", {"KeyName": resource.physical_id})


@entry.creates
async def create_entry(resource: Resource) -> str:
    await resource.call(EC2, "CreateNetworkAclEntry", _entry(resource))
    return resource.name


@entry.updates
async def update_entry(resource: Resource) -> None:
    await resource.call(EC2, "ReplaceNetworkAclEntry", _entry(resource))


@entry.reads
async def entry_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@entry.deletes
async def delete_entry(resource: Resource) -> None:
    which = {**resource.pick("NetworkAclId RuleNumber"), "Egress": resource.get("Egress", False)}
    await resource.call(EC2, "DeleteNetworkAclEntry", which)


@acl_association.creates
async def associate_acl(resource: Resource) -> str:
    return await _stand_behind(resource, str(resource.get("NetworkAclId")))


@acl_association.reads
async def acl_association_attributes(resource: Resource) -> Plain:
    return {"AssociationId": resource.physical_id}


@acl_association.deletes
async def dissociate_acl(resource: Resource) -> None:
    acl = {"NetworkAclIds": [resource.get("NetworkAclId")]}
    found = (await resource.call(EC2, "DescribeNetworkAcls", acl)).get("NetworkAcls", [])
    if found:
        filters = [{"Name": "vpc-id", "Values": [found[0]["VpcId"]]}, {"Name": "default", "Values": ["true"]}]
        default = (await resource.call(EC2, "DescribeNetworkAcls", {"Filters": filters}))["NetworkAcls"][0]
        await _stand_behind(resource, default["NetworkAclId"])


@flow_log.creates
async def create_flow_log(resource: Resource) -> str:
    input = {**resource.pick(FLOW), "ResourceIds": [resource.get("ResourceId")]}
    made = await resource.call(EC2, "CreateFlowLogs", input)
    return str(made["FlowLogIds"][0])


@flow_log.updates
async def update_flow_log(resource: Resource) -> None:
    await retag(resource)


@flow_log.reads
async def flow_log_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@flow_log.deletes
async def delete_flow_log(resource: Resource) -> None:
    await resource.call(EC2, "DeleteFlowLogs", {"FlowLogIds": [resource.physical_id]})


@permissions.creates
async def create_permissions(resource: Resource) -> str:
    await set_permissions(resource)
    return str(resource.get("ServiceId"))


@permissions.updates
async def set_permissions(resource: Resource) -> None:
    before = resource.before["properties"].get("AllowedPrincipals", []) if resource.before else []
    now = resource.get("AllowedPrincipals", [])
    input = {
        "ServiceId": resource.get("ServiceId"),
        "AddAllowedPrincipals": [each for each in now if each not in before] or None,
        "RemoveAllowedPrincipals": [each for each in before if each not in now] or None,
    }
    await resource.call(EC2, "ModifyVpcEndpointServicePermissions", input)


@permissions.deletes
async def delete_permissions(resource: Resource) -> None:
    input = {"ServiceId": resource.physical_id, "RemoveAllowedPrincipals": resource.get("AllowedPrincipals", [])}
    await resource.call(EC2, "ModifyVpcEndpointServicePermissions", input)


def _version(resource: Resource) -> Plain:
    return resource.pick("LaunchTemplateData VersionDescription")


def _entry(resource: Resource) -> Plain:
    names = "CidrBlock Ipv6CidrBlock NetworkAclId PortRange Protocol RuleAction RuleNumber"
    icmp = {"IcmpTypeCode": resource.get("Icmp")}
    return {**resource.pick(names), **icmp, "Egress": resource.get("Egress", False)}


async def _stand_behind(resource: Resource, acl: str) -> str:
    """Put the subnet behind a network ACL; the association's new id."""
    filters = [{"Name": "association.subnet-id", "Values": [as_string(resource.get("SubnetId"))]}]
    found = (await resource.call(EC2, "DescribeNetworkAcls", {"Filters": filters}))["NetworkAcls"][0]
    old = next(each for each in found["Associations"] if each["SubnetId"] == resource.get("SubnetId"))
    input = {"AssociationId": old["NetworkAclAssociationId"], "NetworkAclId": acl}
    return str((await resource.call(EC2, "ReplaceNetworkAclAssociation", input))["NewAssociationId"])
