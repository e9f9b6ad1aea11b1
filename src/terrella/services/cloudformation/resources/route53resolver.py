"""AWS::Route53Resolver: endpoints and rules, borrowed and as state: a city's resolver does not ask them."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import Row

RESOLVER = "route53resolver"
STATE = "State: names are resolved with or without it."
ROWS = (
    Row(
        "AWS::Route53Resolver::ResolverEndpoint", RESOLVER,
        "Direction IpAddresses Name OutpostArn PreferredInstanceType Protocols ResolverEndpointType SecurityGroupIds "
        "Tags",
        create="CreateResolverEndpoint", made="ResolverEndpoint.Id", key="ResolverEndpointId",
        show="GetResolverEndpoint", shows="ResolverEndpoint",
        attributes={
            "Arn": "Arn", "Direction": "Direction", "HostVPCId": "HostVPCId", "IpAddressCount": "IpAddressCount",
            "Name": "Name", "ResolverEndpointId": "{id}",
        },
        delete="DeleteResolverEndpoint", tags="list", required="Direction IpAddresses SecurityGroupIds", note=STATE,
    ),
    Row(
        "AWS::Route53Resolver::ResolverRule", RESOLVER,
        "DomainName Name ResolverEndpointId RuleType TargetIps DelegationRecord Tags",
        create="CreateResolverRule", made="ResolverRule.Id", key="ResolverRuleId",
        show="GetResolverRule", shows="ResolverRule",
        attributes={"Arn": "Arn", "DomainName": "DomainName", "Name": "Name", "ResolverRuleId": "{id}"},
        delete="DeleteResolverRule", tags="list", required="RuleType", note=STATE,
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
association = ResourceType(
    "AWS::Route53Resolver::ResolverRuleAssociation",
    properties="Name ResolverRuleId VPCId",
    required="ResolverRuleId VPCId",
    create_only="Name ResolverRuleId VPCId",
    attributes="Name ResolverRuleAssociationId ResolverRuleId VPCId",
    note=STATE,
)


@association.creates
async def associate(resource: Resource) -> str:
    made = await resource.call(RESOLVER, "AssociateResolverRule", resource.properties)
    return str(made["ResolverRuleAssociation"]["Id"])


@association.reads
async def association_attributes(resource: Resource) -> dict[str, str]:
    return {**resource.pick("Name ResolverRuleId VPCId"), "ResolverRuleAssociationId": resource.physical_id}


@association.deletes
async def dissociate(resource: Resource) -> None:
    await resource.call(RESOLVER, "DisassociateResolverRule", resource.pick("ResolverRuleId VPCId"))
