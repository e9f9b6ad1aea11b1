"""AWS::ApiGateway: REST APIs, their resources and methods, deployments and stages."""

from __future__ import annotations

import json
from typing import Any

from ....core.errors import AwsError
from ....wire import model
from ..downloads import text_of
from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import respelt

Plain = dict[str, Any]
API = "apigateway"
SETTINGS = (
    "ApiKeySourceType BinaryMediaTypes Description DisableExecuteApiEndpoint EndpointConfiguration "
    "MinimumCompressionSize Name Policy"
)
api = ResourceType(
    "AWS::ApiGateway::RestApi",
    properties=f"{SETTINGS} Body BodyS3Location CloneFrom FailOnWarnings Mode Parameters Tags",
    attributes="RestApiId RootResourceId",
    tagged=True,
    note="FailOnWarnings and Mode are accepted and not acted on.",
)
resource_type = ResourceType(
    "AWS::ApiGateway::Resource",
    properties="ParentId PathPart RestApiId",
    required="ParentId PathPart RestApiId",
    create_only="ParentId PathPart RestApiId",
    attributes="ResourceId",
)
METHOD = (
    "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId OperationName RequestModels RequestParameters "
    "RequestValidatorId"
)
method = ResourceType(
    "AWS::ApiGateway::Method",
    properties=f"{METHOD} HttpMethod Integration MethodResponses ResourceId RestApiId",
    required="HttpMethod ResourceId RestApiId",
    create_only="HttpMethod ResourceId RestApiId",
)
STAGE = (
    "CacheClusterEnabled CacheClusterSize CanarySetting DeploymentId Description DocumentationVersion TracingEnabled "
    "Variables"
)
deployment = ResourceType(
    "AWS::ApiGateway::Deployment",
    properties="DeploymentCanarySettings Description RestApiId StageDescription StageName",
    required="RestApiId",
    create_only="DeploymentCanarySettings RestApiId StageName",
    attributes="DeploymentId",
    note="Of StageDescription there are Description, Variables and TracingEnabled.",
)
stage = ResourceType(
    "AWS::ApiGateway::Stage",
    properties=f"{STAGE} AccessLogSetting ClientCertificateId MethodSettings RestApiId StageName Tags",
    required="RestApiId",
    create_only="RestApiId StageName",
    tagged=True,
    note="State: logging, metrics, caching, throttling and canaries.",
)
NAMES = {"CanarySetting": "canarySettings", "ApiKeySourceType": "apiKeySource"}


@api.creates
async def create_api(resource: Resource) -> str:
    settings = _settings(resource, "CreateRestApi", SETTINGS)
    body = await _body(resource)
    if body is not None and "name" not in settings:
        info = json.loads(body).get("info") or {}
        settings["name"] = info.get("title") or resource.logical_id
    given = resource.get("Parameters") or {}
    if given.get("endpointConfigurationTypes") and "endpointConfiguration" not in settings:
        settings["endpointConfiguration"] = {"types": str(given["endpointConfigurationTypes"]).split(",")}
    made = await resource.call(API, "CreateRestApi", {**settings, "tags": resource.tags() or None})
    return str(made["id"])


@api.settles
async def define_api(resource: Resource) -> None:
    """What a document says comes after the API is there; should it be refused, the API goes with the resource."""
    body = await _body(resource)
    if body is not None and (resource.changed("Body") or resource.changed("BodyS3Location")):
        which = {"restApiId": resource.physical_id}
        mode = {"mode": "overwrite" if resource.before else "merge"}
        await resource.call(API, "PutRestApi", {**which, **mode, "body": body.encode()})


@api.updates
async def update_api(resource: Resource) -> None:
    changed = [name for name in SETTINGS.split() if resource.changed(name)]
    operations = [
        {"op": "replace", "path": f"/{_member(name)}", "value": as_string(resource.get(name))}
        for name in changed
        if name not in ("BinaryMediaTypes", "EndpointConfiguration") and name in resource.properties
    ]
    if "EndpointConfiguration" in changed:
        kind = (resource.get("EndpointConfiguration") or {}).get("Types", ["EDGE"])[0]
        operations.append({"op": "replace", "path": "/endpointConfiguration/types/0", "value": kind})
    if "BinaryMediaTypes" in changed:
        before = resource.before["properties"].get("BinaryMediaTypes", []) if resource.before else []
        operations += _listed("binaryMediaTypes", before, resource.get("BinaryMediaTypes", []))
    if operations:
        which = {"restApiId": resource.physical_id}
        await resource.call(API, "UpdateRestApi", {**which, "patchOperations": operations})
    await retag(resource, f"restapis/{resource.physical_id}")


