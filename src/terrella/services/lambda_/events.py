"""Events accepted for later: kept on disk, retried, and handed to a destination when nothing helped.

A function error is retried twice, after one minute and after two; throttles and faults of the service are
retried for up to six hours with growing pauses. At least once: an event under way when the region stops is
run again. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from ...core.errors import AwsError, NotImplementedHere
from ...region.ports import Outcome
from ...region.service import Context
from ...store.journal import Change
from . import configuration
from .errors import (
    ResourceConflictException,
    ResourceNotFoundException,
    ServiceException,
    TooManyRequestsException,
)
from .event_configs import settings
from .names import LATEST, function_arn
from .running import run, trace_id
from .state import State, service

RETRY_AFTER_S = (60.0, 120.0)
PAUSES_S = (1.0, 300.0)  # first and longest pause after a throttle


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


@dataclass(slots=True)
class Ending:
    """Why nothing more is done about an event."""

    request_id: str
    record: dict[str, Any]
    outcome: Outcome | None  # of the last attempt; None when it was never run
    condition: str  # Success, RetriesExhausted, EventAgeExceeded

    @property
    def which(self) -> str:
        return "OnSuccess" if self.condition == "Success" else "OnFailure"


async def _deliver(ctx: Context[State], request_id: str) -> None:
    """Try, and wait, until the event has its ending."""
    throttles = 0
    while record := ctx.state.events.get(request_id):
        ctx.now = ctx.here.clock.now()
        wanted = settings(ctx.state, record["name"], record["qualifier"])
        try:
            outcome: Outcome | None = await _attempt(ctx, request_id, record)
        except ResourceNotFoundException:
            ctx.commit("event_settled", id=request_id)  # the function is gone, and its events with it
            return
        except (TooManyRequestsException, ResourceConflictException, ServiceException):
            outcome, throttles = None, throttles + 1
        ending, pause_s = _judge(request_id, record, outcome, wanted, throttles)
        age_s = (ctx.here.clock.now() - record["at"]) * ctx.here.world.speed + pause_s
        if ending is None and age_s > wanted["MaximumEventAgeInSeconds"]:
            ending = Ending(request_id, record, outcome, "EventAgeExceeded")
        if ending is not None:
            await _settle(ctx, ending)
            return
        if outcome is not None:
            ctx.commit("event_accepted", id=request_id, record={**record, "attempts": record["attempts"] + 1})
        await ctx.here.clock.sleep(ctx.scaled(pause_s))


async def _attempt(ctx: Context[State], request_id: str, record: dict[str, Any]) -> Outcome:
    config = ctx.state.configuration(ctx, record["name"], record["qualifier"])
    configuration.check_ready(config, ctx.now)
    context = {
        "request_id": request_id,
        "arn": function_arn(ctx, record["name"], record["qualifier"]),
        "trace_id": trace_id(ctx.now, request_id),
    }
    return await run(ctx, config, record["event"], context)


def _judge(
    request_id: str, record: dict[str, Any], outcome: Outcome | None, wanted: dict[str, Any], throttles: int
) -> tuple[Ending | None, float]:
    """The ending, or how long to wait before the next attempt, in world seconds."""
    if outcome is None:
        return None, min(PAUSES_S[0] * 2 ** (throttles - 1), PAUSES_S[1])
    if outcome.error is None:
        return Ending(request_id, record, outcome, "Success"), 0.0
    if record["attempts"] >= wanted["MaximumRetryAttempts"]:
        return Ending(request_id, record, outcome, "RetriesExhausted"), 0.0
    return None, RETRY_AFTER_S[min(record["attempts"], len(RETRY_AFTER_S) - 1)]


async def _settle(ctx: Context[State], ending: Ending) -> None:
    """Tell the destinations, if there are any, and forget the event."""
    failed = None
    try:
        await _tell(ctx, ending)
    except AwsError as error:  # the destination refused: AWS too drops the event then, and only counts it
        failed = f"{error.error_code}: {error.message}"
    ctx.commit("event_settled", id=ending.request_id, destination_error=failed)


async def _tell(ctx: Context[State], ending: Ending) -> None:
    record, outcome = ending.record, ending.outcome
    wanted = settings(ctx.state, record["name"], record["qualifier"])
    target = (wanted["DestinationConfig"].get(ending.which) or {}).get("Destination")
    if target:
        await send(ctx, target, _report(ctx, ending), {})
    function = ctx.state.functions.get(record["name"])
    letters = (function["latest"].get("DeadLetterConfig") or {}).get("TargetArn") if function else None
    if letters and ending.which == "OnFailure":
        said = outcome.payload.decode("utf-8", "replace") if outcome else ending.condition
        attributes = {
            "RequestID": ending.request_id,
            "ErrorCode": "200" if outcome else "429",
            "ErrorMessage": said[:1024],
        }
        await send(ctx, letters, record["event"].decode("utf-8", "replace"), attributes)


async def send(ctx: Context[State], target: str, message: str, attributes: dict[str, str]) -> None:
    """Hand a message to a destination: a queue, a topic or a function. Raises what that service raises."""
    kind, region, account, name = target.split(":")[2:6]
    extra = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()}
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "sqs": (
            "SendMessage",
            {
                "QueueUrl": f"https://sqs.{region}.amazonaws.com/{account}/{name}",
                "MessageBody": message,
                "MessageAttributes": extra,
            },
        ),
        "sns": ("Publish", {"TopicArn": target, "Message": message, "MessageAttributes": extra}),
        "lambda": (
            "Invoke",
            {"FunctionName": target, "InvocationType": "Event", "Payload": message.encode()},
        ),
    }
    if kind not in known:
        raise NotImplementedHere("lambda", f"destinations of {kind}")
    operation, input = known[kind]
    await ctx.request(kind, operation, input, region)


def _report(ctx: Context[State], ending: Ending) -> str:
    """The record a destination receives."""
    record, outcome = ending.record, ending.outcome
    report: dict[str, Any] = {
        "version": "1.0",
        "timestamp": told_time(ctx.here.clock.now()),
        "requestContext": {
            "requestId": ending.request_id,
            "functionArn": function_arn(ctx, record["name"], record["qualifier"] or LATEST),
            "condition": ending.condition,
            "approximateInvokeCount": record["attempts"] + 1,
        },
        "requestPayload": orjson.loads(record["event"]),
    }
    if outcome is not None:
        report["responseContext"] = {"statusCode": 200, "executedVersion": LATEST}
        if outcome.error is not None:
            report["responseContext"]["functionError"] = outcome.error
        report["responsePayload"] = _payload(outcome.payload)
    return orjson.dumps(report).decode()


def told_time(at: float) -> str:
    """A moment as reports tell it."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _payload(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return base64.b64encode(payload).decode()


@service.change
def event_accepted(state: State, change: Change, id: str, record: dict[str, Any]) -> None:
    state.events.put(id, record)


@service.change
def event_settled(state: State, change: Change, id: str, destination_error: str | None = None) -> None:
    state.events.delete(id)
