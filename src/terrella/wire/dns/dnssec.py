r"""The records and byte forms of DNSSEC (RFC 4034): DNSKEY, DS, NSEC, RRSIG, and what a signature is made over.

Keys and chance have no place here: a signature's bytes are handed in.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .codes import TYPES
from .names import end_of, wire_of
from .reply import Record

PROTOCOL = 3
ECDSAP256SHA256 = 13
_SHA256 = 2
# Where lower case is the canonical form of names in data (RFC 4034 section 6.2): bytes before the first, how many.
_NAMES_IN = {2: (0, 1), 5: (0, 1), 12: (0, 1), 6: (0, 2), 15: (2, 1), 33: (6, 1)}
_NAPTR = 35


class Signing(NamedTuple):
    """What an RRSIG says beside its signature; times in whole seconds since 1970."""

    algorithm: int
    inception: int
    expiration: int
    key_tag: int
    signer: str


def dnskey(flags: int, algorithm: int, public_key: bytes) -> bytes:
    """The data of a DNSKEY record."""
    return struct.pack("!HBB", flags, PROTOCOL, algorithm) + public_key


def key_tag(data: bytes) -> int:
    """The number by which signatures name a DNSKEY (RFC 4034 appendix B)."""
    total = sum(byte if index & 1 else byte << 8 for index, byte in enumerate(data))
    return (total + (total >> 16)) & 0xFFFF


def ds(owner: str, key: bytes) -> bytes:
    """The data of the DS record by which a parent vouches for a DNSKEY, digest type SHA-256."""
    digest = hashlib.sha256(wire_of(owner).lower() + key).digest()
    return struct.pack("!HBB", key_tag(key), key[3], _SHA256) + digest


def nsec(following: bytes, types: Iterable[int]) -> bytes:
    r"""The data of an NSEC record: the name that follows, as it is on the wire, and the types there are."""
    windows: dict[int, bytearray] = {}
    for number in sorted(set(types)):
        bits = windows.setdefault(number >> 8, bytearray())
        bits.extend(bytes(((number & 255) >> 3) + 1 - len(bits)))
        bits[(number & 255) >> 3] |= 0x80 >> (number & 7)
    return following + b"".join(bytes((window, len(bits))) + bits for window, bits in windows.items())


def after(name: str) -> bytes:
    r"""The very next name after this one, `\000.name`; for names too long for that, their own next sibling."""
    wire = wire_of(name).lower()
    if len(wire) <= 253:
        return b"\1\0" + wire
    first = wire[1 : 1 + wire[0]]
    return bytes((wire[0],)) + first[:-1] + bytes((min(first[-1] + 1, 255),)) + wire[1 + wire[0] :]


def to_be_signed(records: Sequence[Record], signing: Signing) -> bytes:
    """What the signature of a record set is made over (RFC 4034 section 3.1.8.1)."""
    first = records[0]
    owner = wire_of(first.name).lower()
    fixed = owner + struct.pack("!HHI", first.type, first.klass, first.ttl)
    data = sorted({canonical(record.type, record.data) for record in records})
    return _head(first, signing) + b"".join(fixed + struct.pack("!H", len(each)) + each for each in data)


def rrsig(records: Sequence[Record], signing: Signing, signature: bytes) -> Record:
    """The RRSIG record of a record set."""
    first = records[0]
    return Record(first.name, TYPES["RRSIG"], first.ttl, _head(first, signing) + signature)


def canonical(type: int, data: bytes) -> bytes:
    """A record's data with its names in lower case, as far as they are to be."""
    if type == _NAPTR:
        at = 4
        for _ in range(3):
            at += 1 + data[at]
        return data[:at] + data[at:].lower()
    if type not in _NAMES_IN:
        return data
    start, count = _NAMES_IN[type]
    end = start
    for _ in range(count):
        end = end_of(data, end)
    return data[:start] + data[start:end].lower() + data[end:]


def _head(record: Record, signing: Signing) -> bytes:
    wire = wire_of(record.name)
    return (
        struct.pack(
            "!HBBIIIH", record.type, signing.algorithm, _labels(wire), record.ttl,
            signing.expiration, signing.inception, signing.key_tag,
        )
        + wire_of(signing.signer).lower()
    )  # fmt: skip


def _labels(wire: bytes) -> int:
    """How many labels a name has, the root and a wildcard's star left out."""
    count, at = 0, 0
    while wire[at]:
        count += not (at == 0 and wire[:2] == b"\1*")
        at += 1 + wire[at]
    return count
