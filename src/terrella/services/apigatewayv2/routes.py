"""Routes: method and path to an integration."""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import stages
from .errors import BadRequestException, ConflictException
from .parts import delete, put
from .routing import split_key
from .state import State, new_id, page, service

KEPT = (
    "ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "OperationName", "RouteKey", "Target",
)  # fmt: skip
NOT_HERE = ("ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression")
TYPES = {"CUSTOM": "REQUEST", "JWT": "JWT"}  # AuthorizationType of a route: AuthorizerType of its authorizer
MOST_SCOPES = 10


@service.operation
def create_route(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    identifier = new_route(ctx, input["ApiId"], input)
    stages.autodeploy(ctx, input["ApiId"])
    return ctx.state.one("Route", input["ApiId"], identifier)


@service.operation
def update_route(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["RouteId"]
    old = ctx.state.one("Route", api_id, identifier)
    given = {key: value for key, value in input.items() if value is not None}
    kept = {key: value for key, value in old.items() if key not in KEPT}
    put(ctx, "Route", api_id, identifier, {**kept, **checked(ctx, api_id, {**old, **given}, identifier)})
    stages.autodeploy(ctx, api_id)
    return ctx.state.one("Route", api_id, identifier)


@service.operation
def get_route(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return ctx.state.one("Route", input["ApiId"], input["RouteId"])


@service.operation
def get_routes(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    return page(ctx.state.all("Route", input["ApiId"]), input)


@service.operation
def delete_route(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.one("Route", input["ApiId"], input["RouteId"])
    delete(ctx, "Route", input["ApiId"], input["RouteId"])
    stages.autodeploy(ctx, input["ApiId"])
    return {}


def new_route(ctx: Context[State], api_id: str, given: dict[str, Any], managed: bool = False) -> str:
    """Commit a route; returns its id."""
    identifier = new_id(ctx)
    extra = {"ApiGatewayManaged": True} if managed else {}
    record = {**checked(ctx, api_id, given), "RouteId": identifier, **extra}
    put(ctx, "Route", api_id, identifier, record)
    return identifier


def checked(ctx: Context[State], api_id: str, given: dict[str, Any], itself: str = "") -> dict[str, Any]:
    """What is kept of a route. Refuses what API Gateway refuses, and what is not here."""
    for name in NOT_HERE:
        if given.get(name):
            raise NotImplementedHere("apigatewayv2", f"routes with {name}")
    _check_authorization(ctx, api_id, given)
    key = given["RouteKey"]
    try:
        split_key(key)
    except ValueError as error:
        raise BadRequestException(str(error)) from None
    if any(
        route["RouteKey"] == key and route["RouteId"] != itself for route in ctx.state.all("Route", api_id)
    ):
        raise ConflictException(f"Route with key {key} already exists for this API")
    target = given.get("Target")
    integration = (target or "").removeprefix("integrations/")
    if target and f"{api_id}/{integration}" not in ctx.state.integrations:
        raise BadRequestException(f"Invalid integration identifier specified {integration}")
    kept = {key: given[key] for key in KEPT if given.get(key) is not None}
    if kept.get("AuthorizationType", "NONE") not in TYPES:
        kept.pop("AuthorizerId", None)
    if kept.get("AuthorizationType") != "JWT":
        kept.pop("AuthorizationScopes", None)
    return {"ApiKeyRequired": False, "AuthorizationType": "NONE", **kept}


def _check_authorization(ctx: Context[State], api_id: str, given: dict[str, Any]) -> None:
    kind, scopes = given.get("AuthorizationType", "NONE"), given.get("AuthorizationScopes") or []
    if len(scopes) > MOST_SCOPES:
        raise BadRequestException(f"A route has at most {MOST_SCOPES} authorization scopes")
    if kind not in TYPES:
        return
    found = ctx.state.authorizers.get(f"{api_id}/{given.get('AuthorizerId')}")
    if found is None or found["AuthorizerType"] != TYPES[kind]:
        words = "JWT requires a valid JWT" if kind == "JWT" else "CUSTOM or JWT requires a valid"
        raise BadRequestException(
            f"Invalid authorizer ID specified. Setting the authorization type to {words} authorizer."
        )
