"""AWS::ApiGatewayV2: Api, Stage, Route, Integration, Authorizer, Deployment, DomainName, ApiMapping."""

from __future__ import annotations

from typing import Any

from .. import template
from ..downloads import text_of
from ..openapi import Document, read
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
API = "apigatewayv2"

API_SETTINGS = (
    "ApiKeySelectionExpression CorsConfiguration Description DisableExecuteApiEndpoint "
    "DisableSchemaValidation IpAddressType Name RouteSelectionExpression Version"
)
QUICK = "CredentialsArn RouteKey Target"
api = ResourceType(
    "AWS::ApiGatewayV2::Api",
    properties=f"{API_SETTINGS} {QUICK} BasePath Body BodyS3Location FailOnWarnings ProtocolType Tags",
    create_only="ProtocolType",
    attributes="ApiEndpoint ApiId ExecuteApiArn",
    note="FailOnWarnings and BasePath are accepted and not acted on.",
    tagged=True,
)
STAGE_SETTINGS = (
    "AccessLogSettings AutoDeploy ClientCertificateId DefaultRouteSettings DeploymentId Description "
    "RouteSettings StageVariables"
)
stage = ResourceType(
    "AWS::ApiGatewayV2::Stage",
    properties=f"{STAGE_SETTINGS} ApiId StageName Tags",
    required="ApiId StageName",
    create_only="ApiId StageName",
)
ROUTE_SETTINGS = (
    "ApiKeyRequired AuthorizationScopes AuthorizationType AuthorizerId ModelSelectionExpression "
    "OperationName RequestModels RequestParameters RouteKey RouteResponseSelectionExpression Target"
)
route = ResourceType(
    "AWS::ApiGatewayV2::Route",
    properties=f"{ROUTE_SETTINGS} ApiId",
    required="ApiId RouteKey",
    create_only="ApiId",
    attributes="RouteId",
)
INTEGRATION_SETTINGS = (
    "ConnectionId ConnectionType ContentHandlingStrategy CredentialsArn Description IntegrationMethod "
    "IntegrationSubtype IntegrationType IntegrationUri PassthroughBehavior PayloadFormatVersion "
    "RequestParameters RequestTemplates ResponseParameters TemplateSelectionExpression "
    "TimeoutInMillis TlsConfig"
)
integration = ResourceType(
    "AWS::ApiGatewayV2::Integration",
    properties=f"{INTEGRATION_SETTINGS} ApiId",
    required="ApiId IntegrationType",
    create_only="ApiId",
    attributes="IntegrationId",
)
AUTHORIZER_SETTINGS = (
    "AuthorizerCredentialsArn AuthorizerPayloadFormatVersion AuthorizerResultTtlInSeconds AuthorizerType "
    "AuthorizerUri EnableSimpleResponses IdentitySource IdentityValidationExpression JwtConfiguration Name"
)
authorizer = ResourceType(
    "AWS::ApiGatewayV2::Authorizer",
    properties=f"{AUTHORIZER_SETTINGS} ApiId",
    required="ApiId AuthorizerType Name",
    create_only="ApiId",
    attributes="AuthorizerId",
)
deployment = ResourceType(
    "AWS::ApiGatewayV2::Deployment",
    properties="ApiId Description StageName",
    required="ApiId",
    create_only="ApiId StageName",
    attributes="DeploymentId",
)
domain = ResourceType(
    "AWS::ApiGatewayV2::DomainName",
    properties="DomainName DomainNameConfigurations MutualTlsAuthentication RoutingMode Tags",
    required="DomainName",
    create_only="DomainName",
    attributes="RegionalDomainName RegionalHostedZoneId DomainNameArn",
    tagged=True,
)
mapping = ResourceType(
    "AWS::ApiGatewayV2::ApiMapping",
    properties="ApiId ApiMappingKey DomainName Stage",
    required="ApiId DomainName Stage",
    create_only="DomainName",
    attributes="ApiMappingId",
)


@api.creates
async def create_api(resource: Resource) -> str:
    body = await _body(resource)
    if body is None:
        input = resource.pick(f"{API_SETTINGS} {QUICK} ProtocolType")
        input["Tags"] = resource.tags() or None
        return str((await resource.call(API, "CreateApi", input))["ApiId"])
    document = read(body)
    tags = {**document.tags, **resource.tags()} or None
    settings = {**document.settings, **resource.pick(API_SETTINGS)}
    made = await resource.call(API, "CreateApi", {**settings, "ProtocolType": "HTTP", "Tags": tags})
    api_id = str(made["ApiId"])
    guards = await _match_authorizers(resource, api_id, document)
    for key, each in document.routes.items():
        await _create_route(resource, api_id, key, each, guards[key])
    return api_id


