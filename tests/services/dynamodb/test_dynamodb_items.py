"""Items through boto3: what is written is read, conditions decide, values come back as asked."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import make_table, one_region

WORLD, CLIENT = one_region()
make_table(WORLD, CLIENT)
KEY = {"pk": {"S": "k"}}


@pytest.fixture(autouse=True)
def nothing_there() -> None:
    CLIENT.delete_item(TableName="things", Key=KEY)


def put(**item: Any) -> None:
    CLIENT.put_item(TableName="things", Item={**KEY, **item})


def there() -> Any:
    return CLIENT.get_item(TableName="things", Key=KEY).get("Item")


def update(text: str, values: Any = None, **more: Any) -> Any:
    given = {"ExpressionAttributeValues": values} if values else {}
    asked = {"TableName": "things", "Key": KEY, **given, **more}
    return CLIENT.update_item(**asked, **({"UpdateExpression": text} if text else {}))


def refused(operation: str, code: str = "ValidationException", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**{"TableName": "things", **input})
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def test_every_type_comes_back_as_it_was_written() -> None:
    values: dict[str, Any] = {
        "s": {"S": "é"}, "n": {"N": "-12.5"}, "b": {"B": b"\x00\xff"}, "t": {"BOOL": False},
        "z": {"NULL": True}, "l": {"L": [{"M": {"x": {"L": []}}}]}, "ss": {"SS": ["a"]}, "bs": {"BS": [b"1"]},
        "e": {"S": ""},
    }  # fmt: skip
    put(**values)
    assert there() == {**KEY, **values}


def test_numbers_are_kept_in_normal_form() -> None:
    put(n={"N": "1.50E2"})
    assert there()["n"] == {"N": "150"}


def test_a_put_replaces_the_whole_item_and_can_tell_the_old_one() -> None:
    put(a={"S": "1"})
    old = CLIENT.put_item(TableName="things", Item={**KEY, "b": {"S": "2"}}, ReturnValues="ALL_OLD")
    assert old["Attributes"] == {**KEY, "a": {"S": "1"}}
    assert there() == {**KEY, "b": {"S": "2"}}


def test_a_missing_item_is_no_item() -> None:
    assert there() is None
    answer = CLIENT.delete_item(TableName="things", Key=KEY, ReturnValues="ALL_OLD")
    assert "Attributes" not in answer


def test_a_condition_that_fails_changes_nothing_and_can_show_the_item() -> None:
    put(a={"S": "1"})
    with pytest.raises(CLIENT.exceptions.ConditionalCheckFailedException) as caught:
        CLIENT.put_item(
            TableName="things",
            Item=KEY,
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Error"]["Message"] == "The conditional request failed"
    assert caught.value.response["Item"] == {**KEY, "a": {"S": "1"}} == there()


def test_a_condition_on_a_missing_item_sees_nothing() -> None:
    condition = {"ConditionExpression": "attribute_exists(pk)"}
    refused("delete_item", "ConditionalCheckFailedException", Key=KEY, **condition)
    refused("update_item", "ConditionalCheckFailedException", Key=KEY, **condition)
    assert there() is None


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("ALL_OLD", {**KEY, "a": {"N": "1"}, "m": {"M": {"x": {"N": "1"}, "y": {"N": "2"}}}}),
        ("ALL_NEW", {**KEY, "a": {"N": "2"}, "m": {"M": {"x": {"N": "9"}, "y": {"N": "2"}}}}),
        ("UPDATED_OLD", {"a": {"N": "1"}, "m": {"M": {"x": {"N": "1"}}}}),
        ("UPDATED_NEW", {"a": {"N": "2"}, "m": {"M": {"x": {"N": "9"}}}}),
    ],
)
def test_an_update_returns_what_is_asked_for(asked: str, shown: Any) -> None:
    put(a={"N": "1"}, m={"M": {"x": {"N": "1"}, "y": {"N": "2"}}})
    values = {":one": {"N": "1"}, ":nine": {"N": "9"}}
    assert update("SET m.x = :nine ADD a :one", values, ReturnValues=asked)["Attributes"] == shown


def test_an_update_makes_an_item_where_there_is_none() -> None:
    update("")
    assert there() == KEY
    update("SET a = :v", {":v": {"S": "x"}})
    assert there() == {**KEY, "a": {"S": "x"}}


def test_an_update_that_is_refused_changes_nothing() -> None:
    put(a={"S": "x"})
    told = refused("update_item", Key=KEY, UpdateExpression="SET b = a REMOVE q.r")
    assert told == "The document path provided in the update expression is invalid for update"
    assert there() == {**KEY, "a": {"S": "x"}}


def test_the_key_is_not_for_updating() -> None:
    told = refused(
        "update_item", Key=KEY, UpdateExpression="SET pk = :v", ExpressionAttributeValues={":v": {"S": "x"}}
    )
    assert told == (
        "One or more parameter values were invalid: "
        "Cannot update attribute pk. This attribute is part of the key"
    )


def test_a_read_keeps_the_projected_parts() -> None:
    put(a={"S": "1"}, m={"M": {"x": {"N": "1"}, "y": {"N": "2"}}})
    found = CLIENT.get_item(TableName="things", Key=KEY, ProjectionExpression="pk, m.y")
    assert found["Item"] == {**KEY, "m": {"M": {"y": {"N": "2"}}}}
    found = CLIENT.get_item(TableName="things", Key=KEY, AttributesToGet=["a"])
    assert found["Item"] == {"a": {"S": "1"}}


@pytest.mark.parametrize(
    ("operation", "input", "message"),
    [
        ("get_item", {"Key": {}}, "The provided key element does not match the schema"),
        ("get_item", {"Key": {"pk": {"N": "1"}}}, "The provided key element does not match the schema"),
        (
            "put_item",
            {"Item": {"q": {"S": "1"}}},
            "One or more parameter values were invalid: Missing the key pk in the item",
        ),
        (
            "put_item",
            {"Item": KEY, "ExpressionAttributeValues": {":v": {"S": "x"}}},
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            "put_item",
            {"Item": KEY, "ExpressionAttributeNames": {"#v": "x"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            "put_item",
            {"Item": KEY, "Expected": {"pk": {"Exists": False}}, "ConditionExpression": "a = b"},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
        ),
        ("put_item", {"Item": KEY, "ReturnValues": "ALL_NEW"}, "Return values set to invalid value"),
        (
            "put_item",
            {"Item": {**KEY, "big": {"S": "x" * 409_600}}},
            "Item size has exceeded the maximum allowed size",
        ),
        (
            "get_item",
            {"Key": KEY, "ProjectionExpression": "pk.x"},
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
            "Key: pk",
        ),
    ],
)
def test_what_items_cannot_be_is_told_in_dynamodbs_words(
    operation: str, input: dict[str, Any], message: str
) -> None:
    assert refused(operation, **input) == message


def test_a_missing_table_is_the_error_boto3_knows() -> None:
    with pytest.raises(CLIENT.exceptions.ResourceNotFoundException, match="Requested resource not found"):
        CLIENT.get_item(TableName="nowhere", Key=KEY)


def test_an_expression_is_judged_before_the_table_is_looked_for() -> None:
    told = refused("get_item", TableName="nowhere", Key=KEY, ProjectionExpression="!!! INVALID !!!")
    assert told == 'Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"'


def test_units_are_counted_by_the_larger_of_before_and_after() -> None:
    put(big={"S": "x" * 2500})
    answer = CLIENT.put_item(TableName="things", Item=KEY, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": "things", "CapacityUnits": 3.0}
    for consistent, units in ((False, 0.5), (True, 1.0)):
        answer = CLIENT.get_item(
            TableName="things", Key=KEY, ConsistentRead=consistent, ReturnConsumedCapacity="INDEXES"
        )
        assert answer["ConsumedCapacity"]["Table"] == {"CapacityUnits": units}
