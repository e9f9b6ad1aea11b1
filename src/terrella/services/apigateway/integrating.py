"""Functions behind methods: the event a REST API sends, and the asking of it by Lambda's public API.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request
from .methods import function_of
from .state import State

Plain = dict[str, Any]
PRINCIPAL = "apigateway.amazonaws.com"
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
# Clients that speak HTTP/1.1 write these so, and functions look for them so; others stay as they came.
WRITTEN = {
    name.lower(): name
    for name in (
        "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Cache-Control", "Content-Type", "Cookie",
        "Host", "Origin", "Referer", "User-Agent", "X-Amzn-Trace-Id", "X-Forwarded-For", "X-Forwarded-Port",
        "X-Forwarded-Proto",
    )
}  # fmt: skip
LEFT_OUT = frozenset(("content-length", "connection", "transfer-encoding"))


class NoAnswer(Exception):
    """The function gave none; `status` is what the gateway says then."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


def event_of(request: Request, place: http_event.Place, resource_id: str, binary: list[str]) -> Plain:
    """The event of the proxy format. The path in the context has the stage before it, the event's own has not."""
    made = http_event.version_1(request, place)
    made.pop("version")
    for name in ("headers", "multiValueHeaders"):
        made[name] = {WRITTEN.get(key, key): value for key, value in made[name].items() if key not in LEFT_OUT}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    made["body"], made["isBase64Encoded"] = _body(request.body, kind, binary)
    context = made["requestContext"]
    context["path"] = request.path
    context["resourceId"] = resource_id
    return made


async def answer_of(
    ctx: Context[State], uri: str, place: http_event.Place, event: Plain, source: str, within_s: float
) -> bytes:
    """What the function behind a URI returns for an event; `source` is the ARN its policy is asked about.
    Raises NoAnswer: 504 when it took too long, 502 when it failed, 500 when it may not be asked."""
    caller = replace(ctx.caller, principal=PRINCIPAL, source_arn=source)
    arn = function_of(uri)
    assert arn is not None, "URIs are checked when they are set"
    name = _STAGE_VARIABLE.sub(lambda found: place.stage_variables.get(found.group(1), ""), arn)
    input = {"FunctionName": name, "Payload": orjson.dumps(event)}
    work = ctx.here.request("lambda", "Invoke", input, caller, ctx.region)
    try:
        outcome = await ctx.here.ports.tasks.within(within_s, work)
    except TimeoutError:
        raise NoAnswer(504) from None
    except AwsError:
        raise NoAnswer(500) from None
    if outcome.get("FunctionError"):
        raise NoAnswer(502)
    payload: bytes = outcome.get("Payload") or b"null"
    return payload


def _body(body: bytes, kind: str, binary: list[str]) -> tuple[str | None, bool]:
    """Text, unless the API names the type of the body among its binary ones."""
    if not body:
        return None, False
    family = kind.partition("/")[0]
    if any(each in (kind, "*/*", f"{family}/*") for each in binary):
        return base64.b64encode(body).decode(), True
    return body.decode("utf-8", "replace"), False