@api.updates
async def update_api(resource: Resource) -> None:
    api_id = resource.physical_id
    body = await _body(resource)
    settings = resource.pick(API_SETTINGS)
    if body is not None:
        document = read(body)
        settings = {**document.settings, **settings}
        if resource.changed("Body") or resource.changed("BodyS3Location"):
            await _match_routes(resource, api_id, document)
    if settings:
        await resource.call(API, "UpdateApi", {"ApiId": api_id, **settings})
    arn = f"arn:aws:apigateway:{resource.region}::/apis/{api_id}"
    await resource.retag(API, arn, as_list=False)


@api.reads
async def api_attributes(resource: Resource) -> Plain:
    found = await resource.call(API, "GetApi", {"ApiId": resource.physical_id})
    where = f"arn:aws:execute-api:{resource.region}:{resource.account}"
    return {
        "ApiEndpoint": found["ApiEndpoint"],
        "ApiId": resource.physical_id,
        "ExecuteApiArn": f"{where}:{resource.physical_id}",
    }


@api.deletes
async def delete_api(resource: Resource) -> None:
    await resource.call(API, "DeleteApi", {"ApiId": resource.physical_id})


@stage.creates
async def create_stage(resource: Resource) -> str:
    input = {**resource.pick(f"{STAGE_SETTINGS} ApiId StageName"), "Tags": resource.tags() or None}
    return str((await resource.call(API, "CreateStage", input))["StageName"])


@stage.updates
async def update_stage(resource: Resource) -> None:
    await resource.call(API, "UpdateStage", resource.pick(f"{STAGE_SETTINGS} ApiId StageName"))


@stage.deletes
async def delete_stage(resource: Resource) -> None:
    await resource.call(API, "DeleteStage", resource.pick("ApiId StageName"))


@domain.creates
async def create_domain(resource: Resource) -> str:
    input = {**resource.properties, "Tags": resource.tags() or None}
    return str((await resource.call(API, "CreateDomainName", input))["DomainName"])


@domain.settles
async def domain_available(resource: Resource) -> None:
    async def available() -> bool:
        found = await resource.call(API, "GetDomainName", {"DomainName": resource.physical_id})
        states = [each.get("DomainNameStatus") for each in found.get("DomainNameConfigurations", [])]
        return all(each in (None, "AVAILABLE") for each in states)

    await resource.until(available, f"Domain name {resource.physical_id}")


@domain.updates
async def update_domain(resource: Resource) -> None:
    names = "DomainName DomainNameConfigurations MutualTlsAuthentication RoutingMode"
    await resource.call(API, "UpdateDomainName", resource.pick(names))


@domain.reads
async def domain_attributes(resource: Resource) -> Plain:
    found = await resource.call(API, "GetDomainName", {"DomainName": resource.physical_id})
    first = found["DomainNameConfigurations"][0]
    return {
        "RegionalDomainName": first["ApiGatewayDomainName"],
        "RegionalHostedZoneId": first["HostedZoneId"],
        "DomainNameArn": f"arn:aws:apigateway:{resource.region}::/domainnames/{resource.physical_id}",
    }


@domain.deletes
async def delete_domain(resource: Resource) -> None:
    await resource.call(API, "DeleteDomainName", {"DomainName": resource.physical_id})


def _part(kind: ResourceType, name: str, of: str = "ApiId", altered: str | None = None, **given: Any) -> None:
    """A thing that is created within another, has an id of its own, and each of whose operations bears its name.
    `altered` are the properties an update takes, None for all; `given` is what stands where nothing is said."""
    id = f"{name}Id"

    async def create(resource: Resource) -> str:
        ask = resource.call_when_there if of == "DomainName" else resource.call
        return str((await ask(API, f"Create{name}", {**given, **_said(resource.properties)}))[id])

    async def update(resource: Resource) -> None:
        settings = _said(resource.properties) if altered is None else resource.pick(altered)
        await resource.call(API, f"Update{name}", {**settings, id: resource.physical_id})

    async def attributes(resource: Resource) -> Plain:
        return {id: resource.physical_id}

    async def delete(resource: Resource) -> None:
        await resource.call(API, f"Delete{name}", {of: resource.get(of), id: resource.physical_id})

    kind.creates(create)
    kind.updates(update)
    kind.reads(attributes)
    kind.deletes(delete)


