"""Tags of hosted zones and health checks."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import health_checks, zones
from .errors import InvalidInput
from .state import State, service

MOST_TAGS = 50


@service.operation
def change_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    key = _key(ctx.state, input["ResourceType"], input["ResourceId"])
    added, removed = input.get("AddTags") or [], input.get("RemoveTagKeys") or []
    if not added and not removed:
        raise InvalidInput("The input is not valid: specify AddTags, RemoveTagKeys, or both")
    tags = {name: value for name, value in (ctx.state.tags.get(key) or {}).items() if name not in removed}
    for tag in added:
        if not tag.get("Key"):
            raise InvalidInput("The input is not valid: a tag must have a key")
        tags[tag["Key"]] = tag.get("Value") or ""
    if len(tags) > MOST_TAGS:
        raise InvalidInput(f"The input is not valid: a resource can have at most {MOST_TAGS} tags")
    ctx.commit("tags_changed", key=key, tags=tags)
    return {}


@service.operation
def list_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"ResourceTagSet": _tag_set(ctx.state, input["ResourceType"], input["ResourceId"])}


@service.operation
def list_tags_for_resources(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    kind = input["ResourceType"]
    return {"ResourceTagSets": [_tag_set(ctx.state, kind, id) for id in input["ResourceIds"]]}


@service.change
def tags_changed(state: State, change: Change, *, key: str, tags: dict[str, str]) -> None:
    if tags:
        state.tags.put(key, tags)
    else:
        state.tags.delete(key)


def _tag_set(state: State, kind: str, id: str) -> dict[str, Any]:
    tags = state.tags.get(_key(state, kind, id)) or {}
    return {
        "ResourceType": kind,
        "ResourceId": id,
        "Tags": [{"Key": key, "Value": value} for key, value in sorted(tags.items())],
    }


def _key(state: State, kind: str, id: str) -> str:
    """Where the tags of a resource are kept. NoSuchHostedZone or NoSuchHealthCheck if it is not there."""
    if kind == "hostedzone":
        return f"hostedzone/{zones.find(state, id)['Id']}"
    return f"healthcheck/{health_checks.find(state, id)['Id']}"
