"""An HTTP API written as an OpenAPI document with API Gateway's extensions: what SAM makes of its events.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import HandlerFailed

Plain = dict[str, Any]
METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch"))
ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
TAG = "x-amazon-apigateway-tag-value"
# extension: member of CreateIntegration
NAMES = {
    "type": "IntegrationType",
    "httpMethod": "IntegrationMethod",
    "uri": "IntegrationUri",
    "payloadFormatVersion": "PayloadFormatVersion",
    "timeoutInMillis": "TimeoutInMillis",
    "connectionType": "ConnectionType",
    "connectionId": "ConnectionId",
    "credentials": "CredentialsArn",
    "description": "Description",
    "requestParameters": "RequestParameters",
}


@dataclass(slots=True)
class Document:
    """What a document says: settings of the API, its tags, and an integration for each route key."""

    settings: Plain
    tags: dict[str, str]
    routes: dict[str, Plain]


def read(body: Any) -> Document:
    """The document as API Gateway takes it. HandlerFailed for what is not supported here."""
    if not isinstance(body, dict) or not isinstance(body.get("paths", {}), dict):
        raise HandlerFailed("Unable to parse API definition because of a malformed OpenAPI document")
    info = body.get("info", {})
    settings = {"Name": info.get("title", "api"), "Version": info.get("version")}
    if "description" in info:
        settings["Description"] = info["description"]
    if CORS in body:
        settings["CorsConfiguration"] = {
            name[:1].upper() + name[1:]: each for name, each in body[CORS].items()
        }
    tags = {each["name"]: each[TAG] for each in body.get("tags", []) if TAG in each}
    routes = {
        _route_key(path, method): _integration(path, operation)
        for path, methods in body.get("paths", {}).items()
        for method, operation in methods.items()
        if method in METHODS or method == ANY
    }
    return Document({name: value for name, value in settings.items() if value is not None}, tags, routes)


def _route_key(path: str, method: str) -> str:
    if path in ("/$default", "$default"):
        return "$default"
    return f"{'ANY' if method == ANY else method.upper()} {path}"


def _integration(path: str, operation: Plain) -> Plain:
    given = operation.get(INTEGRATION)
    if not isinstance(given, dict):
        raise HandlerFailed(f"Path {path} has no {INTEGRATION}")
    if operation.get("security"):
        raise HandlerFailed(f"Path {path} asks for an authorizer, which this world does not have yet")
    made = {NAMES[name]: value for name, value in given.items() if name in NAMES}
    made["IntegrationType"] = str(made.get("IntegrationType", "")).upper().replace("-", "_")
    return made
