"""HTTP APIs as their users meet them: routes, events, answers, and what goes wrong."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from function_world import FunctionWorld

SHOW = (
    "import json\ndef handler(event, context):\n    return {'statusCode': 200, 'body': json.dumps(event)}\n"
)


@pytest.fixture
def world() -> FunctionWorld:
    return FunctionWorld()


def event_of(world: FunctionWorld, host: str, *args: Any, **kwargs: Any) -> Any:
    answer = world.ask(host, *args, **kwargs)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def routed(world: FunctionWorld, *keys: str, version: str = "2.0") -> str:
    """An API with these routes, each to a function that shows its event."""
    arn = world.function(SHOW)
    world.lambda_.add_permission(
        FunctionName="f",
        StatementId="a",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    api = world.api.create_api(Name="a", ProtocolType="HTTP")["ApiId"]
    integration = world.api.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion=version
    )["IntegrationId"]
    for key in keys:
        world.api.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integration}")
    world.api.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return f"{api}.execute-api.eu-west-1.amazonaws.com"


def test_the_event_is_what_the_service_documents(world: FunctionWorld) -> None:
    host = routed(world, "GET /pets/{id}")
    event = event_of(world, host, "/pets/7?b=2&a=1&a=3", cookie="x=1; y=2", user_agent="curl")
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "GET /pets/{id}", "/pets/7")
    assert event["rawQueryString"] == "b=2&a=1&a=3"
    assert event["queryStringParameters"] == {"b": "2", "a": "1,3"}
    assert event["cookies"] == ["x=1", "y=2"] and "cookie" not in event["headers"]
    assert event["pathParameters"] == {"id": "7"}
    assert (event["isBase64Encoded"], "body" in event) == (False, False)
    context = event["requestContext"]
    assert context["http"] == {
        "method": "GET",
        "path": "/pets/7",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "curl",
    }
    assert (context["accountId"], context["stage"], context["domainName"]) == (
        "123456789012",
        "$default",
        host,
    )
    assert context["time"] == "09/Oct/2025:08:53:21 +0000"
    assert context["timeEpoch"] == 1_760_000_001_000


def test_every_request_has_a_trace_id_of_its_own(world: FunctionWorld) -> None:
    host = world.http_api(SHOW)
    traces = {event_of(world, host)["headers"]["x-amzn-trace-id"] for _ in range(20)}
    assert len(traces) == 20
    assert all(re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", trace) for trace in traces)


def test_a_function_sees_where_its_caller_is(world: FunctionWorld) -> None:
    event = event_of(world, world.http_api(SHOW), city="tokyo", x_forwarded_for="10.0.0.1")
    source = event["requestContext"]["http"]["sourceIp"]
    assert source.startswith("198.18.")
    assert event["headers"]["x-forwarded-for"] == f"10.0.0.1, {source}"


def test_empty_parts_of_the_event_are_absent(world: FunctionWorld) -> None:
    event = event_of(world, world.http_api(SHOW))
    absent = ("cookies", "queryStringParameters", "pathParameters", "stageVariables", "body")
    assert not [name for name in absent if name in event]


def test_the_older_event_has_null_for_nothing(world: FunctionWorld) -> None:
    event = event_of(world, routed(world, "GET /a", version="1.0"), "/a")
    assert (event["version"], event["resource"], event["path"], event["httpMethod"]) == (
        "1.0",
        "/a",
        "/a",
        "GET",
    )
    for name in ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"):
        assert event[name] is None
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("text/plain", False),
        ("application/json; charset=utf-8", False),
        ("application/x-www-form-urlencoded", True),
        ("application/octet-stream", True),
        ("", True),
    ],
)
def test_only_some_bodies_are_text(world: FunctionWorld, kind: str, encoded: bool) -> None:
    event = event_of(
        world, world.http_api(SHOW), "/", "POST", b"a=1", **({"content_type": kind} if kind else {})
    )
    assert event["isBase64Encoded"] is encoded
    assert (base64.b64decode(event["body"]) if encoded else event["body"].encode()) == b"a=1"


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("GET", "/pets/dog/1", "GET /pets/dog/1"),
        ("GET", "/pets/dog/2", "GET /pets/dog/{id}"),
        ("GET", "/pets/cat/2", "GET /pets/{proxy+}"),
        ("POST", "/pets/dog/1", "ANY /{proxy+}"),
        ("POST", "/test/5", "ANY /{proxy+}"),
        ("GET", "/", "$default"),
    ],
)
def test_the_most_specific_route_answers(world: FunctionWorld, method: str, path: str, route: str) -> None:
    host = routed(
        world, "GET /pets/dog/1", "GET /pets/dog/{id}", "GET /pets/{proxy+}", "ANY /{proxy+}", "$default"
    )
    assert event_of(world, host, path, method)["routeKey"] == route


def test_path_variables_are_decoded(world: FunctionWorld) -> None:
    event = event_of(world, routed(world, "GET /a/{rest+}"), "/a/b%20c/d")
    assert event["pathParameters"] == {"rest": "b c/d"}


def test_no_route_is_not_found(world: FunctionWorld) -> None:
    answer = world.ask(routed(world, "GET /a"), "/b")
    assert (answer.status, answer.body) == (404, b'{"message":"Not Found"}')
    assert len(answer.header("apigw-requestid") or "") == 16


def test_a_host_nobody_has_is_forbidden(world: FunctionWorld) -> None:
    answer = world.ask("abcdefghij.execute-api.eu-west-1.amazonaws.com")
    assert (answer.status, answer.body) == (403, b'{"message":"Forbidden"}')


@pytest.mark.parametrize(
    ("returned", "status", "kind", "body"),
    [
        ("{'a': 1}", 200, "application/json", b'{"a": 1}'),
        ("'hi'", 200, "application/json", b"hi"),
        ("{'statusCode': 201, 'body': 'x'}", 201, "text/plain; charset=utf-8", b"x"),
        ("{'statusCode': '418', 'headers': {'Content-Type': 'a/b'}, 'body': 'x'}", 418, "a/b", b"x"),
        (
            "{'statusCode': 200, 'body': 'aGk=', 'isBase64Encoded': True}",
            200,
            "text/plain; charset=utf-8",
            b"hi",
        ),
        ("{'statusCode': 204}", 204, None, b""),
    ],
)
def test_what_a_function_returns_becomes_the_answer(
    world: FunctionWorld, returned: str, status: int, kind: str | None, body: bytes
) -> None:
    answer = world.ask(world.http_api(f"def handler(event, context): return {returned}"))
    assert (answer.status, answer.header("content-type"), answer.body) == (status, kind, body)


@pytest.mark.parametrize(
    "returned",
    [
        "{'statusCode': 'no'}",
        "{'statusCode': 200, 'body': {'a': 1}}",
        "{'statusCode': 200, 'headers': {'a': ['b']}}",
        "{'statusCode': 200, 'headers': {'a': 'b\\r\\nset-cookie: c'}}",
        "{'statusCode': 200, 'body': '!', 'isBase64Encoded': True}",
        "{'statusCode': 200, 'headers': {'a b': 'c'}}",
        "1 / 0",
    ],
)
def test_what_cannot_be_an_answer_is_an_internal_error(world: FunctionWorld, returned: str) -> None:
    answer = world.ask(world.http_api(f"def handler(event, context): return {returned}"))
    assert (answer.status, answer.body) == (500, b'{"message":"Internal Server Error"}')


def test_each_cookie_is_a_header_of_its_own(world: FunctionWorld) -> None:
    host = world.http_api("def handler(e, c): return {'statusCode': 200, 'cookies': ['a=1', 'b=2']}")
    cookies = [value for name, value in world.ask(host).headers if name == "set-cookie"]
    assert cookies == ["a=1", "b=2"]


def test_a_function_must_let_the_api_in(world: FunctionWorld) -> None:
    host = world.http_api()
    world.lambda_.remove_permission(FunctionName="f", StatementId="api")
    assert world.ask(host).status == 500


def test_a_throttled_function_is_unavailable(world: FunctionWorld) -> None:
    host = world.http_api()
    world.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    answer = world.ask(host)
    assert (answer.status, answer.body) == (503, b'{"message":"Service Unavailable"}')


def test_a_stage_can_throttle(world: FunctionWorld) -> None:
    host = world.http_api()
    settings = {"ThrottlingBurstLimit": 2, "ThrottlingRateLimit": 1.0}
    world.api.update_stage(ApiId=host.partition(".")[0], StageName="$default", DefaultRouteSettings=settings)
    assert [world.ask(host).status for _ in range(3)] == [200, 200, 429]
    world.clock.time += 1
    assert world.ask(host).status == 200


def test_too_much_is_refused(world: FunctionWorld) -> None:
    host = world.http_api()
    assert world.ask(host, "/", "POST", b"x" * 10_485_761).status == 413
    assert world.ask(host, "/" + "x" * 10_240).status == 414
    assert world.ask(host, "/", a="x" * 10_240).status == 431


def test_a_named_stage_is_the_first_part_of_the_path(world: FunctionWorld) -> None:
    host = routed(world, "GET /a")
    variables = {"colour": "blue"}
    api = host.partition(".")[0]
    world.api.create_stage(ApiId=api, StageName="dev", AutoDeploy=True, StageVariables=variables)
    event = event_of(world, host, "/dev/a")
    assert (event["rawPath"], event["requestContext"]["stage"]) == ("/dev/a", "dev")
    assert event["stageVariables"] == variables


def test_a_stage_serves_what_was_deployed(world: FunctionWorld) -> None:
    host = routed(world, "GET /a")
    api = host.partition(".")[0]
    world.api.create_stage(ApiId=api, StageName="prod")
    assert world.ask(host, "/prod/a").status == 404
    deployment = world.api.create_deployment(ApiId=api, StageName="prod")
    assert deployment["DeploymentStatus"] == "DEPLOYED"
    for route in world.api.get_routes(ApiId=api)["Items"]:
        world.api.delete_route(ApiId=api, RouteId=route["RouteId"])
    assert (world.ask(host, "/prod/a").status, world.ask(host, "/a").status) == (200, 404)


def test_a_closed_default_endpoint_is_not_found(world: FunctionWorld) -> None:
    host = world.http_api()
    world.api.update_api(ApiId=host.partition(".")[0], DisableExecuteApiEndpoint=True)
    assert world.ask(host).status == 404


CORS = {
    "AllowOrigins": ["https://a.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["x-one"],
    "ExposeHeaders": ["x-two"],
    "MaxAge": 60,
}


def test_a_preflight_is_answered_without_asking_anybody(world: FunctionWorld) -> None:
    host = world.http_api("1 / 0", CorsConfiguration=CORS)
    asked = {"origin": "https://a.example", "access_control_request_method": "GET"}
    answer = world.ask(host, "/x", "OPTIONS", **asked)
    assert (answer.status, answer.header("access-control-allow-origin")) == (204, "https://a.example")
    assert answer.header("access-control-allow-methods") == "GET,POST"
    assert answer.header("access-control-max-age") == "60"
    other = world.ask(host, "/x", "OPTIONS", **{**asked, "origin": "https://b.example"})
    assert (other.status, other.header("access-control-allow-origin")) == (204, None)


def test_the_api_s_own_cors_headers_replace_the_function_s(world: FunctionWorld) -> None:
    source = "def handler(e, c): return {'statusCode': 200, 'headers': {'Access-Control-Allow-Origin': '*'}}"
    host = world.http_api(source, CorsConfiguration=CORS)
    assert world.ask(host, origin="https://a.example").header("access-control-expose-headers") == "x-two"
    assert world.ask(host).header("access-control-allow-origin") is None


def test_hop_by_hop_headers_stay_behind(world: FunctionWorld) -> None:
    source = (
        "def handler(e, c): return {'statusCode': 200, 'headers': {'Transfer-Encoding': 'chunked', 'a': 1}}"
    )
    answer = world.ask(world.http_api(source))
    assert (answer.header("transfer-encoding"), answer.header("a")) == (None, "1")


def test_requests_are_counted_for_cloudwatch_by_api_and_stage(world: Any) -> None:
    host = world.http_api()
    for path in ("/", "/x"):
        world.ask(host, path)
    api, sums = host.partition(".")[0], {}
    for measure in world.region.measures():
        if measure.namespace == "AWS/ApiGateway":
            sums[measure.metric, measure.dimensions] = sum(row[1] for _, row in measure.meter.between(0.0, 1e12))
    whole, stage = (("ApiId", api),), (("ApiId", api), ("Stage", "$default"))
    assert sums["Count", whole] == sums["Count", stage] == 2.0
    assert (sums["4xx", whole], sums["5xx", whole]) == (0.0, 0.0)
    assert ("Latency", stage) in sums and ("IntegrationLatency", stage) in sums
