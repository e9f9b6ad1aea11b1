"""Who may ask: API keys, and functions that judge callers (TOKEN and REQUEST authorizers).

401 when an identity source is missing or the function says Unauthorized, 403 when its policy denies, 500 otherwise.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

import fnmatch
from typing import Any

import orjson

from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request
from .integrating import NoAnswer, answer_of
from .state import State

Plain = dict[str, Any]
PATIENCE_S = 29.0
REMEMBERED = 4096


class Refused(Exception):
    """Not let in: the kind of gateway response."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


async def admitted(
    ctx: Context[State], request: Request, place: http_event.Place, authorizer: Plain, event: Plain, arn: str
) -> Plain:
    """What the authorizer tells the integration of the caller. Raises Refused."""
    sources = [each.strip() for each in authorizer.get("identitySource", "").split(",") if each]
    identity = [_value(each, request, place, event) for each in sources]
    if not all(identity):
        raise Refused("UNAUTHORIZED")
    said = await _said(ctx, place, authorizer, [str(each) for each in identity], event, arn)
    policy = said.get("policyDocument")
    if not isinstance(policy, dict) or not isinstance(said.get("principalId"), str):
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    effects = {each.get("Effect") for each in _many(policy.get("Statement")) if _applies(each, arn)}
    if "Allow" not in effects or "Deny" in effects:
        raise Refused("ACCESS_DENIED")
    return {"principalId": said["principalId"], **(said.get("context") or {})}


async def _said(
    ctx: Context[State], place: http_event.Place, authorizer: Plain, identity: list[str], event: Plain, arn: str
) -> Plain:
    """The function's answer, of now or remembered."""
    remembered = ctx.state.answers
    key = (place.api_id, place.stage, authorizer["id"], *identity)
    until, said = remembered.get(key, (0.0, {}))
    if ctx.now < until:
        return said
    asked = {"type": authorizer["type"], "methodArn": arn}
    if authorizer["type"] == "TOKEN":
        asked["authorizationToken"] = identity[0]
    else:
        asked = {**{name: value for name, value in event.items() if name not in ("body", "isBase64Encoded")}, **asked}
    source = f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}/authorizers/{authorizer['id']}"
    try:
        said = orjson.loads(await answer_of(ctx, authorizer["authorizerUri"], place, asked, source, PATIENCE_S))
    except NoAnswer as none:
        raise Refused("UNAUTHORIZED" if none.status == 502 else "AUTHORIZER_FAILURE") from None
    if not isinstance(said, dict):
        raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
    ttl_s = ctx.scaled(authorizer["authorizerResultTtlInSeconds"])
    if ttl_s and identity:
        if len(remembered) >= REMEMBERED:
            remembered.clear()
        remembered[key] = (ctx.now + ttl_s, said)
    return said


def _value(source: str, request: Request, place: http_event.Place, event: Plain) -> Any:
    kind, _, name = source.rpartition(".")
    if kind == "method.request.header":
        return request.headers.get(name.lower())
    if kind == "method.request.querystring":
        return dict(request.parameters).get(name)
    if kind == "stageVariables":
        return place.stage_variables.get(name)
    value: Any = event["requestContext"]
    for part in source.removeprefix("context.").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _applies(statement: Any, arn: str) -> bool:
    actions = {"execute-api:invoke", "execute-api:*", "*"}
    return (
        isinstance(statement, dict)
        and any(str(action).lower() in actions for action in _many(statement.get("Action")))
        and any(fnmatch.fnmatchcase(arn, str(each).replace("[", "[[]")) for each in _many(statement.get("Resource")))
    )


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
