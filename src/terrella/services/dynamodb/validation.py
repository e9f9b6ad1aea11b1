"""Constraints the service states otherwise than its published model does, told in its own words."""

from __future__ import annotations

import functools
import re
from typing import Any

from ...core.errors import ValidationException
from ...wire import validate
from ...wire.model import Operation

Plain = dict[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_.-]+").fullmatch
_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
_LONGEST = "Member must have length less than or equal to 255"
_REQUIRED = "The parameter 'TableName' is required but was not present in the request"
_LENGTH = "TableName must be at least 3 characters long and at most 255 characters long"
_BATCHES = ("BatchGetItem", "BatchWriteItem")
_BY_NAME_ONLY = ("CreateTable", "DeleteTable", "DescribeTable", "UpdateTable")


def check(operation: Operation, input: Plain) -> None:
    """Raise ValidationException if a constraint is broken."""
    name = input.get("TableName")
    if operation.name in _BY_NAME_ONLY:
        if name is None:
            raise ValidationException(_REQUIRED)
        if not name.startswith("arn:") and not 3 <= len(name) <= 255:
            raise ValidationException(_LENGTH)
    if operation.name in _BATCHES and input.get("RequestItems") == {}:
        raise ValidationException(f"The requestItems parameter is required for {operation.name}")
    if operation.name == "BatchGetItem":
        _check_keys(input)
    if name and (broken := _broken(name)):
        raise ValidationException(
            f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy "
            f"constraint: {broken}"
        )
    try:
        validate.check(operation, input)
    except ValidationException as problem:
        limit = input.get("Limit")
        message = problem.message.replace(f"Value '{limit}' at 'limit'", "Value at 'Limit'")
        raise ValidationException(message) from None


@functools.lru_cache(maxsize=4096)
def _broken(name: str) -> str | None:
    """The constraint a table's name breaks; an ARN may stand for the name."""
    if name.startswith("arn:"):
        return None
    return _LONGEST if len(name) > 255 else None if _NAME(name) else _PATTERN


def _check_keys(input: Plain) -> None:
    for name, asked in (input.get("RequestItems") or {}).items():
        if asked and len(asked.get("Keys") or ()) > 100:
            raise ValidationException(
                f"1 validation error detected: Value at 'RequestItems.{name}.member.Keys' failed to satisfy "
                "constraint: Member must have length less than or equal to 100"
            )
