"""Target groups: what requests are sent to, and how its health is checked.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import attributes, health, names, subnets, tags
from .errors import (
    DuplicateTargetGroupName,
    InvalidConfigurationRequest,
    ResourceInUse,
    TargetGroupNotFound,
    TooManyTargetGroups,
    UnsupportedProtocol,
    ValidationError,
)
from .load_balancers import forget
from .paging import page
from .state import Plain, State, service

MOST = 3000
REQUESTS, CONNECTIONS = ("HTTP", "HTTPS"), ("TCP", "TLS", "UDP", "TCP_UDP")
CHECKS = (
    "HealthCheckProtocol", "HealthCheckPort", "HealthCheckEnabled", "HealthCheckPath", "HealthCheckIntervalSeconds",
    "HealthCheckTimeoutSeconds", "HealthyThresholdCount", "UnhealthyThresholdCount", "Matcher",
)  # fmt: skip
_CODES = re.compile(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*")


@service.operation
async def create_target_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    names.check_target_group_name(input["Name"])
    given_tags = tags.checked(input.get("Tags") or [])
    wanted = _settings(input)
    _check_health_check(wanted)
    if wanted["TargetType"] != "lambda":
        await subnets.check_vpc(ctx, wanted["VpcId"])
    earlier = _by_name(ctx.state, input["Name"])
    if earlier is not None:
        if any(earlier.get(name) != value for name, value in wanted.items()):
            raise DuplicateTargetGroupName(
                f"A target group with the same name '{input['Name']}' exists, but with different settings"
            )
        return {"TargetGroups": [described(ctx.state, earlier)]}
    if len(ctx.state.target_groups) >= MOST:
        raise TooManyTargetGroups(f"The maximum number of target groups has been reached: {MOST}")
    arn = f"{names.prefix(ctx)}targetgroup/{input['Name']}/{names.new_id(ctx)}"
    settings = attributes.of_new_target_group(wanted["TargetType"], wanted.get("Protocol"))
    made = wanted | {"Arn": arn, "CreatedAt": ctx.now, "Attributes": settings}
    _put(ctx, made)
    if given_tags:
        tags.put(ctx, arn, given_tags)
    return {"TargetGroups": [described(ctx.state, made)]}


@service.operation
def modify_target_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.target_group(input["TargetGroupArn"])
    if found["TargetType"] == "lambda" and (input.get("HealthCheckProtocol") or input.get("HealthCheckPort")):
        raise InvalidConfigurationRequest(
            "Health check protocol and port cannot be specified for target groups with target type 'lambda'"
        )
    changed = found | {name: input[name] for name in CHECKS if input.get(name) is not None}
    _check_health_check(changed)
    _put(ctx, changed)
    return {"TargetGroups": [described(ctx.state, changed)]}


@service.operation
def describe_target_groups(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    given = [name for name in ("LoadBalancerArn", "TargetGroupArns", "Names") if input.get(name)]
    if len(given) > 1:
        raise ValidationError(
            "Target group names, target group ARNs, and a load balancer ARN cannot be specified at the same time"
        )
    state = ctx.state
    if input.get("LoadBalancerArn"):
        state.load_balancer(input["LoadBalancerArn"])
        arns = state.groups_of(input["LoadBalancerArn"])
        found = [state.target_group(arn) for arn in arns if arn in state.target_groups]
    elif input.get("TargetGroupArns"):
        found = [state.target_group(arn) for arn in input["TargetGroupArns"]]
    elif input.get("Names"):
        found = [_named(state, name) for name in input["Names"]]
    else:
        found = [each for _, each in state.target_groups.items()]
    return page("TargetGroups", [described(state, each) for each in found], input, "TargetGroupArn")


@service.operation
def delete_target_group(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Deleting what is not there succeeds."""
    arn = input["TargetGroupArn"]
    if arn not in ctx.state.target_groups:
        return {}
    if ctx.state.users_of(arn):
        raise ResourceInUse(f"Target group '{arn}' is currently in use by a listener or a rule")
    for table in ("targets", "verdicts"):
        if arn in ctx.state.tables[table]:
            ctx.commit("entry_deleted", table=table, key=arn)
    forget(ctx, "target_groups", arn)
    return {}


