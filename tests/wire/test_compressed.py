"""Bodies that SDKs compress are read as if they had not been."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from terrella.core.errors import InternalServerError, SerializationException
from terrella.wire import codec, compressed, model, route
from terrella.wire.http import Request

HEAD = {"host": "monitoring.eu-west-1.amazonaws.com", "content-encoding": "gzip"}
DATUM = b"MetricData.member.1."
FORM = b"Action=PutMetricData&Version=2010-08-01&Namespace=N&" + DATUM + b"MetricName=m&" + DATUM + b"Value=1"


def test_json_and_forms_may_come_compressed() -> None:
    operation = model.load("cloudwatch").operations["PutMetricData"]
    body = gzip.compress(b'{"Namespace":"N"}')
    asked = Request("POST", "/", "", {**HEAD, "content-type": "application/x-amz-json-1.0"}, body)
    assert codec.read(operation, "json", asked) == {"Namespace": "N"}
    kind = {"content-type": "application/x-www-form-urlencoded"}
    form = Request("POST", "/", "", {**HEAD, **kind, "content-encoding": "GZIP"}, gzip.compress(FORM))
    call = route.resolve(form, "monitoring")
    assert call.operation.name == "PutMetricData"
    assert codec.read(call, call.protocol, form)["MetricData"][0]["MetricName"] == "m"


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b"x" * 1000)[:-9], b""], ids=["not gzip", "cut short", "empty"]
)
def test_what_cannot_be_unpacked_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        compressed.body_of(Request("POST", "/", "", HEAD, body))


def test_a_small_body_cannot_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressed, "LARGEST", 1000)
    with pytest.raises(SerializationException):
        compressed.body_of(Request("POST", "/", "", HEAD, gzip.compress(b"x" * 100_000)))


@pytest.mark.parametrize(("wanted", "coding"), [
    ("", None), ("identity", None), ("br", None), ("x-gzip", None), ("gzip br", None), ("gzip ;q=0", None),
    ("gzip, deflate", "gzip"), ("br, identity, deflate, gzip", "deflate"), ("GZIP, identity", "gzip"),
    ("br, gzip;q=0, deflate; q=0.5 , identity;q=0", "deflate"), ("*", "gzip"), ("*, deflate", "deflate"),
    ("*, deflate;q=0.5", "gzip"), ("*, gzip;q=0.5", "deflate"), ("*;q=0", None), ("*;q=0.5,identity", "gzip"),
    ("deflate;q=0.5, gzip;q=31", "gzip"), ("deflate;q=-0.5,gzip;q=0.2", "gzip"), ("gzip;q=0, gzip;q=1", "gzip"),
])  # fmt: skip
def test_what_is_accepted_is_read_as_dynamodb_reads_it(wanted: str, coding: str | None) -> None:
    assert compressed.accepted(wanted) == coding


def test_dynamodb_takes_what_is_packed_in_pieces_and_refuses_what_it_cannot_unpack() -> None:
    operation = model.load("dynamodb").operations["DescribeTable"]

    def read(coding: str, body: bytes) -> Any:
        return codec.read(operation, "json", Request("POST", "/", "", {"content-encoding": coding}, body))

    plain = b'{"TableName": "things"}'
    wanted = {"TableName": "things"}
    assert read("gzip", gzip.compress(plain[:9]) + gzip.compress(plain[9:])) == wanted
    assert read("deflate", zlib.compress(plain)) == wanted
    huge = gzip.compress(plain[:-1] + b" " * (20 << 20) + b"}")
    broken = (("gzip", plain), ("garbage", plain), ("gzip", b""), ("gzip", gzip.compress(plain)[:-1]), ("gzip", huge))
    for coding, body in (*broken, ("gzip", gzip.compress(plain) + b"junk"), ("deflate", plain)):
        with pytest.raises(InternalServerError):
            read(coding, body)
    with pytest.raises(compressed.RequestEntityTooLarge):
        read("identity", plain[:-1] + b" " * (16 << 20) + b"}")
