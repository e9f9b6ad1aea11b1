"""Tags of clusters, control panels and safety rules."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import ResourceNotFoundException, ValidationException
from .state import TABLES, State, service

MOST = 50


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    tag(ctx, _known(ctx, input["ResourceArn"]), input["Tags"])
    return {}


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn = _known(ctx, input["ResourceArn"])
    old = ctx.state.tables["tags"].get(arn) or {}
    kept = {key: value for key, value in old.items() if key not in input["TagKeys"]}
    ctx.commit("entry_put", table="tags", key=arn, value=kept)
    return {}


@service.operation
def list_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"Tags": ctx.state.tables["tags"].get(_known(ctx, input["ResourceArn"])) or {}}


def tag(ctx: Context[State], arn: str, given: dict[str, str] | None) -> None:
    """Raises ValidationException."""
    tags = {**(ctx.state.tables["tags"].get(arn) or {}), **(given or {})}
    if len(tags) > MOST:
        raise ValidationException(f"A resource can have at most {MOST} tags.")
    if given:
        ctx.commit("entry_put", table="tags", key=arn, value=tags)


def _known(ctx: Context[State], arn: str) -> str:
    if not any(arn in ctx.state.tables[table] for table in TABLES):
        raise ResourceNotFoundException(f"{arn} was not found.")
    return arn
