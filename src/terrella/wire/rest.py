"""REST requests and answers: labels, query string, headers and status beside a JSON, XML or opaque body."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..core.errors import NotImplementedHere, SerializationException
from . import json, scalars, xml
from .cbor import decoded
from .http import Request
from .model import Operation
from .refusals import InvalidParameterValue
from .shape import Shape

Labels = dict[str, str]
Part = Callable[[dict[str, Any], Labels, Request], None]
JSON, XML = "rest-json", "rest-xml"
_HEADER_ITEM = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[^,]*)\s*(?:,|$)')


def reader(operation: Operation, protocol: str) -> Callable[[Labels, Request], dict[str, Any]]:
    """Gathers an operation's input from all the places its members travel in."""
    shape = operation.input
    if shape is None:
        return lambda labels, request: {}
    if shape.event_stream:
        return _refuse_stream(operation)
    read_body = _body_reader(shape, protocol)
    taken = frozenset(m.named(n) for n, m in shape.members.items() if m.location == "querystring")
    taken |= {part.partition("=")[0] for part in operation.uri.partition("?")[2].split("&")}
    parts = [
        part
        for name, member in shape.members.items()
        if (part := _part_reader(name, member, taken)) is not None
    ]

    def read(labels: Labels, request: Request) -> dict[str, Any]:
        found = read_body(request.body)
        for part in parts:
            part(found, labels, request)
        return found

    return read


def _refuse_stream(operation: Operation) -> Callable[[Labels, Request], dict[str, Any]]:
    def refuse(labels: Labels, request: Request) -> dict[str, Any]:
        raise NotImplementedHere(operation.service.name, operation.name)

    return refuse


def _body_reader(shape: Shape, protocol: str) -> Callable[[bytes], dict[str, Any]]:
    if shape.payload:
        name, payload = shape.payload, shape.members[shape.payload]
        if payload.kind == "blob":
            return lambda body: {name: body} if body else {}
        if payload.kind == "string":
            return lambda body: {name: _text(body)} if body else {}
        read_payload = _document_reader(payload, protocol)
        return lambda body: {name: read_payload(body)} if body.strip() else {}
    if all(member.location for member in shape.members.values()):
        return lambda body: {}
    read_members = _document_reader(shape, protocol)
    return lambda body: read_members(body) if body.strip() else {}


def _document_reader(shape: Shape, protocol: str) -> Callable[[bytes], Any]:
    if protocol == XML:
        read_xml = xml.reader(shape)
        return lambda body: read_xml(xml.loads(body))
    read_json = json.reader(body_only(shape))
    return lambda body: read_json(json.loads(body))


def body_only(shape: Shape) -> Shape:
    """The same structure without the members that travel outside the body."""
    return without(shape, lambda member: member.location is not None)


def without(shape: Shape, dropped: Callable[[Shape], bool]) -> Shape:
    """The same structure without some of its members; the very same shape if none goes."""
    if shape.kind != "structure" or not any(dropped(member) for member in shape.members.values()):
        return shape
    references = shape.traits["members"]
    kept = {name: references[name] for name, member in shape.members.items() if not dropped(member)}
    return shape.with_traits(members=kept)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise SerializationException("The body is not UTF-8") from None


def _part_reader(name: str, member: Shape, taken: frozenset[str]) -> Part | None:
    build = {"uri": _label, "header": _header, "headers": _header_map}.get(member.location or "")
    if member.location == "querystring":
        return _query_map(name, member, taken) if member.kind == "map" else _query(name, member)
    return build(name, member) if build else None


def _scalar(member: Shape, where: str) -> Callable[[str], Any]:
    read = scalars.text_reader(member)
    if member.traits.get("jsonvalue"):
        return lambda text: json.loads(_checked(scalars.read_blob, text, where))
    return lambda text: _checked(read, text, where)


def _checked(read: Callable[[str], Any], text: str, where: str) -> Any:
    try:
        return read(text)
    except ValueError:
        raise InvalidParameterValue(f"Invalid value for {where}: {text}") from None


def _label(name: str, member: Shape) -> Part:
    wire, read = member.named(name), _scalar(member, name)

    def part(found: dict[str, Any], labels: Labels, request: Request) -> None:
        if wire in labels:
            found[name] = read(labels[wire])

    return part


def _query(name: str, member: Shape) -> Part:
    wire, many = member.named(name), member.kind == "list"
    read = _scalar(member.member if many else member, name)

    def part(found: dict[str, Any], labels: Labels, request: Request) -> None:
        values = [text for key, text in request.parameters if key == wire]
        if values:
            found[name] = [read(text) for text in values] if many else read(values[0])

    return part


def _query_map(name: str, member: Shape, taken: frozenset[str]) -> Part:
    many = member.value.kind == "list"

    def part(found: dict[str, Any], labels: Labels, request: Request) -> None:
        rest: dict[str, Any] = {}
        for key, text in request.parameters:
            if key not in taken:
                if many:
                    rest.setdefault(key, []).append(text)
                else:
                    rest.setdefault(key, text)
        if rest:
            found[name] = rest

    return part


def _header(name: str, member: Shape) -> Part:
    wire, many = member.named(name).lower(), member.kind == "list"
    read = _scalar(member.member if many else member, name)

    def part(found: dict[str, Any], labels: Labels, request: Request) -> None:
        text = request.headers.get(wire)
        if text is not None:
            found[name] = [read(each) for each in _split(text)] if many else read(text)

    return part


