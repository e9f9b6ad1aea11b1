"""Asking a function for an API: through Lambda's public API, as its customer, within a time limit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.service import Context
from ...wire import http_event
from .integrations import function_of
from .state import State

PRINCIPAL = "apigateway.amazonaws.com"
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


class NoAnswer(Exception):
    """The function gave none; `status` is what the gateway says then."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


async def answer_of(
    ctx: Context[State], uri: str, place: http_event.Place, event: dict[str, Any], source: str, within_s: float
) -> bytes:
    """What the function behind a URI returns for an event; `source` is the ARN its policy is asked about.
    Raises NoAnswer: 503 when it was throttled or took too long, 500 when it failed or may not be asked."""
    caller = replace(ctx.caller, principal=PRINCIPAL, source_arn=source)
    input = {"FunctionName": _function(uri, place.stage_variables), "Payload": orjson.dumps(event)}
    work = ctx.here.request("lambda", "Invoke", input, caller, ctx.region)
    try:
        outcome = await ctx.here.ports.tasks.within(within_s, work)
    except TimeoutError:
        raise NoAnswer(503) from None
    except AwsError as error:
        raise NoAnswer(503 if error.status == 429 else 500) from None
    if outcome.get("FunctionError"):
        raise NoAnswer(500)
    payload: bytes = outcome.get("Payload") or b"null"
    return payload


def _function(uri: str, variables: dict[str, str]) -> str:
    arn = function_of(uri)
    assert arn is not None, "URIs are checked when they are set"
    return _STAGE_VARIABLE.sub(lambda found: variables.get(found.group(1), ""), arn) if "$" in arn else arn
