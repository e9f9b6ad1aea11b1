"""aws-chunked bodies: the example of AWS's documentation, what boto3 sends, and what nobody should."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from terrella.core.errors import AwsError
from terrella.wire import chunked, codec, route, sigv4
from terrella.wire.http import Request, Response

from .clients import client

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, "Example: PUT object"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SIGNATURES = (
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
NOW = datetime(2013, 5, 24, tzinfo=UTC)


def example() -> Request:
    signed = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
    headers = {
        "host": "s3.amazonaws.com",
        "x-amz-date": "20130524T000000Z",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        f"SignedHeaders={signed},"
        "Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "66560",
        "content-length": "66824",
    }
    body = b"".join(
        b"%x;chunk-signature=%b\r\n%b\r\n" % (size, signature.encode(), b"a" * size)
        for size, signature in zip((65536, 1024, 0), SIGNATURES, strict=True)
    )
    return Request("PUT", "/examplebucket/chunkObject.txt", "", headers, body)


def verify(request: Request) -> None:
    signature = sigv4.read(request)
    assert signature is not None
    sigv4.verify(request, signature, SECRET, NOW)


def test_the_example_of_the_documentation_holds() -> None:
    verify(example())
    plain = chunked.decoded(example())
    assert plain.body == b"a" * 66560
    assert plain.headers["content-length"] == "66560"
    assert "content-encoding" not in plain.headers


def test_a_chunk_altered_on_the_way_is_noticed() -> None:
    request = example()
    with pytest.raises(AwsError) as refusal:
        verify(replace(request, body=request.body.replace(b"aaa", b"aab", 1)))
    assert refusal.value.error_code == "SignatureDoesNotMatch"


def test_the_object_boto3_uploads_in_chunks_is_read_whole() -> None:
    seen = []

    def answer(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    client("s3", answer).put_object(Bucket="bucket", Key="k", Body=b"abc" * 1000)
    call = route.resolve(seen[0], "s3")
    found = codec.read(call, call.protocol, seen[0])
    assert (found["Bucket"], found["Key"], found["Body"]) == ("bucket", "k", b"abc" * 1000)
    assert found["ChecksumCRC32"]


@pytest.mark.parametrize(
    "body",
    [b"", b"5\r\nab", b"zz\r\n", b"-1\r\n\r\n", b"3\r\nabcXX0\r\n\r\n", b"3\r\nabc\r\n", b"f" * 20 + b"\r\n"],
)
def test_chunks_that_do_not_add_up_are_an_incomplete_body(body: bytes) -> None:
    with pytest.raises(chunked.IncompleteBody):
        chunked.split(body)


def test_a_length_that_is_not_the_bodys_is_an_incomplete_body() -> None:
    request = example()
    request.headers["x-amz-decoded-content-length"] = "1"
    with pytest.raises(chunked.IncompleteBody):
        chunked.decoded(request)
