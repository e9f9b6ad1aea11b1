"""Functions: create, change, show, list, delete. https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-common.html"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import code, configuration
from .errors import (
    InvalidParameterValueException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .names import LATEST, function_arn, parse
from .state import State, service
from .versions import publish

PAGE = 50


@service.operation
async def create_function(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"])
    if qualifier is not None:
        raise InvalidParameterValueException("A function is created without a qualifier in its name.")
    configuration.check(ctx, input)
    if not input.get("Runtime") or not input.get("Handler"):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    _refuse_taken(ctx, name)
    package = await code.accept(ctx, input["Code"])
    ctx.now = ctx.here.clock.now()
    _refuse_taken(ctx, name)  # somebody may have been faster while the archive was on its way
    config = configuration.new(ctx, name, input, package)
    ctx.commit("function_created", name=name, config=config, tags=dict(input.get("Tags") or {}))
    ctx.here.ports.functions.prepare(configuration.spec(ctx.state, config))
    if input.get("Publish"):
        return configuration.shown(ctx, publish(ctx, name, ""))
    return configuration.shown(ctx, config)


@service.operation
async def update_function_code(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    _changeable(ctx, name, input)
    package = await code.accept(ctx, input)
    ctx.now = ctx.here.clock.now()
    config = _changeable(ctx, name, input)
    asked = {"Architectures": input.get("Architectures")}
    return _update(ctx, name, configuration.changed(ctx, config, asked, package), input)


@service.operation
def update_function_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    config = _changeable(ctx, name, input)
    configuration.check(ctx, input)
    return _update(ctx, name, configuration.changed(ctx, config, input), input)


@service.operation
def get_function(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    config = ctx.state.configuration(ctx, name, qualifier)
    record = ctx.state.function(ctx, name)
    output: dict[str, Any] = {
        "Configuration": configuration.shown(ctx, config, qualifier),
        "Code": {"RepositoryType": "S3"},
    }
    if record["tags"]:
        output["Tags"] = record["tags"]
    if record["reserved"] is not None:
        output["Concurrency"] = {"ReservedConcurrentExecutions": record["reserved"]}
    return output


@service.operation
def get_function_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    return configuration.shown(ctx, ctx.state.configuration(ctx, name, qualifier), qualifier)


@service.operation
def list_functions(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = []
    for name, record in ctx.state.functions.items():
        found.append(record["latest"])
        if input.get("FunctionVersion") == "ALL":
            found += ctx.state.versions_of(name)
    qualified = LATEST if input.get("FunctionVersion") == "ALL" else None
    shown, marker = page(found, input)
    functions = [
        configuration.shown(ctx, each, qualified if each["Version"] == LATEST else None) for each in shown
    ]
    return {"Functions": functions, **marker}


@service.operation
def delete_function(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.function(ctx, name, qualifier)
    if qualifier is None:
        versions = [LATEST, *(config["Version"] for config in ctx.state.versions_of(name))]
        ctx.commit("function_deleted", name=name)
    elif qualifier == LATEST:
        raise InvalidParameterValueException(
            "$LATEST version cannot be deleted without deleting the function."
        )
    else:
        _refuse_aliased(ctx, name, qualifier)
        versions = [qualifier]
        ctx.commit("version_deleted", name=name, version=qualifier)
    for version in versions:
        ctx.here.ports.functions.retire(function_arn(ctx, name, version))
    return {"StatusCode": 204}


def page(found: list[Any], input: dict[str, Any]) -> tuple[list[Any], dict[str, str]]:
    """One page of a list, and the marker of the next."""
    start = int(input["Marker"]) if str(input.get("Marker", "")).isdigit() else 0
    size = min(input.get("MaxItems") or PAGE, PAGE)
    end = start + size
    return found[start:end], ({"NextMarker": str(end)} if end < len(found) else {})


def _update(ctx: Context[State], name: str, config: dict[str, Any], input: dict[str, Any]) -> dict[str, Any]:
    if input.get("DryRun"):
        return configuration.shown(ctx, config)
    ctx.commit("function_updated", name=name, config=config)
    ctx.here.ports.functions.prepare(configuration.spec(ctx.state, config))
    if input.get("Publish"):
        return configuration.shown(ctx, publish(ctx, name, ""))
    return configuration.shown(ctx, config)


def _changeable(ctx: Context[State], name: str, input: dict[str, Any]) -> dict[str, Any]:
    config = ctx.state.function(ctx, name)["latest"]
    configuration.check_ready(config, ctx.now)
    if ctx.now < config["settled_at"]:
        raise ResourceConflictException(
            "The operation cannot be performed at this time. An update is in progress for resource: "
            f"{config['FunctionArn']}"
        )
    configuration.check_revision(config["RevisionId"], input)
    return config


def _refuse_taken(ctx: Context[State], name: str) -> None:
    if name in ctx.state.functions:
        raise ResourceConflictException(f"Function already exist: {name}")


def _refuse_aliased(ctx: Context[State], name: str, version: str) -> None:
    if f"{name}:{version}" not in ctx.state.versions:
        raise ResourceNotFoundException(f"Function not found: {function_arn(ctx, name, version)}")
    using = [
        alias["name"]
        for alias in ctx.state.aliases_of(name)
        if version in (alias["version"], *alias["weights"])
    ]
    if using:
        raise ResourceConflictException(
            "Unable to delete version because the following aliases reference it: [{}]".format(
                ", ".join(using)
            )
        )


@service.change
def function_created(
    state: State, change: Change, name: str, config: dict[str, Any], tags: dict[str, str]
) -> None:
    record = {"latest": config, "next_version": 1, "published": None, "tags": tags, "reserved": None}
    state.functions.put(name, record)


@service.change
def function_updated(state: State, change: Change, name: str, config: dict[str, Any]) -> None:
    record = state.functions.get(name)
    assert record is not None
    state.functions.put(name, {**record, "latest": config})


@service.change
def version_deleted(state: State, change: Change, name: str, version: str) -> None:
    state.versions.delete(f"{name}:{version}")
    for kept in (state.policies, state.urls, state.event_configs):
        kept.delete(f"{name}:{version}")


@service.change
def function_deleted(state: State, change: Change, name: str) -> None:
    state.functions.delete(name)
    for kept in (state.versions, state.aliases, state.policies, state.urls, state.event_configs):
        for key in list(kept):
            if key.partition(":")[0] == name:
                kept.delete(key)
