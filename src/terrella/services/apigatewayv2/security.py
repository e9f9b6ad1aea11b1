"""Authorizers in OpenAPI documents: security schemes with Amazon's extension, and which operation asks for which.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

from __future__ import annotations

from typing import Any

from .authorizers import checked
from .errors import BadRequestException
from .routing import split_key

Plain = dict[str, Any]
AUTHORIZER, AUTH = "x-amazon-apigateway-authorizer", "x-amazon-apigateway-auth"
AUTH_TYPE = "x-amazon-apigateway-authtype"
ANY = "x-amazon-apigateway-any-method"
# extension: member of CreateAuthorizer
FIELDS = {
    "authorizerUri": "AuthorizerUri",
    "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
    "authorizerCredentials": "AuthorizerCredentialsArn",
    "enableSimpleResponses": "EnableSimpleResponses",
    "identityValidationExpression": "IdentityValidationExpression",
}


def authorizers_in(document: Plain) -> dict[str, Plain]:
    """The authorizers a document describes, by name, checked. Raises BadRequestException, NotImplementedHere."""
    schemes = (document.get("components") or {}).get("securitySchemes") or {}
    if not isinstance(schemes, dict) or not all(isinstance(each, dict) for each in schemes.values()):
        raise BadRequestException("Invalid OpenAPI input: components.securitySchemes is not an object of objects")
    return {name: _authorizer(name, each[AUTHORIZER]) for name, each in schemes.items() if AUTHORIZER in each}


def guard_of(document: Plain, operation: Plain, authorizers: dict[str, Plain]) -> Plain:
    """The settings of a route that say who is let in; `AuthorizerId` is the name of an authorizer."""
    if str((operation.get(AUTH) or {}).get("type", "")).upper() == "AWS_IAM":
        return {"AuthorizationType": "AWS_IAM"}
    wanted = operation.get("security", document.get("security")) or []
    named = [(name, scopes) for each in wanted for name, scopes in each.items() if name != "NONE"]
    if not named:
        return {}
    name, scopes = named[0]
    if name not in authorizers:
        scheme = ((document.get("components") or {}).get("securitySchemes") or {}).get(name) or {}
        if str(scheme.get(AUTH_TYPE, "")).lower() == "awssigv4":
            return {"AuthorizationType": "AWS_IAM"}
        raise BadRequestException(f"Unable to find the authorizer of the security scheme {name}")
    kind = "JWT" if authorizers[name]["AuthorizerType"] == "JWT" else "CUSTOM"
    more = {"AuthorizationScopes": list(scopes)} if scopes and kind == "JWT" else {}
    return {"AuthorizationType": kind, "AuthorizerId": name, **more}


def describe(document: Plain, routes: list[Plain], authorizers: list[Plain], extensions: bool) -> None:
    """Write the authorizers into a document of these routes."""
    names = {each["AuthorizerId"]: each["Name"] for each in authorizers}
    if extensions and authorizers:
        schemes = {each["Name"]: _scheme(each) for each in authorizers}
        document["components"] = {"securitySchemes": schemes}
    for route in routes:
        method, path = split_key(route["RouteKey"])
        method = ANY if method in ("ANY", "$default") else method.lower()
        operation = document["paths"][path or "/$default"][method]
        if route.get("AuthorizerId") in names:
            operation["security"] = [{names[route["AuthorizerId"]]: route.get("AuthorizationScopes", [])}]
        elif extensions and route["AuthorizationType"] == "AWS_IAM":
            operation[AUTH] = {"type": "AWS_IAM"}


def _authorizer(name: str, given: Any) -> Plain:
    if not isinstance(given, dict):
        raise BadRequestException(f"Invalid OpenAPI input: {AUTHORIZER} of {name} is not an object")
    source, config = given.get("identitySource") or [], given.get("jwtConfiguration")
    made = {
        "Name": name,
        "AuthorizerType": str(given.get("type", "")).upper(),
        "IdentitySource": [each.strip() for each in source.split(",")] if isinstance(source, str) else source,
        **{FIELDS[key]: value for key, value in given.items() if key in FIELDS},
    }
    if isinstance(config, dict):
        made["JwtConfiguration"] = {"Issuer": config.get("issuer"), "Audience": config.get("audience") or []}
    return checked(made)


def _scheme(authorizer: Plain) -> Plain:
    made: Plain = {"type": authorizer["AuthorizerType"].lower()}
    made |= {key: authorizer[name] for key, name in FIELDS.items() if name in authorizer}
    sources = authorizer.get("IdentitySource") or []
    made["identitySource"] = ",".join(sources)
    if authorizer["AuthorizerType"] != "JWT":
        header = sources[0].rpartition(".")[2] if sources else "Authorization"
        return {"type": "apiKey", "name": header, "in": "header", AUTHORIZER: made}
    config = authorizer["JwtConfiguration"]
    made["jwtConfiguration"] = {"issuer": config["Issuer"], "audience": config["Audience"]}
    return {"type": "oauth2", AUTHORIZER: made}
