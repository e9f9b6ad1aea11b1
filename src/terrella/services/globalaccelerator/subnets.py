"""Endpoint groups of custom routing: subnets of one region, the ports mapped to them, and what may receive traffic.

https://docs.aws.amazon.com/global-accelerator/latest/api/API_AddCustomRoutingEndpoints.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ...core.errors import AwsError
from ...net.places import region_names
from ...region.service import Context
from . import paging
from .endpoint_groups import MOST
from .errors import (
    EndpointAlreadyExistsException,
    EndpointGroupAlreadyExistsException,
    EndpointNotFoundException,
    InvalidArgumentException,
    InvalidPortRangeException,
    LimitExceededException,
)
from .port_mappings import Mapping, free_ports, mappings, needed, number_of, protocols_of
from .state import Plain, State, addresses_of, delete, put, service, touch

LARGEST, SMALLEST = 17, 28  # prefixes of subnets


@service.operation
def create_custom_routing_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener, region = ctx.state.custom_listener(input["ListenerArn"]), input["EndpointGroupRegion"]
    for each in ctx.state.groups_of(listener["Arn"]):
        if each["Token"] == input["IdempotencyToken"] and each["Region"] == region:
            return {"EndpointGroup": described(each)}
        if each["Region"] == region:
            raise EndpointGroupAlreadyExistsException(f"The listener already has an endpoint group in {region}")
    if region not in region_names():
        raise InvalidArgumentException(f"The Region {region!r} is not valid")
    if ctx.state.group_count(listener["AcceleratorArn"]) >= MOST:
        raise LimitExceededException(f"The maximum number of endpoint groups has been reached: {MOST}")
    if any(each["FromPort"] > each["ToPort"] for each in input["DestinationConfigurations"]):
        raise InvalidPortRangeException("The port range is not valid: FromPort must not be above ToPort")
    group = {
        "Arn": f"{listener['Arn']}/endpoint-group/{ctx.here.rng.getrandbits(48):012x}",
        "ListenerArn": listener["Arn"],
        "Region": region,
        "Destinations": input["DestinationConfigurations"],
        "Endpoints": [],
        "Token": input["IdempotencyToken"],
    }
    return {"EndpointGroup": described(_kept(ctx, group))}


@service.operation
def describe_custom_routing_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"EndpointGroup": described(ctx.state.custom_group(input["EndpointGroupArn"]))}


@service.operation
def list_custom_routing_endpoint_groups(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.groups_of(ctx.state.custom_listener(input["ListenerArn"])["Arn"])
    return paging.page("EndpointGroups", found, input, described)


@service.operation
def delete_custom_routing_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> None:
    found = ctx.state.custom_group(input["EndpointGroupArn"])
    delete(ctx, "custom_groups", found["Arn"])
    touch(ctx, ctx.state.custom_listener(found["ListenerArn"])["AcceleratorArn"])


@service.operation
async def add_custom_routing_endpoints(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Subnets, which are looked up in the group's region. Nothing may reach them yet."""
    arn, ids = input["EndpointGroupArn"], [each.get("EndpointId") or "" for each in input["EndpointConfigurations"]]
    region = ctx.state.custom_group(arn)["Region"]
    cidrs = {id: await _cidr(ctx, id, region) for id in ids}
    group = ctx.state.custom_group(arn)
    for id, cidr in cidrs.items():
        if any(each["Id"] == id for each in group["Endpoints"]):
            raise EndpointAlreadyExistsException(f"The endpoint {id} is in the endpoint group already")
        listener = ctx.state.custom_listener(group["ListenerArn"])
        others = [each for each in ctx.state.groups_of(listener["Arn"]) if each["Arn"] != arn]
        ports = free_ports(listener, [*others, group], needed(cidr, group["Destinations"]))
        if ports is None:
            raise LimitExceededException(f"The listener has too few ports left for the subnet {id}")
        endpoint: Plain = {"Id": id, "Cidr": cidr, "Ports": ports, "All": False, "But": {}}
        group = {**group, "Endpoints": [*group["Endpoints"], endpoint]}
    _kept(ctx, group)
    return {"EndpointDescriptions": [{"EndpointId": id} for id in cidrs], "EndpointGroupArn": arn}


@service.operation
def remove_custom_routing_endpoints(ctx: Context[State], input: dict[str, Any]) -> None:
    """Their ports are free again."""
    old, leaving = ctx.state.custom_group(input["EndpointGroupArn"]), set(input["EndpointIds"])
    strangers = leaving - {each["Id"] for each in old["Endpoints"]}
    if strangers:
        raise EndpointNotFoundException(f"The endpoint {min(strangers)} is not in the endpoint group")
    _kept(ctx, {**old, "Endpoints": [each for each in old["Endpoints"] if each["Id"] not in leaving]})


@service.operation
def allow_custom_routing_traffic(ctx: Context[State], input: dict[str, Any]) -> None:
    _permit(ctx, input, True, bool(input.get("AllowAllTrafficToEndpoint")))


@service.operation
def deny_custom_routing_traffic(ctx: Context[State], input: dict[str, Any]) -> None:
    _permit(ctx, input, False, bool(input.get("DenyAllTrafficToEndpoint")))


