"""Constraints of the model, told in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.core.errors import AwsError, ValidationException
from terrella.wire import model, patterns, validate
from terrella.wire.encoded import Encoded


def said(service: str, operation: str, **value: Any) -> tuple[str, str]:
    with pytest.raises(AwsError) as refusal:
        validate.check(model.load(service).operations[operation], value)
    return refusal.value.error_code, refusal.value.message


def test_what_is_missing_is_null() -> None:
    assert said("dynamodb", "GetItem", TableName="table") == (
        "ValidationException",
        "1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null",
    )


def test_all_violations_are_told_together() -> None:
    code, message = said("dynamodb", "CreateTable", TableName="", KeySchema=[{"AttributeName": "a", "KeyType": "X"}])
    assert code == "ValidationException"
    assert message == (
        "2 validation errors detected: "
        "Value '' at 'tableName' failed to satisfy constraint: Member must have length greater than or equal to 1; "
        "Value 'X' at 'keySchema.1.member.keyType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HASH, RANGE]"
    )


def test_numbers_have_bounds() -> None:
    _, message = said("dynamodb", "Query", TableName="t", Limit=0)
    assert message.endswith(
        "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1"
    )


def test_patterns_are_told_as_the_model_spells_them() -> None:
    code, message = said("lambda", "GetFunction", FunctionName="a b")
    assert code == "ValidationException"
    assert "Value 'a b' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression" in message


def test_the_keys_of_a_map_are_told_at_the_map() -> None:
    _, message = said("dynamodb", "BatchGetItem", RequestItems={"": {"Keys": [{"a": {"S": "x"}}]}})
    assert "at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length " in message


def test_the_members_of_a_list_of_strings_are_told_at_the_list() -> None:
    _, message = said("lambda", "CreateFunction", FunctionName="f", Role="arn:aws:iam::123456789012:role/r", Code={},
                      Architectures=["z80"])  # fmt: skip
    assert (
        "Value '[z80]' at 'architectures' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]" in message
    )


def test_null_in_a_list_is_told_with_its_place() -> None:
    _, message = said("dynamodb", "BatchGetItem", RequestItems={"t": {"Keys": [None]}})
    assert "Value null at 'requestItems.t.member.keys.1.member' failed to satisfy constraint: Member must not be null" in message


def test_query_services_call_it_a_validation_error() -> None:
    assert said("cloudformation", "CreateChangeSet", StackName="s", ChangeSetName="1") == (
        "ValidationError",
        "1 validation error detected: Value '1' at 'changeSetName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*",
    )


@pytest.mark.parametrize(
    ("service", "operation", "value", "code"),
    [
        ("route53", "GetHostedZone", {"Id": "x" * 40}, "InvalidInput"),
        ("apigatewayv2", "CreateApi", {}, "BadRequestException"),
        ("sqs", "CreateQueue", {}, "MissingParameter"),
        ("ec2", "RunInstances", {"MinCount": 1}, "MissingParameter"),
        ("sts", "AssumeRole", {}, "ValidationError"),
    ],
)
def test_every_family_has_its_own_code(service: str, operation: str, value: dict[str, Any], code: str) -> None:
    assert said(service, operation, **value)[0] == code


def test_ec2_names_the_first_missing_parameter() -> None:
    _, message = said("ec2", "RunInstances", MinCount=1)
    assert message == "The request must contain the parameter MaxCount"


def test_s3_checks_for_itself() -> None:
    validate.check(model.load("s3").operations["PutObject"], {})


def test_attribute_values_are_left_to_dynamodb() -> None:
    operation = model.load("dynamodb").operations["PutItem"]
    validate.check(operation, {"TableName": "t", "Item": {"a": {"nonsense": None}}})
    validate.check(operation, {"TableName": "t", "Item": Encoded(b'{"a":{"S":"x"}}')})


def test_violations_can_be_had_without_raising() -> None:
    shape = model.load("dynamodb").operations["GetItem"].input
    assert shape
    assert validate.constraint_violations(shape, {"TableName": "t", "Key": {}}) == []
    assert len(validate.constraint_violations(shape, {})) == 2
    assert issubclass(ValidationException, AwsError)


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        (r"[a-z]+", "abc", "abc1"),
        (r"^arn:.*", "arn:aws:x", "x"),
        (r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$", "Größe 1", "a\nb!"),
        (r"[\p{L}-_]+", "a-b_c", "a b"),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\U0001f30d", "a\r"),
        (r"\P{C}*", "abc", "a\x00"),
    ],
)
def test_patterns_of_java_are_understood(pattern: str, fits: str, does_not: str) -> None:
    matches = patterns.whole_match(pattern)
    assert matches is not None
    assert matches(fits) and not matches(does_not)


def test_nearly_every_pattern_of_the_models_is_understood() -> None:
    """A sample; those of all services together are nine thousand."""
    known = [shape["pattern"] for name in ("dynamodb", "lambda", "iam", "cloudformation", "ssm", "connect", "glue")
             for shape in model.raw_model(name)["shapes"].values() if "pattern" in shape]  # fmt: skip
    unknown = [pattern for pattern in known if patterns.whole_match(pattern) is None]
    assert len(unknown) <= len(known) // 100, unknown
