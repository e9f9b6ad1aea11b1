"""AWS::ApiGateway: what stands around an API. Domain names, authorizers, keys and plans, models, gateway responses."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import Row
from .apigateway import retag

Plain = dict[str, Any]
API = "apigateway"
ROWS = (
    Row(
        "AWS::ApiGateway::Authorizer", API,
        "AuthType AuthorizerCredentials AuthorizerResultTtlInSeconds AuthorizerUri IdentitySource "
        "IdentityValidationExpression Name ProviderARNs RestApiId Type",
        create="CreateAuthorizer", made="id", key="authorizerId", beside="RestApiId", delete="DeleteAuthorizer",
        attributes={"AuthorizerId": "{id}"}, required="Name RestApiId Type", note="Of types TOKEN and REQUEST.",
    ),
    Row(
        "AWS::ApiGateway::RequestValidator", API, "Name RestApiId ValidateRequestBody ValidateRequestParameters",
        create="CreateRequestValidator", made="id", key="requestValidatorId", beside="RestApiId",
        delete="DeleteRequestValidator", attributes={"RequestValidatorId": "{id}"}, required="RestApiId",
        note="State: nothing is validated.",
    ),
    Row(
        "AWS::ApiGateway::UsagePlanKey", API, "KeyId KeyType UsagePlanId", create="CreateUsagePlanKey", made="id",
        key="keyId", beside="UsagePlanId", delete="DeleteUsagePlanKey", attributes={"Id": "{id}"},
        required="KeyId KeyType UsagePlanId",
    ),
    Row(
        "AWS::ApiGateway::ApiKey", API,
        "CustomerId Description Enabled GenerateDistinctId Name StageKeys Tags Value", create="CreateApiKey",
        made="id", key="apiKey", delete="DeleteApiKey", attributes={"APIKeyId": "{id}"}, tags="map", name="Name",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
model = ResourceType(
    "AWS::ApiGateway::Model",
    properties="ContentType Description Name RestApiId Schema",
    required="RestApiId",
    create_only="ContentType Name RestApiId",
    name="Name",
    note="State: nothing is validated.",
)
answer = ResourceType(
    "AWS::ApiGateway::GatewayResponse",
    properties="ResponseParameters ResponseTemplates ResponseType RestApiId StatusCode",
    required="ResponseType RestApiId",
    create_only="ResponseType RestApiId",
    attributes="Id",
)
plan = ResourceType(
    "AWS::ApiGateway::UsagePlan",
    properties="ApiStages Description Quota Tags Throttle UsagePlanName",
    attributes="Id",
    name="UsagePlanName",
    tagged=True,
    note="State: quotas and throttles.",
)
account = ResourceType("AWS::ApiGateway::Account", properties="CloudWatchRoleArn", attributes="Id")
DOMAIN = (
    "CertificateArn EndpointConfiguration MutualTlsAuthentication OwnershipVerificationCertificateArn "
    "RegionalCertificateArn"
)
domain = ResourceType(
    "AWS::ApiGateway::DomainName",
    properties=f"{DOMAIN} DomainName EndpointAccessMode RoutingMode SecurityPolicy Tags",
    create_only="DomainName",
    attributes="DomainNameArn RegionalDomainName RegionalHostedZoneId",
    tagged=True,
    note="Of endpoint type REGIONAL: there is no CloudFront before an edge-optimized one.",
)
mapping = ResourceType(
    "AWS::ApiGateway::BasePathMapping",
    properties="BasePath DomainName Id RestApiId Stage",
    required="DomainName",
    create_only="BasePath DomainName Id",
)


@model.creates
async def create_model(resource: Resource) -> str:
    name = "".join(letter for letter in resource.name if letter.isalnum())
    given = {"restApiId": resource.get("RestApiId"), "name": name, "schema": as_string(resource.get("Schema", {}))}
    kind = {"contentType": resource.get("ContentType", "application/json"), "description": resource.get("Description")}
    await resource.call(API, "CreateModel", {**given, **kind})
    return name


@model.updates
async def update_model(resource: Resource) -> None:
    schema = {"op": "replace", "path": "/schema", "value": as_string(resource.get("Schema", {}))}
    which = {"restApiId": resource.get("RestApiId"), "modelName": resource.physical_id}
    await resource.call(API, "UpdateModel", {**which, "patchOperations": [schema]})


@model.deletes
async def delete_model(resource: Resource) -> None:
    which = {"restApiId": resource.get("RestApiId"), "modelName": resource.physical_id}
    await resource.call(API, "DeleteModel", which)


@answer.creates
async def create_answer(resource: Resource) -> str:
    await put_answer(resource)
    return resource.name


@answer.updates
async def put_answer(resource: Resource) -> None:
    names = ("ResponseParameters", "ResponseTemplates", "ResponseType", "RestApiId", "StatusCode")
    given = {f"{name[:1].lower()}{name[1:]}": resource.get(name) for name in names}
    await resource.call(API, "PutGatewayResponse", given)


@answer.reads
@plan.reads
@account.reads
async def own_id(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@answer.deletes
async def delete_answer(resource: Resource) -> None:
    which = {"restApiId": resource.get("RestApiId"), "responseType": resource.get("ResponseType")}
    await resource.call(API, "DeleteGatewayResponse", which)


@plan.creates
async def create_plan(resource: Resource) -> str:
    given: Plain = {"name": resource.name, "description": resource.get("Description"), "tags": resource.tags() or None}
    stages = [{"apiId": each["ApiId"], "stage": each["Stage"]} for each in resource.get("ApiStages", [])]
    for name in ("Quota", "Throttle"):
        if name in resource.properties:
            given[name.lower()] = {f"{key[:1].lower()}{key[1:]}": each for key, each in resource.get(name).items()}
    return str((await resource.call(API, "CreateUsagePlan", {**given, "apiStages": stages}))["id"])


@plan.updates
async def update_plan(resource: Resource) -> None:
    """Stages that belong to it, and its description."""
    before = resource.before["properties"].get("ApiStages", []) if resource.before else []
    now = resource.get("ApiStages", [])
    gone, new = [each for each in before if each not in now], [each for each in now if each not in before]
    operations = [
        {"op": op, "path": "/apiStages", "value": f"{each['ApiId']}:{each['Stage']}"}
        for op, rows in (("remove", gone), ("add", new))
        for each in rows
    ]
    for name in ("Quota", "Throttle"):
        for key, value in resource.get(name, {}).items() if resource.changed(name) else ():
            path = f"/{name.lower()}/{key[:1].lower()}{key[1:]}"
            operations.append({"op": "replace", "path": path, "value": as_string(value)})
    if resource.changed("Description"):
        text = as_string(resource.get("Description", ""))
        operations.append({"op": "replace", "path": "/description", "value": text})
    if operations:
        which = {"usagePlanId": resource.physical_id}
        await resource.call(API, "UpdateUsagePlan", {**which, "patchOperations": operations})
    await retag(resource, f"usageplans/{resource.physical_id}")


@plan.deletes
async def delete_plan(resource: Resource) -> None:
    await resource.call(API, "DeleteUsagePlan", {"usagePlanId": resource.physical_id})


@account.creates
async def create_account(resource: Resource) -> str:
    await update_account(resource)
    return resource.name


@account.updates
async def update_account(resource: Resource) -> None:
    arn = {"op": "replace", "path": "/cloudwatchRoleArn", "value": as_string(resource.get("CloudWatchRoleArn", ""))}
    await resource.call(API, "UpdateAccount", {"patchOperations": [arn]})


@account.deletes
async def leave_account(resource: Resource) -> None:
    """The settings of an account stay, as at AWS."""


@domain.creates
async def create_domain(resource: Resource) -> str:
    given: Plain = {"domainName": resource.get("DomainName"), "tags": resource.tags() or None}
    for name in ("CertificateArn", "RegionalCertificateArn", "SecurityPolicy"):
        given[f"{name[:1].lower()}{name[1:]}"] = resource.get(name)
    if "EndpointConfiguration" in resource.properties:
        given["endpointConfiguration"] = {"types": resource.get("EndpointConfiguration").get("Types", ["EDGE"])}
    trust = resource.get("MutualTlsAuthentication")
    if trust:
        given["mutualTlsAuthentication"] = {"truststoreUri": trust.get("TruststoreUri")}
    return str((await resource.call(API, "CreateDomainName", given))["domainName"])


@domain.updates
async def update_domain(resource: Resource) -> None:
    operations = [
        {"op": "replace", "path": f"/{name[:1].lower()}{name[1:]}", "value": as_string(resource.get(name))}
        for name in ("RegionalCertificateArn", "SecurityPolicy")
        if resource.changed(name) and name in resource.properties
    ]
    if operations:
        which = {"domainName": resource.physical_id}
        await resource.call(API, "UpdateDomainName", {**which, "patchOperations": operations})
    await retag(resource, f"domainnames/{resource.physical_id}")


@domain.reads
async def domain_attributes(resource: Resource) -> Plain:
    found = await resource.call(API, "GetDomainName", {"domainName": resource.physical_id})
    return {
        "DomainNameArn": found["domainNameArn"],
        "RegionalDomainName": found["regionalDomainName"],
        "RegionalHostedZoneId": found["regionalHostedZoneId"],
    }


@domain.deletes
async def delete_domain(resource: Resource) -> None:
    await resource.call(API, "DeleteDomainName", {"domainName": resource.physical_id})


@mapping.creates
async def create_mapping(resource: Resource) -> str:
    names = ("BasePath", "DomainName", "RestApiId", "Stage")
    given = {f"{name[:1].lower()}{name[1:]}": resource.get(name) for name in names}
    await resource.call_when_there(API, "CreateBasePathMapping", given)
    return f"{resource.get('DomainName')}|{resource.get('BasePath') or '(none)'}"


@mapping.updates
async def update_mapping(resource: Resource) -> None:
    operations = [
        {"op": "replace", "path": path, "value": as_string(resource.get(name, ""))}
        for name, path in (("RestApiId", "/restapiId"), ("Stage", "/stage"))
        if resource.changed(name)
    ]
    if operations:
        await resource.call(API, "UpdateBasePathMapping", {**_which(resource), "patchOperations": operations})


@mapping.deletes
async def delete_mapping(resource: Resource) -> None:
    await resource.call(API, "DeleteBasePathMapping", _which(resource))


def _which(resource: Resource) -> Plain:
    return {"domainName": resource.get("DomainName"), "basePath": resource.get("BasePath") or "(none)"}
