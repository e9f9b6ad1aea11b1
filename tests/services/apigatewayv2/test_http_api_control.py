"""The control plane through boto3: parts of an API, domain names, OpenAPI as SAM writes it."""

from __future__ import annotations

import json
from typing import Any

import boto
import pytest
import yaml
from botocore.exceptions import ClientError
from function_world import FunctionWorld

from terrella.services import acm
from terrella.services.apigatewayv2.domains import choose_mapping

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"
URI = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1"


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def refused(code: str, call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    message: str = caught.value.response["Error"]["Message"]
    return message


def test_quick_create_makes_all_of_it(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP", Target=FUNCTION, Tags={"x": "y"})
    assert api["ApiEndpoint"] == f"https://{api['ApiId']}.execute-api.eu-west-1.amazonaws.com"
    assert api["RouteSelectionExpression"] == "$request.method $request.path"
    (route,) = world.api.get_routes(ApiId=api["ApiId"])["Items"]
    (integration,) = world.api.get_integrations(ApiId=api["ApiId"])["Items"]
    (stage,) = world.api.get_stages(ApiId=api["ApiId"])["Items"]
    assert (route["RouteKey"], route["ApiGatewayManaged"]) == ("$default", True)
    assert route["Target"] == f"integrations/{integration['IntegrationId']}"
    assert (integration["PayloadFormatVersion"], integration["IntegrationMethod"]) == ("2.0", "POST")
    assert stage["StageName"] == "$default" and stage["AutoDeploy"]
    assert stage["DeploymentId"] in stage["LastDeploymentStatusMessage"]


def test_what_is_not_there_is_not_found(world: FunctionWorld) -> None:
    message = refused("NotFoundException", world.api.get_api, ApiId="nope")
    assert message == "Invalid API identifier specified nope"
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    refused("NotFoundException", world.api.get_route, ApiId=api, RouteId="nope")
    refused("NotFoundException", world.api.get_stage, ApiId=api, StageName="nope")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"IntegrationType": "MOCK"}, "BadRequestException"),
        ({"IntegrationUri": "nonsense"}, "BadRequestException"),
        ({"PayloadFormatVersion": "3.0"}, "BadRequestException"),
        ({"IntegrationType": "HTTP_PROXY", "IntegrationUri": "ftp://a.example"}, "BadRequestException"),
        ({"RequestParameters": {"a": "b"}}, "BadRequestException"),
        ({"RequestParameters": {"overwrite:header.Authorization": "b"}}, "BadRequestException"),
        ({"ResponseParameters": {"199": {"overwrite:statuscode": "200"}}}, "BadRequestException"),
        ({"TlsConfig": {"ServerNameToVerify": "a.example"}}, "NotImplemented"),
    ],
)
def test_an_integration_is_checked(world: FunctionWorld, changes: dict[str, Any], code: str) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    given = {"IntegrationType": "AWS_PROXY", "IntegrationUri": URI, "PayloadFormatVersion": "2.0"}
    refused(code, world.api.create_integration, ApiId=api, **{**given, **changes})


@pytest.mark.parametrize("key", ["GET", "get /a", "GET a", "GET /{a+}/b", "GET /{a", "GET /{a}/{a}"])
def test_a_route_key_is_method_and_path(world: FunctionWorld, key: str) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    refused("BadRequestException", world.api.create_route, ApiId=api, RouteKey=key)


