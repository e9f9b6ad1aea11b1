"""Tags of APIs, stages and domain names, by ARN."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import BadRequestException
from .parts import put
from .state import State, service


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["ResourceArn"]
    _put(ctx, arn, {**_tags(ctx, arn), **(input.get("Tags") or {})})
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = input["ResourceArn"]
    _put(ctx, arn, {key: value for key, value in _tags(ctx, arn).items() if key not in input["TagKeys"]})
    return {}


@service.operation
def get_tags(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": _tags(ctx, input["ResourceArn"])}


def _tags(ctx: Context[State], arn: str) -> dict[str, str]:
    tags: dict[str, str] = _record(ctx, arn)[1]["Tags"]
    return tags


def _record(ctx: Context[State], arn: str) -> tuple[list[str], dict[str, Any]]:
    """The path within the ARN, and the record it names. Raises NotFoundException, BadRequestException."""
    prefix = f"arn:aws:apigateway:{ctx.region}::/"
    parts = arn.removeprefix(prefix).split("/") if arn.startswith(prefix) else []
    match parts:
        case ["apis", api_id]:
            return parts, ctx.state.api(api_id)
        case ["apis", api_id, "stages", name]:
            return parts, ctx.state.one("Stage", api_id, name)
        case ["domainnames", name]:
            return parts, ctx.state.domain(name)
    raise BadRequestException(f"Invalid resource ARN specified: {arn}")


def _put(ctx: Context[State], arn: str, tags: dict[str, str]) -> None:
    parts, record = _record(ctx, arn)
    new = {**record, "Tags": tags}
    if len(parts) == 4:
        put(ctx, "Stage", parts[1], parts[3], new)
    elif parts[0] == "apis":
        ctx.commit("api_put", api=new)
    else:
        ctx.commit("domain_put", name=parts[1], domain=new)
