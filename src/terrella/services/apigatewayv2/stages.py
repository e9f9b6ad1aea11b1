"""Stages and deployments: what callers reach, and the copies of the API it is made of.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
"""

from __future__ import annotations

import re
from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from .errors import BadRequestException, ConflictException
from .parts import delete, put
from .state import State, new_id, page, service, with_times

KEPT = ("Description", "DefaultRouteSettings", "RouteSettings", "StageVariables", "AutoDeploy")
AUTOMATIC = "Automatic deployment triggered by changes to the Api configuration"
NOT_HERE = ("AccessLogSettings", "ClientCertificateId")
_NAME = re.compile(r"\$default|[a-zA-Z0-9_-]{1,128}")


@service.operation
def create_stage(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, name = input["ApiId"], input["StageName"]
    ctx.state.api(api_id)
    if _NAME.fullmatch(name) is None:
        raise BadRequestException("Stage name only allows a-zA-Z0-9_- and $default")
    if f"{api_id}/{name}" in ctx.state.stages:
        raise ConflictException("Stage already exists")
    new_stage(ctx, api_id, input)
    autodeploy(ctx, api_id)
    return with_times(ctx.state.one("Stage", api_id, name))


@service.operation
def update_stage(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, name = input["ApiId"], input["StageName"]
    old = ctx.state.one("Stage", api_id, name)
    automatic = input.get("AutoDeploy", old["AutoDeploy"])
    new = {**old, **_checked(ctx, api_id, input, automatic), "LastUpdatedDate": ctx.now}
    put(ctx, "Stage", api_id, name, new)
    if automatic and not old["AutoDeploy"]:
        autodeploy(ctx, api_id)
    return with_times(ctx.state.one("Stage", api_id, name))


@service.operation
def get_stage(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return with_times(ctx.state.one("Stage", input["ApiId"], input["StageName"]))


@service.operation
def get_stages(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    return page([with_times(stage) for stage in ctx.state.all("Stage", input["ApiId"])], input)


@service.operation
def delete_stage(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, name = input["ApiId"], input["StageName"]
    ctx.state.one("Stage", api_id, name)
    if any(each["ApiId"] == api_id and each["Stage"] == name for _, each in ctx.state.mappings.items()):
        raise BadRequestException("Active stages cannot be deleted: a domain name is mapped to it")
    delete(ctx, "Stage", api_id, name)
    return {}


@service.operation
def create_deployment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, stage_name = input["ApiId"], input.get("StageName")
    ctx.state.api(api_id)
    stage = ctx.state.one("Stage", api_id, stage_name) if stage_name else None
    if stage is not None and stage["AutoDeploy"]:
        raise BadRequestException("Deployment ID cannot be set on a stage that has auto-deploy enabled")
    deployment = _deploy(ctx, api_id, input.get("Description"), automatic=False)
    if stage is not None:
        assert stage_name is not None
        served = {"DeploymentId": deployment["DeploymentId"], "LastUpdatedDate": ctx.now}
        put(ctx, "Stage", api_id, stage_name, {**stage, **served})
    return _listed(deployment)


@service.operation
def get_deployment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return _listed(ctx.state.one("Deployment", input["ApiId"], input["DeploymentId"]))


@service.operation
def get_deployments(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    ctx.state.api(input["ApiId"])
    return page([_listed(deployment) for deployment in ctx.state.all("Deployment", input["ApiId"])], input)


@service.operation
def delete_deployment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    api_id, identifier = input["ApiId"], input["DeploymentId"]
    ctx.state.one("Deployment", api_id, identifier)
    if any(stage.get("DeploymentId") == identifier for stage in ctx.state.all("Stage", api_id)):
        raise BadRequestException("Active stages pointing to this deployment must be moved or deleted")
    delete(ctx, "Deployment", api_id, identifier)
    return {}


def new_stage(ctx: Context[State], api_id: str, given: dict[str, Any], managed: bool = False) -> None:
    """Commit a stage."""
    name = given["StageName"]
    stage = {
        "StageVariables": {},
        "RouteSettings": {},
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "AutoDeploy": False,
        **_checked(ctx, api_id, given, bool(given.get("AutoDeploy"))),
        "StageName": name,
        "Tags": dict(given.get("Tags") or {}),
        "CreatedDate": ctx.now,
        "LastUpdatedDate": ctx.now,
    }
    put(ctx, "Stage", api_id, name, {**stage, "ApiGatewayManaged": True} if managed else stage)


def autodeploy(ctx: Context[State], api_id: str) -> None:
    """Deploy to every stage that wants each change at once, and forget the copies they served before."""
    automatic = [stage for stage in ctx.state.all("Stage", api_id) if stage["AutoDeploy"]]
    if not automatic:
        return
    identifier = _deploy(ctx, api_id, AUTOMATIC, automatic=True)["DeploymentId"]
    message = f"Successfully deployed stage with deployment ID '{identifier}'"
    for stage in automatic:
        served = {
            "DeploymentId": identifier,
            "LastDeploymentStatusMessage": message,
            "LastUpdatedDate": ctx.now,
        }
        put(ctx, "Stage", api_id, stage["StageName"], {**stage, **served})
    used = {stage.get("DeploymentId") for stage in ctx.state.all("Stage", api_id)}
    for deployment in ctx.state.all("Deployment", api_id):
        if deployment["AutoDeployed"] and deployment["DeploymentId"] not in used:
            delete(ctx, "Deployment", api_id, deployment["DeploymentId"])


def _deploy(ctx: Context[State], api_id: str, description: str | None, automatic: bool) -> dict[str, Any]:
    identifier = new_id(ctx, 6)
    routes = ctx.state.all("Route", api_id)
    if not routes and not automatic:
        raise BadRequestException("At least one route is required before deploying the Api.")
    integrations = {each["IntegrationId"]: each for each in ctx.state.all("Integration", api_id)}
    deployment: dict[str, Any] = {
        "DeploymentId": identifier,
        "AutoDeployed": automatic,
        "CreatedDate": ctx.now,
        "DeploymentStatus": "DEPLOYED",
        "routes": routes,
        "integrations": integrations,
        "authorizers": {each["AuthorizerId"]: each for each in ctx.state.all("Authorizer", api_id)},
        "cors": ctx.state.api(api_id).get("CorsConfiguration"),
    }
    if description:
        deployment["Description"] = description
    put(ctx, "Deployment", api_id, identifier, deployment)
    return deployment


def _listed(deployment: dict[str, Any]) -> dict[str, Any]:
    hidden = {"routes", "integrations", "authorizers", "cors"}
    return with_times({key: value for key, value in deployment.items() if key not in hidden})


def _checked(ctx: Context[State], api_id: str, given: dict[str, Any], automatic: bool) -> dict[str, Any]:
    for name in NOT_HERE:
        if given.get(name):
            raise NotImplementedHere("apigatewayv2", f"stages with {name}")
    kept = {key: given[key] for key in KEPT if given.get(key) is not None}
    identifier = given.get("DeploymentId")
    if identifier:
        if automatic:
            raise BadRequestException("Deployment ID cannot be set on a stage that has auto-deploy enabled")
        ctx.state.one("Deployment", api_id, identifier)
        kept["DeploymentId"] = identifier
    return kept
