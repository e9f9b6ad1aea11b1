"""AWS::EC2::SecurityGroupIngress and SecurityGroupEgress: rules of a group that the group itself does not list."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from .ec2 import permission_of

Plain = dict[str, Any]
EC2 = "ec2"
BOTH = "CidrIp CidrIpv6 Description FromPort GroupId IpProtocol ToPort"
INGRESS = (
    f"{BOTH} GroupName SourcePrefixListId SourceSecurityGroupId SourceSecurityGroupName SourceSecurityGroupOwnerId"
)
EGRESS = f"{BOTH} DestinationPrefixListId DestinationSecurityGroupId"
GONE = "InvalidGroup.NotFound InvalidGroupId.NotFound InvalidPermission.NotFound"
ingress = ResourceType(
    "AWS::EC2::SecurityGroupIngress",
    properties=INGRESS,
    required="IpProtocol",
    create_only=INGRESS,
    attributes="Id",
    gone=GONE,
)
egress = ResourceType(
    "AWS::EC2::SecurityGroupEgress",
    properties=EGRESS,
    required="GroupId IpProtocol",
    create_only=EGRESS,
    attributes="Id",
    gone=GONE,
)


@ingress.creates
async def add_ingress(resource: Resource) -> str:
    return _rule_of(await resource.call(EC2, "AuthorizeSecurityGroupIngress", _input(resource)), resource)


@egress.creates
async def add_egress(resource: Resource) -> str:
    return _rule_of(await resource.call(EC2, "AuthorizeSecurityGroupEgress", _input(resource)), resource)


@ingress.reads
@egress.reads
async def attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@ingress.deletes
async def remove_ingress(resource: Resource) -> None:
    await resource.call(EC2, "RevokeSecurityGroupIngress", _input(resource))


@egress.deletes
async def remove_egress(resource: Resource) -> None:
    await resource.call(EC2, "RevokeSecurityGroupEgress", _input(resource))


def _input(resource: Resource) -> Plain:
    given = resource.pick("GroupId GroupName")
    return {**given, "IpPermissions": [permission_of(resource.properties)]}


def _rule_of(answer: Plain, resource: Resource) -> str:
    rules = answer.get("SecurityGroupRules") or []
    return str(rules[0]["SecurityGroupRuleId"]) if rules else resource.logical_id
