"""Contributor insights and Kinesis destinations, as described state: nothing is counted and nothing is sent."""

from __future__ import annotations

from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from .errors import ResourceNotFoundException
from .state import State, Table, service
from .table_updates import commit_setting

Plain = dict[str, Any]

CHANGING_S = 2.0
NOT_TO_ENABLE = "Table is not in a valid state to enable Kinesis Streaming Destination: "
MUST_BE_FREE = "EnableKinesisStreamingDestination must be DISABLED or ENABLE_FAILED to perform ENABLE operation."
MUST_BE_ACTIVE = "KinesisStreamingDestination must be ACTIVE to perform DISABLE operation."
NOTHING_TO_UPDATE = (
    "Streaming destination cannot be updated with given parameters: UpdateKinesisStreamingConfiguration cannot be "
    "null or contain only null values"
)


@service.operation
def update_contributor_insights(ctx: Context[State], input: Plain) -> Plain:
    table, index = _watched(ctx, input)
    enabled = input["ContributorInsightsAction"] == "ENABLE"
    mode = input.get("ContributorInsightsMode") or "ACCESSED_AND_THROTTLED_KEYS"
    state = {"enabled": enabled, "mode": mode, "at": ctx.now, "settled_at": ctx.now + ctx.scaled(CHANGING_S)}
    commit_setting(ctx, table, alike=False, insights={**table.data.get("insights", {}), index: state})
    return {**_named(table, index), "ContributorInsightsStatus": _insight_status(state, ctx.now),
            "ContributorInsightsMode": mode}  # fmt: skip


@service.operation
def describe_contributor_insights(ctx: Context[State], input: Plain) -> Plain:
    table, index = _watched(ctx, input)
    state = table.data.get("insights", {}).get(index)
    if state is None:
        return {**_named(table, index), "ContributorInsightsStatus": "DISABLED"}
    place = "-".join(name for name in (table.name, index) if name)
    rules = [f"DynamoDBContributorInsights-{key}-{place}-{int(state['at'] * 1000)}" for key in ("PKC", "PKT")]
    return {
        **_named(table, index),
        "ContributorInsightsRuleList": rules if state["enabled"] else [],
        "ContributorInsightsStatus": _insight_status(state, ctx.now),
        "ContributorInsightsMode": state["mode"],
        "LastUpdateDateTime": state["at"],
    }


@service.operation
def list_contributor_insights(ctx: Context[State], input: Plain) -> Plain:
    """Of one table or of all; a page ends at MaxResults, and NextToken is how many were told."""
    if input.get("TableName"):
        tables = [ctx.state.existing(input["TableName"], ctx.now)]
    else:
        tables = [table for name in ctx.state.tables if (table := ctx.state.find(name, ctx.now))]
    found = [
        {**_named(table, index), "ContributorInsightsStatus": _insight_status(state, ctx.now),
         "ContributorInsightsMode": state["mode"]}
        for table in tables
        for index, state in table.data.get("insights", {}).items()
    ]  # fmt: skip
    start, most = int(input.get("NextToken") or 0), input.get("MaxResults") or 100
    more = {"NextToken": str(start + most)} if len(found) > start + most else {}
    return {"ContributorInsightsSummaries": found[start : start + most], **more}


@service.operation
def enable_kinesis_streaming_destination(ctx: Context[State], input: Plain) -> Plain:
    """ValidationException if the stream is a destination already."""
    table, arn = ctx.state.existing(input["TableName"], ctx.now), input["StreamArn"]
    if _destination(table, arn, ctx.now) != "DISABLED":
        raise ValidationException(NOT_TO_ENABLE + MUST_BE_FREE)
    return _altered(ctx, table, input, "ENABLING", "EnableKinesisStreamingConfiguration")


