"""The data plane: a request for an API becomes an event, what the function returns becomes the answer.

Anything that goes wrong is answered as API Gateway answers it, in the same words; a door has no other way
out. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from ...net.addresses import client_ip
from ...region.region import Region
from ...region.service import Context
from ...wire import http_event
from ...wire.http import Request, Response
from . import cors, mapping, measuring, signing
from .asking import NoAnswer, answer_of
from .authorize import admitted
from .bearers import bearing
from .domains import choose_mapping, domain_of, mappings_of
from .proxying import passed_on
from .refusing import Refused, refusal
from .routing import Router
from .state import State, service
from .throttle import Bucket, account_bucket

LARGEST_BODY = 10_485_760
LARGEST_HEAD = 10_240
BY_DOMAIN = "x-terrella-by-domain"  # from here to REST APIs only: the domain name that led there, and the path
REASONS = {500: "Internal Server Error", 503: "Service Unavailable"}


@dataclass(slots=True)
class Target:
    """Where a request arrived: an API, one of its stages, and the path within."""

    api: dict[str, Any]
    stage: dict[str, Any]
    path: str  # for routing
    raw_path: str  # as the function sees it


def belongs(state: State, here: Region, host: str) -> bool:
    return host.endswith(f".execute-api.{here.name}.amazonaws.com") or domain_of(state, host) is not None


@service.door(belongs)
async def execute(ctx: Context[State], request: Request) -> Response:
    """One request for an API."""
    request_id = _request_id(ctx)
    response = await _answer(ctx, request, request_id)
    response.headers.append(("apigw-requestid", request_id))
    return response


async def _answer(ctx: Context[State], request: Request, request_id: str) -> Response:
    refused = _too_large(request)
    if refused is not None:
        return refused
    target = _target(ctx, request)
    if isinstance(target, Request):
        handed_on = ctx.here.handle(target)
        return handed_on if isinstance(handed_on, Response) else await handed_on
    if isinstance(target, Response):
        return target
    answer = await _at_stage(ctx, request, target, request_id)
    took_ms = (ctx.here.clock.now() - ctx.now) * 1000.0
    size = len(request.body) + len(answer.body)
    measuring.answered(ctx, target.api["ApiId"], target.stage["StageName"], answer.status, size, took_ms)
    return answer


async def _at_stage(ctx: Context[State], request: Request, target: Target, request_id: str) -> Response:
    identifier = target.stage.get("DeploymentId")
    deployment = ctx.state.deployments.get(f"{target.api['ApiId']}/{identifier}") if identifier else None
    if deployment is None:
        return refusal(404, "Not Found")
    answer = cors.preflight(deployment["cors"], request)
    if answer is None:
        answer = await _routed(ctx, request, target, deployment, request_id)
        cors.decorate(deployment["cors"], request, answer)
    return answer


async def _routed(
    ctx: Context[State], request: Request, target: Target, deployment: dict[str, Any], request_id: str
) -> Response:
    found = _router(ctx.state, target.api["ApiId"], deployment).match(request.method, target.path)
    if found is None:
        return refusal(404, "Not Found")
    route, variables = found
    if not _admitted(ctx, target, route["RouteKey"]):
        return refusal(429, "Too Many Requests")
    name = (route.get("Target") or "").removeprefix("integrations/")
    integration = deployment["integrations"].get(name)
    if integration is None:
        return refusal(500, "Internal Server Error")
    place = http_event.Place(
        account=ctx.account,
        api_id=target.api["ApiId"],
        domain=request.host,
        stage=target.stage["StageName"],
        route_key=route["RouteKey"],
        request_id=request_id,
        now=ctx.now,
        path=target.raw_path,
        path_parameters=variables,
        stage_variables=target.stage["StageVariables"],
        resource=route["RouteKey"].partition(" ")[2] or "/{proxy+}",
        source_ip=client_ip(request.source),
    )
    authorizer = deployment.get("authorizers", {}).get(route.get("AuthorizerId"))
    try:
        await _let_in(ctx, request, place, route, authorizer, integration["PayloadFormatVersion"] == "1.0")
    except Refused as refused:
        return refused.response()
    return await _integrated(ctx, request, place, integration)


async def _integrated(
    ctx: Context[State], request: Request, place: http_event.Place, integration: dict[str, Any]
) -> Response:
    """The answer of what stands behind a route, both ways as its parameters say."""
    parameters, responses = integration.get("RequestParameters"), integration.get("ResponseParameters")
    sent, path = mapping.altered(request, place, parameters) if parameters else (request, None)
    if integration["IntegrationType"] == "HTTP_PROXY":
        began = ctx.here.clock.now()
        response = await passed_on(ctx, sent, place, integration, path)
        measuring.integrated(ctx, place.api_id, place.stage, (ctx.here.clock.now() - began) * 1000.0)
    else:
        there = replace(place, path=path) if path else place
        response = await _invoke(ctx, sent, there, integration)
    return mapping.answered(response, request, place, responses) if responses else response


async def _invoke(
    ctx: Context[State], request: Request, place: http_event.Place, integration: dict[str, Any]
) -> Response:
    old = integration["PayloadFormatVersion"] == "1.0"
    event = (http_event.version_1 if old else http_event.version_2)(request, place)
    path = place.route_key.partition(" ")[2] or "/$default"
    arn = f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}/{place.stage}"
    method = place.route_key.partition(" ")[0] if place.route_key != "$default" else "$default"
    source = (
        f"{arn}/{'*' if method == 'ANY' else method}{path}" if method != "$default" else f"{arn}/$default"
    )
    within_s = integration["TimeoutInMillis"] / 1000
    began = ctx.here.clock.now()
    try:
        payload = await answer_of(ctx, integration["IntegrationUri"], place, event, source, within_s)
    except NoAnswer as none:
        return refusal(none.status, REASONS[none.status])
    finally:
        measuring.integrated(ctx, place.api_id, place.stage, (ctx.here.clock.now() - began) * 1000.0)
    response = (http_event.response_1 if old else http_event.response_2)(payload)
    return response or refusal(500, REASONS[500])


async def _let_in(
    ctx: Context[State], request: Request, place: http_event.Place, route: dict[str, Any],
    authorizer: dict[str, Any] | None, old: bool,
) -> None:  # fmt: skip
    """Say in the place what the integration is told of the caller. Raises Refused."""
    if route["AuthorizationType"] == "AWS_IAM":
        access_key = signing.signer(ctx, request)
        if old:
            place.identity = signing.as_identity(ctx, access_key)
        else:
            place.authorizer = {"iam": signing.as_iam(ctx, access_key)}
        return
    if route["AuthorizationType"] == "NONE":
        return
    if authorizer is None:
        raise Refused(500, REASONS[500])
    if authorizer["AuthorizerType"] == "JWT":
        told = await bearing(ctx, request, authorizer, route.get("AuthorizationScopes") or [])
        place.authorizer = told if old else {"jwt": told}
        return
    path = unquote(place.path).lstrip("/")
    arn = f"arn:aws:execute-api:{ctx.region}:{ctx.account}:{place.api_id}/{place.stage}/{request.method}/{path}"
    context = await admitted(ctx, request, place, authorizer, arn)
    place.authorizer = context if old else {"lambda": context}


def _too_large(request: Request) -> Response | None:
    if len(request.body) > LARGEST_BODY:
        return refusal(413, "Request Entity Too Large")
    if len(request.path) + len(request.query) > LARGEST_HEAD:
        return refusal(414, "Request-URI Too Long")
    if sum(len(name) + len(value) for name, value in request.headers.items()) > LARGEST_HEAD:
        return refusal(431, "Request Header Fields Too Large")
    return None


def _target(ctx: Context[State], request: Request) -> Target | Request | Response:
    """The API and stage a request is for; the same request for a REST API, where its domain leads to one; or the
    refusal when its Host or path leads nowhere."""
    state, host, path = ctx.state, request.host, request.path or "/"
    domain = domain_of(state, host)
    if domain is not None:
        found = choose_mapping(mappings_of(state, domain), path)
        if found is None:
            return refusal(403, "Forbidden")
        chosen, rest = found
        stage = state.stages.get(f"{chosen['ApiId']}/{chosen['Stage']}")
        api = state.apis.get(chosen["ApiId"])
        if api is None and not request.headers.get(BY_DOMAIN):
            return _for_rest(ctx, request, chosen, rest)
        return Target(api, stage, rest, rest) if api and stage else refusal(403, "Forbidden")
    api = state.apis.get(host.partition(".")[0])
    if api is None:
        return refusal(403, "Forbidden")
    if api["DisableExecuteApiEndpoint"]:
        return refusal(404, "Not Found")
    return _staged(state, api, path)


def _for_rest(ctx: Context[State], request: Request, mapping: dict[str, Any], rest: str) -> Request:
    """As if it had been sent to the REST API's own name; which name it was really sent to is told beside."""
    host = f"{mapping['ApiId']}.execute-api.{ctx.region}.amazonaws.com"
    headers = {**request.headers, "host": host, BY_DOMAIN: f"{request.host} {request.path}"}
    return replace(request, path=f"/{mapping['Stage']}{rest}", headers=headers)


