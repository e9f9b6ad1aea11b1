"""What else a table has: tags, continuous backups; and what an account may do.

State only: nothing is backed up here.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AccessDeniedException, ValidationException
from ...region.service import Context
from .errors import ResourceNotFoundException
from .state import State, Table, service, table_name
from .table_updates import commit_setting

Plain = dict[str, Any]

MOST_TAGS = 50


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> None:
    table = _of_arn(ctx, input["ResourceArn"])
    tags = {**table.data["tags"], **{each["Key"]: each["Value"] for each in input["Tags"]}}
    if len(tags) > MOST_TAGS:
        raise ValidationException(
            f"One or more parameter values were invalid: Too many tags: {len(tags)}, the limit is {MOST_TAGS}"
        )
    commit_setting(ctx, table, alike=False, tags=tags)


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> None:
    table = _of_arn(ctx, input["ResourceArn"])
    tags = {key: value for key, value in table.data["tags"].items() if key not in input["TagKeys"]}
    commit_setting(ctx, table, alike=False, tags=tags)


@service.operation
def list_tags_of_resource(ctx: Context[State], input: Plain) -> Plain:
    table = _of_arn(ctx, input["ResourceArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in table.data["tags"].items()]}


@service.operation
def update_continuous_backups(ctx: Context[State], input: Plain) -> Plain:
    """Note whether point-in-time recovery is on; there is nothing to restore from here."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    wanted = input["PointInTimeRecoverySpecification"]
    days = wanted.get("RecoveryPeriodInDays") or 35
    recovery = {"since": ctx.now, "days": days} if wanted["PointInTimeRecoveryEnabled"] else None
    commit_setting(ctx, table, alike=False, recovery=recovery)
    return describe_continuous_backups(ctx, input)  # type: ignore[no-any-return]


@service.operation
def describe_continuous_backups(ctx: Context[State], input: Plain) -> Plain:
    recovery = ctx.state.existing(input["TableName"], ctx.now).data["recovery"]
    described: Plain = {"PointInTimeRecoveryStatus": "DISABLED"}
    if recovery:
        described = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery["days"],
            "EarliestRestorableDateTime": recovery["since"],
            "LatestRestorableDateTime": ctx.now,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": described,
        }
    }


@service.operation
def describe_limits(ctx: Context[State], input: Plain) -> Plain:
    names = ("AccountMaxReadCapacityUnits", "AccountMaxWriteCapacityUnits")
    each = ("TableMaxReadCapacityUnits", "TableMaxWriteCapacityUnits")
    return {**dict.fromkeys(names, 80_000), **dict.fromkeys(each, 40_000)}


@service.operation
def describe_endpoints(ctx: Context[State], input: Plain) -> Plain:
    address = f"dynamodb.{ctx.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}


def _of_arn(ctx: Context[State], arn: str) -> Table:
    parts = arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("table/"):
        raise ValidationException(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    if parts[4] != ctx.account or parts[3] != ctx.region:
        raise AccessDeniedException(f"User: {ctx.caller.arn} is not authorized to perform this on {arn}")
    table = ctx.state.find(table_name(arn), ctx.now)
    if table is None:
        raise ResourceNotFoundException(f"Requested resource not found: ResourcArn: {arn} not found")
    return table
