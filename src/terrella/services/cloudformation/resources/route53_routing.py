"""AWS::Route53: CidrCollection, TrafficPolicy, TrafficPolicyInstance, DelegationSet."""

from __future__ import annotations

from typing import Any

from ....core.errors import AwsError
from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType
from .route53 import bare

Plain = dict[str, Any]

collection = ResourceType(
    "AWS::Route53::CidrCollection",
    properties="Locations Name",
    required="Name",
    create_only="Name",
    attributes="Arn Id",
    gone="NoSuchCidrCollectionException",
)
policy = ResourceType(
    "AWS::Route53::TrafficPolicy",
    properties="Comment Document Name",
    required="Document Name",
    create_only="Document Name",
    attributes="Arn Id Type",
    gone="NoSuchTrafficPolicy",
)
instance = ResourceType(
    "AWS::Route53::TrafficPolicyInstance",
    properties="HostedZoneId Name TTL TrafficPolicyId TrafficPolicyVersion",
    required="HostedZoneId Name TTL TrafficPolicyId TrafficPolicyVersion",
    create_only="HostedZoneId Name",
    attributes="Arn Id",
    gone="NoSuchTrafficPolicyInstance",
)
delegation = ResourceType(
    "AWS::Route53::DelegationSet",
    attributes="Arn CallerReference Id NameServers",
    gone="NoSuchDelegationSet",
)


@collection.creates
async def create_collection(resource: Resource) -> str:
    input = {"Name": resource.get("Name"), "CallerReference": resource.token}
    made = await resource.call("route53", "CreateCidrCollection", input)
    collection_id = str(made["Collection"]["Id"])
    try:
        await _bring_blocks(resource, collection_id, {}, _locations(resource.properties))
    except AwsError:  # nobody else knows of the collection yet
        await resource.call("route53", "DeleteCidrCollection", {"Id": collection_id})
        raise
    return collection_id


@collection.updates
async def update_collection(resource: Resource) -> None:
    was = _locations(resource.before["properties"] if resource.before else {})
    await _bring_blocks(resource, resource.physical_id, was, _locations(resource.properties))


@collection.reads
async def collection_attributes(resource: Resource) -> Plain:
    arn = f"arn:aws:route53::{resource.account}:cidrcollection/{resource.physical_id}"
    return {"Id": resource.physical_id, "Arn": arn}


@collection.deletes
async def delete_collection(resource: Resource) -> None:
    """A collection has to be empty first."""
    await _bring_blocks(resource, resource.physical_id, _locations(resource.properties), {})
    await resource.call("route53", "DeleteCidrCollection", {"Id": resource.physical_id})


@policy.creates
async def create_policy(resource: Resource) -> str:
    made = await resource.call("route53", "CreateTrafficPolicy", resource.pick("Comment Document Name"))
    return str(made["TrafficPolicy"]["Id"])


@policy.updates
async def update_policy(resource: Resource) -> None:
    input = {"Id": resource.physical_id, "Version": 1, "Comment": resource.get("Comment", "")}
    await resource.call("route53", "UpdateTrafficPolicyComment", input)


@policy.reads
async def policy_attributes(resource: Resource) -> Plain:
    found = await resource.call("route53", "GetTrafficPolicy", {"Id": resource.physical_id, "Version": 1})
    arn = f"arn:aws:route53:::trafficpolicy/{resource.physical_id}"
    return {"Id": resource.physical_id, "Arn": arn, "Type": found["TrafficPolicy"]["Type"]}


@policy.deletes
async def delete_policy(resource: Resource) -> None:
    await resource.call("route53", "DeleteTrafficPolicy", {"Id": resource.physical_id, "Version": 1})


@instance.creates
async def create_instance(resource: Resource) -> str:
    input = resource.pick("HostedZoneId Name TTL TrafficPolicyId TrafficPolicyVersion")
    made = await resource.call("route53", "CreateTrafficPolicyInstance", input)
    return str(made["TrafficPolicyInstance"]["Id"])


@instance.settles
async def settle_instance(resource: Resource) -> None:
    async def applied() -> bool:
        found = await resource.call("route53", "GetTrafficPolicyInstance", {"Id": resource.physical_id})
        state = found["TrafficPolicyInstance"]["State"]
        if state == "Failed":
            raise HandlerFailed(found["TrafficPolicyInstance"]["Message"])
        return bool(state == "Applied")

    await resource.until(applied, f"Traffic policy instance {resource.physical_id}")


@instance.updates
async def update_instance(resource: Resource) -> None:
    input = {"Id": resource.physical_id, **resource.pick("TTL TrafficPolicyId TrafficPolicyVersion")}
    await resource.call("route53", "UpdateTrafficPolicyInstance", input)
    await settle_instance(resource)


@instance.reads
async def instance_attributes(resource: Resource) -> Plain:
    return {
        "Id": resource.physical_id,
        "Arn": f"arn:aws:route53:::trafficpolicyinstance/{resource.physical_id}",
    }


@instance.deletes
async def delete_instance(resource: Resource) -> None:
    await resource.call("route53", "DeleteTrafficPolicyInstance", {"Id": resource.physical_id})


@delegation.creates
async def create_delegation(resource: Resource) -> str:
    made = await resource.call("route53", "CreateReusableDelegationSet", {"CallerReference": resource.token})
    return bare(made["DelegationSet"]["Id"])


@delegation.reads
async def delegation_attributes(resource: Resource) -> Plain:
    found = await resource.call("route53", "GetReusableDelegationSet", {"Id": resource.physical_id})
    return {
        "Id": resource.physical_id,
        "Arn": f"arn:aws:route53:::delegationset/{resource.physical_id}",
        "CallerReference": found["DelegationSet"].get("CallerReference", ""),
        "NameServers": found["DelegationSet"]["NameServers"],
    }


@delegation.deletes
async def delete_delegation(resource: Resource) -> None:
    await resource.call("route53", "DeleteReusableDelegationSet", {"Id": resource.physical_id})


def _locations(properties: Plain) -> dict[str, list[str]]:
    return {str(each["LocationName"]): list(each["CidrList"]) for each in properties.get("Locations", [])}


async def _bring_blocks(
    resource: Resource, collection_id: str, was: dict[str, list[str]], now: dict[str, list[str]]
) -> None:
    """From the blocks that were to those that should be, in one request: a block may move."""
    changes = [
        {"LocationName": name, "Action": action, "CidrList": sorted({*have.get(name, [])} - {*other.get(name, [])})}
        for action, have, other in (("DELETE_IF_EXISTS", was, now), ("PUT", now, was))
        for name in have
    ]
    changes = [each for each in changes if each["CidrList"]]
    if changes:
        await resource.call("route53", "ChangeCidrCollection", {"Id": collection_id, "Changes": changes})
