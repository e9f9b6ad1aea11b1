"""The network each region of a simulated world begins with: one VPC, a public subnet in every zone, a security group.

It answers what load balancers ask of EC2, as the default VPC of a new account would; all else is refused by name.
Live, EC2 is borrowed whole.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..core.errors import NotImplementedHere
from ..net.places import zone_ids
from ..wire import codec, route
from ..wire.http import Request, Response

Plain = dict[str, Any]


class DefaultNetwork:
    """`region.ports.Borrowed` with as much of EC2 as that."""

    def offers(self, service: str) -> bool:
        return service == "ec2"

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        """Raises NotImplementedHere."""
        call = route.resolve(request, service)
        found = _KNOWN.get(call.operation.name)
        if found is None:
            raise NotImplementedHere("ec2", f"{call.operation.name} in a simulated world")
        input = codec.read(call.operation, call.protocol, request)
        member, things, id = found[0], found[1](region), found[2]
        wanted = input.get(f"{id}s")
        shown = [each for each in things if wanted is None or each[id] in wanted]
        return codec.write(call.operation, call.protocol, {member: shown}, "simulated")


def subnets(region: str) -> list[Plain]:
    """The subnets of a region's default VPC, one per zone, in the order of the zones."""
    return [
        {
            "SubnetId": _id("subnet", zone), "VpcId": _id("vpc", region), "AvailabilityZone": zone,
            "AvailabilityZoneId": id, "CidrBlock": f"172.31.{16 * number}.0/20", "DefaultForAz": True,
            "MapPublicIpOnLaunch": True, "State": "available",
        }
        for number, (zone, id) in enumerate(sorted(zone_ids(region).items()))
    ]  # fmt: skip


def _vpcs(region: str) -> list[Plain]:
    return [{"VpcId": _id("vpc", region), "CidrBlock": "172.31.0.0/16", "IsDefault": True, "State": "available"}]


def _groups(region: str) -> list[Plain]:
    return [{"GroupId": _id("sg", region), "GroupName": "default", "VpcId": _id("vpc", region)}]


def _id(kind: str, name: str) -> str:
    return f"{kind}-{hashlib.sha256(name.encode()).hexdigest()[:17]}"


_KNOWN = {
    "DescribeSubnets": ("Subnets", subnets, "SubnetId"),
    "DescribeVpcs": ("Vpcs", _vpcs, "VpcId"),
    "DescribeSecurityGroups": ("SecurityGroups", _groups, "GroupId"),
}
