"""Constraints the service states otherwise than its published model does, told in its own words."""

from __future__ import annotations

import functools
import re
from typing import Any

from ...core.errors import ValidationException
from ...wire import validate
from ...wire.model import Operation
from .values import check_notation

Plain = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_.-]+").fullmatch
_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
_LONGEST = "Member must have length less than or equal to 255"
_SHORTEST = "Member must have length greater than or equal to 3"
_ITEMS = frozenset(("Item", "Key", "ExclusiveStartKey", "ExpressionAttributeValues"))
_COMPARED = frozenset(("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter"))
_TABLES = ("CreateTable", "DeleteTable", "DescribeTable", "UpdateTable")
_ENUMS = re.compile(r"enum value set: \[([^\]]*)\]")
_ORDERS = (
    "ALL INCLUDE KEYS_ONLY", "ALL_NEW UPDATED_OLD ALL_OLD NONE UPDATED_NEW", "B N S", "OR AND",
    "IN NULL BETWEEN LT NOT_CONTAINS EQ GT NOT_NULL NE LE BEGINS_WITH GE CONTAINS",
    "SPECIFIC_ATTRIBUTES COUNT ALL_ATTRIBUTES ALL_PROJECTED_ATTRIBUTES",
)  # fmt: skip
_AS_TOLD = {frozenset(order.split()): order.replace(" ", ", ") for order in _ORDERS}
"""Enumerations whose values the service lists in another order than the model."""


def check(operation: Operation, input: Plain) -> None:
    """Raise ValidationException if a constraint is broken, SerializationException before it if the body holds
    what is no attribute value."""
    name, called = input.get("TableName"), operation.name
    try:
        if called in _TOLD_FIRST:
            if called in _TABLES:
                _check_table(name)
            if called in _SPECIAL:
                _SPECIAL[called](operation, input)
        validate.check(operation, input)
        if name is not None and (broken := _broken(name)):
            raise _misnamed(name, broken)
    except ValidationException as problem:
        _check_notation(input)
        message = _ENUMS.sub(_in_order, problem.message)
        if operation.name == "Query":
            message = message.replace(f"Value '{input.get('Limit')}' at 'limit'", "Value at 'Limit'")
        raise ValidationException(message) from None


def _check_table(name: str | None) -> None:
    """Operations on tables tell of a name before anything else."""
    if name is None:
        raise ValidationException("The parameter 'TableName' is required but was not present in the request")
    if broken := _broken(name):
        raise _misnamed(name, broken)


def _misnamed(name: str, broken: str) -> ValidationException:
    return ValidationException(
        f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: {broken}"
    )


def _check_notation(value: Any) -> None:
    """SerializationException if anything that stands where an attribute value does is none."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _ITEMS and isinstance(inner, dict):
                for each in inner.values():
                    check_notation(each)
            elif name in _COMPARED and isinstance(inner, dict):
                for each in inner.values():
                    check_notation(each.get("Value"))
                    for value in each.get("AttributeValueList") or ():
                        check_notation(value)
            else:
                _check_notation(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_notation(inner)


@functools.lru_cache(maxsize=4096)
def _broken(name: str) -> str | None:
    """The constraint a table's name breaks; an ARN may stand for the name."""
    if name.startswith("arn:"):
        return None
    if len(name) < 3:
        return _SHORTEST
    return _LONGEST if len(name) > 255 else None if _NAME(name) else _PATTERN


def _check_batch(operation: Operation, input: Plain) -> None:
    requested = input.get("RequestItems")
    if requested == {}:
        raise ValidationException(f"The requestItems parameter is required for {operation.name}")
    if operation.name == "BatchGetItem":
        for name, asked in (requested or {}).items():
            if asked and len(asked.get("Keys") or ()) > 100:
                raise ValidationException(
                    f"1 validation error detected: Value at 'RequestItems.{name}.member.Keys' failed to "
                    "satisfy constraint: Member must have length less than or equal to 100"
                )
        return
    if any(each is not None and not 1 <= len(each) <= 25 for each in (requested or {}).values()):
        assert operation.input is not None
        shown = validate.shown_value(requested, operation.input.members["RequestItems"])
        raise ValidationException(
            f"1 validation error detected: Value '{shown}' at 'requestItems' failed to satisfy constraint: "
            "Map value must satisfy constraint: [Member must have length less than or equal to 25, "
            "Member must have length greater than or equal to 1]"
        )


def _check_definition(operation: Operation, input: Plain) -> None:
    """What a table needs though the model leaves it out, and has two of at most though the model leaves room for
    the keys of global indexes."""
    for name in ("AttributeDefinitions", "KeySchema"):
        if input.get(name) is None:
            at = name[0].lower() + name[1:]
            raise ValidationException(
                f"1 validation error detected: Value null at '{at}' failed to satisfy constraint: "
                "Member must not be null"
            )
    assert operation.input is not None
    shape = operation.input.members["KeySchema"]
    schemas = {"keySchema": input["KeySchema"]}
    for number, index in enumerate(input.get("LocalSecondaryIndexes") or (), 1):
        schemas[f"localSecondaryIndexes.{number}.member.keySchema"] = index.get("KeySchema") or ()
    for at, schema in schemas.items():
        if len(schema) > 2:
            raise ValidationException(
                f"1 validation error detected: Value '{validate.shown_value(schema, shape)}' at '{at}' failed to "
                "satisfy constraint: Member must have length less than or equal to 2"
            )


_SPECIAL = {"BatchGetItem": _check_batch, "BatchWriteItem": _check_batch, "CreateTable": _check_definition}
_TOLD_FIRST = frozenset((*_TABLES, *_SPECIAL))


def _in_order(found: re.Match[str]) -> str:
    told = _AS_TOLD.get(frozenset(found[1].split(", ")), found[1])
    return f"enum value set: [{told}]"