def _said(properties: Plain) -> Plain:
    """Properties as operations take them: response parameters are a list of pairs in templates."""
    given = properties.get("ResponseParameters")
    if not isinstance(given, dict):
        return properties
    pairs = {
        status: {pair["Destination"]: pair["Source"] for pair in each["ResponseParameters"]}
        if isinstance(each, dict) and isinstance(each.get("ResponseParameters"), list)
        else each
        for status, each in given.items()
    }
    return {**properties, "ResponseParameters": pairs}


_part(route, "Route")
_part(integration, "Integration")
_part(authorizer, "Authorizer", IdentitySource=[])
_part(deployment, "Deployment", altered="ApiId Description")
_part(mapping, "ApiMapping", of="DomainName")


async def _body(resource: Resource) -> Any:
    """The OpenAPI document the API is made from, if it is made from one."""
    body, place = resource.get("Body"), resource.get("BodyS3Location")
    if not place:
        return body
    found = await resource.call("s3", "GetObject", {"Bucket": place["Bucket"], "Key": place["Key"]})
    return template.read(text_of(found.get("Body", b"")))


async def _create_route(resource: Resource, api_id: str, key: str, settings: Plain, guard: Plain) -> None:
    made = await resource.call(API, "CreateIntegration", {"ApiId": api_id, **settings})
    target = f"integrations/{made['IntegrationId']}"
    await resource.call(API, "CreateRoute", {"ApiId": api_id, "RouteKey": key, "Target": target, **guard})


async def _match_routes(resource: Resource, api_id: str, document: Document) -> None:
    """New integrations first, so that a route never leads nowhere; then what nothing leads to goes."""
    there = {each["RouteKey"]: each for each in await _every(resource, "GetRoutes", api_id)}
    old = [each["IntegrationId"] for each in await _every(resource, "GetIntegrations", api_id)]
    guards = await _match_authorizers(resource, api_id, document)
    for key, settings in document.routes.items():
        if key not in there:
            await _create_route(resource, api_id, key, settings, guards[key])
            continue
        made = await resource.call(API, "CreateIntegration", {"ApiId": api_id, **settings})
        target = {"Target": f"integrations/{made['IntegrationId']}", **guards[key]}
        await resource.call(API, "UpdateRoute", {"ApiId": api_id, "RouteId": there[key]["RouteId"], **target})
    for key, route_there in there.items():
        if key not in document.routes:
            await resource.call(API, "DeleteRoute", {"ApiId": api_id, "RouteId": route_there["RouteId"]})
    for integration_id in old:
        await resource.call(API, "DeleteIntegration", {"ApiId": api_id, "IntegrationId": integration_id})
    for each in await _every(resource, "GetAuthorizers", api_id):
        if each["Name"] not in document.authorizers:
            input = {"ApiId": api_id, "AuthorizerId": each["AuthorizerId"]}
            await resource.call(API, "DeleteAuthorizer", input)


async def _match_authorizers(resource: Resource, api_id: str, document: Document) -> dict[str, Plain]:
    """Make or alter the authorizers of a document; what its routes need to be guarded by them."""
    known = {each["Name"]: each["AuthorizerId"] for each in await _every(resource, "GetAuthorizers", api_id)}
    for name, settings in document.authorizers.items():
        input = {"ApiId": api_id, "Name": name, **settings}
        if name in known:
            await resource.call(API, "UpdateAuthorizer", {**input, "AuthorizerId": known[name]})
        else:
            known[name] = (await resource.call(API, "CreateAuthorizer", input))["AuthorizerId"]
    guards = {key: document.guards.get(key) or {"AuthorizationType": "NONE"} for key in document.routes}
    return {
        key: {**guard, "AuthorizerId": known[guard["AuthorizerId"]]} if "AuthorizerId" in guard else guard
        for key, guard in guards.items()
    }


async def _every(resource: Resource, operation: str, api_id: str) -> list[Plain]:
    found, token = [], None
    while True:
        page = await resource.call(API, operation, {"ApiId": api_id, "NextToken": token, "MaxResults": "100"})
        found += page.get("Items", [])
        token = page.get("NextToken")
        if not token:
            return found
