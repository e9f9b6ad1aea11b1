"""Methods of resources, what stands behind them, and what either answers.

Lambda functions by proxy and mocks are there; other integrations are refused by name.
https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .errors import BadRequestException, ConflictException, NotFoundException
from .mocking import check_template
from .patching import patched
from .state import State, kept, put, service

Plain = dict[str, Any]
VERBS = frozenset(("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"))
METHOD = (
    "authorizationType", "authorizerId", "apiKeyRequired", "operationName", "requestParameters", "requestModels",
    "requestValidatorId", "authorizationScopes",
)  # fmt: skip
INTEGRATION = (
    "type", "uri", "connectionType", "connectionId", "credentials", "requestParameters", "requestTemplates",
    "passthroughBehavior", "contentHandling", "timeoutInMillis", "cacheNamespace", "cacheKeyParameters", "tlsConfig",
)  # fmt: skip
RESPONSE = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
AUTHORIZATIONS = frozenset(("NONE", "CUSTOM"))
_FUNCTION = re.compile(
    r"arn:aws[a-zA-Z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/"
    r"(?P<arn>arn:aws[a-zA-Z-]*:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9-_:$.{}]+)/invocations"
)


@service.operation
def put_method(ctx: Context[State], input: Plain) -> Plain:
    resource, verb = _resource(ctx, input), input["httpMethod"]
    if verb in resource["resourceMethods"]:
        raise ConflictException("Method already exists for this resource")
    return _put(ctx, input, new_method(ctx, input["restApiId"], verb, input))


@service.operation
def get_method(ctx: Context[State], input: Plain) -> Plain:
    return _method(ctx, input)


@service.operation
def update_method(ctx: Context[State], input: Plain) -> Plain:
    return _put(ctx, input, _flags(patched(_method(ctx, input), input.get("patchOperations")), "requestParameters"))


@service.operation
def delete_method(ctx: Context[State], input: Plain) -> Plain:
    _method(ctx, input)
    resource = _resource(ctx, input)
    left = {verb: each for verb, each in resource["resourceMethods"].items() if verb != input["httpMethod"]}
    put(ctx, "resource", f"{input['restApiId']}/{resource['id']}", {**resource, "resourceMethods": left})
    return {}


@service.operation
def put_method_response(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    made = {"statusCode": input["statusCode"], **kept(input, ("responseParameters", "responseModels"))}
    answers = {**method.get("methodResponses", {}), input["statusCode"]: made}
    _put(ctx, input, {**method, "methodResponses": answers})
    return made


@service.operation
def get_method_response(ctx: Context[State], input: Plain) -> Plain:
    return _response(_method(ctx, input).get("methodResponses"), input)


@service.operation
def update_method_response(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    old = _response(method.get("methodResponses"), input)
    made = _flags(patched(old, input.get("patchOperations")), "responseParameters")
    _put(ctx, input, {**method, "methodResponses": {**method["methodResponses"], input["statusCode"]: made}})
    return made


@service.operation
def delete_method_response(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    _response(method.get("methodResponses"), input)
    left = {code: each for code, each in method["methodResponses"].items() if code != input["statusCode"]}
    _put(ctx, input, {**method, "methodResponses": left})
    return {}


@service.operation
def put_integration(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    made = new_integration(input)
    old = method.get("methodIntegration", {}).get("integrationResponses")
    made |= {"integrationResponses": old} if old else {}
    _put(ctx, input, {**method, "methodIntegration": made})
    return made


@service.operation
def get_integration(ctx: Context[State], input: Plain) -> Plain:
    return _integration(_method(ctx, input))


@service.operation
def update_integration(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    made = patched(_integration(method), input.get("patchOperations"))
    check_integration(made)
    _put(ctx, input, {**method, "methodIntegration": made})
    return made


@service.operation
def delete_integration(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    _integration(method)
    _put(ctx, input, {name: value for name, value in method.items() if name != "methodIntegration"})
    return {}


@service.operation
def put_integration_response(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    made = new_response(input["statusCode"], input)
    integration = _integration(method)
    answers = {**integration.get("integrationResponses", {}), input["statusCode"]: made}
    _put(ctx, input, {**method, "methodIntegration": {**integration, "integrationResponses": answers}})
    return made


@service.operation
def get_integration_response(ctx: Context[State], input: Plain) -> Plain:
    return _response(_integration(_method(ctx, input)).get("integrationResponses"), input)


@service.operation
def delete_integration_response(ctx: Context[State], input: Plain) -> Plain:
    method = _method(ctx, input)
    integration = _integration(method)
    _response(integration.get("integrationResponses"), input)
    left = {code: each for code, each in integration["integrationResponses"].items() if code != input["statusCode"]}
    _put(ctx, input, {**method, "methodIntegration": {**integration, "integrationResponses": left}})
    return {}


def _flags(record: Plain, name: str) -> Plain:
    """A record whose parameters are wanted or not: patches say so in words (`"value": "true"`)."""
    if name not in record:
        return record
    return {**record, name: {key: str(value).lower() == "true" for key, value in record[name].items()}}


def new_method(ctx: Context[State], api_id: str, verb: str, given: Plain) -> Plain:
    """A checked method's record, not yet committed."""
    if verb not in VERBS:
        raise BadRequestException(f"Invalid HTTP method specified: {verb}")
    kind = given["authorizationType"]
    if kind not in AUTHORIZATIONS:
        if kind in ("AWS_IAM", "COGNITO_USER_POOLS"):
            raise NotImplementedHere("apigateway", f"methods with authorization {kind}")
        raise BadRequestException(f"Invalid authorization type specified: {kind}")
    if kind == "CUSTOM":
        ctx.state.one("authorizer", api_id, given.get("authorizerId") or "")
    return {"apiKeyRequired": False, **kept(given, METHOD), "httpMethod": verb}


