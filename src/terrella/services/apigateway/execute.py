"""The data plane: a request for a REST API becomes an event, what the function returns becomes the answer.

Anything that goes wrong is answered as API Gateway answers it, in the same words, or as the API's own gateway responses
say. https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from ...net.addresses import client_ip
from ...region.region import Region
from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request, Response
from .admitting import Refused, admitted
from .domains import choose_mapping, domain_of, mappings_of
from .integrating import NoAnswer, answer_of, event_of
from .keys import opens
from .mocking import filled, mocked
from .routing import Tree
from .state import State, service

Plain = dict[str, Any]
BY_DOMAIN = "x-terrella-by-domain"  # from a domain of API Gateway v2 that leads here: its name, and the path asked for
LARGEST_BODY = 10_485_760
# kind of gateway response: status, message, header x-amzn-errortype
KINDS = {
    "ACCESS_DENIED": (403, "User is not authorized to access this resource", "AccessDeniedException"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "", "AuthorizerConfigurationException"),
    "AUTHORIZER_FAILURE": (500, "", "AuthorizerFailureException"),
    "API_CONFIGURATION_ERROR": (500, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_FAILURE": (502, "Internal server error", "InternalServerErrorException"),
    "INTEGRATION_TIMEOUT": (504, "Endpoint request timed out", "InternalServerErrorException"),
    "INVALID_API_KEY": (403, "Forbidden", "ForbiddenException"),
    "MISSING_AUTHENTICATION_TOKEN": (403, "Missing Authentication Token", "MissingAuthenticationTokenException"),
    "REQUEST_TOO_LARGE": (413, "Request Too Long", "RequestTooLargeException"),
    "UNAUTHORIZED": (401, "Unauthorized", "UnauthorizedException"),
}
FAILURES = {500: "API_CONFIGURATION_ERROR", 502: "INTEGRATION_FAILURE", 504: "INTEGRATION_TIMEOUT"}


@dataclass(slots=True)
class Target:
    """Where a request arrived: an API, one of its stages, what that serves, and the path within."""

    api: Plain
    stage: Plain
    frozen: Plain
    path: str


def belongs(state: State, here: Region, host: str) -> bool:
    own = host.endswith(f".execute-api.{here.name}.amazonaws.com") and host.partition(".")[0] in state.apis
    return own or domain_of(state, host) is not None


@service.door(belongs)
async def execute(ctx: Context[State], request: Request) -> Response:
    """One request for a REST API."""
    domain, _, path = request.headers.pop(BY_DOMAIN, "").partition(" ")
    request_id = str(uuid.UUID(bytes=bytes.fromhex(ctx.request_id.replace("-", ""))[:16].ljust(16, b"\0")))
    target = _target(ctx, request)
    if domain:
        request = replace(request, path=path)  # as it was sent
    elif domain_of(ctx.state, request.host) is not None:
        domain = request.host
    if target is None:
        response = Response(403, [("content-type", "application/json")], b'{"message":"Forbidden"}')
    elif len(request.body) > LARGEST_BODY:
        response = refusal(target, "REQUEST_TOO_LARGE", request_id)
    else:
        response = await _answer(ctx, request, target, request_id, domain)
    response.headers += [("x-amzn-requestid", request_id), ("x-amz-apigw-id", request_id.replace("-", "")[:15] + "=")]
    return response


async def _answer(
    ctx: Context[State], request: Request, target: Target, request_id: str, domain: str
) -> Response:
    found = _tree(ctx.state, target).match(request.method, target.path)
    if found is None:
        return refusal(target, "MISSING_AUTHENTICATION_TOKEN", request_id)
    resource, method, variables = found
    place = http_event.Place(
        account=ctx.account, api_id=target.api["id"], domain=domain or request.host, stage=target.stage["stageName"],
        route_key=resource["id"], request_id=request_id, now=ctx.now, path_parameters=variables,
        path=request.path if domain else target.path,  # the base path is part of it, the stage is not
        stage_variables=target.stage.get("variables") or {}, resource=resource["path"],
        source_ip=client_ip(request.source),
    )  # fmt: skip
    try:
        await _let_in(ctx, request, place, target, resource, method)
        return await _integrated(ctx, request, place, target, resource, method)
    except Refused as refused:
        return refusal(target, refused.kind, request_id)


async def _let_in(
    ctx: Context[State], request: Request, place: http_event.Place, target: Target, resource: Plain, method: Plain
) -> None:
    """Raises Refused."""
    if method["authorizationType"] == "CUSTOM":
        authorizer = target.frozen["authorizers"].get(method.get("authorizerId"))
        if authorizer is None:
            raise Refused("AUTHORIZER_CONFIGURATION_ERROR")
        event = event_of(request, place, resource["id"], [])
        path = target.path.lstrip("/")
        arn = f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}/{place.stage}/{request.method}/{path}"
        place.authorizer = await admitted(ctx, request, place, authorizer, event, arn)
    if method.get("apiKeyRequired"):
        key = request.headers.get("x-api-key")
        if not opens(ctx.state, key, place.api_id, place.stage):
            raise Refused("INVALID_API_KEY")


async def _integrated(
    ctx: Context[State], request: Request, place: http_event.Place, target: Target, resource: Plain, method: Plain
) -> Response:
    """Raises Refused."""
    integration = method["methodIntegration"]
    event = event_of(request, place, resource["id"], target.frozen["binary"])
    if integration["type"] == "MOCK":
        answer = mocked(integration, request, lambda kind, name: _variable(event, place, kind, name))
        if answer is None:
            raise Refused("API_CONFIGURATION_ERROR")
        return answer
    verb = method["httpMethod"] if method["httpMethod"] != "ANY" else "*"
    source = f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}/{place.stage}/{verb}{resource['path']}"
    within_s = integration["timeoutInMillis"] / 1000
    try:
        payload = await answer_of(ctx, integration["uri"], place, event, source, within_s)
    except NoAnswer as none:
        raise Refused(FAILURES[none.status]) from None
    made = http_event.response_1(payload)
    if made is None:
        raise Refused("INTEGRATION_FAILURE")
    if not any(name == "content-type" and value != _PLAIN for name, value in made.headers):
        made.headers = [row for row in made.headers if row != ("content-type", _PLAIN)]
        made.headers.append(("content-type", "application/json"))
    return made


_PLAIN = "text/plain; charset=utf-8"  # what an answer of an HTTP API has that names no type


def refusal(target: Target, kind: str, request_id: str) -> Response:
    """A gateway response: of the kind, of its class as the API has them, or the usual one."""
    status, message, error_type = KINDS[kind]
    responses = target.frozen["responses"]
    own = responses.get(kind) or responses.get("DEFAULT_4XX" if status < 500 else "DEFAULT_5XX") or {}
    headers = [("content-type", "application/json"), ("x-amzn-errortype", error_type)]
    for name, value in (own.get("responseParameters") or {}).items():
        if name.startswith("gatewayresponse.header."):
            headers.append((name.removeprefix("gatewayresponse.header.").lower(), str(value).strip("'")))
    text = (own.get("responseTemplates") or {}).get("application/json") or '{"message":$context.error.messageString}'
    said = {"error.messageString": f'"{message}"' if message else "null", "error.message": message}
    said |= {"requestId": request_id, "error.responseType": kind}
    body = filled(text, lambda _, name: said.get(name, ""))
    return Response(int(own.get("statusCode") or status), headers, body.encode())


def _variable(event: Plain, place: http_event.Place, kind: str, name: str) -> str:
    if kind == "variable":
        return place.stage_variables.get(name, "")
    if kind == "parameter":
        given = {**(event["headers"] or {}), **(event["queryStringParameters"] or {}), **place.path_parameters}
        return str(given.get(name, ""))
    value: Any = event["requestContext"]
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None else str(value)


def _target(ctx: Context[State], request: Request) -> Target | None:
    """The API and stage a request is for; None when its Host or path leads nowhere."""
    state, host, path = ctx.state, request.host, request.path or "/"
    domain = domain_of(state, host)
    if domain is not None:
        found = choose_mapping(mappings_of(state, domain), path)
        if found is None:
            return None
        mapping, rest = found
        api = state.apis.get(mapping["restApiId"])
        name = mapping.get("stage")
        return _served(state, api, name, rest) if name else _staged(state, api, rest)
    api = state.apis.get(host.partition(".")[0])
    return None if api is None or api["disableExecuteApiEndpoint"] else _staged(state, api, path)


def _staged(state: State, api: Plain | None, path: str) -> Target | None:
    name, slash, rest = path.lstrip("/").partition("/")
    return _served(state, api, name, slash + rest or "/")


def _served(state: State, api: Plain | None, name: str, path: str) -> Target | None:
    stage = state.parts["stage"].get(f"{api['id']}/{name}") if api else None
    if api is None or stage is None:
        return None
    deployment = state.parts["deployment"].get(f"{api['id']}/{stage['deploymentId']}")
    return Target(api, stage, deployment["frozen"], path) if deployment else None


def _tree(state: State, target: Target) -> Tree:
    key = f"{target.api['id']}/{target.stage['deploymentId']}"
    tree: Tree | None = state.trees.get(key)
    if tree is None:
        tree = state.trees[key] = Tree(target.frozen["resources"])
    return tree
