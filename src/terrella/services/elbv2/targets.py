"""Registering and deregistering targets, and telling how they are.

A target that leaves is draining until its delay is over, then forgotten; nothing waits for that moment, it follows
from the time. https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html
"""

from __future__ import annotations

import ipaddress
from typing import Any

from ...core.errors import AwsError
from ...net.addresses import place_of
from ...net.places import OPERATOR, zone_ids
from ...region.service import Context
from . import health, subnets
from .errors import InvalidTarget, TooManyTargets, ValidationError
from .state import Plain, State, service

MOST = 1000
EVERYWHERE = "all"
PRIVATE = [
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8")
]
INVOKING = "lambda:InvokeFunction"
PRINCIPAL = "elasticloadbalancing.amazonaws.com"


@service.operation
async def register_targets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["TargetGroupArn"]
    group = ctx.state.target_group(arn)
    new = await _prepared(ctx, group, input["Targets"])
    ctx.state.target_group(arn)
    kept = {key_of(each): each for each in present(ctx, arn)}
    for each in new:
        old = kept.get(key_of(each))
        again = old is not None and old["LeftAt"] is None and old["AvailabilityZone"] == each["AvailabilityZone"]
        kept[key_of(each)] = old if again and old is not None else each
    if len(kept) > (1 if group["TargetType"] in ("lambda", "alb") else MOST):
        raise TooManyTargets("The maximum number of targets has been reached")
    _put(ctx, arn, list(kept.values()))
    return {}


@service.operation
def deregister_targets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["TargetGroupArn"]
    group = ctx.state.target_group(arn)
    leaving = {key_of(_with_port(group, each)) for each in input["Targets"]}
    delay = int(group["Attributes"].get("deregistration_delay.timeout_seconds", "0"))
    used = bool(ctx.state.users_of(arn))
    left = []
    for each in present(ctx, arn):
        if key_of(each) not in leaving:
            left.append(each)
        elif delay and used:
            gone = ctx.now + ctx.scaled(delay)
            left.append(each if each["LeftAt"] is not None else each | {"LeftAt": ctx.now, "GoneAt": gone})
    _put(ctx, arn, left)
    return {}


