"""REST operations by method and path: `GET /{Bucket}/{Key+}?acl` as the models spell it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from . import model
from .http import Request
from .model import Operation
from .quirks import SHADOWED_OPERATIONS

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(slots=True, frozen=True)
class Match:
    """An operation that fits a request. Of several the greatest `rank` is meant."""

    operation: Operation
    labels: dict[str, str]
    rank: tuple[Any, ...]


@dataclass(slots=True, eq=False)
class Variant:
    """One operation at a path, and what of query string and headers tells it from others at the same path."""

    operation: Operation
    constants: list[tuple[str, str]]
    queries: list[str]
    headers: list[str]

    def rank(self, literal: int, queries: dict[str, str], headers: dict[str, str]) -> tuple[Any, ...] | None:
        """How well it fits; None if a constant of its query string is missing."""
        for name, text in self.constants:
            if name not in queries or (text and queries[name] != text):
                return None
        complete = all(name in queries for name in self.queries) and all(n in headers for n in self.headers)
        required = len(self.queries) + len(self.headers)
        return (
            literal,
            complete,
            len(self.constants),
            required if complete else -required,
            not self.operation.deprecated,
        )


@dataclass(slots=True, eq=False)
class Template:
    """One path with labels, and the operations that stand at it."""

    pattern: re.Pattern[str]
    labels: list[str]
    literal: int  # characters that are not labels: the more, the more particular
    variants: list[Variant]


def match(service: str, request: Request, path: str) -> Match | None:
    """The operation of a REST service this request means, with its labels decoded."""
    queries = dict(request.parameters) if request.query else {}
    best: Match | None = None
    first = path.split("/", 2)[1] if path.count("/") else ""
    by_first = _templates(service).get(request.method, {})
    for template in by_first.get(first, by_first.get(None, ())):
        found = template.pattern.fullmatch(path)
        if found is None:
            continue
        for variant in template.variants:
            rank = variant.rank(template.literal, queries, request.headers)
            if rank is not None and (best is None or rank > best.rank):
                best = Match(variant.operation, _decoded(template.labels, found.groups()), rank)
    return best


def labels(operation: Operation, path: str) -> dict[str, str] | None:
    """The labels of a path, read as this operation's; None if it is not its path."""
    template = _own_template(operation)
    found = template.pattern.fullmatch(path)
    return _decoded(template.labels, found.groups()) if found else None


def _decoded(names: list[str], values: tuple[str, ...]) -> dict[str, str]:
    return {name: unquote(value) for name, value in zip(names, values, strict=True)}


@functools.cache
def _templates(service: str) -> dict[str, dict[str | None, list[Template]]]:
    """Templates by method and first segment; under a segment also those that begin with a label (key None)."""
    by_path: dict[tuple[str, str], Template] = {}
    shadowed = SHADOWED_OPERATIONS.get(service, ())
    for operation in model.load(service).operations.values():
        if operation.name not in shadowed:
            template = _own_template(operation)
            key = (operation.method, template.pattern.pattern)
            by_path.setdefault(key, template)
            if by_path[key] is not template:
                by_path[key].variants += template.variants
    found: dict[str, dict[str | None, list[Template]]] = {}
    for (method, _), template in by_path.items():
        first = re.match(r"/([^({/]*)(?=/|\?|$)", template.pattern.pattern.replace("\\", ""))
        found.setdefault(method, {}).setdefault(first[1] if first else None, []).append(template)
    for by_first in found.values():
        anywhere = by_first.get(None, [])
        for segment, templates in by_first.items():
            if segment is not None:
                templates += anywhere
    return found


@functools.cache
def _own_template(operation: Operation) -> Template:
    path, _, query = operation.uri.partition("?")
    pattern, names, literal, end = "", [], 0, 0
    path = path.rstrip("/") or "/"
    for label in _LABEL.finditer(path):
        between = path[end : label.start()]
        literal += len(between)
        pattern += re.escape(between) + ("(.+)" if label[2] else "([^/]+)")
        names.append(label[1])
        end = label.end()
    literal += len(path[end:])
    pattern += re.escape(path[end:]) + "/?"
    variant = Variant(operation, parse_qsl(query, keep_blank_values=True), *_required(operation))
    return Template(re.compile(pattern, re.DOTALL), names, literal, [variant])


def _required(operation: Operation) -> tuple[list[str], list[str]]:
    queries, headers = [], []
    shape = operation.input
    for name in shape.required if shape else ():
        member = shape.members[name]
        if member.location == "querystring":
            queries.append(member.named(name))
        elif member.location == "header":
            headers.append(member.named(name).lower())
    return queries, headers
