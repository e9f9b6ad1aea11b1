"""Tags of scalable targets."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import ResourceNotFoundException
from .state import State, service, values

Plain = dict[str, Any]


@service.operation
def tag_resource(ctx: Context[State], input: Plain) -> None:
    """ResourceNotFoundException."""
    target = _target(ctx, input["ResourceARN"])
    ctx.commit("target_put", target={**target, "tags": {**target["tags"], **input["Tags"]}})


@service.operation
def untag_resource(ctx: Context[State], input: Plain) -> None:
    """ResourceNotFoundException."""
    target = _target(ctx, input["ResourceARN"])
    tags = {name: value for name, value in target["tags"].items() if name not in input["TagKeys"]}
    ctx.commit("target_put", target={**target, "tags": tags})


@service.operation
def list_tags_for_resource(ctx: Context[State], input: Plain) -> Plain:
    """ResourceNotFoundException."""
    return {"Tags": _target(ctx, input["ResourceARN"])["tags"]}


def _target(ctx: Context[State], arn: str) -> Plain:
    for target in values(ctx.state.targets):
        if target["arn"] == arn:
            return target
    raise ResourceNotFoundException(f"No scalable target found for ARN: {arn}", ResourceName=arn)