@service.operation
def describe_target_health(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    group = ctx.state.target_group(input["TargetGroupArn"])
    there = {key_of(each): each for each in present(ctx, group["Arn"])}
    wanted = input.get("Targets")
    shown = list(there.values())
    if wanted:
        asked = [_with_port(group, each) for each in wanted]
        shown = [there.get(key_of(each), each | {"Absent": True}) for each in asked]
    return {"TargetHealthDescriptions": [_described(ctx, group, each) for each in shown]}


def present(ctx: Context[State], group: str) -> list[Plain]:
    """The targets of a group that are there or draining."""
    return [each for each in ctx.state.targets.get(group) or () if each.get("GoneAt", ctx.now + 1) > ctx.now]


def key_of(target: Plain) -> str:
    return f"{target['Id']}|{target.get('Port') or ''}"


def _put(ctx: Context[State], arn: str, targets: list[Plain]) -> None:
    ctx.commit("entry_put", table="targets", key=arn, value=targets)
    keys = {key_of(each) for each in targets if each["LeftAt"] is None}
    verdicts = ctx.state.verdicts.get(arn) or {}
    if verdicts.keys() - keys:
        health.keep(ctx, arn, {key: value for key, value in verdicts.items() if key in keys})
    health.report(ctx, arn)


async def _prepared(ctx: Context[State], group: Plain, given: list[Plain]) -> list[Plain]:
    """Targets as they are kept. Raises InvalidTarget, ValidationError."""
    kind = group["TargetType"]
    found = [_with_port(group, each) | {"RegisteredAt": ctx.now, "LeftAt": None} for each in given]
    if kind == "lambda":
        await _check_function(ctx, group, found)
    elif kind == "instance":
        there = await subnets.instances(ctx, [each["Id"] for each in found])
        missing = [each["Id"] for each in found if each["Id"] not in there]
        if missing:
            raise InvalidTarget(
                f"The following targets are not in a running state and cannot be registered: '{missing[0]}'"
            )
        for each in found:
            instance = there[each["Id"]]
            if instance["State"]["Name"] != "running":
                raise InvalidTarget(
                    f"The following targets are not in a running state and cannot be registered: '{each['Id']}'"
                )
            each["AvailabilityZone"] = instance["Placement"]["AvailabilityZone"]
            each["Address"] = instance.get("PrivateIpAddress")
    elif kind == "alb":
        _check_load_balancer(ctx, group, found)
    else:
        for each in found:
            each["AvailabilityZone"] = _zone_of(ctx, each)
            each["Address"] = each["Id"]
    return found


def standing(region: str, target: Plain) -> str:
    """The place a target is: the zone it is registered for, else where its address is, else somewhere in its region."""
    if target["AvailabilityZone"] in zone_ids(region):
        return str(target["AvailabilityZone"])
    place = place_of(target["Address"])
    return place.name if place is not None and place.name != OPERATOR else region


def _zone_of(ctx: Context[State], target: Plain) -> str:
    """The zone an address stands in: that of its place in this world, else as the user says."""
    try:
        address = ipaddress.IPv4Address(target["Id"])
    except ValueError:
        raise ValidationError(f"The IP address '{target['Id']}' is not a valid IPv4 address") from None
    if not any(address in network for network in PRIVATE):
        raise InvalidTarget(f"The IP address '{target['Id']}' must be from a private address range")
    place, said = place_of(target["Id"]), target.get("AvailabilityZone")
    if place is not None and place.kind == "zone" and place.region == ctx.region:
        return place.name
    if said and said != EVERYWHERE and said not in zone_ids(ctx.region):
        raise ValidationError(f"The Availability Zone '{said}' is not valid")
    return said or EVERYWHERE


async def _check_function(ctx: Context[State], group: Plain, found: list[Plain]) -> None:
    if len(found) > 1:
        raise TooManyTargets("The maximum number of targets has been reached: 1")
    arn = found[0]["Id"]
    if found[0].get("Port"):
        raise ValidationError("Port cannot be specified for targets of type 'lambda'")
    if not arn.startswith(f"arn:aws:lambda:{ctx.region}:"):
        raise ValidationError(f"The Lambda function ARN '{arn}' is not valid for this region")
    try:
        ctx.call("lambda", "GetFunctionConfiguration", {"FunctionName": arn})
    except AwsError as error:
        raise InvalidTarget(f"The Lambda function '{arn}' does not exist: {error.message}") from None
    found[0]["AvailabilityZone"] = None


def _check_load_balancer(ctx: Context[State], group: Plain, found: list[Plain]) -> None:
    """Raises InvalidTarget unless it is an application load balancer with a listener on that port."""
    for each in found:
        there = ctx.state.load_balancers.get(each["Id"])
        if there is None or there["Type"] != "application" or there["VpcId"] != group["VpcId"]:
            raise InvalidTarget(f"'{each['Id']}' is not an Application Load Balancer in the VPC of the target group")
        if each["Port"] not in [listener["Port"] for listener in ctx.state.listeners_of(each["Id"])]:
            raise InvalidTarget(f"The Application Load Balancer '{each['Id']}' has no listener on port {each['Port']}")
        each["AvailabilityZone"] = None


def _with_port(group: Plain, target: Plain) -> Plain:
    if group["TargetType"] == "lambda":
        return {"Id": target["Id"], "Port": target.get("Port"), "AvailabilityZone": None}
    zone = target.get("AvailabilityZone")
    return {"Id": target["Id"], "Port": target.get("Port") or group["Port"], "AvailabilityZone": zone}


def _described(ctx: Context[State], group: Plain, target: Plain) -> Plain:
    shown = {name: target.get(name) for name in ("Id", "Port", "AvailabilityZone")}
    said: Plain = {"Target": shown, "TargetHealth": health.of_target(ctx, group, target, key_of(target))}
    if group["TargetType"] != "lambda":
        port = group["HealthCheckPort"]
        said["HealthCheckPort"] = str(target["Port"]) if port == "traffic-port" else port
    return said
