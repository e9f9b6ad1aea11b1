"""REST APIs from OpenAPI documents, 2.0 and 3.0, with API Gateway's extensions: what SAM makes of its events.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .apis import new_api
from .errors import BadRequestException
from .guards import new_authorizer, new_gateway_response, new_model
from .methods import new_integration, new_method, new_response
from .resources import new_resource
from .state import State, delete, new_id, put, service, shown

Plain = dict[str, Any]
EXTENSION = "x-amazon-apigateway-"
ANY = f"{EXTENSION}any-method"
VERBS = frozenset(("get", "put", "post", "delete", "options", "head", "patch", ANY))
SETTINGS = {
    f"{EXTENSION}binary-media-types": "binaryMediaTypes",
    f"{EXTENSION}minimum-compression-size": "minimumCompressionSize",
    f"{EXTENSION}api-key-source": "apiKeySource",
    f"{EXTENSION}policy": "policy",
}
NAMES = {"httpMethod": "integrationHttpMethod"}


@service.operation
def import_rest_api(ctx: Context[State], input: Plain) -> Plain:
    document = _read(input["body"])
    info = document.get("info") or {}
    types = str((input.get("parameters") or {}).get("endpointConfigurationTypes") or "")
    given = {"name": info.get("title", "api"), "version": info.get("version"), "description": info.get("description")}
    if types:
        given["endpointConfiguration"] = {"types": types.split(",")}
    api = new_api(ctx, given)
    _fill(ctx, api["id"], document)
    return shown(ctx.state.api(api["id"]))


@service.operation
def put_rest_api(ctx: Context[State], input: Plain) -> Plain:
    """With `overwrite` what was there goes; the name stays where the document gives none."""
    api_id, document = input["restApiId"], _read(input["body"])
    api = ctx.state.api(api_id)
    if input.get("mode") == "overwrite":
        info = document.get("info") or {}
        changed = {name: info[key] for name, key in (("name", "title"), ("version", "version")) if info.get(key)}
        put(ctx, "apis", api_id, {**api, **changed})
        _empty(ctx, api_id)
    _fill(ctx, api_id, document)
    return shown(ctx.state.api(api_id))


def _read(body: Any) -> Plain:
    text = body if isinstance(body, str) else bytes(body or b"").decode("utf-8", "replace")
    try:
        document = json.loads(text) if text.lstrip().startswith("{") else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("paths", {}), dict):
        raise BadRequestException("Invalid OpenAPI input.")
    return document


def _empty(ctx: Context[State], api_id: str) -> None:
    for resource in ctx.state.all("resource", api_id):
        if "parentId" in resource:
            delete(ctx, "resource", f"{api_id}/{resource['id']}")
        else:
            put(ctx, "resource", f"{api_id}/{resource['id']}", {**resource, "resourceMethods": {}})
    for kind, name in (("authorizer", "id"), ("model", "name"), ("response", "responseType"), ("validator", "id")):
        for each in ctx.state.all(kind, api_id):
            delete(ctx, kind, f"{api_id}/{each[name]}")


def _fill(ctx: Context[State], api_id: str, document: Plain) -> None:
    settings = {name: document[key] for key, name in SETTINGS.items() if document.get(key) is not None}
    if isinstance(settings.get("policy"), dict):
        settings["policy"] = json.dumps(settings["policy"])
    if settings:
        put(ctx, "apis", api_id, {**ctx.state.api(api_id), **settings})
    schemes = (document.get("components") or {}).get("securitySchemes") or document.get("securityDefinitions") or {}
    guards = {name: _scheme(ctx, api_id, name, each) for name, each in schemes.items()}
    schemas = (document.get("components") or {}).get("schemas") or document.get("definitions") or {}
    for name, schema in schemas.items():
        if f"{api_id}/{name}" not in ctx.state.parts["model"]:
            new_model(ctx, api_id, {"name": name, "schema": json.dumps(schema), "contentType": "application/json"})
    for kind, each in (document.get(f"{EXTENSION}gateway-responses") or {}).items():
        status = {"statusCode": str(each["statusCode"])} if "statusCode" in each else {}
        new_gateway_response(ctx, api_id, {**each, **status, "responseType": kind})
    validators = document.get(f"{EXTENSION}request-validators") or {}
    for name, each in validators.items():
        made = {"id": new_id(ctx, 6), "name": name, **each}
        put(ctx, "validator", f"{api_id}/{made['id']}", made)
    for path, methods in (document.get("paths") or {}).items():
        _path(ctx, api_id, path, methods, guards, document.get("security"))


def _path(
    ctx: Context[State], api_id: str, path: str, methods: Plain, guards: dict[str, Plain], everywhere: Any
) -> None:
    resource = _resource(ctx, api_id, path)
    made = dict(resource["resourceMethods"])
    for verb, operation in methods.items():
        if verb.lower() in VERBS and isinstance(operation, dict):
            name = "ANY" if verb == ANY else verb.upper()
            made[name] = _method(ctx, api_id, name, operation, guards, everywhere)
    put(ctx, "resource", f"{api_id}/{resource['id']}", {**resource, "resourceMethods": made})


def _resource(ctx: Context[State], api_id: str, path: str) -> Plain:
    """The resource at a path, made with all above it where they are not there."""
    known = {each["path"]: each for each in ctx.state.all("resource", api_id)}
    found, at = known["/"], ""
    for part in [part for part in path.split("/") if part]:
        at = f"{at}/{part}"
        found = known.get(at) or new_resource(ctx, api_id, found["id"], part)
    return found


def _method(
    ctx: Context[State], api_id: str, verb: str, operation: Plain, guards: dict[str, Plain], everywhere: Any
) -> Plain:
    method: Plain = {"authorizationType": "NONE"}
    security = operation.get("security", everywhere) or []
    for name in [name for each in security for name in each if name != "NONE"]:
        if name not in guards:
            raise BadRequestException(f"Unable to put method: {name} is not a security definition")
        method |= guards[name]
    kind = (operation.get(f"{EXTENSION}auth") or {}).get("type")
    if kind and str(kind).upper() != "NONE":
        method["authorizationType"] = str(kind).upper()
    if operation.get("operationId"):
        method["operationName"] = operation["operationId"]
    made = new_method(ctx, api_id, verb, method)
    made["methodResponses"] = {str(code): {"statusCode": str(code)} for code in operation.get("responses") or {}}
    given = operation.get(f"{EXTENSION}integration")
    if given is None:
        return made
    named = {NAMES.get(name, name): value for name, value in given.items() if name != "responses"}
    named["type"] = str(given.get("type", "")).upper()
    integration = new_integration(named)
    answers = {}
    for pattern, each in (given.get("responses") or {}).items():
        status = str(each["statusCode"])
        chosen = {} if pattern == "default" else {"selectionPattern": pattern}
        answers[status] = new_response(status, {**each, **chosen})
    if answers:
        integration["integrationResponses"] = answers
    return {**made, "methodIntegration": integration}


def _scheme(ctx: Context[State], api_id: str, name: str, scheme: Plain) -> Plain:
    """What a method guarded by a security scheme has."""
    given = scheme.get(f"{EXTENSION}authorizer")
    kind = str(scheme.get(f"{EXTENSION}authtype", "")).lower()
    if given is None:
        if scheme.get("type") == "apiKey" and scheme.get("name", "").lower() == "x-api-key":
            return {"apiKeyRequired": True}
        if kind == "awssigv4":
            return {"authorizationType": "AWS_IAM"}
        raise NotImplementedHere("apigateway", f"security scheme {name} without an authorizer")
    type_name = str(given.get("type", "")).upper()
    header = f"method.request.header.{scheme['name']}" if type_name == "TOKEN" and scheme.get("name") else None
    made = {"identitySource": header, **given, "name": name, "type": type_name}
    authorizer = new_authorizer(ctx, api_id, {key: value for key, value in made.items() if value is not None})
    return {"authorizationType": "CUSTOM", "authorizerId": authorizer["id"]}