@service.operation
def modify_target_group_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.target_group(input["TargetGroupArn"])
    new = attributes.merged(found["Attributes"], input["Attributes"], attributes.TARGET_GROUP)
    _put(ctx, found | {"Attributes": new})
    return {"Attributes": attributes.listed(new)}


@service.operation
def describe_target_group_attributes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": attributes.listed(ctx.state.target_group(input["TargetGroupArn"])["Attributes"])}


def described(state: State, found: Plain) -> Plain:
    """A target group as the API shows it."""
    shown = {name: value for name, value in found.items() if name not in ("Arn", "Name", "CreatedAt", "Attributes")}
    named = {"TargetGroupArn": found["Arn"], "TargetGroupName": found["Name"]}
    return {**named, **shown, "LoadBalancerArns": state.users_of(found["Arn"])}


def _put(ctx: Context[State], group: Plain) -> None:
    ctx.commit("entry_put", table="target_groups", key=group["Arn"], value=group)
    health.report(ctx, group["Arn"])


def _settings(input: dict[str, Any]) -> Plain:
    """What is asked for, with AWS's defaults."""
    kind = input.get("TargetType", "instance")
    if kind == "alb" and input.get("Protocol", "TCP") != "TCP":
        raise ValidationError("Target groups of type 'alb' must have the protocol TCP")
    if input.get("IpAddressType", "ipv4") != "ipv4":
        raise NotImplementedHere("elbv2", "target groups with ipv6 addresses")
    if input.get("TargetControlPort"):
        raise NotImplementedHere("elbv2", "target groups with TargetControlPort")
    return _for_functions(input) if kind == "lambda" else _for_servers(input, kind)


def _for_functions(input: dict[str, Any]) -> Plain:
    for name in ("Protocol", "Port", "VpcId", "ProtocolVersion", "HealthCheckProtocol", "HealthCheckPort"):
        if input.get(name):
            raise ValidationError(f"{name} cannot be specified for target groups with target type 'lambda'")
    return {
        "Name": input["Name"],
        "HealthCheckEnabled": input.get("HealthCheckEnabled", False),
        "HealthCheckIntervalSeconds": input.get("HealthCheckIntervalSeconds", 35),
        "HealthCheckTimeoutSeconds": input.get("HealthCheckTimeoutSeconds", 30),
        "HealthyThresholdCount": input.get("HealthyThresholdCount", 5),
        "UnhealthyThresholdCount": input.get("UnhealthyThresholdCount", 2),
        "HealthCheckPath": input.get("HealthCheckPath", "/"),
        "Matcher": input.get("Matcher") or {"HttpCode": "200"},
        "TargetType": "lambda",
        "IpAddressType": "ipv4",
    }


