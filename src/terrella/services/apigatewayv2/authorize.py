"""The data plane of authorizers: asks the function, remembers what it said, and lets in or refuses.

401 when an identity source is missing, 403 when the function says no, 500 when it fails or says neither.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import fnmatch
from typing import Any

import orjson

from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request
from .asking import NoAnswer, answer_of
from .refusing import Refused
from .state import State

PATIENCE_S = 10.0
REMEMBERED = 4096
HIDDEN = {"body", "isBase64Encoded"}  # an authorizer is not shown the body


async def admitted(
    ctx: Context[State], request: Request, place: http_event.Place, authorizer: dict[str, Any], arn: str
) -> dict[str, Any]:
    """What the authorizer tells the integration of the caller. Raises Refused."""
    identity = _identity(request, place, authorizer["IdentitySource"])
    if identity is None:
        raise Refused(401, "Unauthorized")
    said = await _said(ctx, request, place, authorizer, identity, arn)
    allowed, context = _judged(said, bool(authorizer["EnableSimpleResponses"]), arn)
    if not allowed:
        raise Refused(403, "Forbidden")
    return context


async def _said(
    ctx: Context[State], request: Request, place: http_event.Place, authorizer: dict[str, Any],
    identity: list[str], arn: str,
) -> dict[str, Any]:  # fmt: skip
    """The function's answer, of now or remembered."""
    remembered = ctx.state.answers
    key = (place.api_id, place.stage, authorizer["AuthorizerId"], *identity)
    until, before = remembered.get(key, (0.0, {}))
    if ctx.now < until:
        return before
    event = _event(request, place, authorizer["AuthorizerPayloadFormatVersion"], identity, arn)
    source = (
        f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}"
        f"/authorizers/{authorizer['AuthorizerId']}"
    )
    try:
        payload = await answer_of(ctx, authorizer["AuthorizerUri"], place, event, source, PATIENCE_S)
    except NoAnswer:
        raise Refused(500, "Internal Server Error") from None
    try:
        said: Any = orjson.loads(payload)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise Refused(500, "Internal Server Error")
    ttl_s = ctx.scaled(authorizer["AuthorizerResultTtlInSeconds"])
    if ttl_s:
        if len(remembered) >= REMEMBERED:
            remembered.clear()
        remembered[key] = (ctx.now + ttl_s, said)
    return said


def _event(
    request: Request, place: http_event.Place, version: str, identity: list[str], arn: str
) -> dict[str, Any]:
    if version == "1.0":
        event = http_event.version_1(request, place)
        token = ",".join(identity)
        more: dict[str, Any] = {"methodArn": arn, "identitySource": token, "authorizationToken": token}
    else:
        event = http_event.version_2(request, place)
        more = {"routeArn": arn, "identitySource": identity}
    shown = {key: value for key, value in event.items() if key not in HIDDEN}
    return {"version": shown.pop("version"), "type": "REQUEST", **more, **shown}


def _identity(request: Request, place: http_event.Place, sources: list[str]) -> list[str] | None:
    """The values of the identity sources; None when one is missing."""
    context = http_event.version_2(request, place)["requestContext"] if sources else {}
    found = [_value(source, request, place, context) for source in sources]
    return None if not all(found) else [str(value) for value in found]


def _value(source: str, request: Request, place: http_event.Place, context: dict[str, Any]) -> Any:
    whole, _, name = source.rpartition(".")
    if source.startswith("$request.header."):
        return request.headers.get(source.removeprefix("$request.header.").lower())
    if source.startswith("$request.querystring."):
        return dict(request.parameters).get(source.removeprefix("$request.querystring."))
    if whole == "$stageVariables":
        return place.stage_variables.get(name)
    value: Any = {**context, **context["http"]}
    for part in source.removeprefix("$context.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _judged(said: dict[str, Any], simple: bool, arn: str) -> tuple[bool, dict[str, Any]]:
    """Whether that lets the caller in, and the context it gives. Raises Refused for what says neither."""
    context = said.get("context") or {}
    if not isinstance(context, dict):
        raise Refused(500, "Internal Server Error")
    if simple:
        if not isinstance(said.get("isAuthorized"), bool):
            raise Refused(500, "Internal Server Error")
        return said["isAuthorized"], context
    policy = said.get("policyDocument")
    if not isinstance(policy, dict) or not isinstance(said.get("principalId"), str):
        raise Refused(500, "Internal Server Error")
    effects = {each.get("Effect") for each in _many(policy.get("Statement")) if _applies(each, arn)}
    return "Allow" in effects and "Deny" not in effects, {"principalId": said["principalId"], **context}


def _applies(statement: Any, arn: str) -> bool:
    actions = {"execute-api:invoke", "execute-api:*", "*"}
    return (
        isinstance(statement, dict)
        and any(str(action).lower() in actions for action in _many(statement.get("Action")))
        and any(_matches(str(pattern), arn) for pattern in _many(statement.get("Resource")))
    )


def _matches(pattern: str, arn: str) -> bool:
    """IAM's wildcards are * and ?; brackets are themselves."""
    return fnmatch.fnmatchcase(arn, pattern.replace("[", "[[]"))


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
