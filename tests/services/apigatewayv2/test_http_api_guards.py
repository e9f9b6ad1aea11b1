"""Routes of HTTP APIs that want a token of an issuer, or a signature: who is let in, and what integrations are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from function_world import FunctionWorld
from places import NOW
from services.apigatewayv2.web_of_answers import WebOfAnswers, page
from services.elbv2.test_elbv2_gates import IDP, SET, token

from terrella.wire.http import Response

SHOW = "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
WELL_KNOWN = f"{IDP}/.well-known/openid-configuration"


class Guarded:
    """An API whose one route shows its event."""

    def __init__(self, version: str = "2.0", **route: Any) -> None:
        self.world, self.web = FunctionWorld(), WebOfAnswers()
        self.world.region.ports.web = self.web
        self.web.pages |= {WELL_KNOWN: page({"jwks_uri": f"{IDP}/keys"}), f"{IDP}/keys": page({"keys": SET})}
        self.api = self.world.api
        self.api_id = self.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
        self.host = f"{self.api_id}.execute-api.eu-west-1.amazonaws.com"
        shown = self.world.function(SHOW, "shown")
        self.world.lambda_.add_permission(
            FunctionName="shown", StatementId="a", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
        )
        integration = self.api.create_integration(
            ApiId=self.api_id, IntegrationType="AWS_PROXY", IntegrationUri=shown, PayloadFormatVersion=version
        )["IntegrationId"]
        if route["AuthorizationType"] == "JWT":
            route["AuthorizerId"] = self.authorizer()["AuthorizerId"]
        self.api.create_route(
            ApiId=self.api_id, RouteKey="GET /a", Target=f"integrations/{integration}", **route
        )
        self.api.create_stage(ApiId=self.api_id, StageName="$default", AutoDeploy=True)

    def authorizer(self, **changes: Any) -> Any:
        usual = {
            "Name": "j", "AuthorizerType": "JWT", "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Issuer": IDP, "Audience": ["me"]},
        }  # fmt: skip
        return self.api.create_authorizer(ApiId=self.api_id, **{**usual, **changes})

    def ask(self, text: str | None = None, **headers: str) -> Response:
        return self.world.ask(self.host, "/a", **({"authorization": text} if text else {}), **headers)

    def event(self, text: str) -> Any:
        answer = self.ask(text)
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["requestContext"]


def good(**claims: Any) -> str:
    return token(**{"aud": "me", "exp": int(NOW) + 60, **claims})


def test_whoever_brings_a_token_is_let_in_and_its_claims_are_told() -> None:
    there = Guarded(AuthorizationType="JWT")
    told = there.event(f"Bearer {good(sub='ada', groups=['a', 'b'], paid=True)}")["authorizer"]["jwt"]
    assert told["claims"] == {
        "aud": "me", "exp": str(int(NOW) + 60), "iss": IDP, "sub": "ada", "groups": "[a b]", "paid": "true",
    }  # fmt: skip
    assert told["scopes"] is None
    assert there.ask(good()).status == 200, "without the word Bearer"
    assert there.ask(good(aud=["others", "me"])).status == 200
    assert len(there.web.asked) == 2, "the keys are remembered"


def test_format_1_has_the_claims_without_a_wrapping() -> None:
    there = Guarded("1.0", AuthorizationType="JWT")
    assert there.event(good(sub="ada"))["authorizer"]["claims"]["sub"] == "ada"


def test_an_access_token_names_its_client_instead_of_an_audience() -> None:
    there = Guarded(AuthorizationType="JWT")
    named = {"iss": IDP, "exp": int(NOW) + 60, "client_id": "me"}
    assert there.ask(token(**named)).status == 200
    assert there.ask(token(**named, aud="another")).status == 401


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (good(aud="another"), "the token does not have a valid audience"),
        (good(iss="https://another"), "the token does not have a valid issuer"),
        (good(exp=int(NOW) - 1), "the token has expired"),
        (good(nbf=int(NOW) + 9), "the token is not valid yet: nbf"),
        (good()[:-8] + "AAAAAAAA", "the token's signature is invalid"),
        (token("HS256", aud="me"), "signing method HS256 is invalid"),
        ("nonsense", "the token is malformed"),
    ],
)
def test_what_is_wrong_with_a_token_is_said_in_a_header(text: str, why: str) -> None:
    answer = Guarded(AuthorizationType="JWT").ask(text)
    assert (answer.status, json.loads(answer.body)) == (401, {"message": "Unauthorized"})
    assert answer.header("www-authenticate") == f'Bearer scope="" error="invalid_token" error_description="{why}"'


def test_without_a_token_nobody_is_let_in() -> None:
    answer = Guarded(AuthorizationType="JWT").ask()
    assert (answer.status, answer.header("www-authenticate")) == (401, "Bearer")


def test_a_token_needs_one_of_the_scopes() -> None:
    there = Guarded(AuthorizationType="JWT", AuthorizationScopes=["read", "write"])
    refused = there.ask(good(scope="other"))
    assert (refused.status, json.loads(refused.body)) == (403, {"message": "Forbidden"})
    assert 'error="insufficient_scope"' in (refused.header("www-authenticate") or "")
    assert there.event(good(scope="other read"))["authorizer"]["jwt"]["scopes"] == ["read"]
    assert there.event(good(scp=["write"]))["authorizer"]["jwt"]["scopes"] == ["write"]


def test_keys_are_kept_for_two_hours_and_a_new_one_is_looked_for() -> None:
    there = Guarded(AuthorizationType="JWT")
    there.web.pages[f"{IDP}/keys"] = page({"keys": [{**SET[0], "kid": "old"}]})
    assert there.ask(good()).status == 401
    there.web.pages[f"{IDP}/keys"] = page({"keys": SET})
    assert there.ask(good()).status == 401, "not asked again within a minute"
    there.world.clock.time += 61
    assert there.ask(good(exp=int(NOW) + 999)).status == 200
    there.web.pages.clear()
    there.world.clock.time += 7000
    assert there.ask(good(exp=int(NOW) + 99_999)).status == 200
    there.world.clock.time += 300
    assert "communication error" in (there.ask(good(exp=int(NOW) + 99_999)).header("www-authenticate") or "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"IdentitySource": ["$request.header.a", "$request.header.b"]}, "one identity source"),
        ({"IdentitySource": ["$context.path"]}, "one identity source"),
        ({"JwtConfiguration": {"Issuer": "http://a", "Audience": ["me"]}}, "Invalid issuer"),
        ({"JwtConfiguration": {"Issuer": IDP, "Audience": []}}, "audience"),
    ],
)
def test_what_no_issuer_can_be(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        Guarded(AuthorizationType="AWS_IAM").authorizer(**changes)


def test_documents_say_which_routes_want_tokens_and_say_it_again() -> None:
    there = Guarded(AuthorizationType="JWT")
    operation = {
        "security": [{"mine": ["read"]}],
        "x-amazon-apigateway-integration": {
            "type": "HTTP_PROXY", "httpMethod": "GET", "uri": "https://a.example", "payloadFormatVersion": "1.0",
        },
    }  # fmt: skip
    signed = {**operation, "security": [], "x-amazon-apigateway-auth": {"type": "AWS_IAM"}}
    jwt = {
        "type": "jwt", "identitySource": "$request.header.Authorization",
        "jwtConfiguration": {"issuer": IDP, "audience": ["me"]},
    }  # fmt: skip
    schemes = {"mine": {"type": "oauth2", "x-amazon-apigateway-authorizer": jwt}}
    document = {
        "openapi": "3.0.1", "info": {"title": "t"}, "paths": {"/a": {"get": operation}, "/b": {"get": signed}},
        "components": {"securitySchemes": schemes},
    }  # fmt: skip
    api = there.api.import_api(Body=json.dumps(document))["ApiId"]
    routes = {each["RouteKey"]: each for each in there.api.get_routes(ApiId=api)["Items"]}
    assert (routes["GET /a"]["AuthorizationType"], routes["GET /a"]["AuthorizationScopes"]) == ("JWT", ["read"])
    assert routes["GET /b"]["AuthorizationType"] == "AWS_IAM"
    body = there.api.export_api(ApiId=api, OutputType="JSON", Specification="OAS30")["body"].read()
    exported = json.loads(body)
    assert exported["components"]["securitySchemes"]["mine"]["x-amazon-apigateway-authorizer"] == jwt
    assert exported["paths"]["/a"]["get"]["security"] == [{"mine": ["read"]}]
    there.api.reimport_api(ApiId=api, Body=json.dumps(exported))
    assert len(there.api.get_authorizers(ApiId=api)["Items"]) == 1


def signed(there: Guarded, key: str = "AKIAME", secret: str = "hush", service: str = "execute-api") -> dict[str, str]:
    request = AWSRequest("GET", f"https://{there.host}/a")
    SigV4Auth(Credentials(key, secret), service, "eu-west-1").add_auth(request)
    return {name.lower().replace("-", "_"): value for name, value in request.headers.items()}


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_signature_lets_in_and_who_signed_is_told(version: str) -> None:
    there = Guarded(version, AuthorizationType="AWS_IAM")
    there.world.region.world.credentials["AKIAME"] = "hush"
    headers = signed(there)
    there.world.clock.time = _of(headers["x_amz_date"])
    answer = there.ask(**headers)
    assert answer.status == 200, answer.body
    context = json.loads(answer.body)["requestContext"]
    told = context["identity"] if version == "1.0" else context["authorizer"]["iam"]
    assert (told["accessKey"], told["userArn"]) == ("AKIAME", "arn:aws:iam::123456789012:root")
    for wrong in ({"secret": "loud"}, {"key": "AKIANOBODY"}, {"service": "lambda"}):
        answer = there.ask(**signed(there, **wrong))
        assert (answer.status, json.loads(answer.body)) == (403, {"message": "Forbidden"})
    assert there.ask().status == 403


def test_a_world_without_credentials_takes_every_signature_but_wants_one() -> None:
    there = Guarded(AuthorizationType="AWS_IAM")
    assert (there.ask(**signed(there)).status, there.ask().status) == (200, 403)


def _of(date: str) -> float:
    return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
