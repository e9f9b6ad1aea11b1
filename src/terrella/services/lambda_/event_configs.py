"""How a function wants its events handled: how often to retry, how long to keep, whom to tell.

https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from ...store.journal import Change
from .errors import ResourceNotFoundException
from .names import LATEST, function_arn, parse
from .state import State, service

MOST_RETRIES = 2
OLDEST_S = 21_600
KEYS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


@service.operation
def put_function_event_invoke_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _put(ctx, input, {})


@service.operation
def update_function_event_invoke_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _put(ctx, input, _config(ctx, input)[1])


@service.operation
def get_function_event_invoke_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _shown(*_config(ctx, input))


@service.operation
def delete_function_event_invoke_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    _, config = _config(ctx, input)
    ctx.commit("event_config_put", key=config["key"], config=None)
    return {}


@service.operation
def list_function_event_invoke_configs(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    found = [
        _shown(function_arn(ctx, name, key.partition(":")[2] or LATEST), config)
        for key, config in ctx.state.event_configs.items()
        if key.partition(":")[0] == name
    ]
    return {"FunctionEventInvokeConfigs": found}


def _put(ctx: Context[State], input: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.configuration(ctx, name, qualifier)
    given = {key: input[key] for key in KEYS if input.get(key) is not None}
    config = {**old, **given, "key": _key(name, qualifier), "modified_at": ctx.now}
    ctx.commit("event_config_put", key=config["key"], config=config)
    return _shown(function_arn(ctx, name, qualifier or LATEST), config)


def _config(ctx: Context[State], input: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.function(ctx, name)
    config, arn = (
        ctx.state.event_configs.get(_key(name, qualifier)),
        function_arn(ctx, name, qualifier or LATEST),
    )
    if config is None:
        raise ResourceNotFoundException(f"The function {arn} doesn't have an EventInvokeConfig")
    return arn, config


def _shown(arn: str, config: dict[str, Any]) -> dict[str, Any]:
    shown = {key: config[key] for key in KEYS if key in config}
    nowhere: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}
    return {"DestinationConfig": nowhere, **shown, "FunctionArn": arn, "LastModified": config["modified_at"]}


def settings(state: State, name: str, qualifier: str | None) -> dict[str, Any]:
    """What holds for the events of a function: what was asked for, or the defaults."""
    config = state.event_configs.get(_key(name, qualifier)) or {}
    defaults = zip(KEYS, (MOST_RETRIES, OLDEST_S, {}), strict=True)
    return {key: config.get(key, default) for key, default in defaults}


def _key(name: str, qualifier: str | None) -> str:
    return name if qualifier in (None, LATEST) else f"{name}:{qualifier}"


@service.change
def event_config_put(state: State, change: Change, key: str, config: dict[str, Any] | None) -> None:
    if config is None:
        state.event_configs.delete(key)
    else:
        state.event_configs.put(key, config)
