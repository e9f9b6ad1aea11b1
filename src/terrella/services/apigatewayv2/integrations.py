"""Integrations: what stands behind a route. Lambda functions, by the proxy formats 1.0 and 2.0, and HTTP servers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import mapping, stages
from .errors import BadRequestException, ConflictException
from .parts import delete, put
from .proxying import URI
from .routing import METHODS
from .state import State, new_id, page, service

KEPT = (
    "ConnectionType", "CredentialsArn", "Description", "IntegrationMethod", "IntegrationType",
    "IntegrationUri", "PayloadFormatVersion", "RequestParameters", "ResponseParameters", "TimeoutInMillis",
)  # fmt: skip
NOT_HERE = (
    "ConnectionId", "IntegrationSubtype", "TlsConfig", "RequestTemplates", "TemplateSelectionExpression",
)  # fmt: skip
_FUNCTION = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/)?"
    r"(?P<arn>arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:"
    r"(?:[a-zA-Z0-9-_]|\$\{stageVariables\.\w+\})+(?::(?:\$LATEST|[a-zA-Z0-9-_]+|\$\{stageVariables\.\w+\}))?)"
    r"(?:/invocations)?"
)


@service.operation
def create_integration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    identifier = new_integration(ctx, input["ApiId"], checked(input))
    stages.autodeploy(ctx, input["ApiId"])
    return ctx.state.one("Integration", input["ApiId"], identifier)


@service.operation
def update_integration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["IntegrationId"]
    old = ctx.state.one("Integration", api_id, identifier)
    given = {key: value for key, value in input.items() if value is not None}
    put(ctx, "Integration", api_id, identifier, {**old, **checked({**old, **given})})
    stages.autodeploy(ctx, api_id)
    return ctx.state.one("Integration", api_id, identifier)


@service.operation
def get_integration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return ctx.state.one("Integration", input["ApiId"], input["IntegrationId"])


@service.operation
def get_integrations(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    return page(ctx.state.all("Integration", input["ApiId"]), input)


@service.operation
def delete_integration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["IntegrationId"]
    ctx.state.one("Integration", api_id, identifier)
    target = f"integrations/{identifier}"
    if any(route.get("Target") == target for route in ctx.state.all("Route", api_id)):
        raise ConflictException(
            f"Cannot delete Integration '{identifier}' due to 1 or more Route objects referencing it"
        )
    delete(ctx, "Integration", api_id, identifier)
    return {}


def new_integration(ctx: Context[State], api_id: str, given: dict[str, Any], managed: bool = False) -> str:
    """Commit a checked integration; returns its id."""
    identifier = new_id(ctx)
    extra = {"ApiGatewayManaged": True} if managed else {}
    put(ctx, "Integration", api_id, identifier, {**given, "IntegrationId": identifier, **extra})
    return identifier


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """What is kept of an integration. Refuses what API Gateway refuses, and what is not here."""
    for name in NOT_HERE:
        if given.get(name):
            raise NotImplementedHere("apigatewayv2", f"integrations with {name}")
    kind, uri = given["IntegrationType"], given.get("IntegrationUri")
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise BadRequestException("HTTP protocol only supports integration types: AWS_PROXY, HTTP_PROXY")
    if given.get("ConnectionType", "INTERNET") != "INTERNET":
        raise NotImplementedHere("apigatewayv2", "integrations over a VPC link")
    mapping.check_request(given.get("RequestParameters") or {})
    mapping.check_responses(given.get("ResponseParameters") or {})
    kept = {key: given[key] for key in KEPT if given.get(key) is not None}
    kept = {"ConnectionType": "INTERNET", "TimeoutInMillis": 30_000, **kept}
    if kind == "HTTP_PROXY":
        return {**kept, **_checked_server(given)}
    if not uri or function_of(uri) is None:
        raise BadRequestException("Invalid integration URI specified")
    version = given.get("PayloadFormatVersion")
    if version is None:
        raise BadRequestException("PayloadFormatVersion is a required parameter for integration")
    if version not in ("1.0", "2.0"):
        raise BadRequestException(f"Invalid payload format version {version}. Supported are 1.0 and 2.0")
    return {"IntegrationMethod": "POST", **kept}


def _checked_server(given: dict[str, Any]) -> dict[str, Any]:
    """What is particular to a server."""
    method, version = given.get("IntegrationMethod") or "ANY", given.get("PayloadFormatVersion") or "1.0"
    if URI.fullmatch(given.get("IntegrationUri") or "") is None:
        raise BadRequestException("Invalid HTTP endpoint specified for URI")
    if method not in METHODS:
        raise BadRequestException(f"Invalid HTTP method specified: {method}")
    if version != "1.0":
        raise BadRequestException(f"Invalid payload format version {version}. HTTP_PROXY supports only 1.0")
    return {"IntegrationMethod": method, "PayloadFormatVersion": version}


def function_of(uri: str) -> str | None:
    """The ARN of the function an integration URI names, bare or wrapped as OpenAPI documents have it."""
    found = _FUNCTION.fullmatch(uri)
    return found["arn"] if found else None
