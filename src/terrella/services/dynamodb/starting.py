"""ExclusiveStartKey: where Query and Scan go on, and what they say of a key they cannot go on from."""

from __future__ import annotations

from typing import Any

from ...core.errors import ValidationException
from .expressions.keys import KeyCondition
from .keys import NO_MATCH, KeySchema
from .legacy.comparing import test_of
from .values import Item, check_item, kind_of

Plain = dict[str, Any]

BAD_START = "The provided starting key is invalid"
OUTSIDE = "The provided starting key is outside query boundaries based on provided conditions"
NOT_IN_RANGE = "The provided starting key does not match the range key predicate"
ONE_ROW = "The query can return at most one row and cannot be restarted"
_WITHOUT_PREFIX = ("contains duplicates", "number set", "numeric value", "significant digits", "magnitude")


def check_values(input: Plain) -> None:
    """What a starting key holds must be values. ValidationException."""
    start = input.get("ExclusiveStartKey")
    if start is not None:
        try:
            check_item(start)
        except ValidationException as problem:
            bare = any(word in problem.message for word in _WITHOUT_PREFIX)
            raise ValidationException(problem.message if bare else f"{BAD_START}: {problem.message}") from None


def check_names(start: Item, table: KeySchema, schema: KeySchema, indexed: bool, querying: bool) -> None:
    """A starting key has the keys of the table and of what is read, and no more. ValidationException."""
    if len(start) != len({*table.names, *schema.names}):
        raise ValidationException(BAD_START if indexed or querying else f"{BAD_START}: {NO_MATCH}")
    if indexed and not querying:
        for name, kind in schema.types.items():
            check_one(start, name, kind)


def check_one(start: Item, name: str, kind: str) -> None:
    """A starting key has this attribute, of this type. ValidationException."""
    if name not in start:
        raise ValidationException(BAD_START)
    if kind not in start[name]:
        raise ValidationException(NO_MATCH)


def check_primary(start: Item, table: KeySchema) -> None:
    """The part of a starting key that is the table's. ValidationException."""
    for name, kind in table.types.items():
        if kind not in start.get(name, {}):
            raise ValidationException(f"{BAD_START}: {NO_MATCH}")


def check_within(start: Item, conditions: dict[str, KeyCondition], schema: KeySchema, indexed: bool) -> None:
    """A query goes on within its own range. ValidationException."""
    same = all(start[name] == conditions[name].values[0] for name in schema.hashes)
    ranges = [name for name in schema.ranges if name in conditions]
    if not ranges:
        if not same:
            raise ValidationException(OUTSIDE)
        if not indexed and not schema.ranges:
            (name,) = schema.hashes
            kind = kind_of(start[name])
            raise ValidationException(
                "The provided exclusive start key is invalid: ExclusiveStartKey: "
                f"{{{name}=AttributeValue: {{{kind}:{start[name][kind]}}}}}"
            )
        return
    for name in ranges:
        if not test_of(conditions[name].operator, conditions[name].values)(start[name]):
            raise ValidationException(NOT_IN_RANGE)
    if not same:
        raise ValidationException(ONE_ROW)
