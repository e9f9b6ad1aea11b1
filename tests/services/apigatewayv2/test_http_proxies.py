"""HTTP servers behind routes, and what is altered on the way there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from function_world import FunctionWorld
from services.apigatewayv2.web_of_answers import WebOfAnswers

from terrella.region.ports import Garbled, Outside, Unreached
from terrella.wire.http import Request, Response


class Proxied:
    """An API with a server behind its one route, which shows what it was asked."""

    def __init__(self, uri: str = "https://shop.example/v1/{rest}?k=1", **settings: Any) -> None:
        self.world, self.web = FunctionWorld(), WebOfAnswers()
        self.world.region.ports.web = self.web
        api = self.world.api
        self.api_id = api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
        self.host = f"{self.api_id}.execute-api.eu-west-1.amazonaws.com"
        self.made = api.create_integration(
            ApiId=self.api_id, IntegrationType="HTTP_PROXY", IntegrationUri=uri,
            **{"IntegrationMethod": "ANY", "PayloadFormatVersion": "1.0", **settings},
        )  # fmt: skip
        target = f"integrations/{self.made['IntegrationId']}"
        api.create_route(ApiId=self.api_id, RouteKey="ANY /go/{rest+}", Target=target)
        api.create_stage(ApiId=self.api_id, StageName="$default", AutoDeploy=True, StageVariables={"who": "shop"})
        for path in ("/v1/a/b", "/other/b"):
            self.web.pages[f"https://shop.example{path}"] = self.show

    def show(self, request: Request) -> Response:
        said = {"method": request.method, "query": request.query, "headers": request.headers, "path": request.path}
        headers = [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "close"), ("X-Old", "1")]
        return Response(201, headers, json.dumps(said).encode() + request.body)

    def ask(self, path: str = "/go/a/b", method: str = "GET", body: bytes = b"", **headers: str) -> Response:
        return self.world.ask(self.host, path, method, body, **headers)

    def heard(self, path: str = "/go/a/b", **headers: str) -> Any:
        return json.loads(self.ask(path, **headers).body)


def test_a_request_goes_on_with_its_method_variables_query_headers_and_body() -> None:
    there = Proxied()
    answer = there.ask("/go/a/b?x=1&y=2", "PUT", b"!", x_mine="yes", cookie="c=1")
    said = json.loads(answer.body[:-1])
    assert answer.body.endswith(b"!") and answer.status == 201
    assert (said["method"], said["path"], said["query"]) == ("PUT", "/v1/a/b", "k=1&x=1&y=2")
    headers = said["headers"]
    assert (headers["host"], headers["x-mine"], headers["cookie"]) == ("shop.example", "yes", "c=1")
    assert headers["via"] == "HTTP/1.1 AmazonAPIGateway" and f"host={there.host}" in headers["forwarded"]
    assert [value for name, value in answer.headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert answer.header("connection") is None and answer.header("apigw-requestid")


def test_the_method_and_stage_variables_are_the_integrations() -> None:
    there = Proxied("https://${stageVariables.who}.example/v1/{rest}", IntegrationMethod="POST")
    assert there.heard()["method"] == "POST"


def test_what_is_variable_stays_within_its_part_of_the_url() -> None:
    there = Proxied()
    there.ask("/go/a%3Fz%3D1%23")
    assert there.web.asked[0][1].path == "/v1/a%3Fz%3D1%23" and there.web.asked[0][1].query == "k=1"


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (Unreached("x"), 503, "Service Unavailable"),
        (Garbled("x"), 502, "Bad Gateway"),
        (Outside("b.example is not here"), 503, "Service Unavailable: b.example is not here"),
    ],
)
def test_servers_that_give_no_answer(error: Exception, status: int, message: str) -> None:
    there = Proxied()

    def fail(request: Request) -> Response:
        raise error

    there.web.pages["https://shop.example/v1/a/b"] = fail
    answer = there.ask()
    assert (answer.status, json.loads(answer.body)) == (status, {"message": message})


def test_a_server_that_takes_too_long_is_504() -> None:
    there = Proxied(TimeoutInMillis=50)
    there.web.slow_s = 1.0
    answer = there.ask()
    assert (answer.status, json.loads(answer.body)) == (504, {"message": "Gateway Timeout"})


def test_a_world_without_a_web_says_so() -> None:
    world = FunctionWorld()
    api = world.api.create_api(Name="a", ProtocolType="HTTP", Target="https://shop.example")
    answer = world.ask(api["ApiEndpoint"].removeprefix("https://"))
    assert (answer.status, json.loads(answer.body)) == (503, {"message": "This world has no web."})


def test_requests_are_altered_on_their_way() -> None:
    there = Proxied(RequestParameters={
        "append:header.x-list": "$request.header.x-more",
        "overwrite:header.x-who": "${request.path.rest} of ${stageVariables.who}",
        "append:header.x-missing": "$request.header.none",
        "remove:header.x-gone": "''",
        "overwrite:querystring.q": "$request.querystring.p",
        "remove:querystring.p": "''",
        "append:querystring.route": "$context.routeKey",
        "overwrite:path": "/other/b",
    })  # fmt: skip
    said = there.heard("/go/a/b?p=1&q=old&z=3", x_list="a", x_more="b", x_gone="1")
    headers = said["headers"]
    assert (headers["x-list"], headers["x-who"]) == ("a,b", "a/b of shop")
    assert "x-gone" not in headers and "x-missing" not in headers
    assert said["path"] == "/other/b"
    assert said["query"] == "k=1&z=3&q=1&route=ANY%20%2Fgo%2F%7Brest%2B%7D"


def test_bodies_give_values_too() -> None:
    there = Proxied(RequestParameters={"overwrite:header.x-name": "$request.body.user.names[1]"})
    answer = there.ask(method="POST", body=b'{"user": {"names": ["a", "b"]}}')
    assert b'"x-name": "b"' in answer.body


def test_answers_are_altered_by_their_status() -> None:
    there = Proxied(ResponseParameters={
        "201": {
            "overwrite:statuscode": "202", "remove:header.x-old": "''", "append:header.x-new": "$response.header.X-Old",
            "overwrite:header.x-path": "$response.body.path", "append:header.x-api": "$context.apiId",
        },
        "404": {"overwrite:statuscode": "200"},
    })  # fmt: skip
    answer = there.ask()
    assert (answer.status, answer.header("x-old"), answer.header("x-new")) == (202, None, "1")
    assert (answer.header("x-path"), answer.header("x-api")) == ("/v1/a/b", there.api_id)
