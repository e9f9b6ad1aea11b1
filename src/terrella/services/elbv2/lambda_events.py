"""A request as the event a Lambda target gets, and what the function returns as a response.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import orjson

from ...wire.http import Response
from .answers import SERVER
from .matching import Ask

LARGEST = 1 << 20  # bytes of a request's body and of a response
TEXT = ("application/json", "application/javascript", "application/xml")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
OURS = (("Server", SERVER), ("Content-Type", "application/octet-stream"))  # of a response that does not say
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNFIT = re.compile(r"[\x00\r\n]")


def event_of(ask: Ask, headers: list[tuple[str, str]], body: bytes, group: str, many: bool) -> dict[str, Any]:
    """The event. `many`: lambda.multi_value_headers.enabled. Query parameters stay as they were sent."""
    pairs = [part.partition("=")[::2] for part in ask.query.split("&") if part]
    sent = [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP - {"connection"}]
    text, encoded = _body(body, dict(sent))
    event: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": ask.method,
        "path": ask.path,
    }
    if many:
        event["multiValueQueryStringParameters"] = _gathered(pairs)
        event["multiValueHeaders"] = _gathered(sent)
    else:
        event["queryStringParameters"] = dict(pairs)
        event["headers"] = dict(sent)
    return {**event, "body": text, "isBase64Encoded": encoded}


def health_event(group: str, path: str, many: bool) -> dict[str, Any]:
    """The event of a health check, which has no header but who asks."""
    agent = "ELB-HealthChecker/2.0"
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": path,
        **({"multiValueQueryStringParameters": {}} if many else {"queryStringParameters": {}}),
        **({"multiValueHeaders": {"user-agent": [agent]}} if many else {"headers": {"user-agent": agent}}),
        "body": "",
        "isBase64Encoded": False,
    }


def response_of(payload: bytes, many: bool) -> Response | None:
    """What the function answered; None when it cannot be read as a response, which is a 502."""
    if len(payload) > LARGEST:
        return None
    try:
        given = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("statusDescription", ""), str):
        return None
    status, body, headers = _status(given.get("statusCode")), _content(given), _headers(given, many)
    if status is None or body is None or headers is None:
        return None
    said = {name.lower() for name, _ in headers}
    ours = [(name, value) for name, value in OURS if name.lower() not in said]
    return Response(status, [*ours, *headers], body)


def _status(given: Any) -> int | None:
    if isinstance(given, bool) or not isinstance(given, int | str):
        return None
    text = str(given)
    return int(text) if text.isdecimal() and 200 <= int(text) <= 599 else None


def _content(given: dict[str, Any]) -> bytes | None:
    """A body may be left out, but not be null."""
    body = given.get("body", "")
    if not isinstance(body, str):
        return None
    if given.get("isBase64Encoded") is not True:
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return None


def _headers(given: dict[str, Any], many: bool) -> list[tuple[str, str]] | None:
    """With multi-value headers on only those count, else only the single ones. Values are strings, not numbers."""
    found = given.get("multiValueHeaders" if many else "headers") or {}
    if not isinstance(found, dict):
        return None
    pairs: list[tuple[str, str]] = []
    for name, value in found.items():
        values = value if many else [value]
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            return None
        pairs += [(name, each) for each in values]
    if any(_NAME.fullmatch(name) is None or _UNFIT.search(value) for name, value in pairs):
        return None
    return [(name, value) for name, value in pairs if name.lower() not in {*HOP_BY_HOP, "content-length"}]


def _body(body: bytes, headers: dict[str, str]) -> tuple[str, bool]:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body:
        return "", False
    if "content-encoding" not in headers and (kind.startswith("text/") or kind in TEXT):
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
