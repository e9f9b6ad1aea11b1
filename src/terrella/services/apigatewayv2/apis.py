"""APIs: create, change, show, delete; quick create makes the route, the integration and the stage along.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from ...store.journal import Change
from . import stages
from .errors import BadRequestException
from .integrations import checked, new_integration
from .routes import new_route
from .state import State, new_id, page, service, with_times

KEPT = ("Name", "Description", "Version", "CorsConfiguration", "DisableExecuteApiEndpoint", "IpAddressType")
SELECTION = "$request.method $request.path"


@service.operation
def create_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    if input["ProtocolType"] != "HTTP":
        raise NotImplementedHere("apigatewayv2", "WebSocket APIs")
    if input.get("RouteSelectionExpression", SELECTION) != SELECTION:
        raise BadRequestException(f"RouteSelectionExpression must be {SELECTION} for HTTP protocol")
    check_cors(input.get("CorsConfiguration"))
    quick = checked(_quick_integration(input)) if input.get("Target") else None
    api = new_api(ctx, input)
    ctx.commit("api_put", api=api)
    if quick is not None:
        integration = new_integration(ctx, api["ApiId"], quick, managed=True)
        key = input.get("RouteKey", "$default")
        new_route(ctx, api["ApiId"], {"RouteKey": key, "Target": f"integrations/{integration}"}, managed=True)
        stages.new_stage(ctx, api["ApiId"], {"StageName": "$default", "AutoDeploy": True}, managed=True)
        stages.autodeploy(ctx, api["ApiId"])
    return with_times(api)


@service.operation
def update_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    old = ctx.state.api(input["ApiId"])
    check_cors(input.get("CorsConfiguration"))
    if any(input.get(key) is not None for key in ("Target", "RouteKey", "CredentialsArn")):
        raise NotImplementedHere("apigatewayv2", "UpdateApi of quick-create parts")
    api = {**old, **{key: input[key] for key in KEPT if input.get(key) is not None}}
    ctx.commit("api_put", api=api)
    stages.autodeploy(ctx, api["ApiId"])
    return with_times(api)


@service.operation
def get_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return with_times(ctx.state.api(input["ApiId"]))


@service.operation
def get_apis(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return page([with_times(api) for _, api in ctx.state.apis.items()], input)


@service.operation
def delete_api(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id = ctx.state.api(input["ApiId"])["ApiId"]
    if any(mapping["ApiId"] == api_id for _, mapping in ctx.state.mappings.items()):
        raise BadRequestException(
            "Deleting the API failed. Please remove all base path mappings related to the API in your "
            "domains."
        )
    ctx.commit("api_deleted", api_id=api_id)
    return {}


@service.operation
def delete_cors_configuration(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api = {key: value for key, value in ctx.state.api(input["ApiId"]).items() if key != "CorsConfiguration"}
    ctx.commit("api_put", api=api)
    stages.autodeploy(ctx, api["ApiId"])
    return {}


def new_api(ctx: Context[State], given: dict[str, Any]) -> dict[str, Any]:
    """A new API's record, not yet committed."""
    api_id = new_id(ctx, 10)
    return {
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        **{key: given[key] for key in KEPT if given.get(key) is not None},
        "ApiId": api_id,
        "ApiEndpoint": f"https://{api_id}.execute-api.{ctx.region}.amazonaws.com",
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "ProtocolType": "HTTP",
        "RouteSelectionExpression": SELECTION,
        "CreatedDate": ctx.now,
        "Tags": dict(given.get("Tags") or {}),
    }


def check_cors(cors: dict[str, Any] | None) -> None:
    """Refuse a CORS configuration browsers could not use."""
    if cors and cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or []):
        raise BadRequestException("allowCredentials is not supported when allowOrigins is *")


def _quick_integration(input: dict[str, Any]) -> dict[str, Any]:
    target = input["Target"]
    if target.startswith("arn:"):
        return {"IntegrationType": "AWS_PROXY", "IntegrationUri": target, "PayloadFormatVersion": "2.0"}
    return {"IntegrationType": "HTTP_PROXY", "IntegrationUri": target, "PayloadFormatVersion": "1.0"}


@service.change
def api_put(state: State, change: Change, api: dict[str, Any]) -> None:
    state.apis.put(api["ApiId"], api)


@service.change
def api_deleted(state: State, change: Change, api_id: str) -> None:
    state.apis.delete(api_id)
    for kind in ("Route", "Integration", "Authorizer", "Stage", "Deployment"):
        parts = state.parts(kind)
        for key in [key for key in parts if key.partition("/")[0] == api_id]:
            parts.delete(key)
