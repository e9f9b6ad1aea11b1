"""Invoking a function with a batch of records, and what its answer says of them."""

from __future__ import annotations

from typing import Any

import orjson

from ...region.ports import Outcome
from ...region.service import Context
from . import configuration
from .errors import ResourceConflictException, ServiceException, TooManyRequestsException
from .names import as_uuid, function_arn
from .running import run, trace_id
from .source_settings import REPORT
from .state import State

Plain = dict[str, Any]

LONGEST_PAUSE_S = 60.0
REFUSED = (TooManyRequestsException, ResourceConflictException, ServiceException)
"""The batch did not reach the function: nothing is known of it, and nothing counts as an attempt."""


async def invoke(ctx: Context[State], source: Plain, records: list[Plain]) -> tuple[str, Outcome]:
    """The request id and what came of it. Raises REFUSED and ResourceNotFoundException."""
    ctx.now = ctx.here.clock.now()
    name, qualifier = source["function"], source["qualifier"]
    config = ctx.state.configuration(ctx, name, qualifier)
    configuration.check_ready(config, ctx.now)
    request_id = as_uuid(ctx.here.new_request_id())
    context = {
        "request_id": request_id,
        "arn": function_arn(ctx, name, qualifier),
        "trace_id": trace_id(ctx.now, request_id),
    }
    return request_id, await run(ctx, config, orjson.dumps({"Records": records}), context)


def failed_items(source: Plain, outcome: Outcome, known: list[str]) -> list[str]:
    """Which of the records failed, by their identifiers: all of them if the function did, or if it answered
    what cannot be understood. https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    if outcome.error is not None:
        return known
    if REPORT not in source["settings"]["FunctionResponseTypes"]:
        return []
    try:
        answer = orjson.loads(outcome.payload or b"null")
    except orjson.JSONDecodeError:
        return known
    if answer is None or (isinstance(answer, dict) and answer.get("batchItemFailures") is None):
        return []
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not isinstance(failures, list):
        return known
    named = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
    if any(name not in known for name in named):
        return known
    return [name for name in known if name in named]


def pause_s(failures: int) -> float:
    """How long to wait after so many failures in a row, in world seconds."""
    return min(2.0 ** min(failures - 1, 10), LONGEST_PAUSE_S)
