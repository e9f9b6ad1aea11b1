"""An HTTP request as the event a function receives, and what the function returns as a response.

Payload format 2.0 (HTTP APIs, function URLs) and 1.0 (HTTP APIs on request).
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import orjson

from .http import Request, Response

TEXT = {"application/json", "application/xml", "application/javascript"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")  # RFC 9110 §5.6.2
_UNFIT = re.compile(r"[\x00\r\n]")
DROPPED = {"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade", "trailer", "te"}


@dataclass(slots=True)
class Place:
    """Where in the gateway a request arrived, and when."""

    account: str
    api_id: str
    domain: str
    stage: str
    route_key: str
    request_id: str
    now: float
    path: str = ""  # empty: the request's own
    path_parameters: dict[str, str] = field(default_factory=dict)
    stage_variables: dict[str, str] = field(default_factory=dict)
    resource: str = "/"
    authorizer: dict[str, Any] | None = None
    source_ip: str = "127.0.0.1"
    identity: dict[str, Any] = field(default_factory=dict)  # who signed the request, in format 1.0


def version_2(request: Request, place: Place) -> dict[str, Any]:
    """The event in format 2.0: headers lower case and joined, cookies apart, empty parts left out."""
    headers = forwarded_headers(request, place)
    cookies = headers.pop("cookie", "")
    path = unquote(place.path or request.path)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": place.route_key,
        "rawPath": path,
        "rawQueryString": request.query,
    }
    if cookies:
        event["cookies"] = cookies.split("; ")
    event["headers"] = headers
    if request.query:
        event["queryStringParameters"] = _joined(request.parameters)
    context: dict[str, Any] = {
        "accountId": place.account,
        "apiId": place.api_id,
        "domainName": place.domain,
        "domainPrefix": place.domain.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": place.source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": place.request_id,
        "routeKey": place.route_key,
        "stage": place.stage,
        "time": _clf(int(place.now)),
        "timeEpoch": int(place.now * 1000),
    }
    if place.authorizer is not None:
        context["authorizer"] = place.authorizer
    event["requestContext"] = context
    if place.path_parameters:
        event["pathParameters"] = place.path_parameters
    if place.stage_variables:
        event["stageVariables"] = place.stage_variables
    body, encoded = _body(request)
    if body is not None:
        event["body"] = body
    event["isBase64Encoded"] = encoded
    return event


def version_1(request: Request, place: Place) -> dict[str, Any]:
    """The event in format 1.0 as HTTP APIs send it; empty collections are null."""
    headers = forwarded_headers(request, place)
    many: dict[str, list[str]] = {}
    for name, value in request.parameters:
        many.setdefault(name, []).append(value)
    path = unquote(place.path or request.path)
    body, encoded = _body(request)
    return {
        "version": "1.0",
        "resource": place.resource,
        "path": path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
        "multiValueQueryStringParameters": many or None,
        "requestContext": _context_1(request, place, path),
        "pathParameters": place.path_parameters or None,
        "stageVariables": place.stage_variables or None,
        "body": body,
        "isBase64Encoded": encoded,
    }


def response_2(payload: bytes) -> Response | None:
    """The answer of a function in format 2.0; None when it cannot be read as one."""
    try:
        given = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or "statusCode" not in given:
        body = given.encode() if isinstance(given, str) else payload
        return Response(200, [("content-type", "application/json")], body)
    cookies = given.get("cookies") or []
    if not isinstance(cookies, list):
        return None
    return _response(given, [("set-cookie", str(cookie)) for cookie in cookies])


def response_1(payload: bytes) -> Response | None:
    """The answer of a function in format 1.0; None when it cannot be read as one."""
    try:
        given = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or "statusCode" not in given:
        return None
    many = given.get("multiValueHeaders") or {}
    if not isinstance(many, dict) or not all(isinstance(values, list) for values in many.values()):
        return None
    return _response(given, [(name.lower(), str(value)) for name, values in many.items() for value in values])


def forwarded_headers(request: Request, place: Place) -> dict[str, str]:
    """The request's headers and those a gateway adds."""
    headers = dict(request.headers)
    headers.setdefault("host", place.domain)
    if request.body:
        headers["content-length"] = str(len(request.body))
    headers.setdefault(
        "x-amzn-trace-id", f"Root=1-{int(place.now):08x}-{place.request_id.encode().hex()[-24:]:0>24}"
    )
    hops = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = f"{hops}, {place.source_ip}" if hops else place.source_ip
    headers["x-forwarded-port"] = "443" if request.secure else "80"
    headers["x-forwarded-proto"] = "https" if request.secure else "http"
    return headers


def _response(given: dict[str, Any], extra: Iterable[tuple[str, str]]) -> Response | None:
    status = _status(given["statusCode"])
    body = _bytes(given.get("body"), given.get("isBase64Encoded") is True)
    single = given.get("headers") or {}
    if status is None or body is None or not isinstance(single, dict):
        return None
    many = list(extra)
    named = {name for name, _ in many}
    headers = []
    for name, value in single.items():
        if isinstance(value, dict | list):
            return None
        if name.lower() not in named or name.lower() == "set-cookie":
            headers.append((name.lower(), _text(value)))
    headers += many
    if any(_NAME.fullmatch(name) is None or _UNFIT.search(value) for name, value in headers):
        return None
    headers = [(name, value) for name, value in headers if name not in DROPPED]
    if body and all(name != "content-type" for name, _ in headers):
        headers.append(("content-type", "text/plain; charset=utf-8"))
    return Response(status, headers, body)


def _status(given: Any) -> int | None:
    try:
        status = int(given)
    except (TypeError, ValueError):
        return None
    return status if 100 <= status <= 599 and not isinstance(given, bool) else None


def _bytes(body: Any, encoded: bool) -> bytes | None:
    if body is None:
        return b""
    if not isinstance(body, str):
        return None
    if not encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _body(request: Request) -> tuple[str | None, bool]:
    """The body as text where its type is one of the few HTTP APIs take for text; base64 otherwise.

    Even forms, and bodies without a type, are base64. Observed, not documented.
    """
    if not request.body:
        return None, False
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (kind.startswith("text/") or kind in TEXT) and "content-encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _joined(parameters: list[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parameters:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _context_1(request: Request, place: Place, path: str) -> dict[str, Any]:
    nobody = dict.fromkeys(
        ("accessKey", "accountId", "caller", "cognitoAmr", "cognitoAuthenticationProvider",
         "cognitoAuthenticationType", "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId")
    )  # fmt: skip
    agent = request.headers.get("user-agent", "")
    who = {"sourceIp": place.source_ip, "user": None, "userAgent": agent, "userArn": None}
    context: dict[str, Any] = {
        "accountId": place.account,
        "apiId": place.api_id,
        "domainName": place.domain,
        "domainPrefix": place.domain.partition(".")[0],
        "extendedRequestId": place.request_id,
        "httpMethod": request.method,
        "identity": nobody | who | place.identity,
        "path": path,
        "protocol": "HTTP/1.1",
        "requestId": place.request_id,
        "requestTime": _clf(int(place.now)),
        "requestTimeEpoch": int(place.now * 1000),
        "resourceId": place.route_key,
        "resourcePath": place.resource,
        "stage": place.stage,
    }
    return context if place.authorizer is None else {**context, "authorizer": place.authorizer}


@functools.lru_cache(maxsize=64)
def _clf(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%d/%b/%Y:%H:%M:%S} +0000"
