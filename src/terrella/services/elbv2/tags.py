"""Tags of everything that has an ARN here."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import DuplicateTagKeys, TooManyTags, ValidationError
from .state import State, service

MOST = 50


@service.operation
def add_tags(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    given = checked(input["Tags"])
    for arn in input["ResourceArns"]:
        _require(ctx.state, arn)
        if len({**(ctx.state.tags.get(arn) or {}), **given}) > MOST:
            raise TooManyTags(f"The maximum number of tags has been reached: {MOST}")
    for arn in input["ResourceArns"]:
        put(ctx, arn, {**(ctx.state.tags.get(arn) or {}), **given})
    return {}


@service.operation
def remove_tags(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    for arn in input["ResourceArns"]:
        _require(ctx.state, arn)
    for arn in input["ResourceArns"]:
        old = ctx.state.tags.get(arn) or {}
        put(ctx, arn, {key: value for key, value in old.items() if key not in input["TagKeys"]})
    return {}


@service.operation
def describe_tags(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = []
    for arn in input["ResourceArns"]:
        _require(ctx.state, arn)
        of = ctx.state.tags.get(arn) or {}
        found.append({"ResourceArn": arn, "Tags": [{"Key": key, "Value": value} for key, value in of.items()]})
    return {"TagDescriptions": found}


def checked(given: list[dict[str, Any]]) -> dict[str, str]:
    """Tags by key. Raises DuplicateTagKeys, TooManyTags, ValidationError."""
    keys = [each["Key"] for each in given]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DuplicateTagKeys(f"The tag key '{twice}' was specified more than once")
    if len(keys) > MOST:
        raise TooManyTags(f"The maximum number of tags has been reached: {MOST}")
    for key in keys:
        if key.lower().startswith("aws:") and not key.startswith("aws:cloudformation:"):
            raise ValidationError("Tag keys cannot begin with 'aws:'")
    return {each["Key"]: each.get("Value") or "" for each in given}


def put(ctx: Context[State], arn: str, tags: dict[str, str]) -> None:
    ctx.commit("entry_put", table="tags", key=arn, value=tags)


def _require(state: State, arn: str) -> None:
    kind = arn.partition(":")[2].split(":")[-1].partition("/")[0]
    look = {
        "loadbalancer": state.load_balancer,
        "targetgroup": state.target_group,
        "listener": state.listener,
        "listener-rule": state.rule,
        "truststore": state.trust_store,
    }.get(kind)
    if look is None:
        raise ValidationError(f"'{arn}' is not a valid resource ARN")
    look(arn) if not (kind == "listener-rule" and _is_default(state, arn)) else None


def _is_default(state: State, arn: str) -> bool:
    return any(each["DefaultRuleArn"] == arn for _, each in state.listeners.items())
