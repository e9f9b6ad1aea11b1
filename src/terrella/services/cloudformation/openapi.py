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
AUTHORIZER = "x-amazon-apigateway-authorizer"
AUTH = "x-amazon-apigateway-auth"
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
    "responseParameters": "ResponseParameters",
}


@dataclass(slots=True)
class Document:
    """What a document says: settings of the API, its tags, an integration for each route key, authorizers by
    name, and for route keys that are guarded what a route says of it, the authorizer by its name."""

    settings: Plain
    tags: dict[str, str]
    routes: dict[str, Plain]
    authorizers: dict[str, Plain]
    guards: dict[str, Plain]


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
    operations = {
        _route_key(path, method): (path, operation)
        for path, methods in body.get("paths", {}).items()
        for method, operation in methods.items()
        if method in METHODS or method == ANY
    }
    routes = {key: _integration(*each) for key, each in operations.items()}
    authorizers = _authorizers(body)
    guards = {
        key: guard
        for key, (path, operation) in operations.items()
        if (guard := _guard(path, operation, body, authorizers))
    }
    settings = {name: value for name, value in settings.items() if value is not None}
    return Document(settings, tags, routes, authorizers, guards)


def _authorizers(body: Plain) -> dict[str, Plain]:
    schemes = (body.get("components") or {}).get("securitySchemes") or {}
    return {name: _authorizer(each[AUTHORIZER]) for name, each in schemes.items() if AUTHORIZER in each}


def _authorizer(given: Plain) -> Plain:
    made = {name[:1].upper() + name[1:]: each for name, each in given.items()}
    made["AuthorizerType"] = str(made.pop("Type", "")).upper()
    config = made.pop("JwtConfiguration", None)
    if isinstance(config, dict):
        made["JwtConfiguration"] = {name[:1].upper() + name[1:]: each for name, each in config.items()}
    source = made.get("IdentitySource") or []
    made["IdentitySource"] = [each.strip() for each in source.split(",")] if isinstance(source, str) else source
    if "AuthorizerCredentials" in made:
        made["AuthorizerCredentialsArn"] = made.pop("AuthorizerCredentials")
    return made


def _guard(path: str, operation: Plain, body: Plain, authorizers: dict[str, Plain]) -> Plain | None:
    """What guards an operation. SAM says NONE where nothing is to, and AWS_IAM for signatures."""
    named = [each for one in operation.get("security", body.get("security")) or [] for each in one.items()]
    named = [(name, scopes) for name, scopes in named if name != "NONE"]
    auth = operation.get(AUTH)
    signed = isinstance(auth, dict) and str(auth.get("type", "")).upper() == "AWS_IAM"
    if signed or (named and named[0][0] == "AWS_IAM"):
        return {"AuthorizationType": "AWS_IAM"}
    if not named:
        return None
    name, scopes = named[0]
    if name not in authorizers:
        raise HandlerFailed(f"Path {path} asks for {name}, which is no authorizer of this world")
    if authorizers[name]["AuthorizerType"] == "JWT":
        return {"AuthorizationType": "JWT", "AuthorizerId": name, "AuthorizationScopes": list(scopes or [])}
    return {"AuthorizationType": "CUSTOM", "AuthorizerId": name}


def _route_key(path: str, method: str) -> str:
    if path in ("/$default", "$default"):
        return "$default"
    return f"{'ANY' if method == ANY else method.upper()} {path}"


def _integration(path: str, operation: Plain) -> Plain:
    given = operation.get(INTEGRATION)
    if not isinstance(given, dict):
        raise HandlerFailed(f"Path {path} has no {INTEGRATION}")
    made = {NAMES[name]: value for name, value in given.items() if name in NAMES}
    made["IntegrationType"] = str(made.get("IntegrationType", "")).upper().replace("-", "_")
    return made
