"""Which resource and method answer a request: part by part, what is spelled out beats a variable, and that beats the
greedy one. A path that leads nowhere is answered as one without a token.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

Plain = dict[str, Any]


class Tree:
    """The resources of one deployment."""

    def __init__(self, resources: list[Plain]) -> None:
        self.rows = sorted(
            ((_parts(each["path"]), each) for each in resources), key=lambda row: [_rank(part) for part in row[0]]
        )

    def match(self, verb: str, path: str) -> tuple[Plain, Plain, dict[str, str]] | None:
        """The resource, its method and what the variables stand for; None when nothing answers."""
        parts = _parts(path)
        for template, resource in self.rows:
            values = _fit(template, parts)
            if values is None:
                continue
            methods = resource["resourceMethods"]
            method = methods.get(verb) or methods.get("ANY")
            if method is not None:
                return resource, method, values
            if methods:  # the resource is chosen by the path alone: no less specific one answers for it
                return None
        return None


def _parts(path: str) -> list[str]:
    return path.strip("/").split("/") if path.strip("/") else []


def _rank(part: str) -> int:
    return 0 if not part.startswith("{") else 2 if part.endswith("+}") else 1


def _fit(template: list[str], parts: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for number, wanted in enumerate(template):
        if number >= len(parts):
            return None
        if wanted.endswith("+}"):
            values[wanted[1:-2]] = unquote("/".join(parts[number:]))
            return values
        if wanted.startswith("{"):
            values[wanted[1:-1]] = unquote(parts[number])
        elif wanted != unquote(parts[number]):
            return None
    return values if len(parts) == len(template) else None
