"""Template values as an operation's model wants them: "5" where it says integer, true where boolean.

CloudFormation passes everything a parameter touched as a string, and takes either form in a template.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from ...wire.shape import Shape
from .errors import HandlerFailed

_NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


def shaped(shape: Shape | None, value: Any, where: str = "") -> Any:
    """The value in the types of a modelled shape. HandlerFailed for a member the shape does not have."""
    if shape is None or value is None:
        return value
    kind = shape.kind
    if kind == "structure":
        return _structure(shape, value, where)
    if kind == "list":
        members = value if isinstance(value, list) else [value]
        return [shaped(shape.member, each, where) for each in members]
    if kind == "map":
        return {str(key): shaped(shape.value, each, where) for key, each in _mapping(value, where).items()}
    return _scalar(kind, value, where)


def _structure(shape: Shape, value: Any, where: str) -> Any:
    if shape.is_document:
        return value
    for name in _mapping(value, where):
        if name not in shape.members:
            raise HandlerFailed(f"Encountered unsupported property {name}")
    return {
        name: shaped(shape.members[name], each, f"{where}/{name}")
        for name, each in value.items()
        if each is not None
    }


def _scalar(kind: str, value: Any, where: str) -> Any:
    if kind in _NUMBERS:
        try:
            return (
                value if isinstance(value, float) and kind in ("float", "double") else _NUMBERS[kind](value)
            )
        except (TypeError, ValueError):
            raise HandlerFailed(f"Value of property {where} must be a number.") from None
    if kind == "boolean":
        if str(value).lower() not in ("true", "false"):
            raise HandlerFailed(f"Value of property {where} must be a boolean.")
        return str(value).lower() == "true"
    if kind == "string" and not isinstance(value, str):
        return as_string(value)
    if kind == "blob" and isinstance(value, str):
        return base64.b64decode(value)
    return value


def as_string(value: Any) -> str:
    """A template value where a string is wanted; documents become JSON text."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HandlerFailed(f"Value of property {where} must be an object.")
    return value
