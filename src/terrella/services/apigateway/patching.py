"""Patch operations: how everything of a REST API is altered. Values come as strings, paths escape their slashes.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

from __future__ import annotations

import copy
from typing import Any

from .errors import BadRequestException

Plain = dict[str, Any]
BOOLEANS = frozenset(
    (
        "apiKeyRequired", "cacheClusterEnabled", "cacheDataEncrypted", "cachingEnabled", "dataTraceEnabled",
        "disableExecuteApiEndpoint", "enabled", "metricsEnabled", "tracingEnabled", "validateRequestBody",
        "validateRequestParameters",
    )
)  # fmt: skip
NUMBERS = {
    "authorizerResultTtlInSeconds": int, "burstLimit": int, "cacheTtlInSeconds": int, "limit": int,
    "minimumCompressionSize": int, "offset": int, "rateLimit": float, "throttlingBurstLimit": int,
    "throttlingRateLimit": float, "timeoutInMillis": int,
}  # fmt: skip
LISTS = frozenset(("authorizationScopes", "binaryMediaTypes", "cacheKeyParameters", "providerARNs", "types"))


def patched(record: Plain, operations: list[Plain] | None) -> Plain:
    """The record after its patch operations. BadRequestException for one that cannot be."""
    made: Plain = copy.deepcopy(record)
    for each in operations or ():
        parts = [part.replace("~1", "/").replace("~0", "~") for part in str(each.get("path", "")).split("/")[1:]]
        if not parts or not parts[0]:
            raise BadRequestException(f"Invalid patch path {each.get('path')}")
        _apply(made, parts, str(each.get("op")), each.get("value"))
    return made


def _apply(where: Plain, parts: list[str], op: str, value: Any) -> None:
    for part in parts[:-1]:
        inner = where.get(part)
        if inner is None:
            inner = where[part] = [] if part in LISTS else {}
        if isinstance(inner, list):
            _alter(inner, parts[-1], op, value)
            return
        if not isinstance(inner, dict):
            raise BadRequestException(f"Invalid patch path /{'/'.join(parts)}")
        where = inner
    last = parts[-1]
    if op in ("add", "replace"):
        where[last] = _typed(last, value)
    elif op == "remove":
        where.pop(last, None)
    else:
        raise BadRequestException(f"Invalid patch operation specified. Must be one of: add, remove, replace; not {op}")


def _alter(members: list[Any], last: str, op: str, value: Any) -> None:
    """A list is patched by index where the path ends in a number, and by the member itself where it does not."""
    if op == "replace" and last.isdigit() and int(last) < len(members):
        members[int(last)] = value
    elif op == "remove":
        members[:] = [each for each in members if each != last]
    else:
        members.append(value if last in ("-", "") or last.isdigit() else last)


def _typed(name: str, value: Any) -> Any:
    try:
        if name in BOOLEANS:
            return str(value).lower() == "true"
        if name in NUMBERS:
            return NUMBERS[name](value)
    except (TypeError, ValueError):
        raise BadRequestException(f"Invalid value {value} for {name}") from None
    return [value] if name in LISTS and isinstance(value, str) else value
