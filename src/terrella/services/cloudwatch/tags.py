"""Tags of alarms, the only thing here that has an ARN."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .state import State, service

MOST = 50


@service.operation
def list_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """None of an alarm that is not there, which is no error."""
    tags = ctx.state.tags.get(input["ResourceARN"]) or {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["ResourceARN"]
    ctx.commit("tags_put", arn=arn, tags=checked({**_of(ctx, arn), **tags_of(input["Tags"])}))
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["ResourceARN"]
    kept = {key: value for key, value in _of(ctx, arn).items() if key not in input["TagKeys"]}
    ctx.commit("tags_put", arn=arn, tags=kept)
    return {}


def tags_of(given: list[dict[str, str]] | None) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in given or ()}


def checked(tags: dict[str, str]) -> dict[str, str]:
    """InvalidParameterValueException for more than a resource may have."""
    if len(tags) > MOST:
        raise InvalidParameterValueException(f"The maximum number of tags has been reached: {MOST}")
    return tags


def _of(ctx: Context[State], arn: str) -> dict[str, str]:
    name = arn.partition(":alarm:")[2]
    alarm = ctx.state.alarms.get(name)
    if alarm is None or alarm["AlarmArn"] != arn:
        raise ResourceNotFoundException(f"{arn} does not exist", ResourceType="Alarm", ResourceId=name or arn)
    return ctx.state.tags.get(arn) or {}
