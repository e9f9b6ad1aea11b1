"""The other fronts of a sample in a simulated world, by single API calls: a load balancer in each region, in every
zone of its default network, and an accelerator before those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .operator import Operator
from .sample import Sample
from .world import World

BALANCER, ACCELERATOR = "balancer", "accelerator"
ACCELERATOR_HOME, ACCELERATOR_ZONE = "us-west-2", "Z2BJ6XQ5FK7U4H"
Found = dict[str, Any]


class Fronts(Operator):
    """Load balancers and the accelerator of one sample."""

    def __init__(self, world: World, sample: Sample) -> None:
        super().__init__(world)
        self.sample = sample
        self.balancers: dict[str, str] = {}  # region -> ARN
        self._listener = ""
        self._groups: set[str] = set()

    async def extend(self, zone: str, regions: Sequence[str], fronts: Sequence[str]) -> None:
        """Have these fronts in these regions too. Raises AwsError, NotReady, ValueError."""
        strange = set(fronts) - {BALANCER, ACCELERATOR}
        if strange:
            raise ValueError(f"There is no front {min(strange)!r}: there are {BALANCER} and {ACCELERATOR}.")
        for region in regions:
            if region not in self.balancers:
                self.balancers[region] = await self._balancer(zone, region)
        if ACCELERATOR in fronts:
            if not self._listener:
                self._listener = await self._accelerator(zone)
            for region in regions:
                if region not in self._groups:
                    await self._group(region)

    async def _balancer(self, zone: str, region: str) -> str:
        subnets = (await self.world.call(region, "ec2", "DescribeSubnets", {}))["Subnets"]
        made = await self.world.call(region, "elbv2", "CreateLoadBalancer", {
            "Name": _name(self.sample), "Subnets": [each["SubnetId"] for each in subnets],
        })  # fmt: skip
        arn: str = made["LoadBalancers"][0]["LoadBalancerArn"]
        await self.world.call(region, "elbv2", "ModifyLoadBalancerAttributes", {
            "LoadBalancerArn": arn, "Attributes": [{"Key": "zonal_shift.config.enabled", "Value": "true"}],
        })  # fmt: skip
        group = await self._targets(region)
        certificate = await self.certificate(zone, region, self.sample.fast_domain)
        await self.world.call(region, "elbv2", "CreateListener", {
            "LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443,
            "Certificates": [{"CertificateArn": certificate}],
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}],
        })  # fmt: skip
        await self.ready(region, "elbv2", "DescribeTargetHealth", {"TargetGroupArn": group}, _healthy)
        return arn

    async def _targets(self, region: str) -> str:
        """A target group of the sample's function, probed as deeply as its API is."""
        sample, function = self.sample, f"arn:aws:lambda:{region}:123456789012:function:{self.sample.name}"
        made = await self.world.call(region, "elbv2", "CreateTargetGroup", {
            "Name": _name(sample), "TargetType": "lambda", "HealthCheckEnabled": True,
            "HealthCheckPath": sample.health_path, "HealthCheckIntervalSeconds": sample.interval_s,
            "HealthCheckTimeoutSeconds": 5, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2,
        })  # fmt: skip
        group: str = made["TargetGroups"][0]["TargetGroupArn"]
        await self.world.call(region, "lambda", "AddPermission", {
            "FunctionName": sample.name, "StatementId": "balancer", "Action": "lambda:InvokeFunction",
            "Principal": "elasticloadbalancing.amazonaws.com", "SourceArn": group,
        })  # fmt: skip
        registered = {"TargetGroupArn": group, "Targets": [{"Id": function}]}
        await self.world.call(region, "elbv2", "RegisterTargets", registered)
        return group

    async def _accelerator(self, zone: str) -> str:
        """The ARN of its one listener."""
        call, token = self.world.call, {"IdempotencyToken": self.sample.name}
        made = await call(
            ACCELERATOR_HOME, "globalaccelerator", "CreateAccelerator", {"Name": _name(self.sample), **token}
        )
        accelerator = made["Accelerator"]
        listener = await call(ACCELERATOR_HOME, "globalaccelerator", "CreateListener", {
            "AcceleratorArn": accelerator["AcceleratorArn"], "Protocol": "TCP",
            "PortRanges": [{"FromPort": 443, "ToPort": 443}], **token,
        })  # fmt: skip
        alias = {"DNSName": accelerator["DnsName"], "HostedZoneId": ACCELERATOR_ZONE, "EvaluateTargetHealth": False}
        await self.upsert(zone, {"Name": self.sample.fast_domain, "Type": "A", "AliasTarget": alias})
        arn: str = listener["Listener"]["ListenerArn"]
        return arn

    async def _group(self, region: str) -> None:
        self._groups.add(region)
        made = await self.world.call(ACCELERATOR_HOME, "globalaccelerator", "CreateEndpointGroup", {
            "ListenerArn": self._listener, "EndpointGroupRegion": region,
            "EndpointConfigurations": [{"EndpointId": self.balancers[region]}],
            "IdempotencyToken": f"{self.sample.name}-{region}",
        })  # fmt: skip
        named = {"EndpointGroupArn": made["EndpointGroup"]["EndpointGroupArn"]}
        await self.ready(ACCELERATOR_HOME, "globalaccelerator", "DescribeEndpointGroup", named, _endpoints_healthy)


def _name(sample: Sample) -> str:
    """Load balancers and accelerators are named without underscores."""
    return sample.name.replace("_", "-")


def _healthy(out: Found) -> bool:
    return all(each["TargetHealth"]["State"] == "healthy" for each in out["TargetHealthDescriptions"])


def _endpoints_healthy(out: Found) -> bool:
    return all(each["HealthState"] == "HEALTHY" for each in out["EndpointGroup"]["EndpointDescriptions"])
