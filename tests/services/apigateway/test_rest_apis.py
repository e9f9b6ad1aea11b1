"""REST APIs as their users meet them: documents and resources, deployments, events, answers, and what goes wrong."""

from __future__ import annotations

import json
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from function_world import FunctionWorld

from terrella.services import apigateway

SHOW = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
BROKEN = "def handler(event, context):\n    return 'no answer'\n"
GUARD = (
    "def handler(event, context):\n"
    "    effect = 'Allow' if event['authorizationToken'] == 'yes' else 'Deny'\n"
    "    statement = {'Effect': effect, 'Action': 'execute-api:Invoke', 'Resource': event['methodArn']}\n"
    "    return {'principalId': 'me', 'policyDocument': {'Statement': [statement]}, 'context': {'a': '1'}}\n"
)


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld(apigateway.service)


@pytest.fixture
def rest(world: FunctionWorld) -> Any:
    return boto.client(world.region, "apigateway")


def wrapped(arn: str) -> str:
    return f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{arn}/invocations"


def allowed(world: FunctionWorld, code: str, name: str = "f") -> str:
    arn = world.function(code, name)
    world.lambda_.add_permission(
        FunctionName=name, StatementId="a", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return wrapped(arn)


def deployed(rest: Any, document: dict[str, Any], stage: str = "prod") -> str:
    body = json.dumps({"openapi": "3.0.1", "info": {"title": "t"}, **document}).encode()
    api = str(rest.import_rest_api(body=body)["id"])
    rest.create_deployment(restApiId=api, stageName=stage, variables={"v": "1"})
    return f"{api}.execute-api.eu-west-1.amazonaws.com"


def proxied(uri: str, **more: Any) -> dict[str, Any]:
    integration = {"type": "aws_proxy", "httpMethod": "POST", "uri": uri}
    return {"x-amazon-apigateway-integration": integration, "responses": {}, **more}


def test_a_document_becomes_an_api_that_answers(world: FunctionWorld, rest: Any) -> None:
    uri = allowed(world, SHOW)
    host = deployed(rest, {"paths": {"/pets/{id}": {"get": proxied(uri)}, "/{rest+}": {"post": proxied(uri)}}})
    event = json.loads(world.ask(host, "/prod/pets/7?a=1&a=2", user_agent="curl").body)
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/pets/{id}", "/pets/7", "GET")
    assert event["pathParameters"] == {"id": "7"} and event["stageVariables"] == {"v": "1"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert event["headers"]["User-Agent"] == "curl"
    assert event["requestContext"]["path"] == "/prod/pets/7" and event["requestContext"]["stage"] == "prod"
    assert "version" not in event
    paths = [each["path"] for each in rest.get_resources(restApiId=host.partition(".")[0])["items"]]
    assert paths == ["/", "/pets", "/pets/{id}", "/{rest+}"]


def test_what_leads_nowhere_lacks_a_token_and_what_is_no_stage_is_forbidden(world: FunctionWorld, rest: Any) -> None:
    host = deployed(rest, {"paths": {"/a": {"get": proxied(allowed(world, SHOW))}}})
    answer = world.ask(host, "/prod/b")
    assert (answer.status, json.loads(answer.body)) == (403, {"message": "Missing Authentication Token"})
    answer = world.ask(host, "/other/a")
    assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})


def test_a_function_that_answers_badly_is_a_bad_gateway_unless_the_api_says_otherwise(
    world: FunctionWorld, rest: Any
) -> None:
    uri = allowed(world, BROKEN)
    paths: dict[str, Any] = {"paths": {"/": {"get": proxied(uri)}}}
    answer = world.ask(deployed(rest, paths), "/prod/")
    assert (answer.status, json.loads(answer.body)) == (502, {"message": "Internal server error"})
    own = {"statusCode": 418, "responseTemplates": {"application/json": '{"oh":"$context.error.message"}'}}
    paths["x-amazon-apigateway-gateway-responses"] = {"DEFAULT_5XX": own}
    answer = world.ask(deployed(rest, paths), "/prod")
    assert (answer.status, json.loads(answer.body)) == (418, {"oh": "Internal server error"})