def _staged(state: State, api: dict[str, Any], path: str) -> Target | Response:
    """On the API's own name the stage is the first part of the path, or $default."""
    name, slash, rest = path.lstrip("/").partition("/")
    stage = state.stages.get(f"{api['ApiId']}/{name}") if name else None
    if stage is not None and name != "$default":
        return Target(api, stage, slash + rest or "/", path)
    stage = state.stages.get(f"{api['ApiId']}/$default")
    return Target(api, stage, path, path) if stage is not None else refusal(404, "Not Found")


def _router(state: State, api_id: str, deployment: dict[str, Any]) -> Router:
    key = f"{api_id}/{deployment['DeploymentId']}"
    router = state.routers.get(key)
    if router is None:
        router = state.routers[key] = Router(deployment["routes"])
    return router


def _admitted(ctx: Context[State], target: Target, route_key: str) -> bool:
    """A token from the route's own bucket, where the stage gives it one, and one from the account's."""
    buckets, stage = ctx.state.buckets, target.stage
    settings = {**stage["DefaultRouteSettings"], **stage["RouteSettings"].get(route_key, {})}
    rate, burst = settings.get("ThrottlingRateLimit"), settings.get("ThrottlingBurstLimit")
    if rate is not None or burst is not None:
        key = f"{target.api['ApiId']}/{stage['StageName']}/{route_key}"
        bucket = buckets.get(key)
        if bucket is None or (bucket.rate, bucket.burst) != (rate or 0.0, burst or 0):
            bucket = buckets[key] = Bucket(rate or 0.0, burst or 0, burst or 0, ctx.now)
        if not bucket.take(ctx.now):
            return False
    account = buckets.get("")
    if account is None:
        account = buckets[""] = account_bucket(ctx.region, ctx.now)
    return account.take(ctx.now)


def _request_id(ctx: Context[State]) -> str:
    """Fifteen letters and an equals sign, as HTTP APIs give."""
    return base64.b64encode(bytes.fromhex(ctx.request_id)[-11:]).decode().replace("/", "_").replace("+", "-")
