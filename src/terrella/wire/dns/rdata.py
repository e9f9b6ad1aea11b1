r"""One record's data: text as zone files and Route 53 write it, bytes as messages carry it.

Types without a form of their own are written `\# LENGTH HEX` (RFC 3597 section 5). Escapes are decimal
(`\DDD`).
"""

from __future__ import annotations

import functools
import ipaddress
import re
import struct
from collections.abc import Callable

from . import svcb
from .names import end_of, text_with_case, wire_of

_STRINGS = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+))', re.DOTALL)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)


class BadRdata(ValueError):
    """This text is no data for a record of that type, or these bytes are none."""


@functools.lru_cache(maxsize=16384)
def encode(type: int, text: str) -> bytes:
    """The bytes of a record's data. Raises BadRdata."""
    try:
        if text.startswith("\\#"):
            return _encode_generic(text)
        data = _ENCODE[type](text)
    except KeyError:
        raise BadRdata(f"data of type {type} is written \\# LENGTH HEX") from None
    except (ValueError, struct.error) as wrong:
        raise BadRdata(f"{text!r}: {wrong}") from None
    if len(data) > 65535:
        raise BadRdata("longer than 65,535 bytes")
    return data


@functools.lru_cache(maxsize=16384)
def decode(type: int, data: bytes) -> str:
    """The text of a record's data; data of no known form becomes `\\# LENGTH HEX`."""
    try:
        return _DECODE[type](data)
    except (KeyError, ValueError, struct.error, IndexError):
        return f"\\# {len(data)} {data.hex()}".rstrip()


def _encode_generic(text: str) -> bytes:
    _, length, *digits = text.split()
    data = bytes.fromhex("".join(digits))
    if len(data) != int(length):
        raise ValueError("the length does not match")
    return data


def _encode_fields(layout: str) -> Callable[[str], bytes]:
    """Numbers by `layout`, then a name: MX and SRV."""

    def encode_fields(text: str) -> bytes:
        *numbers, name = text.split()
        return struct.pack(layout, *map(_natural, numbers)) + wire_of(name)

    return encode_fields


def _decode_fields(layout: str) -> Callable[[bytes], str]:
    def decode_fields(data: bytes) -> str:
        numbers = struct.unpack_from(layout, data)
        return " ".join([*map(str, numbers), _decode_name(data[struct.calcsize(layout) :])])

    return decode_fields


def _encode_soa(text: str) -> bytes:
    primary, contact, *numbers = text.split()
    return wire_of(primary) + wire_of(contact) + struct.pack("!5I", *map(_natural, numbers))


def _decode_soa(data: bytes) -> str:
    first = end_of(data, 0)
    second = end_of(data, first)
    numbers = struct.unpack("!5I", data[second:])
    return " ".join([text_with_case(data[:first]), text_with_case(data[first:second]), *map(str, numbers)])


def _decode_name(data: bytes) -> str:
    if end_of(data, 0) != len(data):
        raise ValueError("more than a name")
    return text_with_case(data)


def _encode_strings(text: str) -> bytes:
    """TXT: strings of up to 255 bytes each, quoted or not."""
    return b"".join(_string(part) for part in _split_strings(text))


def _split_strings(text: str) -> list[str]:
    at, parts = 0, []
    while match := _STRINGS.match(text, at):
        quoted, bare = match.groups()
        parts.append(quoted if quoted is not None else bare)
        at = match.end()
    if text[at:].strip() or not parts:
        raise ValueError("not a row of strings")
    return parts


def _string(part: str) -> bytes:
    raw = bytearray()
    at = 0
    for match in _ESCAPE.finditer(part):
        raw += part[at : match.start()].encode()
        what = match[1]
        raw += bytes((int(what),)) if len(what) == 3 else what.encode()
        at = match.end()
    raw += part[at:].encode()
    if len(raw) > 255:
        raise ValueError("a string longer than 255 bytes")
    return bytes((len(raw),)) + raw


