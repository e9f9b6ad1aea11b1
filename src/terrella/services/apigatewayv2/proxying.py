"""HTTP proxy integrations: the request goes on to a server, and what that says comes back.

A server that is not reached is 503, one whose answer is none 502, one that takes too long 504. One that only the real
world has is 503 too, in words of this world's own.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-http.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from ...core.errors import AwsError
from ...region.ports import Garbled, Outside, Unreached
from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request, Response
from .refusing import refusal
from .state import State

HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade", "content-length", "expect")
)  # fmt: skip
URI = re.compile(r"https?://[^\s/?#]+[^\s#]*")
_STAGE_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")
_VARIABLE = re.compile(r"\{([\w.-]+)\+?\}")


async def passed_on(
    ctx: Context[State], request: Request, place: http_event.Place, integration: dict[str, Any], path: str | None
) -> Response:
    """What the server behind an integration answers; `path` is what it is to be asked for instead of the URI's."""
    parts = urlsplit(_url(integration["IntegrationUri"], place))
    if parts.hostname is None:
        return refusal(500, "Internal Server Error")
    query = "&".join(filter(None, (parts.query, request.query)))
    method = integration["IntegrationMethod"]
    headers = _headers(ctx, request, place, parts.netloc)
    sent = replace(
        request, method=request.method if method == "ANY" else method, path=path or parts.path or "/", query=query,
        headers=headers, source=ctx.region, secure=parts.scheme == "https", head=None,
    )  # fmt: skip
    try:
        asked = ctx.here.ports.web.ask(f"{parts.scheme}://{parts.netloc}", sent)
        answer = await ctx.here.ports.tasks.within(integration["TimeoutInMillis"] / 1000, asked)
    except TimeoutError:
        return refusal(504, "Gateway Timeout")
    except Garbled:
        return refusal(502, "Bad Gateway")
    except Outside as outside:
        return refusal(503, f"Service Unavailable: {outside}")
    except Unreached:
        return refusal(503, "Service Unavailable")
    except AwsError as error:
        return refusal(error.status, error.message)
    kept = [(name.lower(), value) for name, value in answer.headers if name.lower() not in HOP_BY_HOP]
    return Response(answer.status, kept, answer.body)


def _url(uri: str, place: http_event.Place) -> str:
    uri = _STAGE_VARIABLE.sub(lambda found: place.stage_variables.get(found.group(1), ""), uri)
    return _VARIABLE.sub(lambda found: quote(place.path_parameters.get(found.group(1), ""), safe="/:@~"), uri)


def _headers(ctx: Context[State], request: Request, place: http_event.Place, host: str) -> dict[str, str]:
    """The request's own, and those that say by which way it came."""
    headers = {name: value for name, value in request.headers.items() if name not in HOP_BY_HOP}
    trace = http_event.forwarded_headers(request, place)["x-amzn-trace-id"]
    proto = "https" if request.secure else "http"
    hop = f"by={ctx.region};for={place.source_ip};host={place.domain};proto={proto}"
    before = headers.get("forwarded")
    return {
        **headers, "host": host, "x-amzn-trace-id": trace, "via": "HTTP/1.1 AmazonAPIGateway",
        "forwarded": f"{before}, {hop}" if before else hop,
    }  # fmt: skip
