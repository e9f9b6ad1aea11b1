"""Any DNS message, both ways: what resolvers and tools need beside the server's fast path."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .codes import RD
from .edns import Edns, read_opt, write_opt
from .names import MalformedMessage, read_name, text_of, wire_of
from .query import Question
from .reply import Record

_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")
_OPT = 41
_LAYOUT = {  # where names stand in the data: bytes before, names, bytes after
    2: (0, 1, 0), 5: (0, 1, 0), 12: (0, 1, 0), 15: (2, 1, 0), 33: (6, 1, 0), 6: (0, 2, 20),
}  # fmt: skip


class Message(NamedTuple):
    """A whole message. `rcode` has its upper bits from EDNS."""

    id: int
    flags: int
    rcode: int
    questions: tuple[Question, ...]
    answers: tuple[Record, ...]
    authority: tuple[Record, ...]
    additional: tuple[Record, ...]
    edns: Edns | None


def read_message(data: bytes) -> Message:
    """Any message, names uncompressed. Raises MalformedMessage."""
    if len(data) < 12:
        raise MalformedMessage("shorter than a header")
    number, flags, count, *counts = _HEADER.unpack_from(data)
    at, questions = 12, []
    for _ in range(count):
        name, at = read_name(data, at)
        if at + 4 > len(data):
            raise MalformedMessage("half a question")
        questions.append(Question(text_of(name), *struct.unpack_from("!HH", data, at)))
        at += 4
    sections: list[tuple[Record, ...]] = []
    edns = None
    for section in counts:
        records, found, at = _read_section(data, at, section)
        if found is not None and (edns is not None or len(sections) != 2):
            raise MalformedMessage("a second or misplaced OPT record")
        edns = found or edns
        sections.append(records)
    if at != len(data):
        raise MalformedMessage("more bytes than the counts say")
    rcode = flags & 15 | (edns.rcode << 4 if edns is not None else 0)
    return Message(number, flags, rcode, tuple(questions), sections[0], sections[1], sections[2], edns)


def write_query(
    number: int, name: str, type: int, *, edns: Edns | None = None, flags: int = RD, klass: int = 1
) -> bytes:
    """The bytes of one question. Raises BadName."""
    opt = write_opt(edns) if edns is not None else b""
    question = wire_of(name) + struct.pack("!HH", type, klass)
    return _HEADER.pack(number, flags, 1, 0, 0, bool(opt)) + question + opt


def _read_section(data: bytes, at: int, count: int) -> tuple[tuple[Record, ...], Edns | None, int]:
    records, edns, size = [], None, len(data)
    for _ in range(count):
        name, at = read_name(data, at)
        if at + 10 > size:
            raise MalformedMessage("half a record")
        type, klass, ttl, length = _RECORD.unpack_from(data, at)
        at += 10
        end = at + length
        if end > size:
            raise MalformedMessage("a record runs past the end")
        if type == _OPT:
            if edns is not None or name != b"\0":
                raise MalformedMessage("a second or misplaced OPT record")
            edns = read_opt(klass, ttl, data[at:end])
        else:
            ttl = 0 if ttl & 0x80000000 else ttl  # RFC 2181 section 8
            records.append(Record(text_of(name), type, ttl, _plain_data(data, at, end, type), klass))
        at = end
    return tuple(records), edns, at


def _plain_data(data: bytes, at: int, end: int, type: int) -> bytes:
    """A record's data with its names uncompressed."""
    layout = _LAYOUT.get(type)
    if layout is None or at == end:
        return data[at:end]
    before, names, after = layout
    out = bytearray(data[at : at + before])
    at += before
    for _ in range(names):
        if at >= end:
            raise MalformedMessage("a record's data ends within a name")
        name, at = read_name(data, at)
        out += name
    if at + after != end:
        raise MalformedMessage("a record's data is longer or shorter than its type allows")
    return bytes(out + data[at:end])