def new_integration(given: Plain) -> Plain:
    """A checked integration's record, not yet committed."""
    made = {"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29_000, **kept(given, INTEGRATION)}
    if given.get("integrationHttpMethod"):
        made["httpMethod"] = given["integrationHttpMethod"]
    check_integration(made)
    return made


def check_integration(given: Plain) -> None:
    """Refuse what API Gateway refuses, and what is not here."""
    kind = given["type"]
    if kind not in ("AWS_PROXY", "MOCK"):
        raise NotImplementedHere("apigateway", f"integrations of type {kind}")
    if kind == "MOCK":
        for text in (given.get("requestTemplates") or {}).values():
            check_template(text)
        return
    if not given.get("httpMethod"):
        raise BadRequestException("Enumeration value for HttpMethod must be non-empty")
    if function_of(given.get("uri") or "") is None:
        raise BadRequestException("Invalid ARN specified in the request")


def new_response(status: str, given: Plain) -> Plain:
    """An integration's answer, checked."""
    for text in (given.get("responseTemplates") or {}).values():
        check_template(text)
    return {"statusCode": status, **kept(given, RESPONSE)}


def function_of(uri: str) -> str | None:
    """The ARN of the function that an integration or an authorizer names."""
    found = _FUNCTION.fullmatch(uri)
    return found["arn"] if found else None


def _resource(ctx: Context[State], input: Plain) -> Plain:
    return ctx.state.one("resource", input["restApiId"], input["resourceId"])


def _method(ctx: Context[State], input: Plain) -> Plain:
    found: Plain | None = _resource(ctx, input)["resourceMethods"].get(input["httpMethod"])
    if found is None:
        raise NotFoundException("Invalid Method identifier specified")
    return found


def _integration(method: Plain) -> Plain:
    found: Plain | None = method.get("methodIntegration")
    if found is None:
        raise NotFoundException("Invalid Integration identifier specified")
    return found


def _response(answers: Plain | None, input: Plain) -> Plain:
    found: Plain | None = (answers or {}).get(input["statusCode"])
    if found is None:
        raise NotFoundException("Invalid Response status code specified")
    return found


def _put(ctx: Context[State], input: Plain, method: Plain) -> Plain:
    resource = _resource(ctx, input)
    methods = {**resource["resourceMethods"], method["httpMethod"]: method}
    put(ctx, "resource", f"{input['restApiId']}/{resource['id']}", {**resource, "resourceMethods": methods})
    return method
