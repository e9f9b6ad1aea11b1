"""Attribute values in DynamoDB's JSON notation: `{"S": "x"}`, `{"N": "12"}`, `{"M": {...}}`.

`check_item` and `check_value` judge what a caller sent, in AWS's words and order, and weigh it. They
put it into normal form in place: numbers in plain digits, members the notation does not know left out.
Everything past them may trust a value to be whole.
"""

from __future__ import annotations

import binascii
import contextlib
from collections.abc import Callable
from typing import Any, NoReturn

from ...core.errors import SerializationException, ValidationException
from . import numbers

Value = dict[str, Any]
Item = dict[str, Value]

LARGEST_ITEM = 400 * 1024
DEEPEST = 32
TYPES = ("S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL")

INVALID = "One or more parameter values were invalid: "
TOO_LARGE = "Item size has exceeded the maximum allowed size"
EMPTY_VALUE = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
TWO_TYPES = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
BAD_BASE64 = "Invalid last non-pad Base64 character dectected"
PACKAGE = "com.amazonaws.dynamodb.v20120810."


def check_item(item: Any) -> int:
    """Judge an item, put it into normal form in place, and return its size in bytes.

    Raises ValidationException and SerializationException as DynamoDB does. Names count in UTF-8 bytes
    (developer guide, "DynamoDB item sizes and formats").
    """
    total = 0
    try:
        texts = list(item)
        for value in item.values():
            (kind,) = value
            content = value[kind]
            if kind == "S":
                texts.append(content)
            elif kind == "N" and numbers.is_normal(content):
                if content.isdigit() and content[-1] != "0":
                    total += (len(content) + 3) >> 1  # what `numbers.size` says of these, the most common
                else:
                    total += numbers.size(content)
            elif content.__class__ is bool and kind == "BOOL":
                total += 1
            else:
                total += _check(value, 1)
        if "" in item:
            return _check_slowly(item)
        text = "".join(texts)
        return total + (len(text) if text.isascii() else len(text.encode()))
    except (ValueError, AttributeError, TypeError, IndexError):
        return _check_slowly(item)  # something is not as it should be: say exactly what


def check_value(value: Any) -> int:
    """Judge one value, put it into normal form in place, and return its size in bytes."""
    return _check(value, 1)


def check_notation(value: Any) -> None:
    """SerializationException if this is no value at all, whether or not it is a valid one."""
    if value is not None:
        with contextlib.suppress(ValidationException):
            _check(value, 1)


def size_of_item(item: Item) -> int:
    """The size of an item that was judged before."""
    return check_item(item)


def size_of_value(value: Value) -> int:
    """The size of a value that was judged before."""
    return _check(value, 1)


def kind_of(value: Value) -> str:
    """The type of a value: "S", "N", "M"..."""
    return next(iter(value))


def binary(text: str) -> bytes:
    """The bytes of a B."""
    return binascii.a2b_base64(text)


def _check_slowly(item: Any) -> int:
    if item.__class__ is not dict:
        _misplaced(item, f"java.util.Map<java.lang.String, {PACKAGE}AttributeValue>", "Unexpected field type")
    total = sum(_text_size(name) + _check(value, 1) for name, value in item.items())
    if "" in item:
        raise ValidationException(f"{INVALID}Empty attribute name")
    return total


def _check(value: Any, depth: int) -> int:
    """`depth` counts the levels down to this value, its attribute being the first."""
    if depth > DEEPEST:
        raise ValidationException(TOO_DEEP)
    if value.__class__ is not dict:
        _misplaced(value, f"class {PACKAGE}AttributeValue", "Unexpected value type in payload")
    if len(value) == 1:
        ((kind, content),) = value.items()
        if content is not None and kind in _CHECKS:
            return _CHECKS[kind](value, depth)
    _keep_known_members(value)
    total = 0
    for kind in value:
        total += _CHECKS[kind](value, depth)
    if len(value) > 1:
        raise ValidationException(TWO_TYPES)
    return total


def _keep_known_members(value: Value) -> None:
    for member in [name for name, content in value.items() if name not in _CHECKS or content is None]:
        del value[member]
    if not value:
        raise ValidationException(EMPTY_VALUE)


def _text_size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise SerializationException() from None


# One check per type.


def _check_string(value: Value, depth: int) -> int:
    return _text_size(_string(value["S"]))


def _check_number(value: Value, depth: int) -> int:
    value["N"] = numbers.normal(_string(value["N"]))
    return numbers.size(value["N"])


def _check_binary(value: Value, depth: int) -> int:
    return len(_blob(value["B"]))


