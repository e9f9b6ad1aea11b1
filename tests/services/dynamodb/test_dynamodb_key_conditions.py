"""Key conditions: the range of keys they mean, and DynamoDB's words for what they cannot say."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.core.errors import ValidationException
from terrella.services.dynamodb.expressions import conditions, keys
from terrella.services.dynamodb.expressions.binding import bind
from terrella.services.dynamodb.keys import KeySchema

NUMBERED = KeySchema("id", "S", "ts", "N")
NAMED = KeySchema("id", "S", "name", "S")
VALUES: dict[str, Any] = {
    ":id": {"S": "a"}, ":lo": {"N": "3"}, ":hi": {"N": "6"}, ":p": {"S": "b"}, ":q": {"S": "bz"},
}  # fmt: skip


def stated(text: str) -> dict[str, keys.KeyCondition]:
    binding = bind({"#name": "name"}, VALUES)
    return keys.from_expression(conditions.bound(text, binding, "KeyConditionExpression"), binding)


def found(text: str, schema: KeySchema, sort_keys: list[dict[str, str]]) -> list[dict[str, str]]:
    given = stated(text)
    keys.check_schema(given, schema)
    part = keys.key_range(given, schema)
    items = [{"id": {"S": partition}, schema.names[1]: sort} for partition in "ab" for sort in sort_keys]
    return [
        item[schema.names[1]]
        for item in items
        if part.start <= (key := schema.of_item(item)) and (part.end is None or key < part.end)
    ]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("id = :id", range(10)),
        (":id = id and (ts = :lo)", [3]),
        ("id = :id AND ts < :lo", range(3)),
        ("id = :id AND ts <= :lo", range(4)),
        ("id = :id AND ts > :hi", range(7, 10)),
        ("id = :id AND :hi <= ts", range(6, 10)),
        ("id = :id AND ts BETWEEN :lo AND :hi", range(3, 7)),
    ],
)
def test_a_range_of_numbers(text: str, kept: Any) -> None:
    sort_keys = [{"N": str(number)} for number in range(10)]
    assert found(text, NUMBERED, sort_keys) == [{"N": str(number)} for number in kept]


def test_a_beginning_of_strings() -> None:
    sort_keys = [{"S": text} for text in ("a", "b", "b\0", "bz", "c")]
    kept = found("id = :id AND begins_with(#name, :p)", NAMED, sort_keys)
    assert kept == [{"S": "b"}, {"S": "b\0"}, {"S": "bz"}]
    assert found("id = :id AND #name = :p", NAMED, sort_keys) == [{"S": "b"}]
    assert found("id = :id AND #name > :p", NAMED, sort_keys) == [{"S": "b\0"}, {"S": "bz"}, {"S": "c"}]


def refusal(text: str, schema: KeySchema = NUMBERED) -> str:
    with pytest.raises(ValidationException) as caught:
        keys.check_schema(stated(text), schema)
    return caught.value.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a > b and size(b) > c or a > c", "Invalid operator used in KeyConditionExpression: OR"),
        ("a in (b, c)", "Invalid operator used in KeyConditionExpression: IN"),
        ("not a > b", "Invalid operator used in KeyConditionExpression: NOT"),
        ("a <> b", "Invalid operator used in KeyConditionExpression: <>"),
        ("contains(a.d, b)", "Invalid operator used in KeyConditionExpression: contains"),
        (
            "begins_with(:id, b)",
            "Invalid condition in KeyConditionExpression: "
            "begins_with operator must have the key attribute as its first operand",
        ),
        ("a > size(b.d)", "KeyConditionExpressions cannot contain nested operations"),
        (
            "b > a.b",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
        ),
        ("b[0] > :lo", "KeyConditionExpressions cannot have conditions on nested attributes"),
        (":id > :lo", "Invalid condition in KeyConditionExpression: No key attribute specified"),
        ("b > :lo AND b < :hi", "KeyConditionExpressions must only contain one condition per key"),
        ("a = :lo AND b = :lo AND c = :lo", "Conditions can be of length 1 or 2 only"),
        ("ts = :lo", "Query condition missed key schema element: id"),
        ("id = :id AND q = :lo", "Query condition missed key schema element: ts"),
        ("id > :id", "Query key condition not supported"),
        (
            "id = :id AND ts = :p",
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
    ],
)
def test_what_a_key_condition_cannot_say(text: str, message: str) -> None:
    assert refusal(text) == message


def test_a_table_without_sort_key_takes_one_condition() -> None:
    assert refusal("id = :id AND ts = :lo", KeySchema("id", "S")) == "Query key condition not supported"