@service.operation
def disable_kinesis_streaming_destination(ctx: Context[State], input: Plain) -> Plain:
    table = ctx.state.existing(input["TableName"], ctx.now)
    if _destination(table, input["StreamArn"], ctx.now) != "ACTIVE":
        raise ValidationException(NOT_TO_ENABLE + MUST_BE_ACTIVE)  # AWS says "to enable" here too
    return _altered(ctx, table, input, "DISABLING", "EnableKinesisStreamingConfiguration")


@service.operation
def update_kinesis_streaming_destination(ctx: Context[State], input: Plain) -> Plain:
    """Alter how exactly records tell when they were made. ValidationException if that is so already."""
    table, arn = ctx.state.existing(input["TableName"], ctx.now), input["StreamArn"]
    wanted = (input.get("UpdateKinesisStreamingConfiguration") or {}).get("ApproximateCreationDateTimePrecision")
    if wanted is None:
        raise ValidationException(NOTHING_TO_UPDATE)
    if _destination(table, arn, ctx.now) != "ACTIVE":
        raise ValidationException(
            f"{NOT_TO_ENABLE}No streaming destination with streamArn: {arn} found for table with tableName: "
            f"{table.name}"
        )
    if wanted == (table.data["kinesis"][arn]["precision"] or "MILLISECOND"):
        raise ValidationException(
            f"Invalid Request: Precision is already set to the desired value of {wanted} for tableId: "
            f"{table.about['TableId']}, kdsArn: {arn}"
        )
    return _altered(ctx, table, input, "UPDATING", "UpdateKinesisStreamingConfiguration")


@service.operation
def describe_kinesis_streaming_destination(ctx: Context[State], input: Plain) -> Plain:
    table = ctx.state.existing(input["TableName"], ctx.now)
    found = [
        {"StreamArn": arn, "DestinationStatus": _destination(table, arn, ctx.now),
         **({"ApproximateCreationDateTimePrecision": state["precision"]} if state["precision"] else {})}
        for arn, state in table.data.get("kinesis", {}).items()
    ]  # fmt: skip
    return {"TableName": table.name, "KinesisDataStreamDestinations": found}


def _watched(ctx: Context[State], input: Plain) -> tuple[Table, str]:
    table, index = ctx.state.existing(input["TableName"], ctx.now), input.get("IndexName") or ""
    if index and index not in table.indexes:
        raise ResourceNotFoundException(f"Requested resource not found: Index: {index} not found")
    return table, index


def _named(table: Table, index: str) -> Plain:
    return {"TableName": table.name, **({"IndexName": index} if index else {})}


def _insight_status(state: Plain, now: float) -> str:
    if now < state["settled_at"]:
        return "ENABLING" if state["enabled"] else "DISABLING"
    return "ENABLED" if state["enabled"] else "DISABLED"


def _destination(table: Table, arn: str, now: float) -> str:
    state = table.data.get("kinesis", {}).get(arn)
    if state is None:
        return "DISABLED"
    if now < state["settled_at"]:
        return "ENABLING" if state["enabled"] else "DISABLING"
    return "ACTIVE" if state["enabled"] else "DISABLED"


def _altered(ctx: Context[State], table: Table, input: Plain, status: str, member: str) -> Plain:
    """Begin to send to a stream, or to end it, and tell so; `member` of the input has the settings."""
    arn, given, had = input["StreamArn"], input.get(member), table.data.get("kinesis", {})
    precision = (given or {}).get("ApproximateCreationDateTimePrecision")
    precision = precision or had.get(arn, {}).get("precision")
    enabled, settled_at = status != "DISABLING", ctx.now + ctx.scaled(CHANGING_S)
    state = {"enabled": enabled, "precision": precision, "settled_at": settled_at}
    commit_setting(ctx, table, alike=False, kinesis={**had, arn: state})
    return {
        "TableName": table.name, "StreamArn": arn, "DestinationStatus": status,
        **({member: given or {}} if status != "DISABLING" else {}),
    }  # fmt: skip
