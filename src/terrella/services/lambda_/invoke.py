"""Invoke: one event, now or later. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""

from __future__ import annotations

import base64
from typing import Any

import orjson

from ...core.errors import AccessDeniedException
from ...region.service import Context
from . import configuration, policy
from .errors import InvalidRequestContentException, RequestTooLargeException
from .events import accept
from .names import as_uuid, function_arn, parse
from .running import run, trace_id
from .state import State, service

LARGEST_EVENT = 6_291_456
LARGEST_ASYNC_EVENT = 1_048_576


@service.operation
async def invoke(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    config = ctx.state.configuration(ctx, name, qualifier)
    _check_permission(ctx, name, qualifier)
    configuration.check_ready(config, ctx.now)
    kind = input.get("InvocationType") or "RequestResponse"
    event = _event(input, LARGEST_ASYNC_EVENT if kind == "Event" else LARGEST_EVENT)
    if kind == "DryRun":
        return {"StatusCode": 204, "ExecutedVersion": config["Version"]}
    request_id = as_uuid(ctx.request_id)
    if kind == "Event":
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


def _check_permission(ctx: Context[State], name: str, qualifier: str | None) -> None:
    """A service that invokes on somebody's behalf needs a statement in the function's policy."""
    principal = ctx.caller.principal
    if principal is not None and not policy.allows(ctx, name, qualifier, principal, ctx.caller.source_arn):
        raise AccessDeniedException(
            f"User: {principal} is not authorized to perform: lambda:InvokeFunction on resource: "
            f"{function_arn(ctx, name, qualifier)} because no resource-based policy allows the "
            "lambda:InvokeFunction action"
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
