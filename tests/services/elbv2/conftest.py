"""A region with load balancers, functions, certificates and a borrowed network, without a socket."""

from __future__ import annotations

from typing import Any

import boto
import pytest
from function_world import FunctionWorld
from network import BorrowedNetwork

from terrella.services import acm, arc_zonal_shift, cloudwatch, elbv2


class Balanced(FunctionWorld):
    """The region, its clients, and short ways to make things in it."""

    def __init__(self) -> None:
        super().__init__(elbv2.service, acm.service, arc_zonal_shift.service, cloudwatch.service)
        self.region.ports.borrowed = BorrowedNetwork("s3")
        self.elb = boto.client(self.region, "elbv2")
        self.watch = boto.client(self.region, "cloudwatch")
        self.arc = boto.client(self.region, "arc-zonal-shift")
        found = boto.client(self.region, "ec2").describe_subnets()["Subnets"]
        self.subnets = [each["SubnetId"] for each in sorted(found, key=lambda each: each["AvailabilityZone"])]
        self.vpc = found[0]["VpcId"]

    def load_balancer(self, name: str = "web", **settings: Any) -> dict[str, Any]:
        made = self.elb.create_load_balancer(Name=name, Subnets=self.subnets[:2], **settings)
        found: dict[str, Any] = made["LoadBalancers"][0]
        return found

    def group(self, name: str = "servers", *targets: str, **settings: Any) -> str:
        kind = {"Protocol": "HTTP", "Port": 9000, "VpcId": self.vpc, "TargetType": "ip"} | settings
        made = self.elb.create_target_group(Name=name, **kind)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        if targets:
            self.elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": each} for each in targets])
        return arn

    def function_group(self, source: str, **settings: Any) -> str:
        """A target group of one function that the load balancer may invoke."""
        function = self.function(source)
        self.lambda_.add_permission(
            FunctionName="f", StatementId="elb", Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
        )  # fmt: skip
        made = self.elb.create_target_group(Name="functions", TargetType="lambda", **settings)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        self.elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": function}])
        return arn

    def listener(self, balancer: dict[str, Any], *actions: dict[str, Any], port: int = 80) -> str:
        made = self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=port, DefaultActions=list(actions)
        )
        arn: str = made["Listeners"][0]["ListenerArn"]
        return arn


@pytest.fixture
def here() -> Any:
    made = Balanced()
    yield made
    made.tasks.drop()
