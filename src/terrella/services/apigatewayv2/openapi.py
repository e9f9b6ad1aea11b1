"""APIs from OpenAPI 3 documents and back, with Amazon's extensions: how SAM describes HTTP APIs.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

import re
from typing import Any

import orjson
import yaml

from ...region.service import Context
from . import security, stages
from .apis import check_cors, new_api
from .authorizers import new_authorizer
from .errors import BadRequestException
from .integrations import checked, new_integration
from .parts import delete
from .routes import new_route
from .routing import split_key
from .state import State, service, with_times

Plain = dict[str, Any]
Planned = tuple[str, Plain | None, Plain]  # route key, integration, settings of the route
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"}
FIELDS = {
    "type": "IntegrationType",
    "uri": "IntegrationUri",
    "httpMethod": "IntegrationMethod",
    "payloadFormatVersion": "PayloadFormatVersion",
    "timeoutInMillis": "TimeoutInMillis",
    "connectionType": "ConnectionType",
    "connectionId": "ConnectionId",
    "credentials": "CredentialsArn",
    "description": "Description",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
    "tlsConfig": "TlsConfig",
    "integrationSubtype": "IntegrationSubtype",
}
CORS_FIELDS = {
    "allowOrigins": "AllowOrigins",
    "allowMethods": "AllowMethods",
    "allowHeaders": "AllowHeaders",
    "exposeHeaders": "ExposeHeaders",
    "maxAge": "MaxAge",
    "allowCredentials": "AllowCredentials",
}


@service.operation
def import_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    plan = _plan(_parsed(input["Body"]))
    api = new_api(ctx, plan["api"])
    ctx.commit("api_put", api=api)
    _build(ctx, api["ApiId"], plan)
    return with_times(api)


@service.operation
def reimport_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id = input["ApiId"]
    old = ctx.state.api(api_id)
    plan = _plan(_parsed(input["Body"]))
    kept = {
        key: value for key, value in old.items() if key not in ("CorsConfiguration", "Description", "Version")
    }
    api = {
        **kept,
        **{key: value for key, value in plan["api"].items() if key != "Tags" and value is not None},
    }
    ctx.commit("api_put", api=api)
    for kind, name in (("Route", "RouteId"), ("Integration", "IntegrationId"), ("Authorizer", "AuthorizerId")):
        for part in ctx.state.all(kind, api_id):
            delete(ctx, kind, api_id, part[name])
    _build(ctx, api_id, plan)
    return with_times(api)


@service.operation
def export_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    if input["Specification"] != "OAS30":
        raise BadRequestException("Invalid specification. Only OAS30 is supported.")
    api, stage_name = ctx.state.api(input["ApiId"]), input.get("StageName")
    if stage_name:
        stage = ctx.state.one("Stage", api["ApiId"], stage_name)
        deployment = ctx.state.one("Deployment", api["ApiId"], stage.get("DeploymentId", ""))
        routes, integrations = deployment["routes"], deployment["integrations"]
        authorizers = list(deployment.get("authorizers", {}).values())
    else:
        routes = ctx.state.all("Route", api["ApiId"])
        integrations = {each["IntegrationId"]: each for each in ctx.state.all("Integration", api["ApiId"])}
        authorizers = ctx.state.all("Authorizer", api["ApiId"])
    extensions = input.get("IncludeExtensions", True)
    document = _document(api, routes, integrations, extensions)
    security.describe(document, routes, authorizers, extensions)
    if input["OutputType"].upper() == "YAML":
        return {"body": yaml.safe_dump(document, sort_keys=False).encode()}
    return {"body": orjson.dumps(document, option=orjson.OPT_INDENT_2)}


def _parsed(body: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(body) if not body.lstrip().startswith("{") else orjson.loads(body)
    except (yaml.YAMLError, orjson.JSONDecodeError) as error:
        raise BadRequestException(f"Unable to parse API definition: {error}") from None
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise BadRequestException(
            "Invalid OpenAPI input: HTTP APIs are imported from OpenAPI 3.0 definitions only"
        )
    return document


def _plan(document: dict[str, Any]) -> dict[str, Any]:
    """What a document asks for, all of it checked before anything is made."""
    info = _mapping(document.get("info"), "info")
    if not info.get("title"):
        raise BadRequestException("Invalid OpenAPI input: info.title is missing")
    api = {
        "Name": str(info["title"]),
        "Description": info.get("description"),
        "Version": _text(info.get("version")),
    }
    cors = document.get("x-amazon-apigateway-cors")
    if cors:
        api["CorsConfiguration"] = _cors(_mapping(cors, "x-amazon-apigateway-cors"))
    settings = document.get("x-amazon-apigateway-endpoint-configuration") or {}
    if "disableExecuteApiEndpoint" in settings:
        api["DisableExecuteApiEndpoint"] = bool(settings["disableExecuteApiEndpoint"])
    api["Tags"] = {
        str(tag["name"]): str(tag["x-amazon-apigateway-tag-value"])
        for tag in document.get("tags") or []
        if isinstance(tag, dict) and "x-amazon-apigateway-tag-value" in tag
    }
    authorizers = security.authorizers_in(document)
    return {"api": api, "routes": _routes(document, authorizers), "authorizers": authorizers}


def _routes(document: dict[str, Any], authorizers: Plain) -> list[Planned]:
    found = []
    for path, item in _mapping(document.get("paths") or {}, "paths").items():
        for method, operation in _mapping(item or {}, path).items():
            if method.lower() not in METHODS:
                continue
            operation = _mapping(operation or {}, f"{method} {path}")
            key = _route_key(method, path)
            integration = operation.get("x-amazon-apigateway-integration")
            extra = {"OperationName": operation["operationId"]} if operation.get("operationId") else {}
            extra |= security.guard_of(document, operation, authorizers)
            found.append((key, _integration(document, integration) if integration else None, extra))
    return found


def _route_key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    key = f"{'ANY' if method.startswith('x-') else method.upper()} {path}"
    try:
        split_key(key)
    except ValueError as error:
        raise BadRequestException(str(error)) from None
    return key


def _integration(document: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    reference = _mapping(given, "x-amazon-apigateway-integration").get("$ref")
    if reference:
        name = str(reference).rpartition("/")[2]
        shared = (document.get("components") or {}).get("x-amazon-apigateway-integrations") or {}
        given = _mapping(shared.get(name), str(reference))
    made = {FIELDS[key]: value for key, value in given.items() if key in FIELDS}
    made["IntegrationType"] = str(made.get("IntegrationType", "")).upper()
    made["PayloadFormatVersion"] = _text(made.get("PayloadFormatVersion")) or "1.0"
    return checked(made)


def _build(ctx: Context[State], api_id: str, plan: dict[str, Any]) -> None:
    made: dict[bytes, str] = {}
    ids = {name: new_authorizer(ctx, api_id, settings) for name, settings in plan["authorizers"].items()}
    for key, integration, extra in plan["routes"]:
        route = {"RouteKey": key, **extra}
        if "AuthorizerId" in route:
            route["AuthorizerId"] = ids[route["AuthorizerId"]]
        if integration is not None:
            same = orjson.dumps(integration, option=orjson.OPT_SORT_KEYS)
            if same not in made:
                made[same] = new_integration(ctx, api_id, integration)
            route["Target"] = f"integrations/{made[same]}"
        new_route(ctx, api_id, route)
    stages.autodeploy(ctx, api_id)


def _cors(given: dict[str, Any]) -> dict[str, Any]:
    cors = {CORS_FIELDS[key]: value for key, value in given.items() if key in CORS_FIELDS}
    check_cors(cors)
    return cors


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadRequestException(f"Invalid OpenAPI input: {where} is not an object")
    return value


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _document(
    api: dict[str, Any], routes: list[dict[str, Any]], integrations: dict[str, Any], extensions: bool
) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    backwards = {name: key for key, name in FIELDS.items()}
    for route in routes:
        method, path = split_key(route["RouteKey"])
        path = path or "/$default"
        method = "x-amazon-apigateway-any-method" if method in ("ANY", "$default") else method.lower()
        operation: dict[str, Any] = {
            "responses": {"default": {"description": f"Default response for {route['RouteKey']}"}}
        }
        variables = re.findall(r"\{([^}+]+)\+?\}", path)
        if variables:
            operation["parameters"] = [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in variables
            ]
        if path == "/$default":
            operation["isDefaultRoute"] = True
        integration = integrations.get((route.get("Target") or "").removeprefix("integrations/"))
        if extensions and integration:
            shown = {backwards[key]: value for key, value in integration.items() if key in backwards}
            operation["x-amazon-apigateway-integration"] = {**shown, "type": shown["type"].lower()}
        paths.setdefault(path, {})[method] = operation
    info = {"title": api["Name"], "version": api.get("Version", "")}
    document: dict[str, Any] = {
        "openapi": "3.0.1",
        "info": info,
        "servers": [{"url": api["ApiEndpoint"]}],
        "paths": paths,
    }
    if extensions:
        document["x-amazon-apigateway-importexport-version"] = "1.0"
        if api.get("CorsConfiguration"):
            names = {name: key for key, name in CORS_FIELDS.items()}
            cors = {names[key]: value for key, value in api["CorsConfiguration"].items()}
            document["x-amazon-apigateway-cors"] = cors
    return document
