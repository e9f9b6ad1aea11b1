"""Query logging configurations: kept and checked here; the edge writes the lines.

The log group must be in us-east-1, and a resource policy must let Route 53 create log streams in it and put events
there.
https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateQueryLoggingConfig.html
"""

from __future__ import annotations

import json
import re
import uuid
from fnmatch import fnmatchcase
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import zones
from .errors import (
    InsufficientCloudWatchLogsResourcePolicy,
    InvalidInput,
    InvalidPaginationToken,
    NoSuchCloudWatchLogsLogGroup,
    NoSuchQueryLoggingConfig,
    QueryLoggingConfigAlreadyExists,
)
from .paging import page, results_size
from .state import State, service

_ARN = re.compile(r"arn:aws[a-z-]*:logs:([a-z0-9-]+):[0-9]{12}:log-group:([A-Za-z0-9._/#-]{1,512})(?::\*)?")
_NEEDED = ("logs:CreateLogStream", "logs:PutLogEvents")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@service.operation
async def create_query_logging_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["CloudWatchLogsLogGroupArn"]
    _check(ctx.state, input["HostedZoneId"], arn)
    await _check_group(ctx, arn)
    config = {
        "Id": str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)),
        "HostedZoneId": _check(ctx.state, input["HostedZoneId"], arn),
        "CloudWatchLogsLogGroupArn": arn,
    }
    ctx.commit("query_logging_begun", config=config)
    location = f"https://route53.amazonaws.com/2013-04-01/queryloggingconfig/{config['Id']}"
    return {"QueryLoggingConfig": config, "Location": location}


@service.operation
def get_query_logging_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"QueryLoggingConfig": find(ctx.state, input["Id"])}


@service.operation
def delete_query_logging_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("query_logging_ended", id=find(ctx.state, input["Id"])["Id"])
    return {}


@service.operation
def list_query_logging_configs(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    asked, token = input.get("HostedZoneId"), input.get("NextToken") or ""
    zone = zones.find(ctx.state, asked)["Id"] if asked else None
    if token and not _ID.fullmatch(token):
        raise InvalidPaginationToken(
            "Route 53 can't get the next page of query logging configurations because the specified value for "
            "NextToken is invalid."
        )
    found = (
        config
        for id, config in ctx.state.query_logging.items()
        if id >= token and zone in (None, config["HostedZoneId"])
    )
    shown, following = page(found, results_size(input))
    answer: dict[str, Any] = {"QueryLoggingConfigs": shown}
    return answer | ({"NextToken": following["Id"]} if following else {})


@service.change
def query_logging_begun(state: State, change: Change, *, config: dict[str, Any]) -> None:
    state.query_logging.put(config["Id"], config)


@service.change
def query_logging_ended(state: State, change: Change, *, id: str) -> None:
    state.query_logging.delete(id)


def find(state: State, id: str) -> dict[str, Any]:
    """A configuration by its id. NoSuchQueryLoggingConfig if there is none."""
    config: dict[str, Any] | None = state.query_logging.get(id)
    if config is None:
        raise NoSuchQueryLoggingConfig("The query logging configuration does not exist")
    return config


def _check(state: State, zone_id: str, arn: str) -> str:
    """The id of the zone that may be logged to this group."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise InvalidInput("The ARN for the CloudWatch Logs log group is invalid")
    zone = zones.find(state, zone_id)
    if zone["PrivateZone"]:
        raise InvalidInput("Query logging is for public hosted zones; the hosted zone is private.")
    if match[1] != "us-east-1":
        raise InvalidInput("The CloudWatch Logs log group must be in the us-east-1 region.")
    if any(config["HostedZoneId"] == zone["Id"] for _, config in state.query_logging.items()):
        raise QueryLoggingConfigAlreadyExists("A query logging configuration already exists for this hosted zone")
    return str(zone["Id"])


async def _check_group(ctx: Context[State], arn: str) -> None:
    """A world without CloudWatch Logs has nothing to check against."""
    match = _ARN.fullmatch(arn)
    if match is None or not ctx.here.ports.borrowed.offers("logs"):
        return
    found = await ctx.request("logs", "DescribeLogGroups", {"logGroupNamePrefix": match[2]})
    if not any(group["logGroupName"] == match[2] for group in found.get("logGroups") or ()):
        raise NoSuchCloudWatchLogsLogGroup("The specified CloudWatch Logs log group doesn't exist.")
    if not await _may_write(ctx, f"{arn.removesuffix(':*')}:*"):
        raise InsufficientCloudWatchLogsResourcePolicy(
            "The resource policy that you're using for Route 53 query logging doesn't grant Route 53 sufficient "
            "permission to create a log stream in the specified log group."
        )


async def _may_write(ctx: Context[State], arn: str) -> bool:
    """Do the resource policies of CloudWatch Logs let Route 53 do all it must?"""
    input, statements = dict[str, Any](), list[dict[str, Any]]()
    while True:
        found = await ctx.request("logs", "DescribeResourcePolicies", input)
        for policy in found.get("resourcePolicies") or ():
            statements += _statements(policy["policyDocument"])
        if not found.get("nextToken"):
            break
        input = {"nextToken": found["nextToken"]}
    ours = [each for each in statements if _is_ours(each) and _names(each, "Resource", arn)]
    denied = any(_names(each, "Action", need) for each in ours if each.get("Effect") == "Deny" for need in _NEEDED)
    allowing = [each for each in ours if each.get("Effect") == "Allow"]
    return not denied and all(any(_names(each, "Action", need) for each in allowing) for need in _NEEDED)


def _statements(document: str) -> list[dict[str, Any]]:
    try:
        read = json.loads(document)
    except ValueError:
        return []
    found = read.get("Statement") if isinstance(read, dict) else None
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, dict)]


def _is_ours(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    return isinstance(principal, dict) and bool({"route53.amazonaws.com", "*"} & set(_listed(principal, "Service")))


def _names(statement: dict[str, Any], member: str, wanted: str) -> bool:
    """Does an Action or Resource, with its wildcards, mean this one? Actions have no capitals."""
    fold = str.lower if member == "Action" else str
    return any(fnmatchcase(fold(wanted), fold(each).replace("[", "[[]")) for each in _listed(statement, member))


def _listed(holder: dict[str, Any], member: str) -> list[str]:
    found = holder.get(member)
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, str)]