@api.reads
async def api_attributes(resource: Resource) -> Plain:
    found = await resource.call(API, "GetRestApi", {"restApiId": resource.physical_id})
    return {"RestApiId": resource.physical_id, "RootResourceId": found["rootResourceId"]}


@api.deletes
async def delete_api(resource: Resource) -> None:
    await resource.call(API, "DeleteRestApi", {"restApiId": resource.physical_id})


@resource_type.creates
async def create_resource(resource: Resource) -> str:
    given = _settings(resource, "CreateResource", "ParentId PathPart RestApiId")
    made = await resource.call(API, "CreateResource", given)
    return str(made["id"])


@resource_type.reads
async def resource_attributes(resource: Resource) -> Plain:
    return {"ResourceId": resource.physical_id}


@resource_type.deletes
async def delete_resource(resource: Resource) -> None:
    which = {"restApiId": resource.get("RestApiId"), "resourceId": resource.physical_id}
    await resource.call(API, "DeleteResource", which)


@method.creates
async def create_method(resource: Resource) -> str:
    which = _which_method(resource)
    given = {"authorizationType": "NONE", **_settings(resource, "PutMethod", METHOD), **which}
    await resource.call(API, "PutMethod", given)
    integration = dict(resource.get("Integration") or {})
    answers = integration.pop("IntegrationResponses", [])
    for each in resource.get("MethodResponses", []):
        await resource.call(API, "PutMethodResponse", {**_spelt("PutMethodResponse", each), **which})
    if integration:
        await resource.call(API, "PutIntegration", {**_spelt("PutIntegration", integration), **which})
    for each in answers:
        await resource.call(API, "PutIntegrationResponse", {**_spelt("PutIntegrationResponse", each), **which})
    return f"{which['restApiId']}|{which['resourceId']}|{which['httpMethod']}"


@method.updates
async def update_method(resource: Resource) -> None:
    """Put anew; nothing serves it until it is deployed."""
    await delete_method(resource)
    await create_method(resource)


@method.deletes
async def delete_method(resource: Resource) -> None:
    await resource.call(API, "DeleteMethod", _which_method(resource))


@deployment.creates
async def create_deployment(resource: Resource) -> str:
    input = _settings(resource, "CreateDeployment", "Description RestApiId StageName")
    about = resource.get("StageDescription") or {}
    input |= {"stageDescription": about.get("Description"), "variables": about.get("Variables")}
    input["tracingEnabled"] = about.get("TracingEnabled")
    return str((await resource.call(API, "CreateDeployment", input))["id"])


@deployment.updates
async def update_deployment(resource: Resource) -> None:
    which = {"restApiId": resource.get("RestApiId"), "deploymentId": resource.physical_id}
    operations = [{"op": "replace", "path": "/description", "value": as_string(resource.get("Description", ""))}]
    await resource.call(API, "UpdateDeployment", {**which, "patchOperations": operations})


@deployment.reads
async def deployment_attributes(resource: Resource) -> Plain:
    return {"DeploymentId": resource.physical_id}


@deployment.deletes
async def delete_deployment(resource: Resource) -> None:
    """Its own stage goes with it, unless that has come to serve another one."""
    which, name = {"restApiId": resource.get("RestApiId")}, resource.get("StageName")
    if name:
        try:
            there = await resource.call(API, "GetStage", {**which, "stageName": name})
            if there["deploymentId"] == resource.physical_id:
                await resource.call(API, "DeleteStage", {**which, "stageName": name})
        except AwsError as refusal:
            if refusal.error_code != "NotFoundException":
                raise
    await resource.call(API, "DeleteDeployment", {**which, "deploymentId": resource.physical_id})


@stage.creates
async def create_stage(resource: Resource) -> str:
    input = _settings(resource, "CreateStage", f"{STAGE} RestApiId")
    name = resource.get("StageName", "default")
    await resource.call(API, "CreateStage", {**input, "stageName": name, "tags": resource.tags() or None})
    await _method_settings(resource, name)
    return str(name)


