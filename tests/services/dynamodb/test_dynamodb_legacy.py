"""The parameters that came before expressions do what expressions do, and are refused as the service does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, RANGE, SETTLED_S, TinyWorld

WORLD = TinyWorld("eu-west-1")
CLIENT = WORLD.clients["eu-west-1"]
KEY = {"pk": {"S": "k"}, "sk": {"N": "1"}}


def setup_module() -> None:
    CLIENT.create_table(
        TableName="things",
        KeySchema=[HASH, RANGE],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    WORLD.clock.time += SETTLED_S


@pytest.fixture(autouse=True)
def _one_item() -> None:
    CLIENT.put_item(TableName="things", Item={**KEY, **ITEM})


ITEM: dict[str, Any] = {"s": {"S": "abc"}, "n": {"N": "5"}, "l": {"L": [{"S": "x"}]}, "ns": {"NS": ["1", "2"]}}


def compared(operator: str, *values: Any) -> dict[str, Any]:
    return {"ComparisonOperator": operator, **({"AttributeValueList": list(values)} if values else {})}


S, N = (lambda text: {"S": text}), (lambda text: {"N": text})


@pytest.mark.parametrize(
    ("attribute", "condition", "holds"),
    [
        ("s", compared("EQ", S("abc")), True),
        ("l", compared("EQ", {"L": [S("x")]}), True),
        ("s", compared("EQ", N("5")), False),
        ("gone", compared("EQ", S("a")), False),
        ("s", compared("NE", S("abc")), False),
        ("gone", compared("NE", S("abc")), True),
        ("n", compared("LE", N("5")), True),
        ("n", compared("LT", N("5")), False),
        ("n", compared("GE", N("6")), False),
        ("n", compared("GT", N("4")), True),
        ("s", compared("GT", N("4")), False),
        ("gone", compared("NULL"), True),
        ("s", compared("NULL"), False),
        ("s", compared("NOT_NULL"), True),
        ("ns", compared("CONTAINS", N("2")), True),
        ("s", compared("CONTAINS", S("bc")), True),
        ("s", compared("NOT_CONTAINS", S("bc")), False),
        ("gone", compared("NOT_CONTAINS", S("bc")), False),
        ("s", compared("BEGINS_WITH", S("ab")), True),
        ("n", compared("IN", N("4"), N("5")), True),
        ("n", compared("BETWEEN", N("4"), N("5")), True),
        ("n", compared("BETWEEN", N("6"), N("7")), False),
    ],
)
def test_a_comparison_says_the_same_in_filters_and_of_what_is_expected(
    attribute: str, condition: dict[str, Any], holds: bool
) -> None:
    conditions = {attribute: condition}
    pk = {"pk": compared("EQ", KEY["pk"])}
    assert CLIENT.scan(TableName="things", ScanFilter=conditions)["Count"] == holds
    assert CLIENT.query(TableName="things", KeyConditions=pk, QueryFilter=conditions)["Count"] == holds
    if holds:
        CLIENT.put_item(TableName="things", Item=KEY, Expected=conditions)
    else:
        expected = "The conditional request failed"
        assert refused("put_item", "ConditionalCheckFailedException", Item=KEY, Expected=conditions) == expected


def test_a_value_or_its_absence_can_be_expected() -> None:
    key = {"Key": KEY}
    refused("delete_item", "ConditionalCheckFailedException", **key, Expected={"s": {"Exists": False}})
    refused("delete_item", "ConditionalCheckFailedException", **key, Expected={"s": {"Value": S("x")}})
    both = {"s": {"Value": S("x")}, "gone": {"Exists": False}}
    refused("delete_item", "ConditionalCheckFailedException", **key, Expected=both)
    CLIENT.delete_item(TableName="things", **key, Expected=both, ConditionalOperator="OR")
    assert "Item" not in CLIENT.get_item(TableName="things", **key)


@pytest.mark.parametrize(
    ("updates", "attributes"),
    [
        ({"s": {"Value": S("new")}}, {"s": S("new")}),
        ({"n": {"Action": "ADD", "Value": N("-1.5")}}, {"n": N("3.5")}),
        ({"new": {"Action": "ADD", "Value": N("2")}}, {"new": N("2")}),
        ({"ns": {"Action": "ADD", "Value": {"NS": ["2", "3"]}}}, {"ns": {"NS": ["1", "2", "3"]}}),
        ({"l": {"Action": "ADD", "Value": {"L": [N("1")]}}}, {"l": {"L": [S("x"), N("1")]}}),
        ({"ns": {"Action": "DELETE", "Value": {"NS": ["1", "9"]}}}, {"ns": {"NS": ["2"]}}),
        ({"ns": {"Action": "DELETE", "Value": {"NS": ["1", "2"]}}}, {}),
        ({"s": {"Action": "DELETE"}}, {}),
        ({}, {}),
    ],
)
def test_attributes_are_put_added_to_and_deleted(updates: Any, attributes: Any) -> None:
    answer = CLIENT.update_item(TableName="things", Key=KEY, AttributeUpdates=updates, ReturnValues="UPDATED_NEW")
    assert answer.get("Attributes", {}) == attributes
    left = {name: value for name, value in ITEM.items() if name not in updates}
    assert CLIENT.get_item(TableName="things", Key=KEY)["Item"] == {**KEY, **left, **attributes}


def test_taking_from_an_item_that_is_not_there_makes_none() -> None:
    key = {**KEY, "sk": N("2")}
    for how in ({"AttributeUpdates": {"s": {"Action": "DELETE"}}}, {"UpdateExpression": "REMOVE s"}):
        CLIENT.update_item(TableName="things", Key=key, **how)
        assert "Item" not in CLIENT.get_item(TableName="things", Key=key)


def test_key_conditions_find_a_range() -> None:
    for number in ("2", "3", "4"):
        CLIENT.put_item(TableName="things", Item={**KEY, "sk": N(number)})
    for condition, found in ((compared("BETWEEN", N("2"), N("3")), 2), (compared("GT", N("1")), 3)):
        conditions = {"pk": compared("EQ", KEY["pk"]), "sk": condition}
        answer = CLIENT.query(TableName="things", KeyConditions=conditions, AttributesToGet=["sk"])
        assert [list(item) for item in answer["Items"]] == [["sk"]] * found


INVALID = "One or more parameter values were invalid: "
MIXED = "Can not use both expression and non-expression parameters in the same request: "
PUT: dict[str, Any] = {"Item": KEY}
UPDATE: dict[str, Any] = {"Key": KEY}
QUERY: dict[str, Any] = {"KeyConditions": {"pk": compared("EQ", S("k"))}}


@pytest.mark.parametrize(
    ("operation", "input", "message"),
    [
        (
            "put_item",
            {**PUT, "Expected": {"a": {}}},
            INVALID + "Value must be provided when Exists is null for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"Exists": True}}},
            INVALID + "Value must be provided when Exists is true for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"Exists": False, "Value": S("a")}}},
            INVALID + "Value cannot be used when Exists is false for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"ComparisonOperator": "LT"}}},
            INVALID + "Value or AttributeValueList must be used with ComparisonOperator: LT for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"Exists": True, "ComparisonOperator": "LT"}}},
            INVALID + "Exists and ComparisonOperator cannot be used together for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"Value": S("a"), "AttributeValueList": []}}},
            INVALID + "Value and AttributeValueList cannot be used together for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": {"AttributeValueList": [S("a")]}}},
            INVALID + "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": compared("BETWEEN", N("2"), N("1"))}},
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ),
        (
            "put_item",
            {**PUT, "Expected": {"a": compared("BETWEEN", N("2"))}},
            INVALID + "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
        ),
        (
            "put_item",
            {**PUT, "Expected": {}, "ConditionalOperator": "OR"},
            "ConditionalOperator cannot be used without Filter or Expected",
        ),
        (
            "put_item",
            {**PUT, "Expected": {}, "ConditionExpression": "a = b"},
            MIXED + "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {"a": {"Action": "PUT"}}},
            INVALID + "Only DELETE action is allowed when no attribute value is specified",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {"a": {"Action": "DELETE", "Value": N("1")}}},
            INVALID + "DELETE action with value is not supported for the type N",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {"a": {"Action": "ADD", "Value": S("1")}}},
            INVALID + "ADD action is not supported for the type S",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {"s": {"Action": "ADD", "Value": N("1")}}},
            "Type mismatch for attribute to update",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {"sk": {"Value": N("2")}}},
            INVALID + "Cannot update attribute sk. This attribute is part of the key",
        ),
        (
            "update_item",
            {**UPDATE, "AttributeUpdates": {}, "Expected": {}, "UpdateExpression": "SET a = b"},
            MIXED + "Non-expression parameters: {AttributeUpdates, Expected} Expression parameters: {UpdateExpression}",
        ),
        (
            "query",
            {**QUERY, "QueryFilter": {"a": compared("IN")}},
            INVALID + "Invalid number of argument(s) for the IN ComparisonOperator",
        ),
        (
            "query",
            {**QUERY, "QueryFilter": {"a": compared("IN", S("1"), N("1"))}},
            INVALID + "AttributeValues inside AttributeValueList must be of same type",
        ),
        (
            "query",
            {**QUERY, "QueryFilter": {"a": compared("LT", {"BOOL": True})}},
            INVALID + "ComparisonOperator LT is not valid for BOOL AttributeValue type",
        ),
        (
            "query",
            {**QUERY, "QueryFilter": {"pk": compared("EQ", S("k"))}},
            "QueryFilter can only contain non-primary key attributes: Primary key attribute: pk",
        ),
        ("query", {"KeyConditions": {}}, "Conditions can be of length 1 or 2 only"),
        (
            "query",
            {"KeyConditions": {"pk": compared("NE", S("k"))}},
            "Attempted conditional constraint is not an indexable operation",
        ),
        ("query", {**QUERY, "AttributesToGet": ["a", "a"]}, INVALID + "Duplicate value in attribute name: a"),
        ("query", {}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
        (
            "scan",
            {"ScanFilter": {"a": compared("NULL", S("a"))}},
            INVALID + "Invalid number of argument(s) for the NULL ComparisonOperator",
        ),
        (
            "scan",
            {"ScanFilter": {}, "FilterExpression": "a = b"},
            MIXED + "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}",
        ),
    ],
)
def test_refusals_are_in_the_services_words(operation: str, input: dict[str, Any], message: str) -> None:
    assert refused(operation, **input) == message


def test_key_conditions_go_with_other_expressions() -> None:
    answer = CLIENT.query(TableName="things", **QUERY, FilterExpression="attribute_exists(s)")
    assert answer["Count"] == 1


def refused(operation: str, code: str = "ValidationException", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**{"TableName": "things", **input})
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])
