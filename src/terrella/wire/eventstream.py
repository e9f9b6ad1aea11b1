"""Answers that are streams of events: vnd.amazon.eventstream messages, one after another.

https://smithy.io/2.0/aws/amazon-eventstream.html. The whole stream is written at once; an operation whose
events come over time writes it message by message with `message`.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from . import cbor, json, rest, xml
from .http import Response
from .model import Operation
from .scalars import epoch
from .shape import Shape

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_DOCUMENT = {
    "json": "application/json",
    "rest-json": "application/json",
    "rest-xml": "text/xml",
    "smithy-rpc-v2-cbor": "application/cbor",
}
Event = dict[str, dict[str, Any]]


def message(headers: Iterable[tuple[str, Any]], payload: bytes) -> bytes:
    """One message: lengths, their CRC-32, headers, payload, CRC-32 of it all."""
    head = b"".join(_header(name, value) for name, value in headers)
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    whole = prelude + head + payload
    return whole + struct.pack(">I", zlib.crc32(whole))


def _header(name: str, value: Any) -> bytes:
    start = struct.pack("B", len(name)) + name.encode()
    if isinstance(value, bool):
        return start + (b"\x00" if value else b"\x01")
    if isinstance(value, int):
        return start + b"\x05" + struct.pack(">q", value)
    if isinstance(value, datetime):
        return start + b"\x08" + struct.pack(">q", round(epoch(value) * 1000))
    kind, data = (b"\x06", value) if isinstance(value, bytes) else (b"\x07", str(value).encode())
    return start + kind + struct.pack(">H", len(data)) + data


def event_writer(stream: Shape, protocol: str) -> Callable[[Event], bytes]:
    """Writes one event, `{"Records": {...}}`, of a stream; a modelled exception likewise."""
    writers = {name: _one(name, shape, protocol) for name, shape in stream.members.items()}

    def write(event: Event) -> bytes:
        ((name, value),) = event.items()
        return writers[name](value)

    return write


def _one(name: str, shape: Shape, protocol: str) -> Callable[[dict[str, Any]], bytes]:
    if shape.traits.get("exception"):
        first = [(":message-type", "exception"), (":exception-type", name)]
    else:
        first = [(":message-type", "event"), (":event-type", name)]
    in_headers = [member for member, inner in shape.members.items() if inner.traits.get("eventheader")]
    payload = next((n for n, inner in shape.members.items() if inner.traits.get("eventpayload")), None)
    write_payload, content_type = _payload(shape, payload, protocol)

    def write(value: dict[str, Any]) -> bytes:
        body = write_payload(value)
        headers = [*first, (":content-type", content_type)] if content_type else list(first)
        headers += [(each, value[each]) for each in in_headers if value.get(each) is not None]
        return message(headers, body)

    return write


def _payload(
    shape: Shape, member: str | None, protocol: str
) -> tuple[Callable[[dict[str, Any]], bytes], str]:
    if member is None:
        write = _document(shape, protocol)
        return write, _DOCUMENT[protocol]
    inner = shape.members[member]
    if inner.kind in ("blob", "string"):
        content_type = "application/octet-stream" if inner.kind == "blob" else "text/plain"
        return lambda value: _bytes(value.get(member)), content_type
    write_inner = _document(inner, protocol)
    return lambda value: write_inner(value[member]) if value.get(member) is not None else b"", _DOCUMENT[
        protocol
    ]


def _bytes(value: bytes | str | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _document(shape: Shape, protocol: str) -> Callable[[Any], bytes]:
    kept = rest.without(shape, lambda member: bool(member.traits.get("eventheader")))
    if protocol == "rest-xml":
        write_xml = xml.COMMON.writer(kept)

        def write(value: Any) -> bytes:
            out: list[str] = []
            write_xml(value, shape.wire_name or shape.name, out)
            return "".join(out).encode()

        return write
    if protocol == "smithy-rpc-v2-cbor":
        write_cbor = cbor.writer(kept)
        return lambda value: cbor.dumps(write_cbor(value))
    write_json = json.writer(kept)
    return lambda value: json.dumps(write_json(value))


def writer(operation: Operation, protocol: str) -> Callable[[dict[str, Any], str], Response]:
    """Writes an output one member of which is a list of events."""
    shape = operation.output
    assert shape is not None and shape.event_stream is not None
    name = shape.event_stream
    write_event = event_writer(shape.members[name], protocol)
    write_head = rest.head_writer(shape)
    rpc = not protocol.startswith("rest")
    others = rest.without(shape, lambda member: member.is_stream)

    def write(value: dict[str, Any], request_id: str) -> Response:
        headers = [("x-amzn-RequestId", request_id), ("content-type", CONTENT_TYPE)]
        write_head(value, headers)
        out = []
        if rpc:  # what is not an event travels in a message of its own, first
            first = [(":message-type", "event"), (":event-type", "initial-response")]
            rest_of_it = {member: inner for member, inner in value.items() if member != name}
            content_type = (":content-type", _DOCUMENT[protocol])
            out.append(message([*first, content_type], _document(others, protocol)(rest_of_it)))
        out += [write_event(event) for event in value.get(name) or ()]
        return Response(operation.status, headers, b"".join(out))

    return write
