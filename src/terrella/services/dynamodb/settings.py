"""What else a table has: tags and time to live; and what an account may do."""

from __future__ import annotations

from typing import Any

from ...core.errors import AccessDeniedException, ValidationException
from ...region.service import Context
from . import definitions
from .errors import ResourceNotFoundException
from .state import State, Table, service, table_name
from .table_updates import commit_setting

Plain = dict[str, Any]


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> None:
    table = table_of_arn(ctx, input["ResourceArn"])
    tags = definitions.tagged(table.data["tags"], input["Tags"])
    commit_setting(ctx, table, alike=False, tags=tags)


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> None:
    table = table_of_arn(ctx, input["ResourceArn"])
    if not input["TagKeys"]:
        raise ValidationException("Atleast one Tag Key needs to be provided as Input.")
    tags = {key: value for key, value in table.data["tags"].items() if key not in input["TagKeys"]}
    commit_setting(ctx, table, alike=False, tags=tags)


@service.operation
def list_tags_of_resource(ctx: Context[State], input: Plain) -> Plain:
    table = table_of_arn(ctx, input["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.data["tags"].items()]}


@service.operation
def update_time_to_live(ctx: Context[State], input: Plain) -> Plain:
    """Note which attribute tells when items expire; no item does here."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    wanted = input["TimeToLiveSpecification"]
    has = table.data["ttl"]
    if wanted["Enabled"] and has:
        raise ValidationException("TimeToLive is already enabled")
    if not wanted["Enabled"] and not has:
        raise ValidationException("TimeToLive is already disabled")
    if not wanted["Enabled"] and has["AttributeName"] != wanted["AttributeName"]:
        raise ValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is "
            f"{has['AttributeName']}"
        )
    commit_setting(ctx, table, ttl=wanted if wanted["Enabled"] else None)
    return {"TimeToLiveSpecification": wanted}


@service.operation
def describe_time_to_live(ctx: Context[State], input: Plain) -> Plain:
    has = ctx.state.existing(input["TableName"], ctx.now).data["ttl"]
    if not has:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    described = {"TimeToLiveStatus": "ENABLED", "AttributeName": has["AttributeName"]}
    return {"TimeToLiveDescription": described}


@service.operation
def describe_limits(ctx: Context[State], input: Plain) -> Plain:
    names = ("AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits")
    each = ("TableMaxReadCapacityUnits", "TableMaxWriteCapacityUnits")
    return {**dict.fromkeys(names, 80_000), **dict.fromkeys(each, 40_000)}


@service.operation
def describe_endpoints(ctx: Context[State], input: Plain) -> Plain:
    address = f"dynamodb.{ctx.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}


def table_of_arn(ctx: Context[State], arn: str) -> Table:
    parts = arn.split(":")
    if not arn.startswith("arn:"):
        raise ValidationException(f"Invalid TableArn: ARNs must start with 'arn:': {arn}")
    if len(parts) != 6 or parts[5].count("/") != 1 or not parts[5].startswith("table/"):
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if parts[4] != ctx.account or parts[3] != ctx.region:
        raise AccessDeniedException(f"User: {ctx.caller.arn} is not authorized to perform this on {arn}")
    table = ctx.state.find(table_name(arn), ctx.now)
    if table is None:
        raise ResourceNotFoundException(f"Requested resource not found: ResourcArn: {arn} not found")
    return table
