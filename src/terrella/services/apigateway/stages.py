"""Deployments and the stages that serve them.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import BadRequestException, ConflictException
from .patching import patched
from .state import State, delete, kept, new_id, page, put, service, shown

Plain = dict[str, Any]
STAGE = (
    "stageName", "deploymentId", "description", "cacheClusterEnabled", "cacheClusterSize", "variables",
    "documentationVersion", "canarySettings", "tracingEnabled", "tags",
)  # fmt: skip


@service.operation
def create_deployment(ctx: Context[State], input: Plain) -> Plain:
    api_id = input["restApiId"]
    api = ctx.state.api(api_id)
    identifier = new_id(ctx, 6)
    made = {"id": identifier, "createdDate": float(int(ctx.now)), **kept(input, ("description",))}
    put(ctx, "deployment", f"{api_id}/{identifier}", {**made, "frozen": _frozen(ctx, api)})
    name = input.get("stageName")
    if name:
        old = ctx.state.parts["stage"].get(f"{api_id}/{name}")
        given = {**input, "deploymentId": identifier, "description": input.get("stageDescription")}
        if old is None:
            new_stage(ctx, api_id, given)
        else:
            more = kept(given, ("deploymentId", "variables", "tracingEnabled"))
            put(ctx, "stage", f"{api_id}/{name}", {**old, **more, "lastUpdatedDate": float(int(ctx.now))})
    return shown(made)


@service.operation
def get_deployment(ctx: Context[State], input: Plain) -> Plain:
    return _bare(ctx.state.one("deployment", input["restApiId"], input["deploymentId"]))


@service.operation
def get_deployments(ctx: Context[State], input: Plain) -> Plain:
    ctx.state.api(input["restApiId"])
    return page([_bare(each) for each in ctx.state.all("deployment", input["restApiId"])], input)


@service.operation
def update_deployment(ctx: Context[State], input: Plain) -> Plain:
    made = patched(
        ctx.state.one("deployment", input["restApiId"], input["deploymentId"]), input.get("patchOperations")
    )
    put(ctx, "deployment", f"{input['restApiId']}/{made['id']}", made)
    return _bare(made)


@service.operation
def delete_deployment(ctx: Context[State], input: Plain) -> Plain:
    api_id, identifier = input["restApiId"], input["deploymentId"]
    ctx.state.one("deployment", api_id, identifier)
    if any(stage["deploymentId"] == identifier for stage in ctx.state.all("stage", api_id)):
        raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
    return delete(ctx, "deployment", f"{api_id}/{identifier}")


@service.operation
def create_stage(ctx: Context[State], input: Plain) -> Plain:
    return new_stage(ctx, input["restApiId"], input)


@service.operation
def get_stage(ctx: Context[State], input: Plain) -> Plain:
    return shown(ctx.state.one("stage", input["restApiId"], input["stageName"]))


@service.operation
def get_stages(ctx: Context[State], input: Plain) -> Plain:
    api_id, wanted = input["restApiId"], input.get("deploymentId")
    ctx.state.api(api_id)
    found = [each for each in ctx.state.all("stage", api_id) if wanted in (None, each["deploymentId"])]
    return {"item": [shown(each) for each in found]}


@service.operation
def update_stage(ctx: Context[State], input: Plain) -> Plain:
    api_id, name = input["restApiId"], input["stageName"]
    old, operations = ctx.state.one("stage", api_id, name), []
    for each in input.get("patchOperations") or ():
        path = str(each["path"])
        operations.append({**each, "path": _setting(path) or path})
    made = patched(old, operations)
    ctx.state.one("deployment", api_id, made["deploymentId"])
    return put(ctx, "stage", f"{api_id}/{name}", {**made, "lastUpdatedDate": float(int(ctx.now))})


@service.operation
def delete_stage(ctx: Context[State], input: Plain) -> Plain:
    api_id, name = input["restApiId"], input["stageName"]
    ctx.state.one("stage", api_id, name)
    mapped = (each for _, each in ctx.state.mappings.items())
    if any(each["restApiId"] == api_id and each.get("stage") == name for each in mapped):
        raise BadRequestException(
            "Deleting the stage failed. Please remove all base path mappings related to the stage in your domains."
        )
    return delete(ctx, "stage", f"{api_id}/{name}")


def new_stage(ctx: Context[State], api_id: str, given: Plain) -> Plain:
    """Commit a stage."""
    name = given["stageName"]
    ctx.state.one("deployment", api_id, given["deploymentId"])
    if f"{api_id}/{name}" in ctx.state.parts["stage"]:
        raise ConflictException("Stage already exists")
    if not name.replace("_", "").replace("-", "").isalnum():
        raise BadRequestException("Stage name only allows a-zA-Z0-9_-")
    now = float(int(ctx.now))
    enabled = bool(given.get("cacheClusterEnabled"))
    made = {
        "cacheClusterStatus": "AVAILABLE" if enabled else "NOT_AVAILABLE", "methodSettings": {},
        "tracingEnabled": False, **kept(given, STAGE), "cacheClusterEnabled": enabled, "createdDate": now,
        "lastUpdatedDate": now,
    }  # fmt: skip
    return put(ctx, "stage", f"{api_id}/{name}", made)


def _frozen(ctx: Context[State], api: Plain) -> Plain:
    """What a deployment serves: a copy of what there is now. BadRequestException if it cannot be served."""
    api_id = api["id"]
    resources = [each for each in ctx.state.all("resource", api_id) if each["resourceMethods"]]
    if not resources:
        raise BadRequestException("The REST API doesn't contain any methods")
    for each in resources:
        if any("methodIntegration" not in method for method in each["resourceMethods"].values()):
            raise BadRequestException("No integration defined for method")
    return {
        "resources": [{name: each[name] for name in ("id", "path", "resourceMethods")} for each in resources],
        "authorizers": {each["id"]: each for each in ctx.state.all("authorizer", api_id)},
        "responses": {each["responseType"]: each for each in ctx.state.all("response", api_id)},
        "binary": list(api.get("binaryMediaTypes") or ()),
    }


def _bare(deployment: Plain) -> Plain:
    return shown({name: value for name, value in deployment.items() if name != "frozen"})


SETTINGS = {
    "metrics/enabled": "metricsEnabled", "logging/loglevel": "loggingLevel", "logging/dataTrace": "dataTraceEnabled",
    "throttling/burstLimit": "throttlingBurstLimit", "throttling/rateLimit": "throttlingRateLimit",
    "caching/enabled": "cachingEnabled", "caching/ttlInSeconds": "cacheTtlInSeconds",
    "caching/dataEncrypted": "cacheDataEncrypted",
}  # fmt: skip


def _setting(path: str) -> str | None:
    """/~1pets/GET/throttling/rateLimit is a setting of a method."""
    for tail, name in SETTINGS.items():
        if path.endswith(f"/{tail}"):
            where, _, verb = path.removesuffix(f"/{tail}").lstrip("/").rpartition("/")
            key = f"{where}/{verb}".replace("~1", "/").lstrip("/") if where != "*" else f"*/{verb}"
            return f"/methodSettings/{key.replace('/', '~1')}/{name}"
    return None