def test_a_mock_answers_by_itself(world: FunctionWorld, rest: Any) -> None:
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
                "responseTemplates": {"application/json": '{"stage": "$context.stage", "q": "$input.params(\'q\')"}'},
            }
        },
    }
    host = deployed(rest, {"paths": {"/health": {"get": {"x-amazon-apigateway-integration": mock, "responses": {}}}}})
    answer = world.ask(host, "/prod/health?q=7")
    assert (answer.status, json.loads(answer.body)) == (200, {"stage": "prod", "q": "7"})
    assert answer.header("access-control-allow-origin") == "*"


def test_an_authorizer_judges_and_its_context_reaches_the_function(world: FunctionWorld, rest: Any) -> None:
    guard = {"type": "token", "authorizerUri": allowed(world, GUARD, "g"), "authorizerResultTtlInSeconds": 0}
    scheme = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authorizer": guard}
    operation = proxied(allowed(world, SHOW), security=[{"guard": []}])
    document = {"components": {"securitySchemes": {"guard": scheme}}, "paths": {"/a": {"get": operation}}}
    host = deployed(rest, document)
    assert world.ask(host, "/prod/a").status == 401
    assert world.ask(host, "/prod/a", authorization="no").status == 403
    event = json.loads(world.ask(host, "/prod/a", authorization="yes").body)
    assert event["requestContext"]["authorizer"] == {"principalId": "me", "a": "1"}


def test_a_method_that_wants_a_key_wants_one_of_a_plan(world: FunctionWorld, rest: Any) -> None:
    api = rest.create_rest_api(name="a", endpointConfiguration={"types": ["REGIONAL"]})
    which = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    rest.put_method(**which, authorizationType="NONE", apiKeyRequired=True)
    rest.put_integration(**which, type="AWS_PROXY", integrationHttpMethod="POST", uri=allowed(world, SHOW))
    rest.create_deployment(restApiId=api["id"], stageName="s")
    host = f"{api['id']}.execute-api.eu-west-1.amazonaws.com"
    key = rest.create_api_key(name="k", enabled=True)
    assert world.ask(host, "/s", x_api_key=key["value"]).status == 403
    plan = rest.create_usage_plan(name="p", apiStages=[{"apiId": api["id"], "stage": "s"}])
    rest.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    assert world.ask(host, "/s", x_api_key=key["value"]).status == 200


def test_nothing_changes_before_it_is_deployed(world: FunctionWorld, rest: Any) -> None:
    uri = allowed(world, SHOW)
    host = deployed(rest, {"paths": {"/a": {"get": proxied(uri)}}})
    api = host.partition(".")[0]
    body = json.dumps({"openapi": "3.0.1", "paths": {"/b": {"get": proxied(uri)}}}).encode()
    rest.put_rest_api(restApiId=api, mode="overwrite", body=body)
    assert world.ask(host, "/prod/a").status == 200
    rest.create_deployment(restApiId=api, stageName="prod")
    assert (world.ask(host, "/prod/a").status, world.ask(host, "/prod/b").status) == (403, 200)


@pytest.mark.parametrize(
    ("integration", "named"),
    [
        ({"type": "http_proxy", "httpMethod": "GET", "uri": "http://x"}, "integrations of type HTTP_PROXY"),
        ({"type": "mock", "requestTemplates": {"a/b": "#set($x = 1)"}}, "mapping templates with VTL"),
    ],
)
def test_what_is_not_there_is_refused_by_name(rest: Any, integration: dict[str, Any], named: str) -> None:
    with pytest.raises(ClientError, match=named):
        deployed(rest, {"paths": {"/a": {"get": {"x-amazon-apigateway-integration": integration}}}})


def test_an_api_without_methods_cannot_be_deployed(rest: Any) -> None:
    api = rest.create_rest_api(name="a")
    with pytest.raises(ClientError, match="The REST API doesn't contain any methods"):
        rest.create_deployment(restApiId=api["id"])


