"""The network load balancers stand in: subnets, VPCs and security groups, asked of EC2 as any customer would.

A subnet tells its zone and VPC; that is all this world makes of it.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from ...net.places import zone_ids
from ...region.service import Context
from .errors import InvalidConfigurationRequest, InvalidSecurityGroup, SubnetNotFound, ValidationError
from .state import Plain, State


async def placed(ctx: Context[State], subnet_ids: list[str], kind: str) -> tuple[str, list[Plain]]:
    """The VPC of subnets, and the zones in them by name. Raises what CreateLoadBalancer and SetSubnets raise."""
    subnets = await _described(ctx, subnet_ids)
    zones = [{"ZoneName": each["AvailabilityZone"], "SubnetId": each["SubnetId"]} for each in subnets]
    names = [zone["ZoneName"] for zone in zones]
    if len(set(names)) < len(names):
        raise InvalidConfigurationRequest(
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone"
        )
    if kind == "application" and len(names) < 2:
        raise ValidationError("At least two subnets in two different Availability Zones must be specified")
    if len({each["VpcId"] for each in subnets}) > 1:
        raise InvalidConfigurationRequest("All subnets must belong to the same VPC")
    strange = [name for name in names if name not in zone_ids(ctx.region)]
    assert not strange, f"EC2 knows zones of {ctx.region} this world does not: {strange}"
    return subnets[0]["VpcId"], sorted(zones, key=lambda zone: str(zone["ZoneName"]))


async def security_groups(ctx: Context[State], wanted: list[str], vpc: str) -> list[str]:
    """Those wanted, if they are there; else the default one of the VPC. Raises InvalidSecurityGroup."""
    if wanted:
        try:
            await ctx.request("ec2", "DescribeSecurityGroups", {"GroupIds": wanted})
        except AwsError as error:
            if not error.error_code.startswith("InvalidGroup"):
                raise
            raise InvalidSecurityGroup(f"The security group ID '{wanted[0]}' does not exist") from None
        return list(dict.fromkeys(wanted))
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    found = await ctx.request("ec2", "DescribeSecurityGroups", {"Filters": filters})
    return [each["GroupId"] for each in found.get("SecurityGroups", ())]


async def check_vpc(ctx: Context[State], vpc: str) -> None:
    """Raises ValidationError for a VPC that is not there."""
    try:
        await ctx.request("ec2", "DescribeVpcs", {"VpcIds": [vpc]})
    except AwsError as error:
        if not error.error_code.startswith("InvalidVpcID"):
            raise
        raise ValidationError(f"The VPC ID '{vpc}' is not found") from None


async def instances(ctx: Context[State], ids: list[str]) -> dict[str, Plain]:
    """EC2 instances by id; those that are not there are missing."""
    try:
        found = await ctx.request("ec2", "DescribeInstances", {"InstanceIds": ids})
    except AwsError as error:
        if not error.error_code.startswith("InvalidInstanceID"):
            raise
        return {}
    return {each["InstanceId"]: each for group in found["Reservations"] for each in group["Instances"]}


async def _described(ctx: Context[State], ids: list[str]) -> list[dict[str, Any]]:
    try:
        found = await ctx.request("ec2", "DescribeSubnets", {"SubnetIds": list(dict.fromkeys(ids))})
    except AwsError as error:
        if not error.error_code.startswith("InvalidSubnetID"):
            raise
        raise SubnetNotFound(f"The subnet ID '{ids[0]}' does not exist") from None
    by_id = {each["SubnetId"]: each for each in found["Subnets"]}
    return [by_id[each] for each in ids]
