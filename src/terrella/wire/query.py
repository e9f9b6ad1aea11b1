"""Form-encoded requests of the query and ec2 protocols: `Filters.member.1.Name=x`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from .compiled import compiled
from .compressed import body_of
from .http import Request
from .refusals import InvalidParameterValue, MalformedQueryString
from .scalars import text_reader
from .shape import SCALARS, Shape

Tree = dict[str, Any]
Reader = Callable[[Tree], Any]
HERE = ""  # the text of a node itself stands under this key
_MOST_FIELDS = 50_000


def form(request: Request) -> dict[str, str]:
    """Body and query string as one form; the body wins. MalformedQueryString if it cannot be read."""
    found = dict(request.parameters) if request.query else {}
    if request.body and not request.headers.get("content-type", "").startswith("application/json"):
        try:
            text = body_of(request).decode()
            found.update(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
        except ValueError:
            raise MalformedQueryString("The query string is malformed.") from None
    return found


def tree(fields: dict[str, str]) -> Tree:
    """Dotted names as nested dicts. Names with an empty part mean nothing and are dropped."""
    root: Tree = {}
    for name, text in fields.items():
        parts = name.split(".")
        if HERE in parts:
            continue
        node = root
        for part in parts:
            node = node.setdefault(part, {})
        node[HERE] = text
    return root


class Dialect:
    """How a form is read: EC2 capitalizes names and flattens every list."""

    def __init__(self, ec2: bool) -> None:
        self.ec2 = ec2
        self.reader = compiled(self._build)

    def _build(self, shape: Shape) -> Reader:
        if shape.kind in SCALARS:
            return _scalar(shape)
        if shape.kind == "structure":
            return self._structure(shape)
        return self._list(shape) if shape.kind == "list" else self._map(shape)

    def _name(self, shape: Shape, member: str) -> str:
        if not self.ec2:
            if shape.kind == "list" and shape.flattened and shape.member.wire_name:
                return shape.member.wire_name
            return shape.named(member)
        if "queryName" in shape.traits:
            return str(shape.traits["queryName"])
        wire = shape.wire_name
        return wire[0].upper() + wire[1:] if wire else member

    def _structure(self, shape: Shape) -> Reader:
        members = {
            self._name(member, name): (name, self.reader(member)) for name, member in shape.members.items()
        }

        def read(node: Tree) -> Any:
            found = {}
            for key, inner in node.items():
                member = members.get(key)
                if member is not None:
                    found[member[0]] = member[1](inner)
            return found

        return read

    def _list(self, shape: Shape) -> Reader:
        read_member = self.reader(shape.member)
        wrapped = not self.ec2 and not shape.flattened
        item = shape.member.named("member")

        def read(node: Tree) -> Any:
            if wrapped and item in node:
                node = node[item]
            return [read_member(node[key]) for key in _numbered(node)]

        return read

    def _map(self, shape: Shape) -> Reader:
        read_key, read_value = self.reader(shape.key), self.reader(shape.value)
        key_name, value_name = shape.key.named("key"), shape.value.named("value")
        entry = None if shape.flattened else "entry"

        def read(node: Tree) -> Any:
            if entry:
                node = node.get(entry, {})
            entries = [node[key] for key in _numbered(node)]
            return {
                read_key(each[key_name]): read_value(each[value_name])
                for each in entries
                if key_name in each and value_name in each
            }

        return read


def _scalar(shape: Shape) -> Reader:
    read = text_reader(shape)

    def from_node(node: Tree) -> Any:
        text = node.get(HERE, "")
        try:
            return read(text)
        except ValueError:
            raise InvalidParameterValue(f"Invalid value for {shape.kind}: {text}") from None

    return from_node


def _numbered(node: Tree) -> list[str]:
    """The keys that are numbers, in their order; AWS does not mind gaps."""
    return sorted((key for key in node if key.isascii() and key.isdigit() and len(key) < 10), key=int)


COMMON = Dialect(ec2=False)
EC2 = Dialect(ec2=True)