def test_a_method_that_is_missing_is_not_looked_for_at_a_less_specific_path(world: FunctionWorld, rest: Any) -> None:
    uri = allowed(world, SHOW)
    anything = {"x-amazon-apigateway-any-method": proxied(uri)}
    paths = {"/a": {"get": proxied(uri)}, "/b/c": {"get": proxied(uri)}, "/{proxy+}": anything}
    host = deployed(rest, {"paths": paths})
    answer = world.ask(host, "/prod/a", "POST")
    assert (answer.status, json.loads(answer.body)) == (403, {"message": "Missing Authentication Token"})
    assert answer.header("x-amzn-errortype") == "MissingAuthenticationTokenException"
    assert json.loads(world.ask(host, "/prod/b", "POST").body)["resource"] == "/{proxy+}", "/b has no methods"
    assert json.loads(world.ask(host, "/prod/x", "POST").body)["resource"] == "/{proxy+}"


def test_a_domain_leads_to_apis_by_base_paths(world: FunctionWorld, rest: Any) -> None:
    uri = allowed(world, SHOW)
    api = deployed(rest, {"paths": {"/pets": {"get": proxied(uri)}}}).partition(".")[0]
    certificate = "arn:aws:acm:eu-west-1:123456789012:certificate/c"
    regional = {"regionalCertificateArn": certificate, "endpointConfiguration": {"types": ["REGIONAL"]}}
    rest.create_domain_name(domainName="rest.example.com", **regional)
    assert world.ask("rest.example.com", "/pets").status == 403
    rest.create_base_path_mapping(domainName="rest.example.com", basePath="v1", restApiId=api, stage="prod")
    rest.create_base_path_mapping(domainName="rest.example.com", basePath="any", restApiId=api)
    event = json.loads(world.ask("rest.example.com", "/v1/pets?a=1").body)
    assert (event["path"], event["requestContext"]["path"]) == ("/v1/pets", "/v1/pets")
    assert (event["requestContext"]["stage"], event["requestContext"]["domainName"]) == ("prod", "rest.example.com")
    assert json.loads(world.ask("rest.example.com", "/any/prod/pets").body)["resource"] == "/pets"
    assert world.ask("rest.example.com", "/pets").status == 403


def test_a_mapping_of_version_2_leads_to_a_rest_api(world: FunctionWorld, rest: Any) -> None:
    uri = allowed(world, SHOW)
    api = deployed(rest, {"paths": {"/pets": {"get": proxied(uri)}}}).partition(".")[0]
    configuration = [{"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/c"}]
    world.api.create_domain_name(DomainName="two.example.com", DomainNameConfigurations=configuration)
    world.api.create_api_mapping(DomainName="two.example.com", ApiId=api, Stage="prod", ApiMappingKey="deep/v1")
    event = json.loads(world.ask("two.example.com", "/deep/v1/pets").body)
    assert (event["resource"], event["requestContext"]["domainName"]) == ("/pets", "two.example.com")
    assert (event["path"], event["requestContext"]["path"]) == ("/deep/v1/pets", "/deep/v1/pets")
    assert world.ask("two.example.com", "/pets").status == 403


def test_a_patch_says_in_words_which_parameters_are_wanted(rest: Any) -> None:
    api = rest.create_rest_api(name="x")
    method = {"restApiId": api["id"], "resourceId": api["rootResourceId"], "httpMethod": "GET"}
    rest.put_method(**method, authorizationType="NONE")
    rest.put_method_response(**method, statusCode="200")
    patch = {"op": "add", "path": "/requestParameters/method.request.querystring.q", "value": "true"}
    assert rest.update_method(**method, patchOperations=[patch])["requestParameters"] == {
        "method.request.querystring.q": True
    }
    patch = {"op": "add", "path": "/responseParameters/method.response.header.X", "value": "false"}
    rest.update_method_response(**method, statusCode="200", patchOperations=[patch])
    answer = rest.get_method_response(**method, statusCode="200")
    assert answer["responseParameters"] == {"method.response.header.X": False}
