"""Load balancers: making, describing, changing and deleting them.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...net.addresses import LAST_NODE, node_address
from ...region.service import Context
from . import attributes, health, logs, names, subnets, tags
from .errors import (
    DuplicateLoadBalancerName,
    InvalidConfigurationRequest,
    LoadBalancerNotFound,
    OperationNotPermitted,
    TooManyLoadBalancers,
    ValidationError,
)
from .hosted_zones import hosted_zone_id
from .paging import page
from .state import Plain, State, service

MOST = 50
PROVISIONING_S = 5.0  # minutes out there
NOT_HERE = ("CustomerOwnedIpv4Pool", "IpamPools", "EnablePrefixForIpv6SourceNat")


@service.operation
async def create_load_balancer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    kind, scheme = input.get("Type", "application"), input.get("Scheme", "internet-facing")
    names.check_load_balancer_name(input["Name"])
    given_tags = tags.checked(input.get("Tags") or [])
    _refuse_what_is_not_here(input, kind)
    vpc, zones = await subnets.placed(ctx, _subnet_ids(input), kind)
    wanted_groups = input.get("SecurityGroups") or []
    groups = await subnets.security_groups(ctx, wanted_groups, vpc) if kind != "network" or wanted_groups else []
    wanted = {
        "Name": input["Name"],
        "Type": kind,
        "Scheme": scheme,
        "VpcId": vpc,
        "Zones": zones,
        "SecurityGroups": groups,
        "IpAddressType": input.get("IpAddressType", "ipv4"),
    }
    earlier = _by_name(ctx.state, input["Name"])
    if earlier is not None:
        if any(earlier[name] != value for name, value in wanted.items()):
            raise DuplicateLoadBalancerName(
                f"A load balancer with the same name '{input['Name']}' exists, but with different settings"
            )
        return {"LoadBalancers": [described(ctx, earlier)]}
    made = wanted | {
        "Arn": names.load_balancer_arn(ctx, input["Name"], kind),
        "DnsName": names.dns_name(ctx, input["Name"], kind, scheme),
        "CreatedAt": ctx.now,
        "ReadyAt": ctx.now + ctx.scaled(PROVISIONING_S),
        "Number": _free_number(ctx.state),
        "Attributes": attributes.of_new_load_balancer(kind),
    }
    put(ctx, made)
    if given_tags:
        tags.put(ctx, made["Arn"], given_tags)
    return {"LoadBalancers": [described(ctx, made)]}


@service.operation
def describe_load_balancers(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arns, wanted = input.get("LoadBalancerArns"), input.get("Names")
    if arns and wanted:
        raise ValidationError("Load balancer ARNs and load balancer names cannot be specified at the same time")
    found = [each for _, each in ctx.state.load_balancers.items()]
    if arns:
        found = [_listed(ctx.state, arn) for arn in arns]
    elif wanted:
        found = [_named(ctx.state, name) for name in wanted]
    elif input.get("PageSize") or input.get("Marker"):
        return page("LoadBalancers", [described(ctx, each) for each in found], input, "LoadBalancerArn")
    return {"LoadBalancers": [described(ctx, each) for each in found]}


@service.operation
def delete_load_balancer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Deleting what is not there succeeds, as the API's page says."""
    arn = input["LoadBalancerArn"]
    found = ctx.state.load_balancers.get(arn)
    if found is None:
        return {}
    if found["Attributes"].get("deletion_protection.enabled") == "true":
        raise OperationNotPermitted(f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled")
    health.forget_nodes(ctx, arn, set())
    for listener in ctx.state.listeners_of(arn):
        for rule in ctx.state.rules_of(listener["Arn"]):
            forget(ctx, "rules", rule["Arn"])
        forget(ctx, "listeners", listener["Arn"])
    for table in ("reports", "identities"):
        if arn in ctx.state.tables[table]:
            ctx.commit("entry_deleted", table=table, key=arn)
    forget(ctx, "load_balancers", arn)
    health.count(ctx, arn)
    return {}


@service.operation
async def set_subnets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    kind = ctx.state.load_balancer(input["LoadBalancerArn"])["Type"]
    vpc, zones = await subnets.placed(ctx, _subnet_ids(input), kind)
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    if vpc != found["VpcId"]:
        raise InvalidConfigurationRequest("The subnets must belong to the VPC of the load balancer")
    changed = found | {"Zones": zones, "IpAddressType": input.get("IpAddressType", found["IpAddressType"])}
    put(ctx, changed)
    health.forget_nodes(ctx, changed["Arn"], {zone["ZoneName"] for zone in zones})
    health.report_load_balancer(ctx, changed["Arn"])
    return {"AvailabilityZones": _zones(changed), "IpAddressType": changed["IpAddressType"]}


@service.operation
async def set_security_groups(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    groups = await subnets.security_groups(ctx, input["SecurityGroups"], found["VpcId"])
    put(ctx, ctx.state.load_balancer(input["LoadBalancerArn"]) | {"SecurityGroups": groups})
    return {"SecurityGroupIds": groups}


@service.operation
def set_ip_address_type(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    _check_address_type(input["IpAddressType"])
    put(ctx, found | {"IpAddressType": input["IpAddressType"]})
    return {"IpAddressType": input["IpAddressType"]}


@service.operation
async def modify_load_balancer_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Logs are only enabled for a bucket that lets them in."""
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    await logs.check(ctx, found, attributes.merged(found["Attributes"], input["Attributes"], attributes.LOAD_BALANCER))
    found = ctx.state.load_balancer(input["LoadBalancerArn"])
    new = attributes.merged(found["Attributes"], input["Attributes"], attributes.LOAD_BALANCER)
    put(ctx, found | {"Attributes": new})
    health.report_load_balancer(ctx, found["Arn"])
    return {"Attributes": attributes.listed(new)}


@service.operation
def describe_load_balancer_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": attributes.listed(ctx.state.load_balancer(input["LoadBalancerArn"])["Attributes"])}


def put(ctx: Context[State], load_balancer: Plain) -> None:
    ctx.commit("entry_put", table="load_balancers", key=load_balancer["Arn"], value=load_balancer)


def forget(ctx: Context[State], table: str, arn: str) -> None:
    """Take away an entry and its tags."""
    ctx.commit("entry_deleted", table=table, key=arn)
    if arn in ctx.state.tags:
        ctx.commit("entry_deleted", table="tags", key=arn)


def nodes(load_balancer: Plain) -> dict[str, str]:
    """The zones a load balancer is in, and the address of its node in each."""
    return {
        each["ZoneName"]: node_address(each["ZoneName"], load_balancer["Number"]) for each in load_balancer["Zones"]
    }


def described(ctx: Context[State], found: Plain) -> Plain:
    """A load balancer as the API shows it."""
    return {
        "LoadBalancerArn": found["Arn"],
        "DNSName": found["DnsName"],
        "CanonicalHostedZoneId": hosted_zone_id(ctx.region, found["Type"]),
        "CreatedTime": found["CreatedAt"],
        "LoadBalancerName": found["Name"],
        "Scheme": found["Scheme"],
        "VpcId": found["VpcId"],
        "State": {"Code": "active" if ctx.now >= found["ReadyAt"] else "provisioning"},
        "Type": found["Type"],
        "AvailabilityZones": _zones(found),
        "SecurityGroups": found["SecurityGroups"] or None,
        "IpAddressType": found["IpAddressType"],
    }


def _zones(found: Plain) -> list[Plain]:
    return [{**zone, "LoadBalancerAddresses": []} for zone in found["Zones"]]


def _subnet_ids(input: dict[str, Any]) -> list[str]:
    given, mappings = input.get("Subnets") or [], input.get("SubnetMappings") or []
    if bool(given) == bool(mappings):
        raise ValidationError("Exactly one of subnets or subnet mappings must be specified")
    return given or [each["SubnetId"] for each in mappings]


def _refuse_what_is_not_here(input: dict[str, Any], kind: str) -> None:
    if kind == "gateway":
        raise NotImplementedHere("elbv2", "load balancers of type gateway")
    for name in NOT_HERE:
        if input.get(name):
            raise NotImplementedHere("elbv2", f"load balancers with {name}")
    if any(each.get("AllocationId") or each.get("IPv6Address") for each in input.get("SubnetMappings") or ()):
        raise NotImplementedHere("elbv2", "subnet mappings with addresses of your own")
    _check_address_type(input.get("IpAddressType", "ipv4"))


def _check_address_type(wanted: str) -> None:
    if wanted != "ipv4":
        raise NotImplementedHere("elbv2", f"load balancers with {wanted} addresses")


def _by_name(state: State, name: str) -> Plain | None:
    return next((each for _, each in state.load_balancers.items() if each["Name"] == name), None)


def _free_number(state: State) -> int:
    if len(state.load_balancers) >= MOST:
        raise TooManyLoadBalancers(f"The maximum number of load balancers has been reached: {MOST}")
    taken = {each["Number"] for _, each in state.load_balancers.items()}
    return next(number for number in range(1, LAST_NODE + 1) if number not in taken)


def _listed(state: State, arn: str) -> Plain:
    found: Plain | None = state.load_balancers.get(arn)
    if found is None:
        raise LoadBalancerNotFound(f"Load balancers '[{arn}]' not found")
    return found


def _named(state: State, name: str) -> Plain:
    found = _by_name(state, name)
    if found is None:
        raise LoadBalancerNotFound(f"Load balancers '[{name}]' not found")
    return found
