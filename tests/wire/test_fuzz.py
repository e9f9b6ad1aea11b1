"""Whatever arrives, nothing but a refusal meant for the caller comes out of the wire."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terrella.core.errors import AwsError
from terrella.wire import checksums, chunked, client, codec, model, route, sigv4, validate
from terrella.wire.http import Request

from . import oracle
from .test_chunked import example

OPERATIONS = [
    ("dynamodb", "json", "TransactWriteItems"),
    ("dynamodb", "json", "CreateTable"),
    ("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData"),
    ("cloudwatch", "query", "PutMetricAlarm"),
    ("ec2", "ec2", "RunInstances"),
    ("lambda", "rest-json", "CreateFunction"),
    ("route53", "rest-xml", "ChangeResourceRecordSets"),
    ("s3", "rest-xml", "PutBucketReplication"),
    ("s3", "rest-xml", "PutObject"),
]
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{}/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
)
PRESIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"
    "&X-Amz-Date=20260101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00"
)
FUZZ = settings(max_examples=150, suppress_health_check=list(HealthCheck))
PIECES = st.sampled_from(
    [b"", b"\x00", b"\xff", b"{", b"}", b"[", b"]", b'"', b"null", b"-1", b"1e999", b"<", b"</", b"&",
     b"&#0;", b"]]>", b"<!DOCTYPE a>", b"%", b"%zz", b"=", b".", b"..", b";", b"\r\n", b"\xed\xa0\x80",
     b"9" * 400,
     b"\x9f", b"\xdf", b"\xc1\xfb"]
)  # fmt: skip


def valid(service: str, protocol: str, operation: str) -> Request:
    modelled = model.load(service).operations[operation]
    assert modelled.input
    params = oracle.made(modelled.input, random.Random(operation))
    made = create_serializer(protocol, include_validation=False)
    request = client.from_botocore(made.serialize_to_request(params, client.botocore_model(modelled)))
    request.headers |= {
        "host": "127.0.0.1",
        "x-amz-date": "20260101T000000Z",
        "authorization": AUTHORIZATION.format(modelled.service.signing_name),
    }
    return request


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """A few bytes taken out, put in or put elsewhere."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 6)))
        data = data[:start] + draw(PIECES | st.binary(max_size=4)) + data[end:]
    return data


def text(data: bytes) -> str:
    """As a server hands over what is no body: one character per byte, no line breaks."""
    return data.decode("latin-1").replace("\r", "").replace("\n", "")


def receive(request: Request) -> None:
    """All that is done to a request before a service sees it."""
    try:
        signature = sigv4.read(request)
        call = route.resolve(request, signature.service if signature else "s3")
        codec.write_error(call.operation, call.protocol, AwsError("x"), "rid")
        if signature:
            checked(request, signature)
        value = codec.read(call, call.protocol, request)
        assert isinstance(value, dict)
        validate.check(call.operation, value)
        checksums.verify(chunked.decoded(request))
    except AwsError as refusal:
        codec.refuse(request, refusal, "rid")


def checked(request: Request, signature: sigv4.Signature) -> None:
    try:
        sigv4.verify(request, signature, "secret", 1767225600.0)
    except AwsError as refusal:
        assert refusal.status in (400, 401, 403)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: ".".join(each))
def test_a_mangled_body_is_read_or_refused(operation: tuple[str, str, str]) -> None:
    request = valid(*operation)

    @FUZZ
    @given(mutated(request.body))
    def receives(body: bytes) -> None:
        receive(replace(request, body=body))

    receives()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: ".".join(each))
def test_a_mangled_head_is_read_or_refused(operation: tuple[str, str, str]) -> None:
    request = valid(*operation)
    names = sorted(request.headers)

    @FUZZ
    @given(st.data())
    def receives(data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(names))
        value = text(data.draw(mutated(request.headers[name].encode("latin-1", "replace"))))
        path = text(data.draw(mutated(request.path.encode())))
        query = text(data.draw(mutated((request.query or PRESIGNED).encode())))
        headers = {**request.headers, name: value}
        receive(replace(request, path=path, query=query, headers=headers))

    receives()


@FUZZ
@given(mutated(PRESIGNED.encode()), st.sampled_from(["/b/k", "/", "/b?"]))
def test_a_mangled_presigned_url_is_read_or_refused(query: bytes, path: str) -> None:
    receive(Request("GET", path, text(query), {"host": "s3.amazonaws.com"}))


@FUZZ
@given(mutated(example().body[-400:]))
def test_mangled_chunks_are_read_or_refused(body: bytes) -> None:
    receive(replace(example(), body=body))


@FUZZ
@given(st.binary(max_size=60))
def test_no_bytes_break_cbor(body: bytes) -> None:
    request = valid("cloudwatch", "smithy-rpc-v2-cbor", "PutMetricData")
    receive(replace(request, body=body))
