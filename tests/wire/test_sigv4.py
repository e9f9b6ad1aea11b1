"""Signatures: those botocore makes hold, those altered do not, and the refusals are AWS's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from terrella.core.errors import AwsError, IncompleteSignatureException
from terrella.wire import codec, route, sigv4
from terrella.wire.http import Request, Response
from terrella.wire.signing import presign

from .clients import KEY, SECRET, client

NOW = datetime.now(UTC)


def sent(
    service: str, operation: str, endpoint: str | None = None, config: Any = None, **params: Any
) -> Request:
    """The request a boto3 client makes of a call."""
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        call = route.resolve(request, service)
        return codec.write(call.operation, call.protocol, {}, "id")

    getattr(client(service, answer, endpoint, **(config or {})), operation)(**params)
    return seen[-1]


def check(request: Request, secret: str = SECRET, now: Any = None) -> sigv4.Signature:
    signature = sigv4.read(request)
    assert signature is not None
    sigv4.verify(request, signature, secret, now or datetime.now(UTC))
    return signature


def refused(request: Request, **how: Any) -> AwsError:
    with pytest.raises(AwsError) as refusal:
        check(request, **how)
    return refusal.value


def get_item() -> Request:
    return sent("dynamodb", "get_item", TableName="t", Key={"a": {"S": "x"}})


def test_a_signature_says_who_where_and_what_for() -> None:
    signature = check(get_item())
    assert (signature.access_key, signature.region, signature.service) == (KEY, "eu-west-1", "dynamodb")


@pytest.mark.parametrize(
    ("service", "operation", "params"),
    [
        ("lambda", "get_function", {"FunctionName": "arn:aws:lambda:eu-west-1:123456789012:function:f x"}),
        ("route53", "list_resource_record_sets", {"HostedZoneId": "Z1", "StartRecordName": "a b+c&d=e"}),
        ("s3", "get_object", {"Bucket": "b", "Key": "a//b/../c d+e?f%20ü"}),
        (
            "s3",
            "put_object",
            {"Bucket": "b", "Key": "k", "Body": b"x" * 100, "Metadata": {"a": "two  blanks "}},
        ),
        ("sts", "get_caller_identity", {}),
        (
            "apigateway",
            "tag_resource",
            {"resourceArn": "arn:aws:apigateway:r::/restapis/a", "tags": {"a": "b"}},
        ),
    ],
)
def test_what_botocore_signs_holds(service: str, operation: str, params: dict[str, Any]) -> None:
    check(sent(service, operation, **params))


def test_another_secret_does_not_hold() -> None:
    error = refused(get_item(), secret="other")
    assert error.error_code == "InvalidSignatureException"
    assert error.message.startswith(
        "The request signature we calculated does not match the signature you provided."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"TableName": "other"}'},
        {"path": "/x"},
        {"query": "a=b"},
        {"method": "PUT"},
    ],
)
def test_nothing_signed_can_be_altered(change: dict[str, Any]) -> None:
    assert refused(replace(get_item(), **change)).error_code == "InvalidSignatureException"


def test_an_old_request_has_expired() -> None:
    request = get_item()
    later = datetime.now(UTC).timestamp() + 6 * 60
    message = refused(request, now=later).message
    assert message.startswith(f"Signature expired: {request.headers['x-amz-date']} is now earlier than ")
    assert message.endswith(" - 5 min.)")


def test_a_request_from_the_future_is_not_yet_current() -> None:
    message = refused(get_item(), now=datetime.now(UTC).timestamp() - 6 * 60).message
    assert message.startswith("Signature not yet current: ")
    assert " is still later than " in message


def test_query_services_refuse_in_their_own_code_and_bear_fifteen_minutes() -> None:
    request = sent("sts", "get_caller_identity")
    check(request, now=datetime.now(UTC).timestamp() + 14 * 60)
    assert refused(request, secret="other").error_code == "SignatureDoesNotMatch"
    assert refused(request, now=datetime.now(UTC).timestamp() + 16 * 60).message.endswith(" - 15 min.)")


def test_s3_tells_a_skewed_clock_from_a_wrong_key() -> None:
    request = sent("s3", "list_buckets")
    assert refused(request, secret="other").error_code == "SignatureDoesNotMatch"
    assert refused(request, now=datetime.now(UTC).timestamp() + 16 * 60).error_code == "RequestTimeTooSkewed"


def test_s3_notices_another_body() -> None:
    request = sent(
        "s3", "put_object", endpoint="http://127.0.0.1:4566", Bucket="b", Key="k", Body=b"abc",
        config={"request_checksum_calculation": "when_required"},
    )  # fmt: skip
    assert refused(replace(request, body=b"abd")).error_code == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls_hold_until_they_expire(version: str) -> None:
    made = client("s3", lambda request: Response(200), signature_version=version)
    url = made.generate_presigned_url("get_object", {"Bucket": "b", "Key": "a b/ü"}, ExpiresIn=60)
    host, _, rest = url.removeprefix("https://").partition("/")
    path, _, query = rest.partition("?")
    request = Request("GET", f"/{path}", query, {"host": host})
    signature = check(request)
    assert signature.presigned and signature.access_key == KEY
    error = refused(request, now=datetime.now(UTC).timestamp() + 61)
    assert (error.error_code, error.message) == ("AccessDenied", "Request has expired")
    assert refused(request, secret="other").error_code == "SignatureDoesNotMatch"
    assert refused(replace(request, path="/other")).error_code == "SignatureDoesNotMatch"


def test_an_upload_with_a_checksum_at_its_end_holds() -> None:
    request = sent(
        "s3",
        "put_object",
        Bucket="b",
        Key="k",
        Body=b"abc",
        config={"request_checksum_calculation": "when_supported"},
    )
    assert request.headers["x-amz-content-sha256"] == "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
    check(request)


@pytest.mark.parametrize(
    ("authorization", "words"),
    [
        ("AWS4-HMAC-SHA256 nonsense", "Authorization header requires 'Credential' parameter. "),
        ("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x", "5 slash-delimited elements"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws5, SignedHeaders=host, Signature=x", "not 'aws5'"),
        ("AWS4-HMAC-SHA256 Credential=a//c/d/aws4_request, SignedHeaders=host, Signature=x", "empty"),
        ("AWS4-ECDSA-P256-SHA256 Credential=x", "Unsupported AWS 'algorithm'"),
    ],
)
def test_a_broken_header_is_refused_as_incomplete(authorization: str, words: str) -> None:
    with pytest.raises(IncompleteSignatureException, match=words):
        sigv4.read(Request("POST", "/", "", {"authorization": authorization}))


@pytest.mark.parametrize(
    "parameters",
    [
        "Credential=AK/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=made-up",
        "Signature=made-up,SignedHeaders=host,Credential=AK/20260101/eu-west-1/dynamodb/aws4_request",
    ],
)
def test_a_signature_made_up_by_hand_says_its_region_and_does_not_hold(parameters: str) -> None:
    headers = {"authorization": f"AWS4-HMAC-SHA256 {parameters}", "x-amz-date": "20260101T000000Z"}
    request = Request("POST", "/", "", headers)
    signature = sigv4.read(request)
    assert signature is not None and (signature.region, signature.service) == ("eu-west-1", "dynamodb")
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert refused(request, now=now).error_code == "InvalidSignatureException"


def test_other_schemes_and_none_at_all_are_no_signature() -> None:
    assert sigv4.read(Request("GET", "/", "", {"authorization": "Bearer abc"})) is None
    assert sigv4.read(Request("GET", "/", "", {})) is None


def test_the_date_must_be_one() -> None:
    request = get_item()
    request.headers["x-amz-date"] = "yesterday"
    assert refused(request).error_code == "IncompleteSignatureException"


def test_a_url_we_presign_holds_until_it_expires() -> None:
    request = Request("PUT", "/b/k", "", {"host": "127.10.9.2:4566"}, b"anything")
    now = datetime.now(UTC).timestamp()
    presign(request, KEY, SECRET, "eu-west-1", "s3", now, 60)
    assert check(request).presigned
    assert check(replace(request, body=b"something else")).presigned
    assert refused(request, now=now + 61).message == "Request has expired"
    assert refused(replace(request, path="/b/other")).error_code == "SignatureDoesNotMatch"
