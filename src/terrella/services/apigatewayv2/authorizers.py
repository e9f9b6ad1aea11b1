"""Authorizers: a function of yours, or an issuer of tokens, that says who may call a route.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import stages
from .errors import BadRequestException, ConflictException
from .integrations import function_of
from .parts import delete, put
from .state import State, new_id, page, service

KEPT = (
    "AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "AuthorizerType", "AuthorizerUri",
    "EnableSimpleResponses", "IdentitySource", "Name",
)  # fmt: skip
NOT_HERE = ("AuthorizerCredentialsArn", "IdentityValidationExpression", "JwtConfiguration")
OF_JWT = ("AuthorizerType", "IdentitySource", "JwtConfiguration", "Name")
TTL_S = 300
MOST_AUDIENCES = 50
_ISSUER = re.compile(r"https://[^\s/?#]+[^\s?#]*")
_BEARER = re.compile(r"\$request\.(header|querystring)\.[^\s,]+")
_SOURCE = re.compile(r"\$(request\.(header|querystring)\.[^\s,]+|context\.[\w.]+|stageVariables\.\w+)")


@service.operation
def create_authorizer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    identifier = new_authorizer(ctx, input["ApiId"], checked(input))
    return ctx.state.one("Authorizer", input["ApiId"], identifier)


@service.operation
def update_authorizer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["AuthorizerId"]
    old = ctx.state.one("Authorizer", api_id, identifier)
    given = {key: value for key, value in input.items() if value is not None}
    put(ctx, "Authorizer", api_id, identifier, {**old, **checked({**old, **given})})
    stages.autodeploy(ctx, api_id)
    return ctx.state.one("Authorizer", api_id, identifier)


@service.operation
def get_authorizer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return ctx.state.one("Authorizer", input["ApiId"], input["AuthorizerId"])


@service.operation
def get_authorizers(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    return page(ctx.state.all("Authorizer", input["ApiId"]), input)


@service.operation
def delete_authorizer(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["AuthorizerId"]
    ctx.state.one("Authorizer", api_id, identifier)
    if any(route.get("AuthorizerId") == identifier for route in ctx.state.all("Route", api_id)):
        raise ConflictException(f"Cannot delete authorizer '{identifier}', is referenced by a route")
    delete(ctx, "Authorizer", api_id, identifier)
    return {}


def new_authorizer(ctx: Context[State], api_id: str, given: dict[str, Any]) -> str:
    """Commit a checked authorizer; returns its id."""
    identifier = new_id(ctx, 6)
    put(ctx, "Authorizer", api_id, identifier, {**given, "AuthorizerId": identifier})
    return identifier


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an authorizer. Refuses what API Gateway refuses, and what is not here."""
    kind = given["AuthorizerType"]
    if kind == "JWT":
        return _checked_jwt(given)
    if kind != "REQUEST":
        raise BadRequestException("HTTP protocol only supports authorizer types: JWT, REQUEST")
    for name in NOT_HERE:
        if given.get(name):
            raise NotImplementedHere("apigatewayv2", f"authorizers with {name}")
    if function_of(given.get("AuthorizerUri") or "") is None:
        raise BadRequestException("Invalid authorizer URI specified")
    version = given.get("AuthorizerPayloadFormatVersion")
    if version not in ("1.0", "2.0"):
        raise BadRequestException("AuthorizerPayloadFormatVersion is a required parameter: 1.0 or 2.0")
    if version == "1.0" and given.get("EnableSimpleResponses"):
        raise BadRequestException("Simple responses need AuthorizerPayloadFormatVersion 2.0")
    sources = given.get("IdentitySource") or []
    wrong = [source for source in sources if _SOURCE.fullmatch(source) is None]
    if wrong:
        raise BadRequestException(f"Invalid identity source specified: {wrong[0]}")
    kept = {key: given[key] for key in KEPT if given.get(key) is not None}
    ttl_s = kept.get("AuthorizerResultTtlInSeconds", TTL_S if sources else 0)
    if not 0 <= ttl_s <= 3600 or (ttl_s and not sources):
        raise BadRequestException("Results are kept for 0 to 3600 seconds, by at least one identity source")
    return {"EnableSimpleResponses": False, **kept, "AuthorizerResultTtlInSeconds": ttl_s}


def _checked_jwt(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("AuthorizerUri", "AuthorizerPayloadFormatVersion", "AuthorizerCredentialsArn"):
        if given.get(name):
            raise BadRequestException(f"{name} is not supported for JWT authorizers")
    sources = given.get("IdentitySource") or []
    if len(sources) != 1 or _BEARER.fullmatch(sources[0]) is None:
        raise BadRequestException("A JWT authorizer has one identity source: a header or a query string parameter")
    config = given.get("JwtConfiguration") or {}
    issuer, audience = config.get("Issuer") or "", config.get("Audience") or []
    if _ISSUER.fullmatch(issuer) is None:
        raise BadRequestException(f"Invalid issuer: {issuer}. Issuer must be a URL that begins with https://")
    if not 1 <= len(audience) <= MOST_AUDIENCES:
        raise BadRequestException(f"A JWT authorizer has 1 to {MOST_AUDIENCES} audiences")
    return {key: given[key] for key in OF_JWT if given.get(key) is not None}
