"""What a DNS server says: sections written with compression, cut to what the asker can take.

When the answers do not fit, none are sent and TC asks the client to come again by TCP. Authority and
additional records that merely help are left out without TC; in negative answers and referrals they are the
answer.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from .codes import AA, CD, QR, RD, TC
from .edns import OUR_SIZE, Edns, write_opt
from .names import MalformedMessage, end_of, wire_of
from .query import Query, bears_opt

_HEADER = struct.Struct("!6H")
_FIXED = struct.Struct("!HHI")
_SHORT = struct.Struct("!H")
_NAME_AT = {2: 0, 5: 0, 12: 0, 15: 2}  # NS, CNAME, PTR, MX: the types of RFC 1035 whose data ends in a name
_SOA = 6


class Record(NamedTuple):
    """One record. `name` is text, `data` its data on the wire, uncompressed."""

    name: str
    type: int
    ttl: int
    data: bytes
    klass: int = 1


def udp_limit(edns: Edns | None) -> int:
    """How many bytes of answer fit the asker over UDP: 512, or what EDNS says up to 4,096."""
    return 512 if edns is None else min(edns.size, OUR_SIZE)


def write_reply(
    query: Query,
    rcode: int,
    answers: Sequence[Record] = (),
    authority: Sequence[Record] = (),
    additional: Sequence[Record] = (),
    *,
    authoritative: bool = True,
    limit: int = 65535,
    scope: int = 0,
    recursion_available: bool = False,
) -> bytes:
    """The bytes of an answer. `scope`, told if a subnet came, is how long a client prefix it is good for."""
    opt = _our_opt(query.edns, rcode, scope)
    room = limit - len(opt)
    flags = QR | (query.flags & (RD | CD)) | (AA if authoritative else 0) | (rcode & 15)
    flags |= 0x80 if recursion_available else 0
    out = bytearray(12) + query.raw
    offsets = _offsets_of(query.raw)
    counts = []
    for records, needed in ((answers, True), (authority, not answers), (additional, not answers)):
        before = len(out)
        for record in records:
            _write_record(out, record, offsets)
        written = len(records)
        if len(out) > room:
            written = 0
            if needed:
                flags |= TC
                counts = [0, 0, 0]
                del out[12 + len(query.raw) :]
                break
            del out[before:]
            offsets = {name: at for name, at in offsets.items() if at < before}
        counts.append(written)
    _HEADER.pack_into(out, 0, query.id, flags, 1, counts[0], counts[1], counts[2] + bool(opt))
    return bytes(out) + opt


def write_refusal(data: bytes, rcode: int) -> bytes | None:
    """The answer to what could not be read, or None where there must be none (answers, scraps). Who speaks EDNS is
    told so in refusals, too, with the question (RFC 6891 section 7)."""
    if len(data) < 12 or data[2] & 0x80:
        return None
    number, flags = struct.unpack_from("!HH", data)
    flags = QR | (flags & (0x7800 | RD)) | (rcode & 15)
    with_opt = bears_opt(data)
    question = _question_of(data) if with_opt and data[4:6] != b"\0\0" else b""
    opt = write_opt(Edns(OUR_SIZE, rcode=rcode >> 4)) if with_opt else b""
    return _HEADER.pack(number, flags, bool(question), 0, 0, bool(opt)) + question + opt


def _our_opt(edns: Edns | None, rcode: int, scope: int) -> bytes:
    if edns is None:
        return b""
    subnet = edns.subnet
    if subnet is not None:
        subnet = subnet._replace(scope=scope if subnet.source else 0)
    return write_opt(Edns(OUR_SIZE, 0, edns.dnssec, subnet, rcode >> 4))


def _offsets_of(raw: bytes) -> dict[bytes, int]:
    """Where the question's name and its suffixes stand, for pointers."""
    wire, offsets, at = raw[:-4].lower(), {}, 0
    while wire[at]:
        offsets[wire[at:]] = 12 + at
        at += 1 + wire[at]
    return offsets


def _write_record(out: bytearray, record: Record, offsets: dict[bytes, int]) -> None:
    _write_name(out, wire_of(record.name), offsets)
    out += _FIXED.pack(record.type, record.klass, record.ttl)
    data = record.data
    start = len(out)
    out += b"\0\0"
    if record.type in _NAME_AT:
        skip = _NAME_AT[record.type]
        out += data[:skip]
        _write_name(out, data[skip:], offsets)
    elif record.type == _SOA:
        first = end_of(data, 0)
        second = end_of(data, first)
        _write_name(out, data[:first], offsets)
        _write_name(out, data[first:second], offsets)
        out += data[second:]
    else:
        out += data
    _SHORT.pack_into(out, start, len(out) - start - 2)


def _write_name(out: bytearray, wire: bytes, offsets: dict[bytes, int]) -> None:
    at = 0
    key = wire.lower()
    while wire[at]:
        suffix = key[at:]
        seen = offsets.get(suffix)
        if seen is not None:
            out += _SHORT.pack(0xC000 | seen)
            return
        if len(out) < 0x4000:
            offsets[suffix] = len(out)
        out += wire[at : at + 1 + wire[at]]
        at += 1 + wire[at]
    out.append(0)


def _question_of(data: bytes) -> bytes:
    try:
        end = end_of(data, 12) + 4
    except MalformedMessage:
        return b""
    return data[12:end] if end <= len(data) else b""
