"""AWS::AutoScaling: groups, launch configurations, policies, hooks and schedules. Instances are entries in a table,
so a group has its instances and its target groups know them, and nothing runs on them."""

from __future__ import annotations

from typing import Any

from ....core.errors import AwsError
from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import Row

Plain = dict[str, Any]
AUTOSCALING = "autoscaling"
STATE = "State: nothing scales by itself."
POLICY = (
    "AdjustmentType Cooldown EstimatedInstanceWarmup MetricAggregationType MinAdjustmentMagnitude PolicyType "
    "PredictiveScalingConfiguration ScalingAdjustment StepAdjustments TargetTrackingConfiguration"
)
HOOK = "DefaultResult HeartbeatTimeout LifecycleTransition NotificationMetadata NotificationTargetARN RoleARN"
ROWS = (
    Row(
        "AWS::AutoScaling::LifecycleHook", AUTOSCALING, f"{HOOK} AutoScalingGroupName LifecycleHookName",
        create="PutLifecycleHook", name="LifecycleHookName", key="LifecycleHookName", beside="AutoScalingGroupName",
        update="PutLifecycleHook", updated=HOOK, delete="DeleteLifecycleHook", note=STATE,
    ),
    Row(
        "AWS::AutoScaling::ScheduledAction", AUTOSCALING,
        "AutoScalingGroupName DesiredCapacity EndTime MaxSize MinSize Recurrence ScheduledActionName StartTime "
        "TimeZone",
        create="PutScheduledUpdateGroupAction", name="ScheduledActionName", key="ScheduledActionName",
        beside="AutoScalingGroupName", delete="DeleteScheduledAction", note=STATE,
    ),
)  # fmt: skip
LAUNCH = (
    "AssociatePublicIpAddress BlockDeviceMappings EbsOptimized IamInstanceProfile ImageId InstanceId InstanceType "
    "KernelId KeyName LaunchConfigurationName MetadataOptions PlacementTenancy SecurityGroups SpotPrice UserData"
)
configuration = ResourceType(
    "AWS::AutoScaling::LaunchConfiguration",
    properties=f"{LAUNCH} InstanceMonitoring RamDiskId",
    create_only=f"{LAUNCH} InstanceMonitoring RamDiskId",
    name="LaunchConfigurationName",
    longest_name=255,
    note="State: no machine is started.",
)
GROUP = (
    "CapacityRebalance Context DefaultInstanceWarmup DesiredCapacityType HealthCheckGracePeriod HealthCheckType "
    "LaunchConfigurationName MaxInstanceLifetime MaxSize MinSize NewInstancesProtectedFromScaleIn PlacementGroup "
    "ServiceLinkedRoleARN TerminationPolicies"
)
OTHERS = (
    "AvailabilityZones Cooldown DesiredCapacity LaunchTemplate LoadBalancerNames MetricsCollection "
    "MixedInstancesPolicy NotificationConfiguration NotificationConfigurations Tags TargetGroupARNs VPCZoneIdentifier "
    "LifecycleHookSpecificationList AvailabilityZoneDistribution"
)
group = ResourceType(
    "AWS::AutoScaling::AutoScalingGroup",
    properties=f"{GROUP} {OTHERS} AutoScalingGroupName InstanceId",
    required="MaxSize MinSize",
    create_only="AutoScalingGroupName InstanceId",
    attributes="AutoScalingGroupARN",
    name="AutoScalingGroupName",
    longest_name=255,
    tagged=True,
    note="State: instances are entries in a table, registered with the target groups when the group is made or "
    "altered. Nothing scales by itself; notifications, metrics and classic load balancers are accepted and not acted "
    "on. "
    "CreationPolicy and UpdatePolicy are not waited for.",
)
policy = ResourceType(
    "AWS::AutoScaling::ScalingPolicy",
    properties=f"{POLICY} AutoScalingGroupName",
    required="AutoScalingGroupName",
    create_only="AutoScalingGroupName",
    attributes="Arn PolicyName",
    note=STATE,
)
TYPES = tuple(row.type() for row in ROWS)


@configuration.creates
async def create_configuration(resource: Resource) -> str:
    input = resource.pick(LAUNCH)
    if "InstanceMonitoring" in resource.properties:
        input["InstanceMonitoring"] = {"Enabled": resource.get("InstanceMonitoring")}
    input |= {"RamdiskId": resource.get("RamDiskId"), "LaunchConfigurationName": resource.name}
    await resource.call(AUTOSCALING, "CreateLaunchConfiguration", input)
    return resource.name


