"""Invoke: one event, now. Concurrency is counted here, where its limits are known, and not in the sandboxes.

https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

import base64
from typing import Any

import orjson

from ...core.errors import AccessDeniedException
from ...region.ports import NoRoom, Outcome
from ...region.service import Context
from . import configuration, policy
from .errors import (
    InvalidRequestContentException,
    RequestTooLargeException,
    ResourceConflictException,
    TooManyRequestsException,
)
from .names import as_uuid, function_arn, parse
from .state import State, service

ACCOUNT_CONCURRENCY = 1000
LARGEST_EVENT = 6_291_456
LARGEST_ASYNC_EVENT = 1_048_576


@service.operation
async def invoke(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    config = ctx.state.configuration(ctx, name, qualifier)
    _check_permission(ctx, name, qualifier)
    _check_ready(ctx, config)
    kind = input.get("InvocationType") or "RequestResponse"
    event = _event(input, LARGEST_ASYNC_EVENT if kind == "Event" else LARGEST_EVENT)
    if kind == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": config["Version"]}
    request_id = as_uuid(ctx.request_id)
    if kind == "Event":
        from .events import accept  # events are invocations too, so each needs the other

        accept(ctx, name, qualifier, event, request_id)
        return {"StatusCode": 202}
    context = {
        "request_id": request_id,
        "arn": function_arn(ctx, name, qualifier),
        "trace_id": trace_id(ctx.now, request_id),
        "client_context": _client_context(input),
    }
    outcome = await run(ctx, config, event, context)
    output = {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": config["Version"]}
    if outcome.error is not None:
        output["FunctionError"] = outcome.error
    if input.get("LogType") == "Tail":
        output["LogResult"] = base64.b64encode(outcome.log).decode()
    return output


async def run(ctx: Context[State], config: dict[str, Any], event: bytes, context: dict[str, Any]) -> Outcome:
    """Run one event within the limits on concurrency. Raises TooManyRequestsException."""
    state, name = ctx.state, config["FunctionName"]
    reserved = _admit(state, name)
    state.running[name] += 1
    if not reserved:
        state.unreserved_running += 1
    try:
        return await ctx.here.ports.functions.invoke(configuration.spec(state, config), event, context)
    except NoRoom as full:
        raise TooManyRequestsException(str(full), Reason="ConcurrentInvocationLimitExceeded") from None
    finally:
        state.running[name] -= 1
        if not reserved:
            state.unreserved_running -= 1


def trace_id(now: float, request_id: str) -> str:
    return f"Root=1-{int(now):08x}-{request_id.replace('-', '')[8:]};Parent={request_id[:8]}{request_id[9:13]}0000;Sampled=0"


def _admit(state: State, name: str) -> bool:
    """Whether concurrency is reserved for this function; refuses when there is none left."""
    record = state.functions.get(name)
    reserved = record["reserved"] if record is not None else None
    if reserved is not None:
        if state.running[name] >= reserved:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            raise TooManyRequestsException("Rate Exceeded.", Reason=reason)
        return True
    if state.unreserved_running >= ACCOUNT_CONCURRENCY - state.reserved():
        raise TooManyRequestsException("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded")
    return False


def _check_permission(ctx: Context[State], name: str, qualifier: str | None) -> None:
    """A service that invokes on somebody's behalf needs a statement in the function's policy."""
    principal = ctx.caller.principal
    if principal is not None and not policy.allows(ctx, name, qualifier, principal, ctx.caller.source_arn):
        raise AccessDeniedException(
            f"User: {principal} is not authorized to perform: lambda:InvokeFunction on resource: "
            f"{function_arn(ctx, name, qualifier)} because no resource-based policy allows the "
            "lambda:InvokeFunction action"
        )


def _check_ready(ctx: Context[State], config: dict[str, Any]) -> None:
    if not configuration.is_ready(config, ctx.now):
        raise ResourceConflictException(
            "The operation cannot be performed at this time. The function is currently in the following state: "
            "Pending"
        )


def _event(input: dict[str, Any], largest: int) -> bytes:
    payload = input.get("Payload") or b"{}"
    if len(payload) > largest:
        message = f"Request must be smaller than {largest} bytes for the InvokeFunction operation"
        raise RequestTooLargeException(message)
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidRequestContentException(
            f"Could not parse request body into json: Could not parse payload into json: {error}"
        ) from None
    return payload


def _client_context(input: dict[str, Any]) -> str:
    given = input.get("ClientContext")
    if not given:
        return ""
    try:
        return base64.b64decode(given, validate=True).decode().replace("\r", " ").replace("\n", " ")
    except ValueError:
        raise InvalidRequestContentException("Client context must be a valid Base64-encoded JSON.") from None
