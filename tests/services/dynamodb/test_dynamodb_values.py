"""Attribute values: what DynamoDB refuses and how it says so, what things weigh, what numbers look like."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.core.errors import SerializationException, ValidationException
from terrella.services.dynamodb import comparing, numbers, values

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
INVALID = "One or more parameter values were invalid: "


def refusal(value: Any) -> str:
    with pytest.raises(ValidationException) as caught:
        values.check_item({"a": value})
    return caught.value.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY),
        ({"a": ""}, EMPTY),
        ({"S": None}, EMPTY),
        ({"M": {"a": {}}}, EMPTY),
        ({"L": [{"a": {}}]}, EMPTY),
        ({"NULL": False}, INVALID + "Null attribute value types must have the value of true"),
        ({"SS": []}, INVALID + "An string set  may not be empty"),
        ({"NS": []}, INVALID + "An number set  may not be empty"),
        ({"BS": []}, INVALID + "Binary sets should not be empty"),
        ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
        ({"BS": ["Yg==", "Yg=="]}, INVALID + "Input collection [Yg==, Yg==]of type BS contains duplicates."),
        ({"NS": ["1", "1.0"]}, "Input collection contains duplicates"),
        ({"S": "a", "N": ""}, "The parameter cannot be converted to a numeric value"),
        ({"S": "a", "N": "b"}, "The parameter cannot be converted to a numeric value: b"),
        ({"NS": ["1", ""]}, "The parameter cannot be converted to a numeric value"),
        ({"S": "a", "N": "1"}, values.TWO_TYPES),
        ({"N": "123456789012345678901234567890123456789"}, numbers.TOO_PRECISE),
        ({"N": "-1.23456789012345678901234567890123456789"}, numbers.TOO_PRECISE),
        ({"N": "1e126"}, numbers.OVERFLOW),
        ({"N": "-1e126"}, numbers.OVERFLOW),
        ({"N": "1e-131"}, numbers.UNDERFLOW),
    ],
)
def test_a_value_that_is_none_is_refused_in_dynamodbs_words(value: Any, message: str) -> None:
    assert refusal(value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"S": 1}, "NUMBER_VALUE cannot be converted to String"),
        ({"S": True}, "TRUE_VALUE cannot be converted to String"),
        ({"S": ["a"]}, "Unrecognized collection type class java.lang.String"),
        ({"N": 1.5}, "DECIMAL_VALUE cannot be converted to String"),
        ({"B": "abc"}, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        ({"B": 1}, "only base-64-encoded strings are convertible to bytes"),
        ({"SS": "a"}, "Unexpected field type"),
        ({"L": {}}, "Start of structure or map found where not expected"),
        ({"BOOL": "maybe"}, "Unexpected token received from parser"),
        ("a", "Unexpected value type in payload"),
        (
            [5],
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue",
        ),
    ],
)
def test_json_of_the_wrong_type_is_refused_as_the_reader_does(value: Any, message: str) -> None:
    with pytest.raises(SerializationException) as caught:
        values.check_item({"a": value})
    assert caught.value.message == message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*values.TYPES, "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_breaks_the_judge(item: Any) -> None:
    try:
        values.check_item(item)
    except (ValidationException, SerializationException):
        pass
    else:
        assert isinstance(item, dict)


def test_nesting_ends_at_32_levels() -> None:
    def nested(depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {"S": "leaf"}
        for _ in range(depth):
            value = {"M": {"n": value}}
        return value

    values.check_item({"a": nested(31)})
    assert refusal(nested(32)) == values.TOO_DEEP


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"id": {"S": "abc"}}, 5),
        ({"é": {"S": "é"}}, 4),
        ({"n": {"N": "0"}}, 2),
        ({"n": {"N": "27"}}, 3),
        ({"n": {"N": "-27"}}, 4),
        ({"n": {"N": "100"}}, 3),
        ({"n": {"N": "1.5"}}, 4),
        ({"b": {"B": "AQID"}}, 4),
        ({"t": {"BOOL": True}}, 2),
        ({"z": {"NULL": True}}, 2),
        ({"l": {"L": [{"S": "a"}]}}, 6),
        ({"m": {"M": {"k": {"S": "a"}}}}, 7),
        ({"s": {"SS": ["ab", "c"]}}, 4),
    ],
)
def test_an_item_weighs_its_names_and_values(item: Any, size: int) -> None:
    assert values.check_item(item) == size


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("00042", "42"), ("1.0", "1"), ("3.1400", "3.14"), ("1.5E2", "150"), ("-0", "0"), ("+7", "7"),
        (".5", "0.5"), ("5.", "5"), ("1E-3", "0.001"), ("-0015.789e6", "-15789000"),
        ("0001.000e-130", "0." + "0" * 129 + "1"), ("9" * 38 + "e88", "9" * 38 + "0" * 88),
    ],
)  # fmt: skip
def test_numbers_come_back_in_plain_digits(given_text: str, kept: str) -> None:
    item = {"n": {"N": given_text}}
    values.check_item(item)
    assert item["n"]["N"] == kept


NUMBERS = st.builds(
    lambda sign, digits, exponent: numbers.normal(f"{sign}{digits}e{exponent}"),
    st.sampled_from(["", "-"]),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 80),
)


@given(NUMBERS, NUMBERS)
def test_bytes_of_numbers_sort_as_numbers_do(one: str, other: str) -> None:
    left, right = numbers.sortable(one), numbers.sortable(other)
    assert (left > right) - (left < right) == numbers.order(one, other)
    assert left == right or not right.startswith(left)


@given(NUMBERS)
def test_a_normal_number_is_its_own_normal_form(text: str) -> None:
    assert numbers.normal(text) == text
    assert Decimal(text) == Decimal(numbers.normal(format(Decimal(text), "E")))


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_the_quick_weight_of_whole_numbers_is_the_exact_one(number: int) -> None:
    assert values.check_item({"n": {"N": str(number)}}) == 1 + numbers.size(str(number))


def test_keys_sort_over_the_whole_range_of_numbers() -> None:
    texts = ["-9.9e125", "-1e125", "-1", "-1e-130", "0", "1e-130", "9e-130", "1", "1e125", "9.9e125"]
    found = [numbers.sortable(numbers.normal(text)) for text in texts]
    assert found == sorted(found)


def test_arithmetic_is_exact_to_38_digits_and_refuses_more() -> None:
    assert numbers.add("0.1", "0.2") == "0.3"
    assert numbers.subtract("1e37", "1") == "9" * 37
    with pytest.raises(ValidationException, match="Number overflow"):  # in the service's own odd words
        numbers.add("1e38", "0.1")
    with pytest.raises(ValidationException, match="Number overflow"):
        numbers.add("9" * 38 + "e88", "9" * 38 + "e88")


@given(NUMBERS, NUMBERS)
def test_sums_agree_with_decimal(one: str, other: str) -> None:
    exact = Context(prec=600).add(Decimal(one), Decimal(other))
    try:
        assert Decimal(numbers.add(one, other)) == exact
    except ValidationException:
        assert len(exact.normalize(Context(prec=600)).as_tuple().digits) > 38 or exact.adjusted() > 125


def test_sets_and_maps_are_equal_whatever_their_order() -> None:
    assert comparing.equal({"SS": ["a", "b"]}, {"SS": ["b", "a"]})
    assert comparing.equal({"M": {"x": {"NS": ["1", "2"]}}}, {"M": {"x": {"NS": ["2", "1"]}}})
    assert not comparing.equal({"SS": ["1"]}, {"NS": ["1"]})
    assert not comparing.equal({"L": [{"S": "a"}, {"S": "b"}]}, {"L": [{"S": "b"}, {"S": "a"}]})


def test_only_scalars_of_one_type_have_an_order() -> None:
    assert comparing.order({"N": "9"}, {"N": "10"}) == -1
    assert comparing.order({"S": "9"}, {"S": "10"}) == 1
    assert comparing.order({"S": "z"}, {"S": "¿"}) == -1  # by UTF-8 bytes
    assert comparing.order({"B": "/w=="}, {"B": "AA=="}) == 1
    assert comparing.order({"S": "1"}, {"N": "1"}) is None
    assert comparing.order({"BOOL": True}, {"BOOL": False}) is None


@pytest.mark.parametrize(
    ("value", "sought", "found"),
    [
        ({"S": "hello"}, {"S": "ell"}, True),
        ({"SS": ["a", "b"]}, {"S": "b"}, True),
        ({"SS": ["ab"]}, {"S": "b"}, False),
        ({"NS": ["1"]}, {"N": "1"}, True),
        ({"NS": ["1"]}, {"S": "1"}, False),
        ({"L": [{"SS": ["a", "b"]}]}, {"SS": ["b", "a"]}, True),
        ({"B": "AQID"}, {"B": "AgM="}, True),
        ({"N": "12"}, {"N": "1"}, False),
    ],
)
def test_containing(value: Any, sought: Any, found: bool) -> None:
    assert comparing.contains(value, sought) is found