@configuration.deletes
async def delete_configuration(resource: Resource) -> None:
    await resource.call(AUTOSCALING, "DeleteLaunchConfiguration", {"LaunchConfigurationName": resource.physical_id})


@policy.creates
async def create_policy(resource: Resource) -> str:
    await put_policy(resource)
    which = {**resource.pick("AutoScalingGroupName"), "PolicyNames": [resource.name]}
    return str((await resource.call(AUTOSCALING, "DescribePolicies", which))["ScalingPolicies"][0]["PolicyARN"])


@policy.updates
async def put_policy(resource: Resource) -> None:
    input = {**resource.pick(f"{POLICY} AutoScalingGroupName"), "PolicyName": resource.name}
    await resource.call(AUTOSCALING, "PutScalingPolicy", input)


@policy.reads
async def policy_attributes(resource: Resource) -> Plain:
    return {"Arn": resource.physical_id, "PolicyName": resource.name}


@policy.deletes
async def delete_policy(resource: Resource) -> None:
    which = {**resource.pick("AutoScalingGroupName"), "PolicyName": resource.name}
    await resource.call(AUTOSCALING, "DeletePolicy", which)


@group.creates
async def create_group(resource: Resource) -> str:
    tags = [{**each, "ResourceId": resource.name, "ResourceType": GROUP_KIND} for each in _tags(resource)]
    input = {**_settings(resource), "AutoScalingGroupName": resource.name, "Tags": tags}
    input["LifecycleHookSpecificationList"] = resource.get("LifecycleHookSpecificationList")
    await resource.call(AUTOSCALING, "CreateAutoScalingGroup", input)
    return resource.name


@group.settles
async def register_instances(resource: Resource) -> None:
    """Its instances become targets. Those of a target group of another kind of target do not."""
    before = resource.before["properties"].get("TargetGroupARNs", []) if resource.before else []
    wanted = resource.get("TargetGroupARNs", [])
    instances = await _instances(resource)
    for arn in wanted if instances else []:
        await resource.call("elbv2", "RegisterTargets", {"TargetGroupArn": arn, "Targets": instances})
    for arn in [each for each in before if each not in wanted] if instances else []:
        await _deregister(resource, arn, instances)


@group.updates
async def update_group(resource: Resource) -> None:
    input = {**_settings(resource), "AutoScalingGroupName": resource.physical_id}
    await resource.call(AUTOSCALING, "UpdateAutoScalingGroup", input)


@group.reads
async def group_attributes(resource: Resource) -> Plain:
    return {"AutoScalingGroupARN": (await _shown(resource))["AutoScalingGroupARN"]}


@group.deletes
async def delete_group(resource: Resource) -> None:
    instances = await _instances(resource)
    for arn in resource.get("TargetGroupARNs", []) if instances else []:
        await _deregister(resource, arn, instances)
    name = {"AutoScalingGroupName": resource.physical_id, "ForceDelete": True}
    await resource.call(AUTOSCALING, "DeleteAutoScalingGroup", name)


GROUP_KIND = "auto-scaling-group"


def _settings(resource: Resource) -> Plain:
    subnets, cooldown = resource.get("VPCZoneIdentifier"), resource.get("Cooldown")
    found = resource.pick(f"{GROUP} AvailabilityZones LaunchTemplate MixedInstancesPolicy DesiredCapacity")
    if isinstance(subnets, list):
        subnets = ",".join(subnets)
    return {**found, "VPCZoneIdentifier": subnets, "DefaultCooldown": cooldown}


def _tags(resource: Resource) -> list[Plain]:
    far = {each["Key"]: each.get("PropagateAtLaunch", True) for each in resource.get("Tags", [])}
    return [{**each, "PropagateAtLaunch": far.get(each["Key"], True)} for each in resource.tag_list()]


async def _shown(resource: Resource) -> Plain:
    names = {"AutoScalingGroupNames": [resource.physical_id]}
    found: Plain = (await resource.call(AUTOSCALING, "DescribeAutoScalingGroups", names))["AutoScalingGroups"][0]
    return found


async def _instances(resource: Resource) -> list[Plain]:
    return [{"Id": each["InstanceId"]} for each in (await _shown(resource)).get("Instances", [])]


async def _deregister(resource: Resource, arn: str, instances: list[Plain]) -> None:
    try:
        await resource.call("elbv2", "DeregisterTargets", {"TargetGroupArn": arn, "Targets": instances})
    except AwsError as refusal:
        if refusal.error_code not in ("TargetGroupNotFound", "InvalidTarget"):
            raise