def _check_boolean(value: Value, depth: int) -> int:
    if value["BOOL"].__class__ is not bool:
        value["BOOL"] = _boolean(value["BOOL"])
    return 1


def _check_null(value: Value, depth: int) -> int:
    if value["NULL"].__class__ is not bool:
        value["NULL"] = _boolean(value["NULL"])
    if not value["NULL"]:
        raise ValidationException(INVALID + "Null attribute value types must have the value of true")
    return 1


def _check_list(value: Value, depth: int) -> int:
    members = _list(value["L"])
    return 3 + sum(1 + _check(member, depth + 1) for member in members)


def _check_map(value: Value, depth: int) -> int:
    members = value["M"]
    if members.__class__ is not dict:
        _misplaced(
            members, f"java.util.Map<java.lang.String, {PACKAGE}AttributeValue>", "Unexpected field type"
        )
    return 3 + sum(1 + _text_size(name) + _check(member, depth + 1) for name, member in members.items())


def _check_string_set(value: Value, depth: int) -> int:
    members = _members(value["SS"], INVALID + "An string set  may not be empty", _string)
    if len(set(members)) < len(members):
        shown = ", ".join(members)
        raise ValidationException(f"{INVALID}Input collection [{shown}] contains duplicates.")
    return sum(map(_text_size, members))


def _check_number_set(value: Value, depth: int) -> int:
    members = _members(value["NS"], INVALID + "An number set  may not be empty", _string)
    value["NS"] = normal = [numbers.normal(member) for member in members]
    if len(set(normal)) < len(normal):
        raise ValidationException("Input collection contains duplicates")
    return sum(map(numbers.size, normal))


def _check_binary_set(value: Value, depth: int) -> int:
    members = value["BS"]
    sizes = [len(each) for each in _members(members, INVALID + "Binary sets should not be empty", _blob)]
    if len(set(members)) < len(members):
        shown = ", ".join(members)
        raise ValidationException(f"{INVALID}Input collection [{shown}]of type BS contains duplicates.")
    return sum(sizes)


_CHECKS: dict[str, Callable[[Value, int], int]] = {
    "S": _check_string,
    "N": _check_number,
    "B": _check_binary,
    "BOOL": _check_boolean,
    "NULL": _check_null,
    "L": _check_list,
    "M": _check_map,
    "SS": _check_string_set,
    "NS": _check_number_set,
    "BS": _check_binary_set,
}


# What the JSON must hold, told as the service's JSON reader tells it.


def _members(value: Any, when_empty: str, read: Callable[[Any], Any]) -> list[Any]:
    members = [read(member) for member in _list(value)]
    if not members:
        raise ValidationException(when_empty)
    return members


def _string(value: Any) -> str:
    if value.__class__ is str:
        return str(value)
    if value is None:
        raise ValidationException(EMPTY_VALUE)
    return _misplaced(value, "class java.lang.String", f"{_token(value)} cannot be converted to String")


def _blob(value: Any) -> bytes:
    if value.__class__ is not str:
        _misplaced(
            value, "class java.nio.ByteBuffer", "only base-64-encoded strings are convertible to bytes"
        )
    if len(value) % 4:
        raise SerializationException(
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(value)}"
        )
    try:
        content = binascii.a2b_base64(value, strict_mode=True)
    except (binascii.Error, ValueError):
        raise SerializationException(BAD_BASE64) from None
    if value.endswith("=") and binascii.b2a_base64(content, newline=False).decode() != value:
        raise SerializationException(BAD_BASE64)  # bits set that no byte takes
    return content


def _boolean(value: Any) -> bool:
    """The service takes these texts for a boolean too."""
    if value.__class__ is str:
        word = value.upper()
        if word in ("TRUE", "YES", "1"):
            return True
        if word in ("FALSE", "NO", "0"):
            return False
        raise SerializationException("Unexpected token received from parser")
    return _misplaced(value, "class java.lang.Boolean", f"{_token(value)} cannot be converted to Boolean")


def _list(value: Any) -> list[Any]:
    if value.__class__ is list:
        return list(value)
    if value.__class__ is dict:
        raise SerializationException("Start of structure or map found where not expected")
    raise SerializationException("Unexpected field type")


def _misplaced(value: Any, wanted: str, for_scalars: str) -> NoReturn:
    if isinstance(value, list):
        raise SerializationException(f"Unrecognized collection type {wanted}")
    if isinstance(value, dict):
        raise SerializationException("Start of structure or map found where not expected")
    raise SerializationException(for_scalars)


def _token(value: Any) -> str:
    if value.__class__ is bool:
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    return "NUMBER_VALUE" if value.__class__ is int else "DECIMAL_VALUE"