def _split(text: str) -> list[str]:
    """The elements of a header that is a list; commas within quotes do not part them."""
    found = [item[1].strip() for item in _HEADER_ITEM.finditer(text) if item[1].strip()]
    return [
        each[1:-1].replace('\\"', '"') if each[:1] == '"' == each[-1:] and len(each) > 1 else each
        for each in found
    ]


def _header_map(name: str, member: Shape) -> Part:
    prefix = (member.wire_name or "").lower()

    def part(found: dict[str, Any], labels: Labels, request: Request) -> None:
        with_prefix = {
            key[len(prefix) :]: text for key, text in request.headers.items() if key.startswith(prefix)
        }
        if with_prefix:
            found[name] = with_prefix

    return part


# Answers.

Headers = list[tuple[str, str]]
Head = Callable[[dict[str, Any], Headers], None]
Body = Callable[[dict[str, Any], Headers], bytes]


def head_writer(shape: Shape | None) -> Head:
    """Writes the members that travel as headers."""
    parts = []
    for name, member in shape.members.items() if shape else ():
        if member.location == "header":
            parts.append((name, member.named(name), _header_text(member)))
    maps = [
        (n, m.wire_name or "") for n, m in (shape.members.items() if shape else ()) if m.location == "headers"
    ]

    def write(value: dict[str, Any], headers: Headers) -> None:
        for name, wire, text in parts:
            inner = value.get(name)
            if inner is not None:
                headers.append((wire, _one_line(text(inner))))
        for name, prefix in maps:
            headers.extend(
                (prefix + key, _one_line(str(text))) for key, text in (value.get(name) or {}).items()
            )

    return write


def _one_line(text: str) -> str:
    """A header's value: no line break may pass (RFC 9110 §5.5)."""
    return text.replace("\r", " ").replace("\n", " ")


def _header_text(member: Shape) -> Callable[[Any], str]:
    if member.kind == "list":
        text = _header_text(member.member)
        quoted = member.member.kind == "string"
        return lambda value: ",".join(_quoted(text(each)) if quoted else text(each) for each in value)
    if member.traits.get("jsonvalue"):
        return lambda value: scalars.write_blob(json.dumps(value))
    return scalars.text_writer(member, "rfc822")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"' if '"' in text or "," in text else text


def body_writer(operation: Operation, shape: Shape | None, protocol: str, root: str) -> Body:
    """Writes the body and its content-type. `root` names the XML element around members without a payload."""
    if shape is None:
        return lambda value, headers: b""
    if shape.payload:
        return _payload_writer(operation, shape, protocol)
    if all(member.location for member in shape.members.values()):
        return lambda value, headers: b""
    if protocol == JSON:
        return _json_writer(body_only(shape))
    return _xml_writer(operation, shape, root)


def _payload_writer(operation: Operation, shape: Shape, protocol: str) -> Body:
    assert shape.payload
    name, payload = shape.payload, shape.members[shape.payload]
    if payload.kind in ("blob", "string"):
        told = any(
            inner.location == "header" and inner.named(n).lower() == "content-type"
            for n, inner in shape.members.items()
        )
        content_type = "application/octet-stream" if payload.kind == "blob" else "text/plain"
        return _opaque_writer(name, None if told else content_type)
    if protocol == JSON:
        write_json = _json_writer(payload)
        return lambda value, headers: b"" if value.get(name) is None else write_json(value[name], headers)
    write_xml = xml.COMMON.writer(payload)
    tag = payload.wire_name or payload.name

    def write(value: dict[str, Any], headers: Headers) -> bytes:
        if value.get(name) is None:
            return b""
        out: list[str] = [xml.HEAD]
        write_xml(value[name], tag, out)
        headers.append(("content-type", "application/xml"))
        return "".join(out).encode()

    return write


def _opaque_writer(name: str, content_type: str | None) -> Body:
    def write(value: dict[str, Any], headers: Headers) -> bytes:
        inner = decoded(value.get(name))
        if inner is None:
            return b""
        if content_type:
            headers.append(("content-type", content_type))
        return inner.encode() if isinstance(inner, str) else bytes(inner)

    return write


def _json_writer(shape: Shape) -> Body:
    write_members = json.writer(shape)

    def write(value: Any, headers: Headers) -> bytes:
        if not any(key.lower() == "content-type" for key, _ in headers):
            headers.append(("content-type", "application/json"))
        return json.dumps(write_members(value))

    return write


def _xml_writer(operation: Operation, shape: Shape, root: str) -> Body:
    write_members = xml.COMMON.members_writer(shape)
    service = operation.service
    namespace = xml.namespace_of(shape) or (
        f' xmlns="{service.xml_namespace}"' if service.xml_namespace else ""
    )
    tag = shape.wire_name or root

    def write(value: dict[str, Any], headers: Headers) -> bytes:
        out = [f"{xml.HEAD}<{tag}{namespace}>"]
        write_members(value, out)
        out.append(f"</{tag}>")
        headers.append(("content-type", "application/xml"))
        return "".join(out).encode()

    return write


def bare_writer(member: str, namespace: str) -> Body:
    """An answer that is one element with one member's text, or empty (S3's GetBucketLocation)."""

    def write(value: dict[str, Any], headers: Headers) -> bytes:
        headers.append(("content-type", "application/xml"))
        text = xml.escape(str(value.get(member) or ""))
        return f'{xml.HEAD}<{member} xmlns="{namespace}">{text}</{member}>'.encode()

    return write
