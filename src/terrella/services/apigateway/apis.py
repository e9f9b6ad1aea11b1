"""REST APIs: create, change, show, delete; and the account's own settings.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateRestApi.html
"""

from __future__ import annotations

import json
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .errors import BadRequestException
from .patching import patched
from .state import State, delete, kept, new_id, page, put, service, shown

Plain = dict[str, Any]
KEPT = (
    "name", "description", "version", "binaryMediaTypes", "minimumCompressionSize", "apiKeySource",
    "endpointConfiguration", "policy", "disableExecuteApiEndpoint",
)  # fmt: skip


@service.operation
def create_rest_api(ctx: Context[State], input: Plain) -> Plain:
    if not input.get("name"):
        raise BadRequestException("Name is a required field")
    if input.get("cloneFrom"):
        raise NotImplementedHere("apigateway", "CreateRestApi with cloneFrom")
    return new_api(ctx, input)


@service.operation
def get_rest_api(ctx: Context[State], input: Plain) -> Plain:
    return shown(ctx.state.api(input["restApiId"]))


@service.operation
def get_rest_apis(ctx: Context[State], input: Plain) -> Plain:
    return page([api for _, api in ctx.state.apis.items()], input)


@service.operation
def update_rest_api(ctx: Context[State], input: Plain) -> Plain:
    api = patched(ctx.state.api(input["restApiId"]), input.get("patchOperations"))
    return put(ctx, "apis", api["id"], api)


@service.operation
def delete_rest_api(ctx: Context[State], input: Plain) -> Plain:
    api_id = ctx.state.api(input["restApiId"])["id"]
    if any(mapping["restApiId"] == api_id for _, mapping in ctx.state.mappings.items()):
        raise BadRequestException(
            "Deleting the API failed. Please remove all base path mappings related to the API in your domains."
        )
    return delete(ctx, "apis", api_id)


@service.operation
def get_account(ctx: Context[State], input: Plain) -> Plain:
    settings: Plain = ctx.state.account.get("account") or {}
    return {
        "throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0},
        "features": ["UsagePlans"],
        "apiKeyVersion": "4",
        **settings,
    }


@service.operation
def update_account(ctx: Context[State], input: Plain) -> Plain:
    settings = patched(ctx.state.account.get("account") or {}, input.get("patchOperations"))
    put(ctx, "account", "account", kept(settings, ("cloudwatchRoleArn",)))
    return get_account(ctx, {})


def new_api(ctx: Context[State], given: Plain) -> Plain:
    """Commit a new API with its root resource."""
    api_id, root = new_id(ctx), new_id(ctx)
    api = {
        "apiKeySource": "HEADER",
        "endpointConfiguration": {"types": ["EDGE"]},
        "disableExecuteApiEndpoint": False,
        **kept(given, KEPT),
        "id": api_id,
        "createdDate": float(int(ctx.now)),
        "rootResourceId": root,
        "tags": dict(given.get("tags") or {}),
    }
    if isinstance(api.get("policy"), dict):
        api["policy"] = json.dumps(api["policy"])
    put(ctx, "apis", api_id, api)
    put(ctx, "resource", f"{api_id}/{root}", {"id": root, "path": "/", "resourceMethods": {}})
    return shown(api)
