"""Endpoint groups: one per region and listener, with a traffic dial, a health check, and endpoints.

Health is the edge's to know: descriptions ask it, as Route 53 asks its checkers.
https://docs.aws.amazon.com/global-accelerator/latest/api/API_CreateEndpointGroup.html
"""

from __future__ import annotations

from typing import Any

from ...net.places import region_names
from ...region.service import Context
from . import endpoints, listeners, paging
from .errors import EndpointGroupAlreadyExistsException, InvalidArgumentException, LimitExceededException
from .state import Plain, State, delete, put, service, touch

MOST = 42  # of an accelerator, over all its listeners
INTERVALS = (10, 30)
CHECKS = {
    "HealthCheckPort": "Port",
    "HealthCheckProtocol": "Protocol",
    "HealthCheckPath": "Path",
    "HealthCheckIntervalSeconds": "IntervalSeconds",
    "ThresholdCount": "Threshold",
}


@service.operation
def create_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener, region = ctx.state.listener(input["ListenerArn"]), input["EndpointGroupRegion"]
    for each in ctx.state.groups_of(listener["Arn"]):
        if each["Token"] == input["IdempotencyToken"] and each["Region"] == region:
            return {"EndpointGroup": described(each)}
        if each["Region"] == region:
            raise EndpointGroupAlreadyExistsException(f"The listener already has an endpoint group in {region}")
    if region not in region_names():
        raise InvalidArgumentException(f"The Region {region!r} is not valid")
    if ctx.state.group_count(listener["AcceleratorArn"]) >= MOST:
        raise LimitExceededException(f"The maximum number of endpoint groups has been reached: {MOST}")
    group = {
        "Arn": f"{listener['Arn']}/endpoint-group/{ctx.here.rng.getrandbits(48):012x}",
        "ListenerArn": listener["Arn"],
        "Region": region,
        "Dial": 100.0,
        "Check": {
            "Port": listener["PortRanges"][0]["FromPort"], "Protocol": "TCP", "Path": "/", "IntervalSeconds": 30,
            "Threshold": 3,
        },
        "Endpoints": [],
        "PortOverrides": [],
        "Token": input["IdempotencyToken"],
    }  # fmt: skip
    return {"EndpointGroup": described(_kept(ctx, _altered(ctx.state, group, input)))}


@service.operation
async def describe_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = ctx.state.group(input["EndpointGroupArn"])["Arn"]
    health = await _health(ctx, [arn])
    return {"EndpointGroup": described(ctx.state.group(arn), health)}


@service.operation
async def list_endpoint_groups(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener = ctx.state.listener(input["ListenerArn"])["Arn"]
    health = await _health(ctx, [each["Arn"] for each in ctx.state.groups_of(listener)])
    found = ctx.state.groups_of(listener)
    return paging.page("EndpointGroups", found, input, lambda each: described(each, health))


@service.operation
def update_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """EndpointConfigurations, if given, are all the endpoints there are then."""
    old = ctx.state.group(input["EndpointGroupArn"])
    return {"EndpointGroup": described(_kept(ctx, _altered(ctx.state, old, input)))}


@service.operation
def delete_endpoint_group(ctx: Context[State], input: dict[str, Any]) -> None:
    found = ctx.state.group(input["EndpointGroupArn"])
    delete(ctx, "groups", found["Arn"])
    touch(ctx, ctx.state.listener(found["ListenerArn"])["AcceleratorArn"])


@service.operation
def add_endpoints(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Adds endpoints; those that are there already are given their new settings."""
    old = ctx.state.group(input["EndpointGroupArn"])
    new = endpoints.taken(input["EndpointConfigurations"], old["Region"], _accelerator(ctx.state, old), ctx.state)
    all = {each["Id"]: each for each in (*old["Endpoints"], *new)}
    if len(all) > endpoints.MOST:
        raise LimitExceededException(f"The maximum number of endpoints has been reached: {endpoints.MOST}")
    _kept(ctx, {**old, "Endpoints": list(all.values())})
    shown = [endpoints.described(each, "INITIAL") for each in new]
    return {"EndpointDescriptions": shown, "EndpointGroupArn": old["Arn"]}


@service.operation
def remove_endpoints(ctx: Context[State], input: dict[str, Any]) -> None:
    old = ctx.state.group(input["EndpointGroupArn"])
    leaving = {each["EndpointId"] for each in input["EndpointIdentifiers"]}
    strangers = leaving - {each["Id"] for each in old["Endpoints"]}
    if strangers:
        raise InvalidArgumentException(f"The endpoint {min(strangers)} is not in the endpoint group")
    _kept(ctx, {**old, "Endpoints": [each for each in old["Endpoints"] if each["Id"] not in leaving]})


def described(group: Plain, health: dict[str, str] | None = None) -> Plain:
    """As the API shows it. `health` is what the edge says: "group endpoint" -> state."""
    seen = health or {}
    states = [seen.get(f"{group['Arn']} {each['Id']}", "INITIAL") for each in group["Endpoints"]]
    shown = [endpoints.described(*each) for each in zip(group["Endpoints"], states, strict=True)]
    check = {name: group["Check"][kept] for name, kept in CHECKS.items()}
    if check["HealthCheckProtocol"] == "TCP":
        del check["HealthCheckPath"]
    return {
        "EndpointGroupArn": group["Arn"],
        "EndpointGroupRegion": group["Region"],
        "EndpointDescriptions": shown,
        "TrafficDialPercentage": group["Dial"],
        **check,
        "PortOverrides": group["PortOverrides"],
    }


async def _health(ctx: Context[State], groups: list[str]) -> dict[str, str]:
    answer = await ctx.here.ports.edge.ask({"kind": "endpoint_health", "groups": groups})
    found: dict[str, str] = answer["states"]
    return found


def _kept(ctx: Context[State], group: Plain) -> Plain:
    put(ctx, "groups", group["Arn"], group)
    touch(ctx, ctx.state.listener(group["ListenerArn"])["AcceleratorArn"])
    return group


def _accelerator(state: State, group: Plain) -> Plain:
    return state.accelerator(state.listener(group["ListenerArn"])["AcceleratorArn"])


def _altered(state: State, group: Plain, input: dict[str, Any]) -> Plain:
    """A group with what the input says. Raises InvalidArgumentException, LimitExceededException."""
    listener = state.listener(group["ListenerArn"])
    check = {kept: input[name] for name, kept in CHECKS.items() if input.get(name) is not None}
    group = {**group, "Check": {**group["Check"], **check}}
    if group["Check"]["IntervalSeconds"] not in INTERVALS:
        raise InvalidArgumentException("The health check interval must be 10 or 30 seconds")
    if input.get("TrafficDialPercentage") is not None:
        group["Dial"] = float(input["TrafficDialPercentage"])
    if input.get("EndpointConfigurations") is not None:
        given = input["EndpointConfigurations"]
        group["Endpoints"] = endpoints.taken(given, group["Region"], _accelerator(state, group), state)
    if input.get("PortOverrides") is not None:
        group["PortOverrides"] = _overrides(input["PortOverrides"], listener)
    return group


def _overrides(given: list[Plain], listener: Plain) -> list[Plain]:
    """Each for a port of the listener's, and only one for each. Raises InvalidArgumentException."""
    ports = [each.get("ListenerPort") for each in given]
    if len(set(ports)) < len(ports) or any("EndpointPort" not in each for each in given):
        raise InvalidArgumentException("Each port override needs a listener port of its own, and an endpoint port")
    for port in ports:
        if port is None or not listeners.takes(listener, port):
            raise InvalidArgumentException(f"The listener port {port} of a port override is not the listener's")
    return given
