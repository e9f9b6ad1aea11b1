"""Parameter mapping: what of a request is altered on its way to an integration, and of the answer on its way back.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from ...wire import http_event
from ...wire.http import Request, Response
from .errors import BadRequestException

Plain = dict[str, Any]
RESERVED = re.compile(
    r"access-control-.*|apigw-.*|authorization|connection|content-(encoding|length|location)|forwarded|keep-alive"
    r"|origin|proxy-(authenticate|authorization)|te|trailers?|transfer-encoding|upgrade|via|x-amzn?-.*"
    r"|x-forwarded-(for|host|proto)",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"(append|overwrite|remove):(header|querystring)\.([^\s:]+)|overwrite:path")
_RESPONSE = re.compile(r"(append|overwrite|remove):header\.([^\s:]+)|overwrite:statuscode")
_VALUE = re.compile(
    r"\$\{(?P<braced>[^}]+)\}|\$(?P<bare>(?:request|response|context|stageVariables)(?:\.[\w\[\]-]+)+)"
)
_LINE_BREAK = re.compile(r"[\r\n\0]")
_STEP = re.compile(r"[^.\[\]]+")
WRAPPINGS = ({"lambda"}, {"jwt"}, {"iam"})

Look = Callable[[str], str | None]


def check_request(parameters: Plain) -> None:
    """Refuse request parameters API Gateway refuses. Raises BadRequestException."""
    for key in parameters:
        _check(key, _REQUEST.fullmatch(key))


def check_responses(responses: Plain) -> None:
    """The same for those of answers, by status. Raises BadRequestException."""
    for status, parameters in responses.items():
        if not (status.isdigit() and 200 <= int(status) <= 599) or not isinstance(parameters, dict):
            raise BadRequestException(f"Invalid status code specified for response parameters: {status}")
        for key in parameters:
            _check(key, _RESPONSE.fullmatch(key))


def altered(request: Request, place: http_event.Place, parameters: Plain) -> tuple[Request, str | None]:
    """A request as the integration gets it, and the path it is to have instead of its own."""
    headers, query, path = dict(request.headers), request.parameters, None
    look = _of_request(request, place)
    for key, given in parameters.items():
        verb, _, where = key.partition(":")
        kind, _, name = where.partition(".")
        value = None if verb == "remove" else _filled(str(given), look)
        if value is None and verb != "remove":
            continue  # what is not there is not mapped
        if kind == "path":
            path = quote(str(value), safe="/%:@!$&'()*+,;=~-._")
        elif kind == "header":
            name = name.lower()
            before = headers.pop(name, None)
            if value is not None:
                headers[name] = f"{before},{value}" if verb == "append" and before else value
        else:
            query = query if verb == "append" else [each for each in query if each[0] != name]
            query = query if value is None else [*query, (name, value)]
    text = request.query if query == request.parameters else urlencode(query, quote_via=quote)
    return replace(request, headers=headers, query=text, head=None), path


def answered(response: Response, request: Request, place: http_event.Place, responses: Plain) -> Response:
    """An answer as the client gets it: as the parameters of its status say."""
    look = _of_response(response, _of_request(request, place))
    status, headers = response.status, list(response.headers)
    for key, given in (responses.get(str(response.status)) or {}).items():
        verb, _, where = key.partition(":")
        value = None if verb == "remove" else _filled(str(given), look)
        if where == "statuscode":
            status = int(value) if value and value.isdigit() and 100 <= int(value) <= 599 else status
            continue
        name = where.partition(".")[2].lower()
        if verb != "append" and (value is not None or verb == "remove"):
            headers = [each for each in headers if each[0].lower() != name]
        if value is not None:
            headers.append((name, value))
    return Response(status, headers, response.body)


def _check(key: str, found: re.Match[str] | None) -> None:
    if found is None:
        raise BadRequestException(f"Invalid mapping expression specified: {key}")
    name = key.partition("header.")[2]
    if name and RESERVED.fullmatch(name):
        raise BadRequestException(f"Operations on header {name.lower()} are restricted")


def _filled(text: str, look: Look) -> str | None:
    """A value with what its variables stand for; None for a variable by itself that stands for nothing."""
    whole = _VALUE.fullmatch(text)
    if whole is not None:
        found = look(whole["braced"] or whole["bare"])
    else:
        found = _VALUE.sub(lambda match: look(match["braced"] or match["bare"]) or "", text)
    return None if found is None else _LINE_BREAK.sub(" ", found)


def _of_request(request: Request, place: http_event.Place) -> Look:
    def look(name: str) -> str | None:
        first, _, rest = name.partition(".")
        if first == "stageVariables":
            return place.stage_variables.get(rest)
        if first == "context":
            return _text(_at(_context(request, place), rest))
        kind, _, rest = rest.partition(".")
        if kind == "path":
            return place.path_parameters.get(rest) if rest else place.path or request.path
        if kind == "querystring":
            values = [value for key, value in request.parameters if key == rest]
            return ",".join(values) if values else None
        if kind == "body":
            return _in_body(request.body, rest)
        return request.headers.get(rest.lower()) if kind == "header" else None

    return look


def _of_response(response: Response, otherwise: Look) -> Look:
    def look(name: str) -> str | None:
        first, _, rest = name.partition(".")
        if first != "response":
            return otherwise(name) if first != "request" else None
        kind, _, rest = rest.partition(".")
        return response.header(rest) if kind == "header" else _in_body(response.body, rest)

    return look


def _context(request: Request, place: http_event.Place) -> Plain:
    who = place.authorizer or {}
    if set(who) in WRAPPINGS:
        (who,) = who.values()
    context: Plain = http_event.version_1(request, replace(place, authorizer=who))["requestContext"]
    return {**context, "routeKey": place.route_key}


def _in_body(body: bytes, path: str) -> str | None:
    try:
        return _text(_at(orjson.loads(body), path))
    except orjson.JSONDecodeError:
        return None


def _at(value: Any, path: str) -> Any:
    for step in _STEP.findall(path):
        if isinstance(value, list):
            value = value[int(step)] if step.isdigit() and int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()
