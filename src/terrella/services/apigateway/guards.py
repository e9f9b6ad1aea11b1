"""What stands around the methods of an API: authorizers, models, request validators, gateway responses.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .errors import BadRequestException, ConflictException
from .methods import function_of
from .patching import patched
from .state import State, delete, kept, new_id, page, put, service

Plain = dict[str, Any]
AUTHORIZER = (
    "name", "type", "authType", "authorizerUri", "authorizerCredentials", "identitySource",
    "identityValidationExpression", "authorizerResultTtlInSeconds",
)  # fmt: skip
TTL_S = 300


@service.operation
def create_authorizer(ctx: Context[State], input: Plain) -> Plain:
    return new_authorizer(ctx, input["restApiId"], input)


@service.operation
def get_authorizer(ctx: Context[State], input: Plain) -> Plain:
    return ctx.state.one("authorizer", input["restApiId"], input["authorizerId"])


@service.operation
def get_authorizers(ctx: Context[State], input: Plain) -> Plain:
    return _all(ctx, "authorizer", input)


@service.operation
def update_authorizer(ctx: Context[State], input: Plain) -> Plain:
    made = patched(get_authorizer(ctx, input), input.get("patchOperations"))
    return put(ctx, "authorizer", f"{input['restApiId']}/{made['id']}", checked(made) | {"id": made["id"]})


@service.operation
def delete_authorizer(ctx: Context[State], input: Plain) -> Plain:
    get_authorizer(ctx, input)
    return delete(ctx, "authorizer", f"{input['restApiId']}/{input['authorizerId']}")


@service.operation
def create_model(ctx: Context[State], input: Plain) -> Plain:
    return new_model(ctx, input["restApiId"], input)


@service.operation
def get_model(ctx: Context[State], input: Plain) -> Plain:
    return ctx.state.one("model", input["restApiId"], input["modelName"])


@service.operation
def get_models(ctx: Context[State], input: Plain) -> Plain:
    return _all(ctx, "model", input)


@service.operation
def update_model(ctx: Context[State], input: Plain) -> Plain:
    made = patched(get_model(ctx, input), input.get("patchOperations"))
    return put(ctx, "model", f"{input['restApiId']}/{made['name']}", made)


@service.operation
def delete_model(ctx: Context[State], input: Plain) -> Plain:
    get_model(ctx, input)
    return delete(ctx, "model", f"{input['restApiId']}/{input['modelName']}")


@service.operation
def create_request_validator(ctx: Context[State], input: Plain) -> Plain:
    """Kept as state: bodies and parameters are not looked at."""
    ctx.state.api(input["restApiId"])
    flags = {name: bool(input.get(name)) for name in ("validateRequestBody", "validateRequestParameters")}
    made = {"id": new_id(ctx, 6), **kept(input, ("name",)), **flags}
    return put(ctx, "validator", f"{input['restApiId']}/{made['id']}", made)


@service.operation
def get_request_validator(ctx: Context[State], input: Plain) -> Plain:
    return ctx.state.one("validator", input["restApiId"], input["requestValidatorId"])


@service.operation
def get_request_validators(ctx: Context[State], input: Plain) -> Plain:
    return _all(ctx, "validator", input)


@service.operation
def update_request_validator(ctx: Context[State], input: Plain) -> Plain:
    made = patched(get_request_validator(ctx, input), input.get("patchOperations"))
    return put(ctx, "validator", f"{input['restApiId']}/{made['id']}", made)


@service.operation
def delete_request_validator(ctx: Context[State], input: Plain) -> Plain:
    get_request_validator(ctx, input)
    return delete(ctx, "validator", f"{input['restApiId']}/{input['requestValidatorId']}")


@service.operation
def put_gateway_response(ctx: Context[State], input: Plain) -> Plain:
    return new_gateway_response(ctx, input["restApiId"], input)


@service.operation
def get_gateway_response(ctx: Context[State], input: Plain) -> Plain:
    return ctx.state.one("response", input["restApiId"], input["responseType"])


@service.operation
def get_gateway_responses(ctx: Context[State], input: Plain) -> Plain:
    return _all(ctx, "response", input)


@service.operation
def delete_gateway_response(ctx: Context[State], input: Plain) -> Plain:
    get_gateway_response(ctx, input)
    return delete(ctx, "response", f"{input['restApiId']}/{input['responseType']}")


def new_authorizer(ctx: Context[State], api_id: str, given: Plain) -> Plain:
    ctx.state.api(api_id)
    made = {"id": new_id(ctx, 6), **checked(given)}
    if any(each["name"] == made["name"] for each in ctx.state.all("authorizer", api_id)):
        raise BadRequestException(
            "Authorizer name must be unique. Authorizer with this name already exists in this API."
        )
    return put(ctx, "authorizer", f"{api_id}/{made['id']}", made)


def new_model(ctx: Context[State], api_id: str, given: Plain) -> Plain:
    ctx.state.api(api_id)
    if f"{api_id}/{given['name']}" in ctx.state.parts["model"]:
        raise ConflictException(f"Model name already exists for this REST API: {given['name']}")
    made = {"id": new_id(ctx, 6), **kept(given, ("name", "description", "schema", "contentType"))}
    return put(ctx, "model", f"{api_id}/{made['name']}", made)


def new_gateway_response(ctx: Context[State], api_id: str, given: Plain) -> Plain:
    ctx.state.api(api_id)
    names = ("responseType", "statusCode", "responseParameters", "responseTemplates")
    made = {**kept(given, names), "defaultResponse": False}
    return put(ctx, "response", f"{api_id}/{made['responseType']}", made)


def checked(given: Plain) -> Plain:
    """What is kept of an authorizer. Refuses what API Gateway refuses, and what is not here."""
    kind = given["type"]
    if kind == "COGNITO_USER_POOLS":
        raise NotImplementedHere("apigateway", "authorizers of type COGNITO_USER_POOLS")
    if given.get("identityValidationExpression"):
        raise NotImplementedHere("apigateway", "authorizers with identityValidationExpression")
    if function_of(given.get("authorizerUri") or "") is None:
        raise BadRequestException(f"Invalid Authorizer URI: {given.get('authorizerUri')}")
    made = {"authType": "custom", "authorizerResultTtlInSeconds": TTL_S, **kept(given, AUTHORIZER)}
    if kind == "TOKEN":
        made.setdefault("identitySource", "method.request.header.Authorization")
    if kind == "REQUEST" and made["authorizerResultTtlInSeconds"] and not made.get("identitySource"):
        raise BadRequestException("Identity source is required when caching is enabled")
    return made


def _all(ctx: Context[State], kind: str, input: Plain) -> Plain:
    ctx.state.api(input["restApiId"])
    return page(ctx.state.all(kind, input["restApiId"]), input)