@service.operation
def list_custom_routing_port_mappings(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """All of an accelerator, or those of one of its groups."""
    accelerator, wanted = ctx.state.accelerator(input["AcceleratorArn"], True)["Arn"], input.get("EndpointGroupArn")
    if wanted:
        ctx.state.custom_group(wanted)
    rows = [
        {"Arn": f"{group['Arn']} {each.port}", "Group": group, "Endpoint": endpoint, "Mapping": each}
        for listener in ctx.state.listeners_of(accelerator)
        for group in ctx.state.groups_of(listener["Arn"])
        if wanted in (None, "", group["Arn"])
        for endpoint in group["Endpoints"]
        for each in mappings(group, endpoint)
    ]
    return paging.page("PortMappings", rows, input, _mapping)


@service.operation
def list_custom_routing_port_mappings_by_destination(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Those of one address of a subnet, whatever accelerators it is behind."""
    id, address, rows = input["EndpointId"], input["DestinationAddress"], []
    groups = [group for _, group in ctx.state.custom_groups.items()]
    found = [(group, each) for group in groups for each in group["Endpoints"] if each["Id"] == id]
    if not found:
        raise EndpointNotFoundException(f"The endpoint {id} was not found")
    for group, endpoint in found:
        _check_address(endpoint, address)
        rows += [
            {"Arn": f"{group['Arn']} {each.port}", "Group": group, "Endpoint": endpoint, "Mapping": each}
            for each in mappings(group, endpoint, address)
        ]
    return paging.page("DestinationPortMappings", rows, input, lambda row: _destination_mapping(ctx.state, row))


def described(group: Plain) -> Plain:
    """As the API shows it."""
    return {
        "EndpointGroupArn": group["Arn"],
        "EndpointGroupRegion": group["Region"],
        "DestinationDescriptions": group["Destinations"],
        "EndpointDescriptions": [{"EndpointId": each["Id"]} for each in group["Endpoints"]],
    }


def _permit(ctx: Context[State], input: dict[str, Any], allow: bool, all: bool) -> None:
    group = ctx.state.custom_group(input["EndpointGroupArn"])
    found = next((each for each in group["Endpoints"] if each["Id"] == input["EndpointId"]), None)
    if found is None:
        raise InvalidArgumentException(f"The endpoint {input['EndpointId']} is not in the endpoint group")
    addresses, ports = input.get("DestinationAddresses") or [], input.get("DestinationPorts") or []
    if all and (addresses or ports):
        raise InvalidArgumentException("Addresses and ports cannot be specified together with all traffic")
    if not all and not addresses:
        raise InvalidArgumentException("DestinationAddresses is required unless all traffic is meant")
    known = protocols_of(group["Destinations"])
    if not set(ports) <= set(known):
        raise InvalidArgumentException("The destination ports must be ports of the endpoint group")
    if all:
        endpoint = {**found, "All": allow, "But": {}}
    else:
        endpoint = {**found, "But": _but(found, addresses, set(ports) or set(known), allow)}
    _kept(ctx, {**group, "Endpoints": [endpoint if each is found else each for each in group["Endpoints"]]})


def _but(endpoint: Plain, addresses: list[str], ports: set[int], allow: bool) -> dict[str, list[int]]:
    """The exceptions from what holds for a whole subnet, once these are allowed or denied."""
    but = dict(endpoint["But"])
    for address in addresses:
        _check_address(endpoint, address)
        was = set(but.pop(address, ()))
        now = was - ports if allow is endpoint["All"] else was | ports
        if now:
            but[address] = sorted(now)
    return but


def _check_address(endpoint: Plain, address: str) -> None:
    """Raises InvalidArgumentException."""
    try:
        number_of(endpoint["Cidr"], address)
    except ValueError:
        raise InvalidArgumentException(f"The address {address} is not in the subnet {endpoint['Id']}") from None


def _mapping(row: Plain) -> Plain:
    mapping: Mapping = row["Mapping"]
    return {
        "AcceleratorPort": mapping.port,
        "EndpointGroupArn": row["Group"]["Arn"],
        "EndpointId": row["Endpoint"]["Id"],
        "DestinationSocketAddress": {"IpAddress": mapping.address, "Port": mapping.destination},
        "Protocols": mapping.protocols,
        "DestinationTrafficState": "ALLOW" if mapping.allowed else "DENY",
    }


def _destination_mapping(state: State, row: Plain) -> Plain:
    mapping, shown = row["Mapping"], _mapping(row)
    accelerator = state.accelerator(state.custom_listener(row["Group"]["ListenerArn"])["AcceleratorArn"], True)
    sockets = [{"IpAddress": each, "Port": mapping.port} for each in addresses_of(accelerator)]
    names = ("EndpointGroupArn", "EndpointId", "DestinationSocketAddress", "DestinationTrafficState")
    return {
        "AcceleratorArn": accelerator["Arn"],
        "AcceleratorSocketAddresses": sockets,
        "EndpointGroupRegion": row["Group"]["Region"],
        "IpAddressType": "IPV4",
        **{name: shown[name] for name in names},
    }


async def _cidr(ctx: Context[State], id: str, region: str) -> str:
    """The addresses of a subnet. Raises InvalidArgumentException."""
    try:
        (found,) = (await ctx.request("ec2", "DescribeSubnets", {"SubnetIds": [id]}, region=region))["Subnets"]
    except AwsError as error:
        raise InvalidArgumentException(f"The subnet {id} cannot be used in {region}: {error.message}") from None
    cidr = str(found["CidrBlock"])
    if not LARGEST <= ipaddress.ip_network(cidr).prefixlen <= SMALLEST:
        raise InvalidArgumentException(f"The subnet {id} must be between /{LARGEST} and /{SMALLEST}")
    return cidr


def _kept(ctx: Context[State], group: Plain) -> Plain:
    put(ctx, "custom_groups", group["Arn"], group)
    touch(ctx, ctx.state.custom_listener(group["ListenerArn"])["AcceleratorArn"])
    return group
