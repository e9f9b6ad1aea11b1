"""What a DNS server is asked: one question, and perhaps EDNS. Read strictly and fast.

Anything but one whole question of opcode QUERY raises MalformedMessage, whose `rcode` says how to refuse it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from .codes import BADVERS, FORMERR, NOTIMP, QR
from .edns import Edns, read_opt
from .names import MalformedMessage, end_of, read_name, text_of

_HEADER = struct.Struct("!6H")
_PAIR = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_OPT = 41


class Question(NamedTuple):
    """`name` is lower-case text with its last dot."""

    name: str
    type: int
    klass: int


class Query(NamedTuple):
    """A question as it came. `raw` is its bytes, because the answer repeats the asker's capitals."""

    id: int
    flags: int
    question: Question
    raw: bytes
    edns: Edns | None


def read_query(data: bytes) -> Query:
    """The one question in a datagram or TCP message. Raises MalformedMessage."""
    if len(data) < 12:
        raise MalformedMessage("shorter than a header")
    number, flags, questions, answers, authorities, additional = _HEADER.unpack_from(data)
    if flags & QR:
        raise MalformedMessage("an answer, not a question")
    if flags & 0x7800:
        raise MalformedMessage("an opcode other than QUERY", NOTIMP)
    if questions != 1:
        raise MalformedMessage("not exactly one question")
    end = end_of(data, 12)
    if end + 4 > len(data):
        raise MalformedMessage("half a question")
    question = Question(text_of(data[12:end]), *_PAIR.unpack_from(data, end))
    end += 4
    raw, edns = data[12:end], None
    if answers or authorities or additional:
        edns, end = _read_extras(data, end, answers + authorities, additional)
    if end != len(data):
        raise MalformedMessage("more bytes than the counts say")
    return Query(number, flags, question, raw, edns)


def bears_opt(data: bytes) -> bool:
    """Whether the additional records of a message have an OPT, whatever else is wrong with it."""
    if len(data) < 12:
        return False
    _, _, questions, answers, authorities, additional = _HEADER.unpack_from(data)
    try:
        at = 12
        for _ in range(questions):
            at = read_name(data, at)[1] + 4
        for index in range(answers + authorities + additional):
            start, at = at, read_name(data, at)[1] + 10
            if at > len(data):
                return False
            type, *_, length = _RECORD.unpack_from(data, at - 10)
            if type == _OPT and data[start] == 0 and index >= answers + authorities:
                return True
            at += length
    except MalformedMessage:
        return False
    return False


def _read_extras(data: bytes, at: int, before: int, additional: int) -> tuple[Edns | None, int]:
    """EDNS from the additional section; other records are passed over."""
    edns, found, size = None, False, len(data)
    for index in range(before + additional):
        root = at < size and data[at] == 0
        at = at + 1 if root else read_name(data, at)[1]
        if at + 10 > size:
            raise MalformedMessage("half a record")
        type, klass, ttl, length = _RECORD.unpack_from(data, at)
        at += 10
        if at + length > size:
            raise MalformedMessage("a record runs past the end")
        if type == _OPT:
            if found or not root or index < before:
                raise MalformedMessage("a second or misplaced OPT record", FORMERR)
            found, edns = True, _read_our_opt(klass, ttl, data[at : at + length])
        at += length
    return edns, at


def _read_our_opt(size: int, ttl: int, data: bytes) -> Edns:
    if ttl >> 16 & 0xFF:
        raise MalformedMessage("an EDNS version above 0", BADVERS)
    edns = read_opt(size, ttl, data)
    if edns.subnet is not None and edns.subnet.scope:
        raise MalformedMessage("a client subnet that states a scope in a question")  # RFC 7871 section 7.1.2
    return edns
