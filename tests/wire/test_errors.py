"""Refusals: botocore must read code, message, status and members of every modelled error we write."""

from __future__ import annotations

import random
from typing import Any

import botocore.parsers
import pytest
from botocore.model import ServiceModel

from terrella.core import errors as core
from terrella.core.errors import AwsError
from terrella.wire import client, codec, model
from terrella.wire.http import Response

from . import oracle

SERVICES = [
    "acm", "apigateway", "apigatewayv2", "autoscaling", "cloudformation", "cloudwatch", "cloudfront", "dynamodb",
    "dynamodbstreams", "ec2", "elbv2", "events", "fis", "globalaccelerator", "iam", "kinesis", "kms", "lambda", "logs",
    "rds", "route53", "route53-recovery-cluster", "s3", "s3control", "sns", "sqs", "ssm", "stepfunctions", "sts",
]  # fmt: skip


def named(code: str, message: str = "what happened", **fields: Any) -> AwsError:
    error = AwsError(message, **fields)
    error.code = code
    return error


def parsed(response: Response, service: str, protocol: str) -> dict[str, Any]:
    operation = next(iter(model.load(service).operations.values()))
    answer = client.for_botocore(operation, response)
    found: dict[str, Any] = botocore.parsers.create_parser(protocol).parse(answer, None)
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_modelled_error_reaches_botocore(service: str) -> None:
    modelled = model.load(service)
    operation = next(iter(modelled.operations.values()))
    theirs = ServiceModel(model.raw_model(service), service)
    for protocol in modelled.protocols:
        for shape_name in {error.shape.name for error in modelled.errors.values()}:
            known = modelled.errors[shape_name]
            fields = oracle.made(known.shape, random.Random(shape_name))
            fields = {name: inner for name, inner in fields.items() if name.lower() not in ("message", "code", "type")}
            given = oracle.handed_over(known.shape, fields)
            error = named(shape_name, "what <happened> & why", **given)
            response = codec.write_error(operation, protocol, error, "rid")
            found = parsed(response, service, protocol)
            assert found["Error"]["Message"] == "what <happened> & why", response
            codes = {found["Error"]["Code"], found["Error"].get("QueryErrorCode")}
            shapes = {shape.name for code in codes if code and (shape := theirs.shape_for_error_code(code))}
            assert shapes & {shape_name, modelled.errors[known.code].shape.name}, response
            assert response.status == known.status
            answer = client.for_botocore(operation, response)
            members = botocore.parsers.create_parser(protocol).parse(answer, theirs.shape_for(shape_name))
            assert oracle.same(fields, {name: members[name] for name in fields if name in members}), response


def test_the_status_of_the_model_wins() -> None:
    operation = model.load("lambda").operations["GetFunction"]
    response = codec.write_error(operation, "rest-json", named("ResourceNotFoundException"), "rid")
    assert (response.status, response.header("x-amzn-errortype")) == (404, "ResourceNotFoundException")


def test_dynamodb_errors_carry_their_namespace_and_a_checksum() -> None:
    operation = model.load("dynamodb").operations["GetItem"]
    response = codec.write_error(operation, "json", named("ResourceNotFoundException", "gone"), "rid")
    assert response.body == b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"gone"}'
    assert response.header("x-amz-crc32")
    framework = codec.write_error(operation, "json", core.SerializationException("NUMBER"), "rid")
    assert framework.body == b'{"__type":"com.amazon.coral.service#SerializationException","Message":"NUMBER"}'


def test_services_that_once_spoke_query_send_the_old_code_too() -> None:
    operation = model.load("sqs").operations["GetQueueUrl"]
    response = codec.write_error(operation, "json", named("QueueDoesNotExist"), "rid")
    assert response.header("x-amzn-query-error") == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    found = parsed(response, "sqs", "json")["Error"]
    assert (found["Code"], found["QueryErrorCode"]) == ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


def test_route53_is_told_in_an_error_response() -> None:
    operation = model.load("route53").operations["ChangeResourceRecordSets"]
    response = codec.write_error(operation, "rest-xml", named("InvalidChangeBatch", "[no]"), "rid")
    assert response.body == (
        b'<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type>'
        b"<Code>InvalidChangeBatch</Code><Message>[no]</Message></Error><RequestId>rid</RequestId></ErrorResponse>"
    )


def test_s3_errors_are_bare() -> None:
    operation = model.load("s3").operations["GetObject"]
    response = codec.write_error(operation, "rest-xml", named("NoSuchKey", "gone", Key="a<b"), "rid")
    assert response.status == 404
    found = parsed(response, "s3", "rest-xml")
    assert found["Error"] == {"Code": "NoSuchKey", "Message": "gone", "Key": "a<b"}
    assert found["ResponseMetadata"]["RequestId"] == "rid"


def test_without_an_operation_the_answer_is_plain() -> None:
    response = codec.write_error(None, "json", core.UnknownOperationException(), "rid")
    assert response.body == b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'
    assert response.status == 400


def test_an_operation_that_is_not_here_says_so_in_every_protocol() -> None:
    error = core.NotImplementedHere("x", "Y")
    for service, protocol in [("dynamodb", "json"), ("lambda", "rest-json"), ("route53", "rest-xml"), ("sts", "query"),
                              ("ec2", "ec2"), ("cloudwatch", "smithy-rpc-v2-cbor"), ("s3", "rest-xml")]:  # fmt: skip
        operation = next(iter(model.load(service).operations.values()))
        response = codec.write_error(operation, protocol, error, "rid")
        assert response.status == 501
        assert parsed(response, service, protocol)["Error"]["Code"] == "NotImplemented"
