"""Lambda authorizers: who is let in, who is not, what the function is asked and for how long it is believed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from function_world import FunctionWorld

from terrella.services.apigatewayv2 import authorize

SHOW = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
GUARD = """
asked = []
def handler(event, context):
    asked.append(event)
    token = event['identitySource'][0] if event['version'] == '2.0' else event['authorizationToken']
    if token == 'break':
        raise ValueError('broken')
    if token == 'mumble':
        return 'perhaps'
    if token.startswith('allow:') or token.startswith('deny:'):
        effect, _, resource = token.partition(':')
        statement = {'Action': 'execute-api:Invoke', 'Effect': effect.title(), 'Resource': resource}
        return {'principalId': 'ada', 'policyDocument': {'Statement': [statement]}, 'context': {'n': len(asked)}}
    return {'isAuthorized': token == 'open sesame', 'context': {'who': 'ada', 'n': len(asked), 'event': event}}
"""


class Guarded:
    """An API whose route shows its event, behind an authorizer."""

    def __init__(self, world: FunctionWorld, integration_version: str = "2.0", **settings: Any) -> None:
        self.world, self.api = world, world.api
        self.api_id = self.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
        guard, shown = world.function(GUARD, "guard"), world.function(SHOW, "shown")
        self.uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{guard}/invocations"
        self.id = self.create(**settings)["AuthorizerId"]
        integration = self.api.create_integration(
            ApiId=self.api_id, IntegrationType="AWS_PROXY", IntegrationUri=shown,
            PayloadFormatVersion=integration_version,
        )["IntegrationId"]  # fmt: skip
        for key in ("GET /pets/{id}", "GET /other"):
            self.api.create_route(
                ApiId=self.api_id, RouteKey=key, Target=f"integrations/{integration}",
                AuthorizationType="CUSTOM", AuthorizerId=self.id,
            )  # fmt: skip
        self.api.create_stage(ApiId=self.api_id, StageName="$default", AutoDeploy=True)
        self.allow("shown", "*/*")
        self.allow("guard", f"authorizers/{self.id}")

    def create(self, **settings: Any) -> Any:
        usual = {"AuthorizerPayloadFormatVersion": "2.0", "EnableSimpleResponses": True, "Name": "g",
                 "AuthorizerType": "REQUEST", "IdentitySource": ["$request.header.Authorization"]}  # fmt: skip
        return self.api.create_authorizer(ApiId=self.api_id, AuthorizerUri=self.uri, **{**usual, **settings})

    def allow(self, function: str, what: str) -> None:
        self.world.lambda_.add_permission(
            FunctionName=function, StatementId="api", Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:eu-west-1:123456789012:{self.api_id}/{what}",
        )  # fmt: skip

    def ask(self, token: str | None = None, path: str = "/pets/7", **headers: str) -> tuple[int, Any]:
        named = {"authorization": token} if token is not None else {}
        answer = self.world.ask(f"{self.api_id}.execute-api.eu-west-1.amazonaws.com", path, **named, **headers)
        return answer.status, json.loads(answer.body)


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def test_who_is_let_in_is_told_to_the_function(world: FunctionWorld) -> None:
    status, event = Guarded(world).ask("open sesame")
    assert status == 200
    assert event["requestContext"]["authorizer"]["lambda"]["who"] == "ada"
    asked = event["requestContext"]["authorizer"]["lambda"]["event"]
    assert (asked["version"], asked["type"], asked["identitySource"]) == ("2.0", "REQUEST", ["open sesame"])
    assert asked["routeArn"].endswith("/$default/GET/pets/7")
    assert (asked["routeKey"], asked["pathParameters"]) == ("GET /pets/{id}", {"id": "7"})
    assert "body" not in asked and "isBase64Encoded" not in asked


@pytest.mark.parametrize(
    ("token", "status", "message"),
    [
        (None, 401, "Unauthorized"),
        ("wrong", 403, "Forbidden"),
        ("break", 500, "Internal Server Error"),
        ("mumble", 500, "Internal Server Error"),
        ("allow:*", 500, "Internal Server Error"),  # a policy, where a simple answer was agreed
    ],
)
def test_who_is_not_let_in(world: FunctionWorld, token: str | None, status: int, message: str) -> None:
    assert Guarded(world).ask(token) == (status, {"message": message})


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("allow:*", 200),
        ("allow:arn:aws:execute-api:eu-west-1:*:*/GET/pets/?", 200),
        ("allow:arn:aws:execute-api:eu-west-1:*:*/POST/*", 403),
        ("deny:*", 403),
        ("open sesame", 500),
    ],
)
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_policy_is_read_as_iam_reads_it(world: FunctionWorld, version: str, token: str, status: int) -> None:
    settings = {"AuthorizerPayloadFormatVersion": version, "EnableSimpleResponses": False}
    found, event = Guarded(world, **settings).ask(token)
    assert found == status
    if status == 200:
        told = event["requestContext"]["authorizer"]["lambda"]
        assert told == {"principalId": "ada", "n": 1}


def test_an_answer_is_believed_for_its_time_and_for_its_identity(world: FunctionWorld) -> None:
    guarded = Guarded(world, AuthorizerResultTtlInSeconds=60)

    def count(path: str = "/pets/7", token: str = "open sesame") -> int:
        return int(guarded.ask(token, path)[1]["requestContext"]["authorizer"]["lambda"]["n"])

    assert [count(), count(), count("/other")] == [1, 1, 1]
    assert guarded.ask("wrong", "/pets/7")[0] == 403, "somebody else's answer"
    world.clock.time += 61
    assert count() == 3
    guarded.api.update_authorizer(
        ApiId=guarded.api_id, AuthorizerId=guarded.id, AuthorizerResultTtlInSeconds=0
    )
    assert [count(), count()] == [4, 5]


def test_identity_comes_from_wherever_the_sources_say(world: FunctionWorld) -> None:
    sources = ["$request.querystring.q", "$context.httpMethod", "$request.header.x-who"]
    policy = {"AuthorizerPayloadFormatVersion": "1.0", "EnableSimpleResponses": False}
    guarded = Guarded(world, IdentitySource=sources, **policy)
    assert guarded.ask(path="/pets/7?q=allow:*")[0] == 401
    sources = ["$request.querystring.q", "$context.http.method", "$request.header.x-who"]
    guarded.api.update_authorizer(ApiId=guarded.api_id, AuthorizerId=guarded.id, IdentitySource=sources)
    assert guarded.ask(path="/pets/7?q=allow:*")[0] == 401
    assert guarded.ask(path="/pets/7?q=deny:*", x_who="me")[0] == 403


def test_format_1_integrations_find_the_context_without_a_wrapping(world: FunctionWorld) -> None:
    _, event = Guarded(world, "1.0").ask("open sesame")
    assert event["requestContext"]["authorizer"]["who"] == "ada"


def test_without_permission_the_function_is_not_asked(world: FunctionWorld) -> None:
    guarded = Guarded(world)
    world.lambda_.remove_permission(FunctionName="guard", StatementId="api")
    assert guarded.ask("open sesame")[0] == 500


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"AuthorizerType": "JWT"}, "AuthorizerUri is not supported for JWT"),
        ({"AuthorizerUri": "arn:aws:s3:::b"}, "Invalid authorizer URI"),
        ({"AuthorizerPayloadFormatVersion": "3.0"}, "AuthorizerPayloadFormatVersion"),
        ({"AuthorizerPayloadFormatVersion": "1.0"}, "Simple responses"),
        ({"IdentitySource": ["Authorization"]}, "Invalid identity source"),
        ({"IdentitySource": [], "AuthorizerResultTtlInSeconds": 5}, "at least one identity source"),
    ],
)
def test_what_no_authorizer_can_be(world: FunctionWorld, settings: dict[str, Any], words: str) -> None:
    guarded = Guarded(world)
    with pytest.raises(ClientError, match=words):
        if "AuthorizerUri" in settings:
            guarded.uri = settings.pop("AuthorizerUri")
        guarded.create(**settings)


def test_an_authorizer_in_use_stays(world: FunctionWorld) -> None:
    guarded, where = Guarded(world), {}
    where = {"ApiId": guarded.api_id, "AuthorizerId": guarded.id}
    with pytest.raises(ClientError, match="is referenced by a route"):
        world.api.delete_authorizer(**where)
    for route in world.api.get_routes(ApiId=guarded.api_id)["Items"]:
        assert (route["AuthorizationType"], route["AuthorizerId"]) == ("CUSTOM", guarded.id)
        opened = world.api.update_route(
            ApiId=guarded.api_id, RouteId=route["RouteId"], AuthorizationType="NONE"
        )
        assert "AuthorizerId" not in opened
    assert guarded.ask()[0] == 200
    world.api.delete_authorizer(**where)
    assert world.api.get_authorizers(ApiId=guarded.api_id)["Items"] == []
    with pytest.raises(ClientError, match="Invalid Authorizer identifier specified"):
        world.api.get_authorizer(**where)
    with pytest.raises(ClientError, match="requires a valid authorizer"):
        world.api.create_route(
            ApiId=guarded.api_id, RouteKey="GET /x", AuthorizationType="CUSTOM", AuthorizerId=guarded.id
        )


def test_a_denial_wins_over_any_permission() -> None:
    arn = "arn:aws:execute-api:eu-west-1:123456789012:a/$default/GET/pets"
    statements = [{"Effect": effect, "Action": "execute-api:Invoke", "Resource": "*"} for effect in ("Deny", "Allow")]
    for count, allowed in ((0, True), (1, False)):
        policy = {"Statement": statements[1 - count :]}
        assert authorize._judged({"principalId": "me", "policyDocument": policy}, False, arn)[0] is allowed
