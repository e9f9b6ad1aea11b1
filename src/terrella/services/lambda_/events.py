"""Events accepted for later: kept on disk, retried, and handed to a destination when nothing helped.

A function error is retried twice, after one minute and after two; throttles and faults of the service are
retried for up to six hours with growing pauses. At least once: an event under way when the region stops is run
again. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.ports import Outcome
from ...region.service import Context
from ...store.journal import Change
from .errors import ResourceNotFoundException, ServiceException, TooManyRequestsException
from .invoke import run, trace_id
from .names import LATEST, function_arn, parse
from .state import State, service

RETRY_AFTER_S = (60.0, 120.0)
PAUSES_S = (1.0, 300.0)  # first and longest pause after a throttle
MOST_ATTEMPTS = 2
OLDEST_S = 21_600
CONFIG_KEYS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")


def accept(ctx: Context[State], name: str, qualifier: str | None, event: bytes, request_id: str) -> None:
    """Keep an event and run it soon."""
    record = {"name": name, "qualifier": qualifier, "event": event, "at": ctx.now, "attempts": 0}
    ctx.commit("event_accepted", id=request_id, record=record)
    _spawn(ctx, request_id)


@service.start
def resume(ctx: Context[State]) -> None:
    """Run what was accepted before the region stopped."""
    for request_id in ctx.state.events:
        _spawn(ctx, request_id)


def _spawn(ctx: Context[State], request_id: str) -> None:
    work = _deliver(ctx.here.context(service.id), request_id)
    ctx.here.ports.tasks.spawn(f"lambda event {request_id}", work)


async def _deliver(ctx: Context[State], request_id: str) -> None:
    pause = PAUSES_S[0]
    while True:
        record = ctx.state.events.get(request_id)
        if record is None:
            return
        ctx.now = ctx.here.clock.now()
        settings = _settings(ctx, record)
        outcome: Outcome | None = None
        try:
            config = ctx.state.configuration(ctx, record["name"], record["qualifier"])
            context = {
                "request_id": request_id,
                "arn": function_arn(ctx, record["name"], record["qualifier"]),
                "trace_id": trace_id(ctx.now, request_id),
            }
            outcome = await run(ctx, config, record["event"], context)
        except ResourceNotFoundException:
            ctx.commit("event_settled", id=request_id)  # the function is gone, and its events with it
            return
        except (TooManyRequestsException, ServiceException):
            pause_s, pause = pause, min(pause * 2, PAUSES_S[1])
        else:
            if outcome.error is None:
                await _settle(ctx, request_id, record, outcome, "Success", "OnSuccess")
                return
            record = {**record, "attempts": record["attempts"] + 1}
            if record["attempts"] > settings["MaximumRetryAttempts"]:
                await _settle(ctx, request_id, record, outcome, "RetriesExhausted", "OnFailure")
                return
            ctx.commit("event_accepted", id=request_id, record=record)
            pause_s = RETRY_AFTER_S[min(record["attempts"], len(RETRY_AFTER_S)) - 1]
        if ctx.here.clock.now() + ctx.scaled(pause_s) - record["at"] > ctx.scaled(settings["MaximumEventAgeInSeconds"]):
            await _settle(ctx, request_id, record, outcome, "EventAgeExceeded", "OnFailure")
            return
        await ctx.here.clock.sleep(ctx.scaled(pause_s))


async def _settle(
    ctx: Context[State], request_id: str, record: dict[str, Any], outcome: Outcome | None, condition: str, which: str
) -> None:
    """Tell the destination, if there is one, and forget the event."""
    try:
        await _tell(ctx, request_id, record, outcome, condition, which)
        failed = None
    except AwsError as error:  # the destination refused: AWS too drops the event then, and only counts it
        failed = f"{error.error_code}: {error.message}"
    ctx.commit("event_settled", id=request_id, destination_error=failed)


async def _tell(
    ctx: Context[State], request_id: str, record: dict[str, Any], outcome: Outcome | None, condition: str, which: str
) -> None:
    settings = _settings(ctx, record)
    target = ((settings["DestinationConfig"] or {}).get(which) or {}).get("Destination")
    if target:
        await _send(ctx, target, _report(ctx, request_id, record, outcome, condition), {})
    function = ctx.state.functions.get(record["name"])
    letters = ((function or {}).get("latest") or {}).get("DeadLetterConfig") or {}
    if which == "OnFailure" and letters.get("TargetArn"):
        payload = outcome.payload.decode("utf-8", "replace") if outcome else ""
        attributes = {
            "RequestID": request_id,
            "ErrorCode": "200" if outcome else "429",
            "ErrorMessage": payload[:1024] or condition,
        }
        await _send(ctx, letters["TargetArn"], record["event"].decode("utf-8", "replace"), attributes)


async def _send(ctx: Context[State], target: str, message: str, attributes: dict[str, str]) -> None:
    kind, region = target.split(":")[2], target.split(":")[3]
    extra = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    if kind == "sqs":
        account, queue = target.split(":")[4:6]
        url = f"https://sqs.{region}.amazonaws.com/{account}/{queue}"
        await ctx.request("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": message, "MessageAttributes": extra}, region)
    elif kind == "sns":
        await ctx.request("sns", "Publish", {"TopicArn": target, "Message": message, "MessageAttributes": extra}, region)
    elif kind == "lambda":
        await ctx.request("lambda", "Invoke", {"FunctionName": target, "InvocationType": "Event", "Payload": message.encode()}, region)
    elif kind == "events":
        entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result", "Detail": message}
        await ctx.request("events", "PutEvents", {"Entries": [{**entry, "EventBusName": target}]}, region)


def _report(ctx: Context[State], request_id: str, record: dict[str, Any], outcome: Outcome | None, condition: str) -> str:
    """The record a destination receives."""
    moment = datetime.fromtimestamp(ctx.here.clock.now(), UTC)
    arn = function_arn(ctx, record["name"], record["qualifier"] or LATEST)
    report: dict[str, Any] = {
        "version": "1.0",
        "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
        "requestContext": {
            "requestId": request_id,
            "functionArn": arn,
            "condition": condition,
            "approximateInvokeCount": max(1, record["attempts"]),
        },
        "requestPayload": orjson.loads(record["event"]),
    }
    if outcome is not None:
        report["responseContext"] = {"statusCode": 200, "executedVersion": LATEST, "functionError": outcome.error}
        report["responsePayload"] = _payload(outcome.payload)
    return orjson.dumps(report).decode()


def _payload(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return base64.b64encode(payload).decode()


# How a function wants its events handled.


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
    arn, config = _config(ctx, input)
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
    given = {key: input[key] for key in CONFIG_KEYS if input.get(key) is not None}
    config = {**old, **given, "key": _key(name, qualifier), "modified_at": ctx.now}
    ctx.commit("event_config_put", key=config["key"], config=config)
    return _shown(function_arn(ctx, name, qualifier or LATEST), config)


def _config(ctx: Context[State], input: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.function(ctx, name)
    config, arn = ctx.state.event_configs.get(_key(name, qualifier)), function_arn(ctx, name, qualifier or LATEST)
    if config is None:
        raise ResourceNotFoundException(f"The function {arn} doesn't have an EventInvokeConfig")
    return arn, config


def _shown(arn: str, config: dict[str, Any]) -> dict[str, Any]:
    shown = {key: config[key] for key in CONFIG_KEYS if key in config}
    return {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {}}, **shown, "FunctionArn": arn, "LastModified": config["modified_at"]}


def _settings(ctx: Context[State], record: dict[str, Any]) -> dict[str, Any]:
    config = ctx.state.event_configs.get(_key(record["name"], record["qualifier"])) or {}
    defaults = {"MaximumRetryAttempts": MOST_ATTEMPTS, "MaximumEventAgeInSeconds": OLDEST_S, "DestinationConfig": None}
    return {key: config.get(key, default) for key, default in defaults.items()}


def _key(name: str, qualifier: str | None) -> str:
    return name if qualifier in (None, LATEST) else f"{name}:{qualifier}"


@service.change
def event_accepted(state: State, change: Change, id: str, record: dict[str, Any]) -> None:
    state.events.put(id, record)


@service.change
def event_settled(state: State, change: Change, id: str, destination_error: str | None = None) -> None:
    state.events.delete(id)


@service.change
def event_config_put(state: State, change: Change, key: str, config: dict[str, Any] | None) -> None:
    if config is None:
        state.event_configs.delete(key)
    else:
        state.event_configs.put(key, config)
