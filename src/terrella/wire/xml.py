"""XML bodies: requests of rest-xml, answers of rest-xml, query and ec2.

Writers append text to a list, which is several times faster than building a tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from .cbor import decoded
from .compiled import compiled
from .json import plain_reader
from .refusals import MalformedXML
from .scalars import text_reader, text_writer
from .shape import SCALARS, Shape

Reader = Callable[[Element], Any]
Writer = Callable[[Any, str, list[str]], None]

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_ESCAPED = re.compile(r"[&<>\r]")
# What XML 1.0 §2.2 cannot carry at all, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def loads(body: bytes) -> Element:
    """The root of a document. MalformedXML if it is none, or brings declarations of its own."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise MalformedXML()
    try:
        return ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise MalformedXML() from None


def escape(text: str) -> str:
    """Text for between two tags."""
    if _FORBIDDEN.search(text):
        text = _FORBIDDEN.sub("�", text)
    if _ESCAPED.search(text):
        return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)
    return text


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def member_tag(shape: Shape, member: str) -> str:
    """The element a member stands in. A flattened list may be named by its member."""
    if shape.kind == "list" and shape.flattened:
        return shape.member.wire_name or shape.named(member)
    return shape.named(member)


def scalar(reader: Callable[[str], Any], text: str | None) -> Any:
    """A scalar's text read; MalformedXML if it is not of its type."""
    try:
        return reader(text or "")
    except ValueError:
        raise MalformedXML() from None


@compiled
def reader(shape: Shape) -> Reader:
    """Turns an element into the modelled value."""
    if shape.kind in SCALARS:
        read = text_reader(shape)
        return lambda node: scalar(read, node.text)
    return _READERS[shape.kind](shape)


def _structure_reader(shape: Shape) -> Reader:
    elements, attributes = {}, {}
    for name, member in shape.members.items():
        if member.location:
            continue
        if member.traits.get("xmlAttribute"):
            attributes[member.named(name).rpartition(":")[2]] = name
        else:
            repeats = member.kind if member.flattened else None
            elements[member_tag(member, name)] = (name, reader(member), repeats)

    def read(node: Element) -> Any:
        found: dict[str, Any] = {}
        for child in node:
            member = elements.get(local(child.tag))
            if member is None:
                continue
            name, read_member, repeats = member
            if repeats == "list":
                found.setdefault(name, []).append(read_member(child))
            elif repeats == "map":
                found.setdefault(name, {}).update(read_member(child))
            else:
                found[name] = read_member(child)
        for key, text in node.attrib.items():
            if local(key) in attributes:
                found[attributes[local(key)]] = text
        return found

    return read


def _list_reader(shape: Shape) -> Reader:
    read_member = reader(shape.member)
    if shape.flattened:
        return read_member  # the structure gathers the repeated elements
    return lambda node: [read_member(child) for child in node]


def _map_reader(shape: Shape) -> Reader:
    key_tag, value_tag = shape.key.named("key"), shape.value.named("value")
    read_key, read_value = reader(shape.key), reader(shape.value)

    def entry(node: Element) -> dict[Any, Any]:
        parts = {local(child.tag): child for child in node}
        if key_tag not in parts or value_tag not in parts:
            raise MalformedXML()
        return {read_key(parts[key_tag]): read_value(parts[value_tag])}

    def read(node: Element) -> Any:
        found: dict[Any, Any] = {}
        for child in node:
            found.update(entry(child))
        return found

    return entry if shape.flattened else read


_READERS: dict[str, Callable[[Shape], Reader]] = {
    "structure": _structure_reader,
    "list": _list_reader,
    "map": _map_reader,
}


class Dialect:
    """How answers are written: EC2 names the members of a list `item`, everyone else `member`."""

    def __init__(self, item: str) -> None:
        self.item = item
        self.writer = compiled(self._build)
        self.members_writer = compiled(self._members)

    def _build(self, shape: Shape) -> Writer:
        if shape.kind == "structure":
            return self._structure(shape)
        if shape.kind == "list":
            return self._list(shape)
        if shape.kind == "map":
            return self._map(shape)
        return _scalar(shape)

    def _structure(self, shape: Shape) -> Writer:
        members = self.members_writer(shape)
        namespace = namespace_of(shape)
        attributes = [
            (name, member.named(name))
            for name, member in shape.members.items()
            if member.traits.get("xmlAttribute")
        ]

        def write(value: Any, tag: str, out: list[str]) -> None:
            value = _modelled(value, shape)
            said = "".join(
                f' {wire}="{escape(str(value[name])).replace(chr(34), "&quot;")}"'
                for name, wire in attributes
                if value.get(name) is not None
            )
            out.append(f"<{tag}{namespace}{said}>")
            members(value, out)
            out.append(f"</{tag}>")

        return write

    def _members(self, shape: Shape) -> Callable[[Any, list[str]], None]:
        """Writes the members of a structure that belong to the body, without the element around them."""
        writers = [
            (name, member_tag(member, name), self.writer(member))
            for name, member in shape.members.items()
            if not member.location and not member.traits.get("xmlAttribute")
        ]

        def write(value: Any, out: list[str]) -> None:
            for name, tag, write_member in writers:
                inner = value.get(name)
                if inner is not None:
                    write_member(inner, tag, out)

        return write

    def _list(self, shape: Shape) -> Writer:
        write_member = self.writer(shape.member)
        item = shape.member.named(self.item)

        def flat(value: Any, tag: str, out: list[str]) -> None:
            for inner in _modelled(value, shape):
                write_member(inner, tag, out)

        def write(value: Any, tag: str, out: list[str]) -> None:
            out.append(f"<{tag}>")
            flat(value, item, out)
            out.append(f"</{tag}>")

        return flat if shape.flattened else write

    def _map(self, shape: Shape) -> Writer:
        write_key, write_value = self.writer(shape.key), self.writer(shape.value)
        key_tag, value_tag = shape.key.named("key"), shape.value.named("value")

        def entries(value: Any, tag: str, out: list[str]) -> None:
            for key, inner in _modelled(value, shape).items():
                out.append(f"<{tag}>")
                write_key(key, key_tag, out)
                write_value(inner, value_tag, out)
                out.append(f"</{tag}>")

        def write(value: Any, tag: str, out: list[str]) -> None:
            out.append(f"<{tag}>")
            entries(value, "entry", out)
            out.append(f"</{tag}>")

        return entries if shape.flattened else write


def _scalar(shape: Shape) -> Writer:
    text = text_writer(shape, "iso8601")
    plain = shape.kind not in ("string", "character")

    def write(value: Any, tag: str, out: list[str]) -> None:
        inner = text(value)
        out.append(f"<{tag}>{inner if plain else escape(inner)}</{tag}>")

    return write


def _modelled(value: Any, shape: Shape) -> Any:
    notation = decoded(value)
    return value if notation is value else plain_reader(shape)(notation)


def namespace_of(shape: Shape) -> str:
    """The xmlns attribute the model asks for, with its leading blank, or nothing."""
    said = shape.traits.get("xmlNamespace")
    if not said:
        return ""
    if isinstance(said, str):
        return f' xmlns="{said}"'
    prefix = f":{said['prefix']}" if said.get("prefix") else ""
    return f' xmlns{prefix}="{said["uri"]}"'


COMMON = Dialect("member")
EC2 = Dialect("item")
