"""Conditions, filters and projections: what they mean, and DynamoDB's words for what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.core.errors import AwsError, ValidationException
from terrella.services.dynamodb.expressions import conditions, projections
from terrella.services.dynamodb.expressions.binding import bind

ITEM = {
    "s": {"S": "hello"}, "n": {"N": "42"}, "b": {"B": "AQID"}, "t": {"BOOL": True}, "z": {"NULL": True},
    "l": {"L": [{"S": "x"}, {"M": {"k": {"N": "7"}}}]}, "m": {"M": {"in": {"S": "deep"}}},
    "ss": {"SS": ["a", "b"]},
}  # fmt: skip
VALUES = {
    ":s": {"S": "hello"}, ":he": {"S": "he"}, ":n": {"N": "42"}, ":one": {"N": "1"}, ":two": {"N": "2"},
    ":a": {"S": "a"}, ":map": {"S": "M"}, ":seven": {"N": "7"}, ":set": {"SS": ["b", "a"]},
}  # fmt: skip


def holds(text: str) -> bool:
    return conditions.bound(text, bind({"#in": "in", "#s": "s"}, dict(VALUES))).holds(ITEM)


def refusal(text: str, names: Any = None, values: Any = None) -> str:
    with pytest.raises(ValidationException) as caught:
        conditions.bound(text, bind(names, values), "FilterExpression")
    prefix, _, message = caught.value.message.partition("Invalid FilterExpression: ")
    assert not prefix
    return message


@pytest.mark.parametrize(
    "text",
    [
        "s = :s", "#s = :s", ":s = s", "s <> :he", "n >= :n", "n > :one", ":one < n", "n between :one and :n",
        "s in (:he, :s)", "attribute_exists(m.#in)", "attribute_not_exists(m.nope)", "l[0] <> :s",
        "l[1].k = :seven", "attribute_type(m, :map)", "begins_with(s, :he)", "contains(ss, :a)", "ss = :set",
        "size(l) = :two", "size(ss) = :two", "NOT n < :one", "not not s = :s", "s = :he OR n = :n and s = :s",
        "(s = :he or n = :n) AND s = :s", "absent <> :s", "not absent = :s", "not absent between :one and :n",
        "not (absent < :one)", "(size(s)) > (:two)", "attribute_exists(s)AND(n=:n)",
        "not contains(n, :one)", "not begins_with(n, :he)", "not s < :n", "not size(n) > :one",
    ],
)  # fmt: skip
def test_conditions_that_hold(text: str) -> None:
    assert holds(text)
    assert not holds(f"NOT ({text})") or " or " in text.lower()


@pytest.mark.parametrize(
    ("text", "token", "near"),
    [
        ("foo", "<EOF>", "foo"),
        ("a = = b", "=", "= = b"),
        ("a > 4", "4", "> 4"),
        ("a = :hashId a", "a", ":hashId a"),
        ("attribute_not_exists(", "<EOF>", "("),
        ("a = :b AND __typename = :c", "_", "AND __"),
        ("a in b, c", "b", "in b,"),
        ("set = :a", "set", "set ="),
        ("a.and = :b", "and", ".and ="),
        ("(size(a)).b > a", ".", ").b"),
        ("ü > a", "ü", "ü >"),
    ],
)
def test_a_syntax_error_shows_where_reading_stopped(text: str, token: str, near: str) -> None:
    assert refusal(text) == f'Syntax error; token: "{token}", near: "{near}"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression can not be empty;"),
        ("a=a and a > ((b))", "The expression has redundant parentheses;"),
        ("a=a AND ((a=a OR a=a)) AND a=a", "The expression has redundant parentheses;"),
        ("((attribute_exists(a)))", "The expression has redundant parentheses;"),
        ("a=a and whatever(:things) > a", "Invalid function name; function: whatever"),
        ("attRIbute_exIsts(views)", "Invalid function name; function: attRIbute_exIsts"),
        (
            "a = if_not_exists(a, b)",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        ("attribute_exists(views, #a)", "Attribute name is a reserved keyword; reserved keyword: views"),
        (":a < abOrT", "Attribute name is a reserved keyword; reserved keyword: abOrT"),
        ("a[4294967296] = :a", "List index is not within the allowable range; index: [4294967296]"),
        ("x" * 5000, "Expression size has exceeded the maximum allowed size; expression size: 5000"),
        (
            "#4g > a",
            "An expression attribute name used in the document path is not defined; attribute name: #4g",
        ),
        (
            "begins_with(:hello, #a, #b)",
            "An expression attribute value used in expression is not defined; attribute value: :hello",
        ),
        (
            "begins_with(things, size(a), b)",
            "Incorrect number of operands for operator or function; "
            "operator or function: begins_with, number of operands: 3",
        ),
    ],
)
def test_malformed_conditions_are_refused_in_dynamodbs_words(text: str, message: str) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("a=a and attribute_exists((views), (#a)) > b", "attribute_exists"),
        ("size(contains(a, b)) > a", "contains"),
        ("size(things)", "size"),
        ("a between b and attribute_exists(things)", "attribute_exists"),
        ("a in (b, attribute_exists(things))", "attribute_exists"),
    ],
)
def test_only_size_gives_a_value_and_it_alone_gives_no_condition(text: str, function: str) -> None:
    told = "The function is not allowed to be used this way in an expression; function: "
    assert refusal(text) == told + function


@pytest.mark.parametrize(
    ("text", "operator", "value", "shown"),
    [
        ("begins_with(x, :a)", "begins_with", {"N": "1"}, "N"),
        ("begins_with(x, :a)", "begins_with", {"SS": ["1"]}, "SS"),
        ("size(:a) > x", "size", {"BOOL": True}, "BOOL"),
        ("size(size(x)) > :a", "size", {"N": "1"}, "N"),
        ("attribute_type(x, :a)", "attribute_type", {"M": {}}, "M"),
        ("attribute_not_exists(size(:a))", "size", {"N": "1"}, "N"),
        ("x < :a", "<", {"M": {}}, "M"),
        ("x between :a and y", "BETWEEN", {"L": []}, "L"),
    ],
)
def test_operands_of_a_known_type_must_fit(text: str, operator: str, value: Any, shown: str) -> None:
    assert refusal(text, values={":a": value}) == (
        "Incorrect operand type for operator or function; "
        f"operator or function: {operator}, operand type: {shown}"
    )


def test_a_path_is_not_compared_with_itself() -> None:
    told = (
        "The first operand must be distinct from the remaining operands for this operator or function; "
        "operator: {}, first operand: {}"
    )
    assert refusal("a > #a", {"#a": "a"}) == told.format(">", "[a]")
    text = "contains(ab.bc[1].a, ab.bc[1].#a)"
    assert refusal(text, {"#a": "a"}) == told.format("contains", "[ab, bc, [1], a]")


def test_bounds_must_agree_and_ascend() -> None:
    low, high = {"S": "b"}, {"S": "a"}
    assert refusal("x between :l and :h", values={":l": low, ":h": high}) == (
        "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
        "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"
    )
    assert refusal("x between :l and :h", values={":l": {"N": "1"}, ":h": high}).startswith(
        "The BETWEEN operator requires same data type for lower and upper bounds; "
    )


def test_long_conditions_are_bounded_not_fatal() -> None:
    values = {":v": {"S": "x"}}
    assert refusal(" or ".join(["a<:v"] * 400), values=values) == (
        "The expression contains too many operators; operator count: 301"
    )
    assert refusal("not " * 900 + "a<:v", values=values).startswith("The expression contains too many")
    conditions.bound("not (" * 140 + "a<:v" + ")" * 140, bind(None, values)).holds({})
    assert refusal("a in (" + ",".join([":v"] * 101) + ")", values=values) == (
        "The IN operator is provided with too many operands; number of operands: 101"
    )


@pytest.mark.parametrize(
    ("names", "values", "message"),
    [
        ({}, None, "ExpressionAttributeNames must not be empty"),
        ({"a": "a"}, None, 'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"'),
        (None, {}, "ExpressionAttributeValues must not be empty"),
        (None, {"b": {"S": "a"}}, 'ExpressionAttributeValues contains invalid key: Syntax error; key: "b"'),
        (
            None,
            {":b": {"NS": ["1", "b"]}},
            "ExpressionAttributeValues contains invalid value: "
            "The parameter cannot be converted to a numeric value: b for key :b",
        ),
    ],
)
def test_what_is_bound_is_judged(names: Any, values: Any, message: str) -> None:
    with pytest.raises(AwsError) as caught:
        bind(names, values)
    assert caught.value.message == message


def test_everything_given_must_be_used() -> None:
    binding = bind({"#a": "a", "#b": "b"}, {":v": {"S": "x"}, ":w": {"S": "y"}})
    conditions.bound("#a = :v", binding)
    with pytest.raises(ValidationException, match=r"AttributeNames unused in expressions: keys: \{#b\}"):
        binding.check_all_used()
    conditions.bound("#b = :v", binding)
    with pytest.raises(ValidationException, match=r"AttributeValues unused in expressions: keys: \{:w\}"):
        binding.check_all_used()


def projected(text: str, names: Any = None) -> Any:
    return projections.bound(text, bind(names, None)).of(ITEM)


def test_a_projection_keeps_the_shape_of_what_it_keeps() -> None:
    assert projected("s, absent") == {"s": {"S": "hello"}}
    assert projected("l[1].k, m.#in", {"#in": "in"}) == {
        "l": {"L": [{"M": {"k": {"N": "7"}}}]},
        "m": {"M": {"in": {"S": "deep"}}},
    }
    assert projected("l[1], l[0], l[9]") == {"l": ITEM["l"]}
    assert projected("s.x, n[0]") == {}


def test_projected_paths_must_not_meet() -> None:
    with pytest.raises(ValidationException, match=r"overlap with each other.*one: \[a\], path two: \[a, b\]"):
        projected("a, a.b")
    with pytest.raises(ValidationException, match=r"conflict with each other.*\[a, \[1\]\], path two"):
        projected("a[1], a.b")
    with pytest.raises(ValidationException, match='Syntax error; token: "!", near: "!!"'):
        projected("!!! INVALID !!!")
