"""A refusal is in the protocol the caller speaks, even when nobody can tell which operation it wanted."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.core.clock import Clock
from terrella.region.region import Region, WorldFacts
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.wire.http import Request, Response


class Still(Clock):
    def now(self) -> float:
        return 1_700_000_000.0


def answer(
    service: str,
    headers: dict[str, str],
    body: bytes = b"",
    path: str = "/",
    facts: WorldFacts = WorldFacts(("us-east-1", "eu-west-1")),
) -> Response:
    scope = f"AKIA/20260101/eu-west-1/{service}/aws4_request"
    authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
    path, _, query = path.partition("?")
    request = Request("POST", path, query, {"authorization": authorization, **headers}, body)
    here: dict[str, Any] = {"clock": Still(), "journal": MemoryJournal(), "maps": MemoryMaps()}
    region = Region("eu-west-1", [], world=facts, **here)
    response = region.handle(request)
    assert isinstance(response, Response)
    return response


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("service", "body", "part"),
    [
        ("cloudformation", b"Action=Nope&Version=2010-05-15", b"<Error><Type>Sender</Type><Code>InvalidAct"),
        ("cloudformation", b"", b"<Code>MissingAction</Code>"),
        ("ec2", b"Action=Nope&Version=2016-11-15", b"<Response><Errors><Error><Code>InvalidAction</Code>"),
    ],
)
def test_a_form_without_a_known_action_is_refused_in_xml(service: str, body: bytes, part: bytes) -> None:
    response = answer(service, FORM, body)
    assert (response.status, dict(response.headers)["content-type"]) == (400, "text/xml")
    assert part in response.body


def test_a_path_no_rest_service_has_is_refused_in_its_protocol() -> None:
    assert b"<Code>UnknownOperationException</Code>" in answer("route53", {}, path="/no/such").body
    assert dict(answer("lambda", {}, path="/no/such").headers)["x-amzn-ErrorType"] == "UnknownOperationException"


def test_an_unreadable_signature_is_refused_in_the_protocol_of_the_body() -> None:
    response = answer("sts", {**FORM, "authorization": "AWS4-HMAC-SHA256 nonsense"}, b"Action=GetCallerIdentity")
    assert b"<Code>IncompleteSignature</Code>" in response.body


CLOSED = WorldFacts(("us-east-1", "eu-west-1"), credentials={"AKIAOTHER": "secret"})
LIST_TABLES = {"x-amz-target": "DynamoDB_20120810.ListTables"}


@pytest.mark.parametrize(
    ("service", "headers", "body", "path", "status", "part"),
    [
        ("dynamodb", LIST_TABLES, b"{}", "/", 400, b'service#UnrecognizedClientException"'),
        ("lambda", {}, b"{}", "/2015-03-31/functions", 403, b"The security token included in the request"),
        ("sts", FORM, b"Action=GetCallerIdentity&Version=2011-06-15", "/", 403, b"<Code>InvalidClientTokenId<"),
        ("ec2", FORM, b"Action=DescribeVpcs&Version=2016-11-15", "/", 401, b"<Code>AuthFailure</Code>"),
        ("s3", {}, b"", "/bucket?delete", 403, b"<Code>InvalidAccessKeyId</Code>"),
    ],
)
def test_an_unknown_access_key_is_refused_as_each_service_does(
    service: str, headers: dict[str, str], body: bytes, path: str, status: int, part: bytes
) -> None:
    response = answer(service, headers, body, path, CLOSED)
    assert response.status == status
    assert part in response.body


@pytest.mark.parametrize(
    ("headers", "body", "status", "part"),
    [
        (LIST_TABLES, b"{}", 400, b'coral.service#MissingAuthenticationTokenException"'),
        (FORM, b"Action=ListStacks&Version=2010-05-15", 403, b"<Code>MissingAuthenticationToken</Code>"),
    ],
)
def test_no_signature_at_all_has_a_name_in_json_and_another_in_xml(
    headers: dict[str, str], body: bytes, status: int, part: bytes
) -> None:
    response = answer("none", {"authorization": "Bearer x", **headers}, body, facts=CLOSED)
    assert response.status == status
    assert part in response.body
