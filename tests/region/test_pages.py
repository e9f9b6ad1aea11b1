"""CORS: pages of any origin may call the APIs of AWS and read what they answer; S3 leaves that to buckets."""

from __future__ import annotations

import asyncio

import pytest
from places import region

from terrella.run.front_door import FrontDoor
from terrella.services.dynamodb import service
from terrella.wire import browsers
from terrella.wire.http import Request, Response

PAGE = {"origin": "http://page.example"}
TARGET = {"x-amz-target": "DynamoDB_20120810.ListTables"}
SIGNED = "AWS4-HMAC-SHA256 Credential=a/20251009/{}/{}/aws4_request, SignedHeaders=host, Signature=" + "0" * 64
ANSWERED = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date",
}


def asked(method: str, headers: dict[str, str], body: bytes = b"{}", path: str = "/") -> dict[str, str]:
    """The CORS headers of a region's answer."""
    answer = region("us-east-1", service).handle(Request(method, path, "", {"host": "127.0.0.1:4566", **headers}, body))
    assert isinstance(answer, Response)
    return {name: value for name, value in answer.headers if name.startswith("access-control-")}


def test_without_an_origin_nothing_is_said_of_origins() -> None:
    for method in ("OPTIONS", "GET", "POST"):
        assert asked(method, TARGET if method == "POST" else {}) == {}


@pytest.mark.parametrize("body", [b"{}", b"{", b'{"Limit": 0}'])
def test_a_page_may_read_what_it_is_answered_and_what_it_is_refused(body: bytes) -> None:
    assert asked("POST", {**PAGE, **TARGET}, body) == ANSWERED


def test_a_preflight_is_allowed_what_it_asks_for() -> None:
    wanted = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-amz-target"}
    assert asked("OPTIONS", {**PAGE, **wanted}, b"") == {
        **ANSWERED, "access-control-max-age": "172800", "access-control-allow-methods": "POST",
        "access-control-allow-headers": "authorization,x-amz-target",
    }  # fmt: skip


@pytest.mark.parametrize(("headers", "path", "ours"), [
    ({"host": "dynamodb.eu-west-1.amazonaws.com"}, "/", True),
    ({"host": "s3.eu-west-1.amazonaws.com"}, "/", False),
    ({"host": "bucket.s3.amazonaws.com"}, "/key", False),
    ({"authorization": SIGNED.format("us-east-1", "s3")}, "/", False),
    ({"authorization": SIGNED.format("us-east-1", "lambda")}, "/2015-03-31/functions", True),
    ({}, "/bucket/key", False),
    ({}, "/2015-03-31/functions/f/invocations", True),
    ({"access-control-request-headers": "smithy-protocol"}, "/service/GraniteServiceVersion20100801", True),
])  # fmt: skip
def test_what_s3_answers_to_pages_is_the_buckets_business(headers: dict[str, str], path: str, ours: bool) -> None:
    assert browsers.concerns(Request("OPTIONS", path, "", {"host": "127.0.0.1", **PAGE, **headers})) is ours


def test_the_front_door_answers_a_preflight_itself_for_nobody_knows_the_region() -> None:
    door = FrontDoor(("eu-west-1",), {}, None, 0, {}, None)  # type: ignore[arg-type]
    answer = asyncio.run(door.handle(Request("OPTIONS", "/", "", {"host": "127.0.0.1:4566", **PAGE})))
    assert answer.status == 200 and answer.header("access-control-allow-origin") == "*"
    nowhere = {**PAGE, **TARGET, "authorization": SIGNED.format("sa-east-1", "dynamodb")}
    refused = asyncio.run(door.handle(Request("POST", "/", "", {"host": "127.0.0.1:4566", **nowhere})))
    assert refused.status == 400 and refused.header("access-control-allow-origin") == "*"
