"""Keys as bytes: they sort as DynamoDB's keys do, and what cannot be a key is refused in its words."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.core.errors import ValidationException
from terrella.services.dynamodb import keys, numbers
from terrella.services.dynamodb.keys import KeySchema

PAIR = KeySchema("id", "S", "at", "N")
SINGLE = KeySchema("id", "S")
EMPTY_KEY = (
    "One or more parameter values are not valid. "
    "The AttributeValue for a key attribute cannot contain an empty string value. Key: id"
)


def binary(content: bytes) -> dict[str, str]:
    return {"B": base64.b64encode(content).decode()}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@given(TEXT, TEXT)
def test_strings_sort_by_their_utf8_bytes(one: str, other: str) -> None:
    left, right = keys.sortable({"S": one}), keys.sortable({"S": other})
    assert (left < right) == (one.encode() < other.encode())
    assert left == right or not right.startswith(left)
    assert right.startswith(keys.beginning({"S": one})) == other.startswith(one)


@given(st.binary(min_size=1, max_size=4), st.binary(min_size=1, max_size=4))
def test_binary_sorts_by_unsigned_bytes(one: bytes, other: bytes) -> None:
    left, right = keys.sortable(binary(one)), keys.sortable(binary(other))
    assert (left < right) == (one < other)
    assert right.startswith(keys.beginning(binary(one))) == other.startswith(one)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-1000, 1000)), min_size=2, max_size=8))
def test_within_a_partition_keys_sort_by_sort_key(pairs: list[tuple[str, int]]) -> None:
    found = sorted((PAIR.of_item({"id": {"S": p}, "at": {"N": str(n)}}), p, n) for p, n in set(pairs))
    for partition in "ab":
        order = [number for _, name, number in found if name == partition]
        assert order == sorted(order)
    names = [name for _, name, _ in found]
    assert names in (sorted(names), sorted(names, reverse=True))  # partitions are not interleaved


@given(st.binary(max_size=6), st.binary(max_size=3))
def test_after_a_beginning_comes_nothing_that_begins_so(prefix: bytes, rest: bytes) -> None:
    end = keys.after(prefix)
    assert end is None or prefix + rest < end


@given(st.integers(1, 9), st.binary(min_size=8, max_size=8))
def test_segments_divide_all_keys(total: int, key: bytes) -> None:
    parts = [keys.segment(number, total) for number in range(total)]
    assert sum(start <= key and (end is None or key < end) for start, end in parts) == 1


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "One or more parameter values were invalid: Missing the key id in the item"),
        (
            {"id": {"N": "1"}},
            "One or more parameter values were invalid: Type mismatch for key id expected: S actual: N",
        ),
        ({"id": {"S": ""}}, EMPTY_KEY),
        ({"id": {"S": "x" * 2049}}, keys.HASH_TOO_LONG),
        ({"id": {"S": "x"}}, "One or more parameter values were invalid: Missing the key at in the item"),
    ],
)
def test_an_item_without_its_key_is_refused(item: Any, message: str) -> None:
    with pytest.raises(ValidationException) as caught:
        PAIR.of_item(item)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "key",
    [{}, {"b": {"S": "a"}}, {"id": {"S": "a"}, "b": {"S": "a"}}, {"id": {"N": "1"}}, {"id": {"M": {}}}],
)
def test_a_key_that_does_not_fit_is_refused(key: Any) -> None:
    with pytest.raises(ValidationException, match="The provided key element does not match the schema"):
        SINGLE.of_key(key)


def test_sort_keys_end_at_1024_bytes() -> None:
    schema = KeySchema("id", "S", "at", "S")
    schema.of_item({"id": {"S": "a"}, "at": {"S": "x" * 1024}})
    with pytest.raises(ValidationException, match="size limit of 1024 bytes"):
        schema.of_item({"id": {"S": "a"}, "at": {"S": "x" * 1025}})


def test_a_key_and_its_item_have_the_same_bytes() -> None:
    key = {"id": {"S": "a\0b"}, "at": {"N": numbers.normal("1e3")}}
    assert PAIR.of_key(key) == PAIR.of_item({**key, "more": {"S": "x"}}) == PAIR.of_index(key)


def test_an_item_without_the_attribute_is_not_in_an_index() -> None:
    assert PAIR.of_index({"id": {"S": "a"}}) is None
    assert PAIR.of_index({"at": {"N": "1"}}) is None
