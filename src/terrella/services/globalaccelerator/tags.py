"""Tags of accelerators, listeners, endpoint groups and attachments."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import InvalidArgumentException
from .state import State, put, service

MOST = 50


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = _known(ctx.state, input["ResourceArn"])
    put(ctx, "tags", arn, checked(input["Tags"], ctx.state.tags.get(arn) or {}))
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = _known(ctx.state, input["ResourceArn"])
    old = ctx.state.tags.get(arn) or {}
    put(ctx, "tags", arn, {key: value for key, value in old.items() if key not in input["TagKeys"]})
    return {}


@service.operation
def list_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.tags.get(_known(ctx.state, input["ResourceArn"])) or {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}


def checked(given: list[dict[str, Any]], old: dict[str, str]) -> dict[str, str]:
    """The tags as they are with those given. Raises InvalidArgumentException."""
    for each in given:
        if each["Key"].lower().startswith("aws:") and not each["Key"].startswith("aws:cloudformation:"):
            raise InvalidArgumentException("Tag keys cannot begin with aws:")
    tags = {**old, **{each["Key"]: each["Value"] for each in given}}
    if len(tags) > MOST:
        raise InvalidArgumentException(f"A resource can have at most {MOST} tags")
    return tags


def _known(state: State, arn: str) -> str:
    if ":attachment/" in arn:
        state.attachment(arn)
    elif "/endpoint-group/" in arn:
        state.custom_group(arn) if arn in state.custom_groups else state.group(arn)
    elif "/listener/" in arn:
        state.custom_listener(arn) if arn in state.custom_listeners else state.listener(arn)
    else:
        state.accelerator(arn, None)
    return arn
