"""Which route answers a request: the most specific path, then the method, then $default.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"}
_KEY = re.compile(r"(?P<method>[A-Z]+) (?P<path>/\S*)")
_VARIABLE = re.compile(r"\{([a-zA-Z0-9._-]+)(\+?)\}")


@dataclass(slots=True)
class Template:
    """A path with variables, and the routes below it by method."""

    path: str
    parts: tuple[str, ...]
    rank: tuple[int, ...] = ()
    routes: dict[str, dict[str, Any]] = field(default_factory=dict)


class Router:
    """The routes of one deployment."""

    def __init__(self, routes: Iterable[dict[str, Any]]) -> None:
        self.default: dict[str, Any] | None = None
        self.static: dict[str, dict[str, dict[str, Any]]] = {}
        templates: dict[str, Template] = {}
        for route in routes:
            method, path = split_key(route["RouteKey"])
            if method == "$default":
                self.default = route
            elif "{" in path:
                templates.setdefault(path, _template(path)).routes[method] = route
            else:
                self.static.setdefault(path.rstrip("/") or "/", {})[method] = route
        self.templates = sorted(templates.values(), key=lambda template: template.rank)

    def match(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]] | None:
        """The route and what its variables stand for; None when nothing answers."""
        path = path.rstrip("/") or "/"
        here = self.static.get(path)
        route = (here.get(method) or here.get("ANY")) if here else None
        if route is not None:
            return route, {}
        parts = path.strip("/").split("/") if self.templates else []
        for template in self.templates:
            route = template.routes.get(method) or template.routes.get("ANY")
            values = _fit(template.parts, parts) if route is not None else None
            if route is not None and values is not None:
                return route, values
        return None if self.default is None else (self.default, {})


def split_key(key: str) -> tuple[str, str]:
    """Method and path of a route key. ValueError when it is none."""
    if key == "$default":
        return "$default", ""
    found = _KEY.fullmatch(key)
    if found is None or found["method"] not in METHODS:
        raise ValueError(
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    path = found["path"]
    names = [variable.group(1) for variable in _VARIABLE.finditer(path)]
    plain = _VARIABLE.sub("v", path)
    if "{" in plain or "}" in plain or len(names) != len(set(names)) or re.search(r"\+\}.", path):
        raise ValueError(f"The route key {key} has a malformed path variable")
    return found["method"], path


def _template(path: str) -> Template:
    parts = tuple(path.strip("/").split("/"))
    # Part by part, what is spelled out beats a variable, and that beats the greedy one.
    rank = tuple(0 if "{" not in part else 2 if part.endswith("+}") else 1 for part in parts)
    return Template(path, parts, rank)


def _fit(template: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for number, wanted in enumerate(template):
        if number >= len(parts):
            return None
        if wanted.endswith("+}"):
            values[wanted[1:-2]] = unquote("/".join(parts[number:]))
            return values if parts[number] else None
        if wanted.startswith("{"):
            if not parts[number]:
                return None
            values[wanted[1:-1]] = unquote(parts[number])
        elif wanted != parts[number]:
            return None
    return values if len(parts) == len(template) else None
