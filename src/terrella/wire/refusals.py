"""Bodies that cannot be read: the refusals, in the words of the framework behind most AWS APIs."""

from __future__ import annotations

from typing import Any, NoReturn

from ..core.errors import AwsError, SerializationException
from .quirks import JAVA_PACKAGE
from .shape import Shape


class MalformedXML(AwsError):
    """The XML of a request is not well formed or not what the operation takes."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "The XML you provided was not well-formed or did not validate against our published schema"
        )


class MalformedQueryString(AwsError):
    """A form that cannot be read."""


class InvalidParameterValue(AwsError):
    """A parameter that is not of the type it must be."""


_JAVA = {
    "string": "String", "character": "String", "integer": "Integer", "long": "Long", "float": "Float",
    "double": "Double", "boolean": "Boolean", "timestamp": "Date",
}  # fmt: skip
OBJECT_UNEXPECTED = "Start of structure or map found where not expected"
FIELD_UNEXPECTED = "Unexpected field type"


def wrong_type(value: Any, shape: Shape) -> NoReturn:
    """Refuse a JSON value of the wrong type. DynamoDB's answers to every combination are public record."""
    raise SerializationException(_wrong_type(value, shape))


def _wrong_type(value: Any, shape: Shape) -> str:
    if isinstance(value, dict):
        return OBJECT_UNEXPECTED
    if isinstance(value, list):
        return f"Unrecognized collection type {_java_type(shape)}"
    if shape.kind in ("structure", "map", "list"):
        return FIELD_UNEXPECTED
    if shape.kind == "blob":
        return "only base-64-encoded strings are convertible to bytes"
    if shape.kind == "boolean" and isinstance(value, str):
        return "Unexpected token received from parser"
    return f"{_token(value)} cannot be converted to {_JAVA[shape.kind]}"


def _token(value: Any) -> str:
    if value is None:
        return "NULL_VALUE"
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, str):
        return "STRING_VALUE"
    return "NUMBER_VALUE" if isinstance(value, int) else "DECIMAL_VALUE"


def _java_type(shape: Shape) -> str:
    if shape.kind == "map":
        return f"java.util.Map<java.lang.String, {_java_class(shape.value)}>"
    return f"class {_java_class(shape)}"


def _java_class(shape: Shape) -> str:
    if shape.kind in _JAVA:
        package = "java.util" if shape.kind == "timestamp" else "java.lang"
        return f"{package}.{_JAVA[shape.kind]}"
    if shape.kind == "blob":
        return "java.nio.ByteBuffer"
    if shape.kind == "list":
        return f"java.util.List<{_java_class(shape.member)}>"
    if shape.kind == "map":
        return f"java.util.Map<java.lang.String, {_java_class(shape.value)}>"
    return JAVA_PACKAGE.get(shape.service, "") + shape.name


def bad_base64(text: str) -> NoReturn:
    """Refuse a blob that is not base64."""
    if len(text) % 4:
        raise SerializationException(
            f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(text)}"
        )
    raise SerializationException("Invalid last non-pad Base64 character dectected")  # AWS's spelling