def test_a_route_key_is_there_once(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    world.api.create_route(ApiId=api, RouteKey="GET /a")
    refused("ConflictException", world.api.create_route, ApiId=api, RouteKey="GET /a")


def test_a_route_with_tokens_needs_an_authorizer_and_web_sockets_are_not_here(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    route = {"ApiId": api, "RouteKey": "GET /a", "AuthorizationType": "JWT"}
    message = refused("BadRequestException", world.api.create_route, **route)
    assert message.endswith("Setting the authorization type to JWT requires a valid JWT authorizer.")
    refused("NotImplemented", world.api.create_api, Name="a", ProtocolType="WEBSOCKET")


def test_old_automatic_deployments_are_forgotten(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP", Target=FUNCTION)["ApiId"]
    for number in range(3):
        world.api.create_route(ApiId=api, RouteKey=f"GET /{number}")
    deployments = world.api.get_deployments(ApiId=api)["Items"]
    assert [each["AutoDeployed"] for each in deployments] == [True]
    stage = world.api.get_stage(ApiId=api, StageName="$default")
    assert stage["DeploymentId"] == deployments[0]["DeploymentId"]


def domain(world: FunctionWorld, name: str = "chat.example.com") -> Any:
    configuration = [{"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL"}]
    return world.api.create_domain_name(DomainName=name, DomainNameConfigurations=configuration)


def test_a_domain_name_has_a_target_in_its_region(world: FunctionWorld) -> None:
    (configuration,) = domain(world)["DomainNameConfigurations"]
    label, _, rest = configuration["ApiGatewayDomainName"].partition(".")
    assert label.startswith("d-") and len(label) == 12
    assert rest == "execute-api.eu-west-1.amazonaws.com"
    assert configuration["HostedZoneId"] == "ZLY8HYME6SFDD"
    assert configuration["DomainNameStatus"] == "AVAILABLE"
    refused("BadRequestException", domain, world=world)


def test_a_certificate_must_be_of_this_region(world: FunctionWorld) -> None:
    configuration = [{"CertificateArn": CERTIFICATE.replace("eu-west-1", "us-east-1")}]
    call = world.api.create_domain_name
    refused("BadRequestException", call, DomainName="a.example.com", DomainNameConfigurations=configuration)


def test_a_certificate_must_be_there_and_issued() -> None:
    world = FunctionWorld(acm.service)
    assert "cannot be used" in refused("BadRequestException", domain, world=world)
    certificates = boto.client(world.region, "acm")
    arn = certificates.request_certificate(DomainName="chat.example.com", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    message = refused(
        "BadRequestException",
        world.api.create_domain_name,
        DomainName="chat.example.com",
        DomainNameConfigurations=[{"CertificateArn": arn}],
    )
    assert "PENDING_VALIDATION" in message
    world.tasks.drop()


def test_a_custom_domain_leads_to_its_stage(world: FunctionWorld) -> None:
    source = "def handler(event, context): return [event['rawPath'], event['requestContext']['domainName']]"
    host = world.http_api(source)
    domain(world)
    assert world.ask("chat.example.com", "/orders/1").status == 403
    api = host.partition(".")[0]
    world.api.create_api_mapping(
        DomainName="chat.example.com", ApiId=api, Stage="$default", ApiMappingKey="orders"
    )
    answer = world.ask("chat.example.com", "/orders/1")
    assert json.loads(answer.body) == ["/1", "chat.example.com"]
    refused("BadRequestException", world.api.delete_api, ApiId=api)


def test_a_wildcard_takes_what_nobody_else_has(world: FunctionWorld) -> None:
    api = world.http_api("def handler(e, c): return 'any'").partition(".")[0]
    domain(world, "*.example.com")
    world.api.create_api_mapping(DomainName="*.example.com", ApiId=api, Stage="$default")
    assert world.ask("a.example.com").body == b"any"
    domain(world, "a.example.com")
    assert world.ask("a.example.com").status == 403


@pytest.mark.parametrize(
    ("keys", "path", "chosen", "rest"),
    [
        (["orders", ""], "/orders/1", "orders", "/1"),
        (["orders", ""], "/ordersandmore", "", "/ordersandmore"),
        (["orders", "orders/shop/5", ""], "/orders/shop/5/hats", "orders/shop/5", "/hats"),
        (["orders", "orders/shop/5", ""], "/ordersandmore", "orders", "/andmore"),
        (["orders", "orders/shop/5", ""], "/users", "", "/users"),
        (["orders"], "/orders", "orders", "/"),
    ],
)
def test_the_longest_key_wins(keys: list[str], path: str, chosen: str, rest: str) -> None:
    found = choose_mapping([{"ApiMappingKey": key} for key in keys], path)
    assert found == ({"ApiMappingKey": chosen}, rest)


SAM_BODY: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"version": "1.0", "title": "chat"},
    "paths": {
        "/messages/{room}": {
            "get": {
                "x-amazon-apigateway-integration": {
                    "httpMethod": "POST",
                    "type": "aws_proxy",
                    "uri": URI,
                    "payloadFormatVersion": "2.0",
                },
                "responses": {},
            }
        },
        "/$default": {
            "x-amazon-apigateway-any-method": {
                "x-amazon-apigateway-integration": {
                    "httpMethod": "POST",
                    "type": "aws_proxy",
                    "uri": URI,
                    "payloadFormatVersion": 2.0,
                },
                "isDefaultRoute": True,
                "responses": {},
            }
        },
    },
    "tags": [{"name": "httpapi:createdBy", "x-amazon-apigateway-tag-value": "SAM"}],
    "x-amazon-apigateway-cors": {"allowOrigins": ["*"], "allowMethods": ["GET"]},
}


@pytest.mark.parametrize("write", [json.dumps, yaml.safe_dump])
def test_what_sam_writes_becomes_an_api(world: FunctionWorld, write: Any) -> None:
    world.function("def handler(event, context): return event['routeKey']")
    world.lambda_.add_permission(
        FunctionName="f",
        StatementId="a",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = world.api.import_api(Body=write(SAM_BODY))
    assert (api["Name"], api["Tags"], api["CorsConfiguration"]["AllowOrigins"]) == (
        "chat",
        {"httpapi:createdBy": "SAM"},
        ["*"],
    )
    world.api.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True)
    host = api["ApiEndpoint"].removeprefix("https://")
    assert world.ask(host, "/messages/a").body == b"GET /messages/{room}"
    assert world.ask(host, "/other").body == b"$default"


def test_an_import_again_replaces_the_routes(world: FunctionWorld) -> None:
    api = world.api.import_api(Body=json.dumps(SAM_BODY))["ApiId"]
    body = {**SAM_BODY, "paths": {"/$default": SAM_BODY["paths"]["/$default"]}}
    world.api.reimport_api(ApiId=api, Body=json.dumps(body))
    assert [route["RouteKey"] for route in world.api.get_routes(ApiId=api)["Items"]] == ["$default"]
    assert len(world.api.get_integrations(ApiId=api)["Items"]) == 1


def test_an_export_can_be_imported(world: FunctionWorld) -> None:
    api = world.api.import_api(Body=json.dumps(SAM_BODY))["ApiId"]
    body = world.api.export_api(ApiId=api, Specification="OAS30", OutputType="JSON")["body"].read()
    again = world.api.import_api(Body=body.decode())["ApiId"]
    keys = [
        {route["RouteKey"] for route in world.api.get_routes(ApiId=each)["Items"]} for each in (api, again)
    ]
    assert keys[0] == keys[1] == {"GET /messages/{room}", "$default"}


@pytest.mark.parametrize("body", ["{", "a: [", "[]", '{"openapi": "2.0"}', '{"openapi": "3.0.1", "info": 1}'])
def test_a_bad_document_is_a_bad_request(world: FunctionWorld, body: str) -> None:
    refused("BadRequestException", world.api.import_api, Body=body)


def test_an_import_with_authorizers_that_are_not_described_makes_nothing(world: FunctionWorld) -> None:
    paths = {"/a": {"get": {"security": [{"jwt": []}], **SAM_BODY["paths"]["/messages/{room}"]["get"]}}}
    refused("BadRequestException", world.api.import_api, Body=json.dumps({**SAM_BODY, "paths": paths}))
    assert world.api.get_apis()["Items"] == []


def test_tags_belong_to_apis_stages_and_domains(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP", Target=FUNCTION)["ApiId"]
    domain(world)
    for resource in (f"apis/{api}", f"apis/{api}/stages/$default", "domainnames/chat.example.com"):
        arn = f"arn:aws:apigateway:eu-west-1::/{resource}"
        world.api.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
        world.api.untag_resource(ResourceArn=arn, TagKeys=["a"])
        assert world.api.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}


def test_a_deleted_api_leaves_nothing(world: FunctionWorld) -> None:
    api = world.api.create_api(Name="a", ProtocolType="HTTP", Target=FUNCTION)["ApiId"]
    world.api.delete_api(ApiId=api)
    state = world.region.state["apigatewayv2"]
    assert not [each for each in (state.apis, state.routes, state.stages, state.deployments) if len(each)]
