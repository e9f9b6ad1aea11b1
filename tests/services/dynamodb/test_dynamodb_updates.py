"""Updates: what they make of an item, and DynamoDB's words for what is wrong with them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from terrella.core.errors import ValidationException
from terrella.services.dynamodb.expressions import updates
from terrella.services.dynamodb.expressions.binding import bind

ITEM: dict[str, Any] = {
    "id": {"S": "1"}, "n": {"N": "5"}, "s": {"S": "x"}, "l": {"L": [{"S": c} for c in "abcd"]},
    "m": {"M": {"k": {"N": "1"}}}, "ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1"]},
}  # fmt: skip
VALUES = {
    ":one": {"N": "1"}, ":z": {"S": "z"}, ":list": {"L": [{"S": "e"}]}, ":set": {"SS": ["b", "c"]},
    ":all": {"SS": ["a", "b"]}, ":y": {"S": "y"},
}  # fmt: skip


def updated(text: str, item: dict[str, Any] = ITEM) -> dict[str, Any]:
    new = copy.deepcopy(item)
    updates.bound(text, bind({"#k": "k"}, copy.deepcopy(VALUES))).apply(item, new)
    return {name: value for name, value in new.items() if value != item.get(name)} | {
        name: None for name in item if name not in new
    }


def letters(text: str) -> str:
    return "".join(element["S"] for element in updated(text)["l"]["L"])


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET a = :z", {"a": {"S": "z"}}),
        ("set n = n + :one, a = n", {"n": {"N": "6"}, "a": {"N": "5"}}),
        ("SET n = (n - :one)", {"n": {"N": "4"}}),
        ("SET m.#k = m.k + :one, m.j = :z", {"m": {"M": {"k": {"N": "2"}, "j": {"S": "z"}}}}),
        ("SET a = if_not_exists(n, :one), c = if_not_exists(q, :one)", {"a": {"N": "5"}, "c": {"N": "1"}}),
        ("SET c = if_not_exists(q, :one) + :one", {"c": {"N": "2"}}),
        ("SET a = list_append(:list, :list)", {"a": {"L": [{"S": "e"}, {"S": "e"}]}}),
        ("REMOVE s, q", {"s": None}),
        ("ADD n :one, q :one", {"n": {"N": "6"}, "q": {"N": "1"}}),
        ("ADD ss :set, q :set", {"ss": {"SS": ["a", "b", "c"]}, "q": {"SS": ["b", "c"]}}),
        ("DELETE ss :set, q :set", {"ss": {"SS": ["a"]}}),
        ("DELETE ss :all", {"ss": None}),
        ("SET a = m REMOVE m.k", {"a": {"M": {"k": {"N": "1"}}}, "m": {"M": {}}}),
        ("SET s = n, n = s", {"s": {"N": "5"}, "n": {"S": "x"}}),
    ],
)
def test_every_action_sees_the_item_as_it_was(text: str, changed: dict[str, Any]) -> None:
    assert updated(text) == changed


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("REMOVE l[0], l[2]", "bd"),
        ("SET l[1] = :z", "azcd"),
        ("SET l[9] = :z, l[7] = :y", "abcdyz"),
        ("SET l[4] = :z REMOVE l[0]", "bcdz"),
        ("SET l = list_append(l, :list)", "abcde"),
        ("SET l = list_append(:list, l)", "eabcd"),
        ("SET l[0] = l[3] REMOVE l[3]", "dbc"),
    ],
)
def test_list_positions_are_those_before_the_update(text: str, left: str) -> None:
    assert letters(text) == left


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET q.a = :z", updates.INVALID_PATH),
        ("SET s[0] = :z", updates.INVALID_PATH),
        ("SET l.a = :z", updates.INVALID_PATH),
        ("REMOVE q.a", updates.INVALID_PATH),
        ("SET a = q", updates.NOT_THERE),
        ("SET a = s + :one", updates.WRONG_TYPE),
        ("SET a = list_append(s, :list)", updates.WRONG_TYPE),
        ("ADD s :one", updates.WRONG_TYPE),
        ("ADD ns :set", updates.WRONG_TYPE),
        ("DELETE n :set", updates.WRONG_TYPE),
    ],
)
def test_an_update_that_does_not_fit_the_item_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        updated(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
        ("ADD hits : incr", 'Syntax error; token: ":", near: "hits : incr"'),
        ("SET a = :one, b = :z,", 'Syntax error; token: "<EOF>", near: ","'),
        ("SET path = VALUE 1", 'Syntax error; token: "1", near: "VALUE 1"'),
        ("set a=set", 'Syntax error; token: "set", near: "=set"'),
        ("set a = b + c + d", 'Syntax error; token: "+", near: "c + d"'),
        ("remove Absolute", "Attribute name is a reserved keyword; reserved keyword: Absolute"),
        ("set a = b set c = d", 'The "SET" section can only be used once in an update expression;'),
        ("set a = nope(b)", "Invalid function name; function: nope"),
        ("set a = size(b)", "The function is not allowed in an update expression; function: size"),
        (
            "SET a = :nope",
            "An expression attribute value used in expression is not defined; attribute value: :nope",
        ),
        (
            "SET #nope = :one",
            "An expression attribute name used in the document path is not defined; attribute name: #nope",
        ),
        (
            "SET a = :one, a.b = :z",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; "
            "path one: [a], path two: [a, b]",
        ),
        (
            "remove a.#k set a[1] = b",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; "
            "path one: [a, k], path two: [a, [1]]",
        ),
        (
            "ADD a :z",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, "
            "typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE a :one",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
            "typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
        (
            "SET a = a + :z",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "SET a = list_append(:one, a)",
            "Incorrect operand type for operator or function; "
            "operator or function: list_append, operand type: N",
        ),
        (
            "SET a = if_not_exists(b)",
            "Incorrect number of operands for operator or function; "
            "operator or function: if_not_exists, number of operands: 1",
        ),
        (
            "SET a = if_not_exists(:one, b)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
    ],
)
def test_malformed_updates_are_refused_in_dynamodbs_words(text: str, message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        updated(text)
    assert caught.value.message == f"Invalid UpdateExpression: {message}"
