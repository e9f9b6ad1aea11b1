"""Function URLs: an HTTPS name of its own for a function, without an API in front.

https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
Only AuthType NONE; the function's policy must then let everybody in, as SAM arranges it.
"""

from __future__ import annotations

from typing import Any

import orjson

from ...core.errors import NotImplementedHere
from ...net.addresses import client_ip
from ...region.ports import NoRoom
from ...region.region import Region
from ...region.service import Context
from ...store.journal import Change
from ...wire import http_event
from ...wire.http import Request, Response
from . import policy
from .configuration import is_ready, stamp
from .errors import ResourceConflictException, ResourceNotFoundException, TooManyRequestsException
from .invoke import LARGEST_EVENT
from .names import LATEST, as_uuid, function_arn, parse
from .running import run, trace_id
from .state import State, service

ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see: "
    "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


@service.operation
def create_function_url_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    key, arn = _key(ctx, input)
    _check(input)
    if key in ctx.state.urls:
        raise ResourceConflictException(
            f"Failed to create function url config for [functionArn = {arn}]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function"
        )
    url = {
        "id": "".join(ctx.here.rng.choices(ID_LETTERS, k=32)),
        "arn": arn,
        "key": key,
        "auth": input["AuthType"],
        "cors": input.get("Cors"),
        "created_at": ctx.now,
        "modified_at": ctx.now,
    }
    ctx.commit("url_put", key=key, url=url)
    return _shown(ctx, url)


@service.operation
def update_function_url_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = _url(ctx, input)
    _check(input)
    url = {**old, "cors": input.get("Cors", old["cors"]), "modified_at": ctx.now}
    ctx.commit("url_put", key=old["key"], url=url)
    return _shown(ctx, url)


@service.operation
def get_function_url_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _shown(ctx, _url(ctx, input))


@service.operation
def list_function_url_configs(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    name, _ = parse(ctx, input["FunctionName"])
    ctx.state.function(ctx, name)
    found = [url for key, url in ctx.state.urls.items() if key.partition(":")[0] == name]
    return {"FunctionUrlConfigs": [_shown(ctx, url) for url in found]}


@service.operation
def delete_function_url_config(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.commit("url_put", key=_url(ctx, input)["key"], url=None)
    return {}


def belongs(state: State, here: Region, host: str) -> bool:
    return host.endswith(f".lambda-url.{here.name}.on.aws")


@service.door(belongs)
async def answer(ctx: Context[State], request: Request) -> Response:
    """One request for a function URL."""
    url_id = request.host.partition(".")[0]
    url = next((url for _, url in ctx.state.urls.items() if url["id"] == url_id), None)
    name, _, qualifier = url["key"].partition(":") if url else ("", "", "")
    if url is None or not policy.allows(ctx, name, qualifier or None, "*", None, "lambda:InvokeFunctionUrl"):
        return _refusal(403, FORBIDDEN)
    if len(request.body) > LARGEST_EVENT:
        return _refusal(413, "Request Entity Too Large")
    config = ctx.state.configuration(ctx, name, qualifier or None)
    if not is_ready(config, ctx.now):
        return _refusal(502, "Internal Server Error")
    request_id = as_uuid(ctx.request_id)
    place = http_event.Place(
        ctx.account, url_id, request.host, "$default", "$default", request_id, ctx.now,
        source_ip=client_ip(request.source),
    )  # fmt: skip
    event = orjson.dumps(http_event.version_2(request, place))
    context = {"request_id": request_id, "arn": url["arn"], "trace_id": trace_id(ctx.now, request_id)}
    try:
        outcome = await run(ctx, config, event, context)
    except (TooManyRequestsException, NoRoom):
        return _refusal(429, "Rate Exceeded.")
    response = http_event.response_2(outcome.payload) if outcome.error is None else None
    if response is None:
        return _refusal(502, "Internal Server Error")
    response.headers.append(("x-amzn-requestid", request_id))
    return response


def _refusal(status: int, message: str) -> Response:
    return Response(status, [("content-type", "application/json")], orjson.dumps({"Message": message}))


def _check(input: dict[str, Any]) -> None:
    if input.get("AuthType") == "AWS_IAM":
        raise NotImplementedHere("lambda", "function URLs with AuthType AWS_IAM")
    if input.get("InvokeMode") == "RESPONSE_STREAM":
        raise NotImplementedHere("lambda", "function URLs with InvokeMode RESPONSE_STREAM")
    if any((input.get("Cors") or {}).values()):
        raise NotImplementedHere("lambda", "function URLs with Cors")


def _key(ctx: Context[State], input: dict[str, Any]) -> tuple[str, str]:
    name, qualifier = parse(ctx, input["FunctionName"], input.get("Qualifier"))
    ctx.state.configuration(ctx, name, qualifier)
    qualifier = None if qualifier == LATEST else qualifier
    return f"{name}:{qualifier}" if qualifier else name, function_arn(ctx, name, qualifier)


def _url(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    url = ctx.state.urls.get(_key(ctx, input)[0])
    if url is None:
        raise ResourceNotFoundException("The resource you requested does not exist.")
    return url


def _shown(ctx: Context[State], url: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "FunctionUrl": f"https://{url['id']}.lambda-url.{ctx.region}.on.aws/",
        "FunctionArn": url["arn"],
        "AuthType": url["auth"],
        "CreationTime": stamp(url["created_at"]),
        "LastModifiedTime": stamp(url["modified_at"]),
        "InvokeMode": "BUFFERED",
    }
    return {**shown, "Cors": url["cors"]} if url["cors"] else shown


@service.change
def url_put(state: State, change: Change, key: str, url: dict[str, Any] | None) -> None:
    if url is None:
        state.urls.delete(key)
    else:
        state.urls.put(key, url)
