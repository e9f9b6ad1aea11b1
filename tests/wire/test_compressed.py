"""Bodies that SDKs compress are read as if they had not been."""

from __future__ import annotations

import gzip

import pytest

from terrella.core.errors import SerializationException
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
    form = Request("POST", "/", "", {**HEAD, **kind}, gzip.compress(FORM))
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
