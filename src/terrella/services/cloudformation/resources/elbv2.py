"""AWS::ElasticLoadBalancingV2: LoadBalancer, TargetGroup, Listener, ListenerRule, ListenerCertificate."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
ELB = "elbv2"

load_balancer = ResourceType(
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    properties="EnableCapacityReservationProvisionStabilize EnablePrefixForIpv6SourceNat "
    "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic IpAddressType Ipv4IpamPoolId LoadBalancerAttributes "
    "MinimumLoadBalancerCapacity Name Scheme SecurityGroups SubnetMappings Subnets Tags Type",
    create_only="Name Scheme Type",
    attributes="CanonicalHostedZoneID DNSName LoadBalancerArn LoadBalancerFullName LoadBalancerName SecurityGroups",
    name="Name",
    longest_name=32,
    tagged=True,
)
CHECKS = (
    "HealthCheckEnabled HealthCheckIntervalSeconds HealthCheckPath HealthCheckPort HealthCheckProtocol "
    "HealthCheckTimeoutSeconds HealthyThresholdCount Matcher UnhealthyThresholdCount"
)
FIXED = "IpAddressType Name Port Protocol ProtocolVersion TargetType VpcId"
target_group = ResourceType(
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    properties=f"{CHECKS} {FIXED} Tags TargetControlPort TargetGroupAttributes Targets",
    create_only=FIXED,
    attributes="LoadBalancerArns TargetGroupArn TargetGroupFullName TargetGroupName",
    name="Name",
    longest_name=32,
    tagged=True,
)
LISTENER = "AlpnPolicy Certificates DefaultActions MutualAuthentication Port Protocol SslPolicy"
listener = ResourceType(
    "AWS::ElasticLoadBalancingV2::Listener",
    properties=f"{LISTENER} ListenerAttributes LoadBalancerArn Tags",
    required="DefaultActions LoadBalancerArn",
    create_only="LoadBalancerArn",
    attributes="ListenerArn",
    tagged=True,
)
rule = ResourceType(
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    properties="Actions Conditions ListenerArn Priority Tags Transforms",
    required="Actions Conditions Priority",
    create_only="ListenerArn",
    attributes="IsDefault RuleArn",
    tagged=True,
)
certificate = ResourceType(
    "AWS::ElasticLoadBalancingV2::ListenerCertificate",
    properties="Certificates ListenerArn",
    required="Certificates ListenerArn",
    create_only="ListenerArn",
)


@load_balancer.creates
async def create_load_balancer(resource: Resource) -> str:
    given = resource.pick("IpAddressType Scheme SecurityGroups SubnetMappings Subnets Type")
    input = {**given, "Name": resource.name, "Tags": resource.tag_list() or None}
    made = (await resource.call(ELB, "CreateLoadBalancer", input))["LoadBalancers"][0]
    return str(made["LoadBalancerArn"])


@load_balancer.settles
async def settle_load_balancer(resource: Resource) -> None:
    """Attributes, and the wait until it is active."""
    arn = {"LoadBalancerArn": resource.physical_id}
    if resource.changed("LoadBalancerAttributes") and resource.get("LoadBalancerAttributes"):
        attributes = {"Attributes": resource.get("LoadBalancerAttributes")}
        await resource.call(ELB, "ModifyLoadBalancerAttributes", {**arn, **attributes})
    capacity = resource.get("MinimumLoadBalancerCapacity")
    if resource.changed("MinimumLoadBalancerCapacity"):
        what = {"MinimumLoadBalancerCapacity": capacity} if capacity else {"ResetCapacityReservation": True}
        await resource.call(ELB, "ModifyCapacityReservation", {**arn, **what})

    async def active() -> bool:
        found = await resource.call(ELB, "DescribeLoadBalancers", {"LoadBalancerArns": [resource.physical_id]})
        return bool(found["LoadBalancers"][0]["State"]["Code"] == "active")

    await resource.until(active, f"Load balancer {resource.name}")


@load_balancer.updates
async def update_load_balancer(resource: Resource) -> None:
    arn = {"LoadBalancerArn": resource.physical_id}
    if resource.changed("Subnets") or resource.changed("SubnetMappings"):
        await resource.call(ELB, "SetSubnets", {**arn, **resource.pick("Subnets SubnetMappings")})
    if resource.changed("SecurityGroups"):
        groups = {"SecurityGroups": resource.get("SecurityGroups", [])}
        await resource.call(ELB, "SetSecurityGroups", {**arn, **groups})
    if resource.changed("IpAddressType"):
        kind = {"IpAddressType": resource.get("IpAddressType", "ipv4")}
        await resource.call(ELB, "SetIpAddressType", {**arn, **kind})
    await _retag(resource)


@load_balancer.reads
async def load_balancer_attributes(resource: Resource) -> Plain:
    arn = resource.physical_id
    found = (await resource.call(ELB, "DescribeLoadBalancers", {"LoadBalancerArns": [arn]}))["LoadBalancers"][0]
    return {
        "CanonicalHostedZoneID": found["CanonicalHostedZoneId"],
        "DNSName": found["DNSName"],
        "LoadBalancerArn": arn,
        "LoadBalancerFullName": arn.partition(":loadbalancer/")[2],
        "LoadBalancerName": found["LoadBalancerName"],
        "SecurityGroups": found.get("SecurityGroups", []),
    }


@load_balancer.deletes
async def delete_load_balancer(resource: Resource) -> None:
    await resource.call(ELB, "DeleteLoadBalancer", {"LoadBalancerArn": resource.physical_id})


@target_group.creates
async def create_target_group(resource: Resource) -> str:
    input = {**resource.pick(f"{CHECKS} {FIXED}"), "Name": resource.name, "Tags": resource.tag_list() or None}
    made = await resource.call(ELB, "CreateTargetGroup", input)
    return str(made["TargetGroups"][0]["TargetGroupArn"])


@target_group.settles
async def settle_target_group(resource: Resource) -> None:
    """Attributes and targets, which the API sets by calls of their own."""
    arn = {"TargetGroupArn": resource.physical_id}
    if resource.changed("TargetGroupAttributes") and resource.get("TargetGroupAttributes"):
        attributes = {"Attributes": resource.get("TargetGroupAttributes")}
        await resource.call(ELB, "ModifyTargetGroupAttributes", {**arn, **attributes})
    was = (resource.before["properties"].get("Targets") if resource.before else None) or []
    now = resource.get("Targets") or []
    leaving, coming = [each for each in was if each not in now], [each for each in now if each not in was]
    if leaving:
        await resource.call(ELB, "DeregisterTargets", {**arn, "Targets": leaving})
    if coming:
        await resource.call(ELB, "RegisterTargets", {**arn, "Targets": coming})


@target_group.updates
async def update_target_group(resource: Resource) -> None:
    arn = {"TargetGroupArn": resource.physical_id}
    await resource.call(ELB, "ModifyTargetGroup", {**arn, **resource.pick(CHECKS)})
    await _retag(resource)


@target_group.reads
async def target_group_attributes(resource: Resource) -> Plain:
    arn = resource.physical_id
    found = (await resource.call(ELB, "DescribeTargetGroups", {"TargetGroupArns": [arn]}))["TargetGroups"][0]
    return {
        "LoadBalancerArns": found["LoadBalancerArns"],
        "TargetGroupArn": arn,
        "TargetGroupFullName": arn.rpartition(":")[2],
        "TargetGroupName": found["TargetGroupName"],
    }


@target_group.deletes
async def delete_target_group(resource: Resource) -> None:
    await resource.call(ELB, "DeleteTargetGroup", {"TargetGroupArn": resource.physical_id})


@listener.creates
async def create_listener(resource: Resource) -> str:
    input = {**resource.pick(f"{LISTENER} LoadBalancerArn"), "Tags": resource.tag_list() or None}
    return str((await resource.call(ELB, "CreateListener", input))["Listeners"][0]["ListenerArn"])


@listener.settles
async def settle_listener(resource: Resource) -> None:
    if resource.changed("ListenerAttributes") and resource.get("ListenerAttributes"):
        input = {"ListenerArn": resource.physical_id, "Attributes": resource.get("ListenerAttributes")}
        await resource.call(ELB, "ModifyListenerAttributes", input)


@listener.updates
async def update_listener(resource: Resource) -> None:
    await resource.call(ELB, "ModifyListener", {**resource.pick(LISTENER), "ListenerArn": resource.physical_id})
    await _retag(resource)


@listener.reads
async def listener_attributes(resource: Resource) -> Plain:
    return {"ListenerArn": resource.physical_id}


@listener.deletes
async def delete_listener(resource: Resource) -> None:
    await resource.call(ELB, "DeleteListener", {"ListenerArn": resource.physical_id})


@rule.creates
async def create_rule(resource: Resource) -> str:
    given = resource.pick("Actions Conditions ListenerArn Priority Transforms")
    made = await resource.call(ELB, "CreateRule", {**given, "Tags": resource.tag_list() or None})
    return str(made["Rules"][0]["RuleArn"])


@rule.updates
async def update_rule(resource: Resource) -> None:
    arn = resource.physical_id
    if resource.changed("Priority"):
        priorities = [{"RuleArn": arn, "Priority": resource.get("Priority")}]
        await resource.call(ELB, "SetRulePriorities", {"RulePriorities": priorities})
    given = resource.pick("Actions Conditions Transforms")
    reset = None if resource.get("Transforms") else True
    await resource.call(ELB, "ModifyRule", {**given, "RuleArn": arn, "ResetTransforms": reset})
    await _retag(resource)


@rule.reads
async def rule_attributes(resource: Resource) -> Plain:
    return {"RuleArn": resource.physical_id, "IsDefault": False}


@rule.deletes
async def delete_rule(resource: Resource) -> None:
    await resource.call(ELB, "DeleteRule", {"RuleArn": resource.physical_id})


@certificate.creates
async def create_certificates(resource: Resource) -> str:
    await resource.call(ELB, "AddListenerCertificates", resource.pick("Certificates ListenerArn"))
    return resource.token


@certificate.updates
async def update_certificates(resource: Resource) -> None:
    was = resource.before["properties"]["Certificates"] if resource.before else []
    now, arn = resource.get("Certificates"), {"ListenerArn": resource.get("ListenerArn")}
    await resource.call(ELB, "AddListenerCertificates", {**arn, "Certificates": now})
    leaving = [each for each in was if each not in now]
    if leaving:
        await resource.call(ELB, "RemoveListenerCertificates", {**arn, "Certificates": leaving})


@certificate.deletes
async def delete_certificates(resource: Resource) -> None:
    await resource.call(ELB, "RemoveListenerCertificates", resource.pick("Certificates ListenerArn"))


async def _retag(resource: Resource) -> None:
    added, removed = resource.tag_changes()
    arns = {"ResourceArns": [resource.physical_id]}
    if added:
        rows = [{"Key": name, "Value": value} for name, value in added.items()]
        await resource.call(ELB, "AddTags", {**arns, "Tags": rows})
    if removed:
        await resource.call(ELB, "RemoveTags", {**arns, "TagKeys": removed})
