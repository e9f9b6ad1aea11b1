"""JSON: values of wrong types are refused in the words DynamoDB is known to use; ready values pass untouched."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from terrella.core.errors import AwsError, SerializationException
from terrella.wire import client, codec, model
from terrella.wire.encoded import Encoded
from terrella.wire.http import Request

CAST_TO_STRING = "cannot be converted to String"


def read(operation: str, body: Any, service: str = "dynamodb") -> dict[str, Any]:
    data = body if isinstance(body, bytes) else orjson.dumps(body)
    return codec.read(model.load(service).operations[operation], "json", Request("POST", "/", "", {}, data))


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    [
        ("GetItem", {"TableName": 23}, f"NUMBER_VALUE {CAST_TO_STRING}"),
        ("GetItem", {"TableName": 34.56}, f"DECIMAL_VALUE {CAST_TO_STRING}"),
        ("GetItem", {"TableName": True}, f"TRUE_VALUE {CAST_TO_STRING}"),
        ("GetItem", {"TableName": False}, f"FALSE_VALUE {CAST_TO_STRING}"),
        ("GetItem", {"TableName": []}, "Unrecognized collection type class java.lang.String"),
        ("GetItem", {"TableName": {}}, "Start of structure or map found where not expected"),
        ("GetItem", {"ConsistentRead": "x"}, "Unexpected token received from parser"),
        ("GetItem", {"ConsistentRead": 1}, "NUMBER_VALUE cannot be converted to Boolean"),
        ("GetItem", {"ConsistentRead": []}, "Unrecognized collection type class java.lang.Boolean"),
        ("Query", {"Limit": "1"}, "STRING_VALUE cannot be converted to Integer"),
        ("Query", {"Limit": True}, "TRUE_VALUE cannot be converted to Integer"),
        ("GetItem", {"AttributesToGet": "x"}, "Unexpected field type"),
        ("GetItem", {"AttributesToGet": {}}, "Start of structure or map found where not expected"),
        ("GetItem", {"Key": "x"}, "Unexpected field type"),
        (
            "GetItem",
            {"Key": []},
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>",
        ),
        ("GetItem", {"Key": {"a": "x"}}, "Unexpected value type in payload"),
        (
            "GetItem",
            {"Key": {"a": []}},
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue",
        ),
        ("CreateTable", {"ProvisionedThroughput": 1}, "Unexpected field type"),
    ],
)
def test_a_wrong_type_is_refused_in_the_known_words(operation: str, body: Any, message: str) -> None:
    with pytest.raises(SerializationException) as refusal:
        read(operation, body)
    assert refusal.value.message == message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"a":1}{', b'"\xed\xa0\x80"'])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(SerializationException):
        read("GetItem", body)


@pytest.mark.parametrize("text", ["23456", "====", "a", "ab=c", 7])
def test_what_is_no_base64_is_refused(text: Any) -> None:
    with pytest.raises(SerializationException):
        read("PutRecord", {"Data": text, "PartitionKey": "a"}, "kinesis")


def test_depth_without_end_is_refused() -> None:
    filters = b'{"And":[' * 400 + b"{}" + b"]}" * 400
    with pytest.raises(SerializationException):
        read("GetCostAndUsage", b'{"Filter":' + filters + b"}", "ce")


def test_unknown_members_and_nulls_are_passed_over() -> None:
    assert read("GetItem", {"TableName": "t", "Nonsense": 1, "Key": None}) == {"TableName": "t"}


def test_attribute_values_are_handed_over_as_they_came() -> None:
    item = {"b": {"B": "YWJj"}, "m": {"M": {"x": {"NS": ["1.0"]}}}}
    assert read("PutItem", {"TableName": "t", "Item": item})["Item"] == item


def test_a_ready_value_is_written_as_it_is() -> None:
    item = b'{"a": {"S":"x"},  "b":{"B":"YWJj"}}'
    operation = model.load("dynamodb").operations["GetItem"]
    response = codec.write(operation, "json", {"Item": Encoded(item)}, "rid")
    assert response.body == b'{"Item":' + item + b"}"
    assert response.header("x-amz-crc32")


@pytest.mark.parametrize("ready", [True, False])
def test_cbor_carries_attribute_values_as_bytes_and_gives_them_back_as_text(ready: bool) -> None:
    notation = {"a": {"B": "YWJj"}, "m": {"M": {"x": {"BS": ["YQ=="]}}}, "l": {"L": [{"N": "1"}]}}
    get = model.load("dynamodb").operations["GetItem"]
    put = model.load("dynamodb").operations["PutItem"]
    value: Any = Encoded(orjson.dumps(notation)) if ready else notation
    protocol = "smithy-rpc-v2-cbor"
    response = codec.write(get, protocol, {"Item": value}, "rid")
    assert b"abc" in response.body and b"YWJj" not in response.body
    assert client.read(get, response, protocol=protocol) == {"Item": notation}
    request = client.write(put, {"TableName": "t", "Item": notation}, region="eu-west-1", protocol=protocol)
    assert codec.read(put, protocol, request) == {"TableName": "t", "Item": notation}


def test_numbers_that_are_not_finite_have_names() -> None:
    operation = model.load("cloudwatch").operations["GetMetricStatistics"]
    point = {"Average": float("inf"), "Sum": float("-inf"), "Minimum": 1.5}
    response = codec.write(operation, "json", {"Datapoints": [point]}, "rid")
    assert orjson.loads(response.body)["Datapoints"] == [{"Average": "Infinity", "Sum": "-Infinity", "Minimum": 1.5}]


def test_a_refused_client_call_raises_what_was_answered() -> None:
    operation = model.load("dynamodb").operations["PutItem"]
    error = AwsError("no", Item={"a": {"S": "x"}})
    error.code = "ConditionalCheckFailedException"
    with pytest.raises(AwsError) as refusal:
        client.read(operation, codec.write_error(operation, "json", error, "rid"))
    found = refusal.value
    assert (found.error_code, found.message, found.status) == ("ConditionalCheckFailedException", "no", 400)
    assert found.fields == {"Item": {"a": {"S": "x"}}}