@stage.updates
async def update_stage(resource: Resource) -> None:
    operations = [
        {"op": "replace", "path": f"/{name[:1].lower()}{name[1:]}", "value": as_string(resource.get(name))}
        for name in ("DeploymentId", "Description", "TracingEnabled", "CacheClusterEnabled", "CacheClusterSize")
        if resource.changed(name) and name in resource.properties
    ]
    before = resource.before["properties"].get("Variables", {}) if resource.before else {}
    now = resource.get("Variables", {})
    for key, each in now.items():
        operations.append({"op": "replace", "path": f"/variables/{key}", "value": as_string(each)})
    operations += [{"op": "remove", "path": f"/variables/{key}"} for key in before if key not in now]
    if operations:
        which = {"restApiId": resource.get("RestApiId"), "stageName": resource.physical_id}
        await resource.call(API, "UpdateStage", {**which, "patchOperations": operations})
    await _method_settings(resource, resource.physical_id)
    await retag(resource, f"restapis/{resource.get('RestApiId')}/stages/{resource.physical_id}")


@stage.deletes
async def delete_stage(resource: Resource) -> None:
    which = {"restApiId": resource.get("RestApiId"), "stageName": resource.physical_id}
    await resource.call(API, "DeleteStage", which)


async def retag(resource: Resource, path: str) -> None:
    """Bring the tags of what is at a path up to date."""
    added, removed = resource.tag_changes()
    arn = {"resourceArn": f"arn:aws:apigateway:{resource.region}::/{path}"}
    if added:
        await resource.call(API, "TagResource", {**arn, "tags": added})
    if removed:
        await resource.call(API, "UntagResource", {**arn, "tagKeys": removed})


PATHS = {
    "CacheDataEncrypted": "caching/dataEncrypted", "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled", "DataTraceEnabled": "logging/dataTrace", "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled", "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}  # fmt: skip


async def _method_settings(resource: Resource, name: str) -> None:
    operations = []
    for each in resource.get("MethodSettings", []) if resource.changed("MethodSettings") else []:
        path, verb = str(each.get("ResourcePath", "/*")), each.get("HttpMethod", "*")
        where = "*" if path == "/*" else path.replace("/", "~1")
        operations += [
            {"op": "replace", "path": f"/{where}/{verb}/{PATHS[setting]}", "value": as_string(value)}
            for setting, value in each.items()
            if setting in PATHS
        ]
    if operations:
        which = {"restApiId": resource.get("RestApiId"), "stageName": name}
        await resource.call(API, "UpdateStage", {**which, "patchOperations": operations})


async def _body(resource: Resource) -> str | None:
    """The OpenAPI document the API is made from, as JSON, if it is made from one."""
    body, place = resource.get("Body"), resource.get("BodyS3Location")
    if place:
        found = await resource.call("s3", "GetObject", {"Bucket": place["Bucket"], "Key": place["Key"]})
        return text_of(found.get("Body", b""))
    if body is not None and not isinstance(body, dict):
        raise HandlerFailed("Value of property Body must be an object.")
    return json.dumps(body) if body is not None else None


def _settings(resource: Resource, operation: str, names: str) -> Plain:
    return _spelt(operation, resource.pick(names))


def _spelt(operation: str, given: Plain) -> Plain:
    """Properties as members of an operation."""
    shape = model.load(API).operations[operation].input
    renamed = {NAMES.get(name, name): value for name, value in given.items()}
    if isinstance(renamed.get("Policy"), dict):
        renamed["Policy"] = json.dumps(renamed["Policy"])
    made: Plain = respelt(shape, renamed)
    return made


def _member(name: str) -> str:
    return NAMES.get(name, name[:1].lower() + name[1:])


def _which_method(resource: Resource) -> Plain:
    names = {"restApiId": "RestApiId", "resourceId": "ResourceId", "httpMethod": "HttpMethod"}
    return {member: resource.get(name) for member, name in names.items()}


def _listed(name: str, before: list[str], now: list[str]) -> list[Plain]:
    """Patch operations that make a list of what it was."""
    gone, new = [each for each in before if each not in now], [each for each in now if each not in before]
    paths = [("remove", each) for each in gone] + [("add", each) for each in new]
    return [{"op": op, "path": f"/{name}/{each.replace('/', '~1')}"} for op, each in paths]
