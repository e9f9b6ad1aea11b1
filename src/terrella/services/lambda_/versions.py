"""Published versions, which never change, and aliases, which point at them."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import configuration
from .errors import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .names import LATEST, function_arn, new_id, parse
from .state import State, service


@service.operation
def publish_version(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    config = ctx.state.function(ctx, name)["latest"]
    configuration.check_ready(config, ctx.now)
    if input.get("CodeSha256") not in (None, config["CodeSha256"]):
        raise InvalidParameterValueException(
            f"CodeSHA256 ({input['CodeSha256']}) is different from current CodeSHA256 in $LATEST "
            f"({config['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
        )
    configuration.check_revision(config["RevisionId"], input)
    return configuration.shown(ctx, publish(ctx, name, input.get("Description", "")))


@service.operation
def list_versions_by_function(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    record = ctx.state.function(ctx, name)
    start = int(input["Marker"]) if str(input.get("Marker", "")).isdigit() else 0
    end = start + min(input.get("MaxItems") or 50, 50)
    found = [record["latest"], *ctx.state.versions_of(name)]
    shown = [configuration.shown(ctx, each, each["Version"]) for each in found[start:end]]
    return {"Versions": shown, **({"NextMarker": str(end)} if end < len(found) else {})}


@service.operation
def create_alias(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    alias, version = input["Name"], input["FunctionVersion"]
    arn = function_arn(ctx, name, alias)
    if f"{name}:{alias}" in ctx.state.aliases:
        raise ResourceConflictException(f"Alias already exists: {arn}")
    _check_target(ctx, name, version)
    record = {
        "name": alias,
        "arn": arn,
        "version": version,
        "description": input.get("Description", ""),
        "weights": _weights(ctx, name, version, input.get("RoutingConfig")),
        "revision": new_id(ctx),
    }
    ctx.commit("alias_put", function=name, alias=record)
    return _shown(record)


@service.operation
def update_alias(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    old = _alias(ctx, name, input["Name"])
    configuration.check_revision(old["revision"], input)
    version = input.get("FunctionVersion") or old["version"]
    _check_target(ctx, name, version)
    routing = input.get("RoutingConfig")
    record = {
        **old,
        "version": version,
        "description": input.get("Description", old["description"]),
        "weights": old["weights"] if routing is None else _weights(ctx, name, version, routing),
        "revision": new_id(ctx),
    }
    ctx.commit("alias_put", function=name, alias=record)
    return _shown(record)


@service.operation
def get_alias(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    return _shown(_alias(ctx, name, input["Name"]))


@service.operation
def list_aliases(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    wanted = input.get("FunctionVersion")
    found = [alias for alias in ctx.state.aliases_of(name) if wanted in (None, alias["version"])]
    start = int(input["Marker"]) if str(input.get("Marker", "")).isdigit() else 0
    end = start + min(input.get("MaxItems") or 50, 50)
    marker = {"NextMarker": str(end)} if end < len(found) else {}
    return {"Aliases": [_shown(alias) for alias in found[start:end]], **marker}


@service.operation
def delete_alias(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    if f"{name}:{input['Name']}" in ctx.state.aliases:  # deleting twice is no error
        ctx.commit("alias_deleted", function=name, alias=input["Name"])
    return {}


def publish(ctx: Context[State], name: str, description: str) -> dict[str, Any]:
    """A new version of what $LATEST is now; the last one again when nothing changed since."""
    record = ctx.state.function(ctx, name)
    published = record["published"]
    if published is not None and published["of"] == record["latest"]["RevisionId"]:
        config = ctx.state.versions.get(f"{name}:{published['version']}")
        if config is not None:
            return config
    config = {**record["latest"], "Version": str(record["next_version"]), "RevisionId": new_id(ctx)}
    if description:
        config["Description"] = description
    ctx.commit("version_published", name=name, config=config, of=record["latest"]["RevisionId"])
    return config


def _alias(ctx: Context[State], name: str, alias: str) -> dict[str, Any]:
    found = ctx.state.aliases.get(f"{name}:{alias}")
    if found is None:
        raise ResourceNotFoundException(f"Cannot find alias arn: {function_arn(ctx, name, alias)}")
    return found


def _check_target(ctx: Context[State], name: str, version: str) -> None:
    if version != LATEST and f"{name}:{version}" not in ctx.state.versions:
        raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, name, version)}")


def _weights(
    ctx: Context[State], name: str, version: str, routing: dict[str, Any] | None
) -> dict[str, float]:
    weights = dict((routing or {}).get("AdditionalVersionWeights") or {})
    if len(weights) > 1:
        raise InvalidParameterValueException(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    for other in weights:
        if other == version:
            raise InvalidParameterValueException(
                f"Invalid function version {other}. Function version {other} is already included in routing "
                "configuration."
            )
        if LATEST in (other, version):
            raise InvalidParameterValueException(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        _check_target(ctx, name, other)
    return weights


def _shown(alias: dict[str, Any]) -> dict[str, Any]:
    output = {
        "AliasArn": alias["arn"],
        "Name": alias["name"],
        "FunctionVersion": alias["version"],
        "Description": alias["description"],
        "RevisionId": alias["revision"],
    }
    if alias["weights"]:
        output["RoutingConfig"] = {"AdditionalVersionWeights": alias["weights"]}
    return output


@service.change
def version_published(state: State, change: Change, name: str, config: dict[str, Any], of: str) -> None:
    record = state.functions.get(name)
    assert record is not None
    version = config["Version"]
    state.versions.put(f"{name}:{version}", config)
    published = {"of": of, "version": version}
    state.functions.put(name, {**record, "next_version": int(version) + 1, "published": published})


@service.change
def alias_put(state: State, change: Change, function: str, alias: dict[str, Any]) -> None:
    state.aliases.put(f"{function}:{alias['name']}", alias)


@service.change
def alias_deleted(state: State, change: Change, function: str, alias: str) -> None:
    state.aliases.delete(f"{function}:{alias}")
    for kept in (state.policies, state.urls, state.event_configs):
        kept.delete(f"{function}:{alias}")
