"""The other side of the wire: what we write as a customer our own door understands, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from terrella.core.errors import AwsError
from terrella.wire import client, codec, model, route

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CASES: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "dynamodb",
        "PutItem",
        {"TableName": "t", "Item": {"a": {"B": "YQ=="}}},
        {"Attributes": {"a": {"B": "YQ=="}}},
    ),
    (
        "cloudwatch",
        "GetMetricStatistics",
        {"Namespace": "n", "StartTime": WHEN},
        {"Datapoints": [{"Timestamp": WHEN}]},
    ),
    ("sts", "AssumeRole", {"RoleArn": "r", "DurationSeconds": 900}, {"Credentials": {"AccessKeyId": "A"}}),
    (
        "rds",
        "DescribeGlobalClusters",
        {"MaxRecords": 20},
        {"GlobalClusters": [{"GlobalClusterIdentifier": "g"}]},
    ),
    ("ec2", "DescribeRegions", {"RegionNames": ["a", "b"]}, {"Regions": [{"RegionName": "a"}]}),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "f", "Payload": b"\x00\xff"},
        {"StatusCode": 200, "Payload": b"\xff\x00"},
    ),
    ("s3", "GetObject", {"Bucket": "b", "Key": "a/b c"}, {"Body": b"\xff", "Metadata": {"x": "y"}}),
    (
        "route53",
        "GetHostedZone",
        {"Id": "Z1"},
        {"HostedZone": {"Id": "Z1", "Name": "a.", "CallerReference": "c"}},
    ),
]


@pytest.mark.parametrize(("service", "name", "given", "answer"), CASES)
def test_a_call_arrives_and_its_answer_returns(
    service: str, name: str, given: dict[str, Any], answer: dict[str, Any]
) -> None:
    operation = model.load(service).operations[name]
    for protocol in operation.service.protocols:
        request = client.write(operation, given, region="eu-west-1", protocol=protocol)
        call = route.resolve(request, None)
        assert (call.operation, call.protocol) == (operation, protocol)
        assert codec.read(call, call.protocol, request) == given
        response = codec.write(operation, protocol, answer, "rid")
        assert client.read(operation, response, protocol=protocol) == answer


@pytest.mark.parametrize(("service", "name"), [(case[0], case[1]) for case in CASES])
def test_a_refusal_is_raised_with_code_message_and_status(service: str, name: str) -> None:
    operation = model.load(service).operations[name]
    error = AwsError("what happened")
    error.code, error.status = "Whatever", 418
    for protocol in operation.service.protocols:
        response = codec.write_error(operation, protocol, error, "rid")
        with pytest.raises(AwsError) as refusal:
            client.read(operation, response, protocol=protocol)
        found = refusal.value
        assert (found.error_code, found.message, found.status) == ("Whatever", "what happened", 418)