def _for_servers(input: dict[str, Any], kind: str) -> Plain:
    for name, words in (("Protocol", "A protocol"), ("Port", "A port"), ("VpcId", "A VPC ID")):
        if not input.get(name):
            raise ValidationError(f"{words} must be specified")
    protocol = input["Protocol"]
    if protocol not in (*REQUESTS, *CONNECTIONS):
        raise NotImplementedHere("elbv2", f"target groups with protocol {protocol}")
    requests = protocol in REQUESTS or kind == "alb"  # what is asked of a target to know its health
    found = {
        "Name": input["Name"],
        "Protocol": protocol,
        "Port": input["Port"],
        "VpcId": input["VpcId"],
        "HealthCheckProtocol": input.get("HealthCheckProtocol", "HTTP" if requests else "TCP"),
        "HealthCheckPort": input.get("HealthCheckPort", "traffic-port"),
        "HealthCheckEnabled": input.get("HealthCheckEnabled", True),
        "HealthCheckIntervalSeconds": input.get("HealthCheckIntervalSeconds", 30),
        "HealthCheckTimeoutSeconds": input.get("HealthCheckTimeoutSeconds", 5 if protocol in REQUESTS else 10),
        "HealthyThresholdCount": input.get("HealthyThresholdCount", 5),
        "UnhealthyThresholdCount": input.get("UnhealthyThresholdCount", 2),
        "TargetType": kind,
        "IpAddressType": "ipv4",
    }
    if found["HealthCheckProtocol"] in REQUESTS:
        found["HealthCheckPath"] = input.get("HealthCheckPath", "/")
        found["Matcher"] = input.get("Matcher") or {"HttpCode": "200" if protocol in REQUESTS else "200-399"}
    if protocol in REQUESTS:
        version = input.get("ProtocolVersion") or "HTTP1"  # terraform sends an empty one
        if version != "HTTP1":
            raise NotImplementedHere("elbv2", f"target groups with protocol version {version}")
        found["ProtocolVersion"] = version
    elif input.get("ProtocolVersion"):
        raise InvalidConfigurationRequest("Protocol version can only be specified for HTTP and HTTPS target groups")
    return found


def _check_health_check(group: Plain) -> None:
    """Raises ValidationError, InvalidConfigurationRequest, UnsupportedProtocol."""
    interval, timeout = group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]
    if not 5 <= interval <= 300:
        raise ValidationError("Health check interval must be between 5 and 300 (inclusive)")
    if not 2 <= timeout <= 120:
        raise ValidationError("Health check timeout must be between 2 and 120 (inclusive)")
    if timeout >= interval and group.get("Protocol") not in CONNECTIONS:
        raise ValidationError(f"Health check timeout '{timeout}' must be smaller than the interval '{interval}'")
    for name, words in (("HealthyThresholdCount", "Healthy"), ("UnhealthyThresholdCount", "Unhealthy")):
        if not 2 <= group[name] <= 10:
            raise ValidationError(f"{words} threshold count must be between 2 and 10 (inclusive)")
    if not group["HealthCheckEnabled"] and group["TargetType"] != "lambda":
        raise InvalidConfigurationRequest(f"Health check enabled must be true for '{group['TargetType']}' targets")
    protocol = group.get("HealthCheckProtocol", "HTTP")
    if protocol == "TCP" and group["TargetType"] == "alb":
        raise UnsupportedProtocol("Health check protocol 'TCP' is not supported for target groups of type 'alb'")
    if protocol == "TCP" and group.get("Protocol") in REQUESTS:
        raise UnsupportedProtocol("Health check protocol 'TCP' is not supported for HTTP and HTTPS target groups")
    port = group.get("HealthCheckPort", "traffic-port")
    if port != "traffic-port" and not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise ValidationError(f"Health check port '{port}' must be 'traffic-port' or in the range 1-65535")
    if not group.get("HealthCheckPath", "/").startswith("/"):
        raise ValidationError(f"Health check path '{group['HealthCheckPath']}' must begin with a '/' character")
    matcher = group.get("Matcher")
    if matcher is not None:
        _check_codes(matcher)


def _check_codes(matcher: Plain) -> None:
    if matcher.get("GrpcCode"):
        raise NotImplementedHere("elbv2", "health checks by gRPC codes")
    codes = matcher.get("HttpCode") or ""
    if not _CODES.fullmatch(codes):
        raise ValidationError(f"Health check matcher HTTP code '{codes}' must be a valid code, list or range")
    if any(not 200 <= int(code) <= 499 for code in re.findall(r"\d{3}", codes)):
        raise ValidationError(f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")


def _by_name(state: State, name: str) -> Plain | None:
    return next((each for _, each in state.target_groups.items() if each["Name"] == name), None)


def _named(state: State, name: str) -> Plain:
    found = _by_name(state, name)
    if found is None:
        raise TargetGroupNotFound()
    return found
