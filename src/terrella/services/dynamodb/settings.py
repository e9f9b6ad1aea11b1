"""What else a table has: its tags; and what an account may do."""

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
def describe_limits(ctx: Context[State], input: Plain) -> Plain:
    names = ("AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits")
    each = ("TableMaxReadCapacityUnits", "TableMaxWriteCapacityUnits")
    return {**dict.fromkeys(names, 80_000), **dict.fromkeys(each, 40_000)}


@service.operation
def describe_endpoints(ctx: Context[State], input: Plain) -> Plain:
    address = f"dynamodb.{ctx.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}


def table_of_arn(ctx: Context[State], arn: str, by_name: bool = False) -> Table:
    """The table an ARN names; refusals `by_name` speak of the table, the others of the ARN."""
    parts = arn.split(":")
    if not arn.startswith("arn:"):
        raise ValidationException(f"Invalid TableArn: ARNs must start with 'arn:': {arn}")
    if len(parts) != 6 or parts[5].count("/") != 1 or not parts[5].startswith("table/"):
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if parts[4] != ctx.account or parts[3] != ctx.region:
        raise AccessDeniedException(f"User: {ctx.caller.arn} is not authorized to perform this on {arn}")
    table = ctx.state.find(table_name(arn), ctx.now)
    if table is None:
        what = f"Table: {table_name(arn)}" if by_name else f"ResourcArn: {arn}"
        raise ResourceNotFoundException(f"Requested resource not found: {what} not found")
    return table