def _decode_strings(data: bytes) -> str:
    parts, at = [], 0
    while at < len(data):
        part = data[at + 1 : at + 1 + data[at]]
        if len(part) != data[at]:
            raise ValueError("a string runs past the end")
        parts.append(_quoted(part))
        at += 1 + data[at]
    if not parts:
        raise ValueError("no string")
    return " ".join(parts)


def _quoted(part: bytes) -> str:
    shown = ("\\" + chr(b) if b in b'"\\' else chr(b) if 32 <= b < 127 else f"\\{b:03d}" for b in part)
    return f'"{"".join(shown)}"'


def _encode_caa(text: str) -> bytes:
    flags, tag, value = text.split(None, 2)
    content = _string(_split_strings(value)[0])[1:]
    if not (tag.isascii() and tag.isalnum()):
        raise ValueError("a tag is letters and digits")
    return struct.pack("!BB", _natural(flags), len(tag)) + tag.encode() + content


def _decode_caa(data: bytes) -> str:
    flags, length = struct.unpack_from("!BB", data)
    tag = data[2 : 2 + length].decode("ascii")
    if len(tag) != length or not tag.isalnum():
        raise ValueError("no tag")
    return f"{flags} {tag} {_quoted(data[2 + length :])}"


def _encode_naptr(text: str) -> bytes:
    order, preference, rest = text.split(None, 2)
    *strings, replacement = _split_strings(rest)
    if len(strings) != 3:
        raise ValueError("three strings and a name")
    numbers = struct.pack("!HH", _natural(order), _natural(preference))
    return numbers + b"".join(map(_string, strings)) + wire_of(replacement)


def _decode_naptr(data: bytes) -> str:
    order, preference = struct.unpack_from("!HH", data)
    at, strings = 4, []
    for _ in range(3):
        part = data[at + 1 : at + 1 + data[at]]
        strings.append(_quoted(part))
        at += 1 + data[at]
    return " ".join([str(order), str(preference), *strings, _decode_name(data[at:])])


def _encode_digest(layout: str) -> Callable[[str], bytes]:
    """DS, SSHFP, TLSA: numbers, then hexadecimal digits."""
    count = len(layout) - 1

    def encode_digest(text: str) -> bytes:
        parts = text.split()
        digits = "".join(parts[count:])
        if not digits:
            raise ValueError("no digest")
        return struct.pack(layout, *map(_natural, parts[:count])) + bytes.fromhex(digits)

    return encode_digest


def _decode_digest(layout: str) -> Callable[[bytes], str]:
    def decode_digest(data: bytes) -> str:
        digest = data[struct.calcsize(layout) :]
        if not digest:
            raise ValueError("no digest")
        return " ".join([*map(str, struct.unpack_from(layout, data)), digest.hex()])

    return decode_digest


def _natural(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{text!r} is no number")
    return int(text)


_ENCODE: dict[int, Callable[[str], bytes]] = {
    1: lambda text: ipaddress.IPv4Address(text).packed,
    28: lambda text: ipaddress.IPv6Address(text).packed,
    2: wire_of, 5: wire_of, 12: wire_of, 6: _encode_soa, 15: _encode_fields("!H"), 33: _encode_fields("!HHH"),
    16: _encode_strings, 99: _encode_strings, 257: _encode_caa, 35: _encode_naptr,
    43: _encode_digest("!HBB"), 44: _encode_digest("!BB"), 52: _encode_digest("!BBB"),
    64: svcb.encode, 65: svcb.encode,
}  # fmt: skip
_DECODE: dict[int, Callable[[bytes], str]] = {
    1: lambda data: str(ipaddress.IPv4Address(data)),
    28: lambda data: str(ipaddress.IPv6Address(data)),
    2: _decode_name, 5: _decode_name, 12: _decode_name, 6: _decode_soa, 15: _decode_fields("!H"),
    33: _decode_fields("!HHH"), 16: _decode_strings, 99: _decode_strings, 257: _decode_caa,
    43: _decode_digest("!HBB"), 44: _decode_digest("!BB"), 52: _decode_digest("!BBB"), 35: _decode_naptr,
    64: svcb.decode, 65: svcb.decode,
}  # fmt: skip
