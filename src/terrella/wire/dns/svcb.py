r"""SVCB and HTTPS records: a priority, a name and parameters (RFC 9460).

    1 svc.example.com. alpn="h3,h2" port=8443 ipv4hint=192.0.2.1

Parameters stand in the message in the order of their numbers, whatever order they were written in.
"""

from __future__ import annotations

import base64
import ipaddress
import re
import struct
from collections.abc import Callable

from .names import end_of, text_with_case, wire_of

KEYS = ("mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath")
_PARAMETER = re.compile(r'\s*([a-z0-9-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)*)))?(?=\s|$)', re.DOTALL)
_ESCAPE = re.compile(r"\\(\d{3}|.)", re.DOTALL)
_MOST_ALPN = 255


def encode(text: str) -> bytes:
    """The bytes of a record's data. Raises ValueError."""
    parts = text.split(None, 2)
    if len(parts) < 2 or not (parts[0].isascii() and parts[0].isdigit()):
        raise ValueError("a priority and a name come first")
    found: dict[int, bytes] = {}
    rest, at = parts[2] if len(parts) > 2 else "", 0
    while rest[at:].strip():
        match = _PARAMETER.match(rest, at)
        if match is None:
            raise ValueError("not a row of parameters")
        name, quoted, bare = match.groups()
        number = _number(name)
        if number in found:
            raise ValueError(f"{name} stands there twice")
        found[number] = _ENCODE.get(number, _raw)(quoted if quoted is not None else bare or "")
        at = match.end()
    out = struct.pack("!H", int(parts[0])) + wire_of(parts[1])
    return out + b"".join(struct.pack("!HH", key, len(found[key])) + found[key] for key in sorted(found))


def decode(data: bytes) -> str:
    """The text of a record's data. Raises ValueError, struct.error, IndexError."""
    (priority,) = struct.unpack_from("!H", data)
    at = end_of(data, 2)
    words = [str(priority), text_with_case(data[2:at])]
    while at < len(data):
        number, length = struct.unpack_from("!HH", data, at)
        value = data[at + 4 : at + 4 + length]
        if len(value) != length:
            raise ValueError("a parameter runs past the end")
        shown = _DECODE.get(number, _shown)(value)
        words.append(f"{_name(number)}={shown}" if shown else _name(number))
        at += 4 + length
    return " ".join(words)


def _number(name: str) -> int:
    if name in KEYS:
        return KEYS.index(name)
    digits = name.removeprefix("key")
    if digits == name or not digits.isdigit() or int(digits) > 65535:
        raise ValueError(f"{name} is no parameter")
    return int(digits)


def _name(number: int) -> str:
    return KEYS[number] if number < len(KEYS) else f"key{number}"


def _raw(text: str) -> bytes:
    out, at = bytearray(), 0
    for match in _ESCAPE.finditer(text):
        out += text[at : match.start()].encode()
        out += bytes((int(match[1]),)) if len(match[1]) == 3 else match[1].encode()
        at = match.end()
    return bytes(out + text[at:].encode())


def _list(one: Callable[[str], bytes]) -> Callable[[str], bytes]:
    def encode_list(text: str) -> bytes:
        if not text:
            raise ValueError("a list with nothing in it")
        return b"".join(one(part) for part in text.split(","))

    return encode_list


def _alpn(text: str) -> bytes:
    raw = _raw(text)
    if not 0 < len(raw) <= _MOST_ALPN:
        raise ValueError("a protocol name is of 1 to 255 bytes")
    return bytes((len(raw),)) + raw


def _nothing(text: str) -> bytes:
    if text:
        raise ValueError("no-default-alpn has no value")
    return b""


def _shown(value: bytes) -> str:
    text = "".join(
        "\\" + chr(b) if b in b'"\\' else chr(b) if 32 <= b < 127 else f"\\{b:03d}" for b in value
    )
    return f'"{text}"' if text else ""


def _shown_alpn(value: bytes) -> str:
    names, at = [], 0
    while at < len(value):
        names.append(value[at + 1 : at + 1 + value[at]])
        at += 1 + value[at]
    return _shown(b",".join(names))


def _shown_addresses(size: int, kind: Callable[[bytes], object]) -> Callable[[bytes], str]:
    return lambda value: ",".join(str(kind(value[at : at + size])) for at in range(0, len(value), size))


_ENCODE: dict[int, Callable[[str], bytes]] = {
    0: _list(lambda text: struct.pack("!H", _number(text))),
    1: _list(_alpn),
    2: _nothing,
    3: lambda text: struct.pack("!H", int(text)),
    4: _list(lambda text: ipaddress.IPv4Address(text).packed),
    5: lambda text: base64.b64decode(text, validate=True),
    6: _list(lambda text: ipaddress.IPv6Address(text).packed),
}
_DECODE: dict[int, Callable[[bytes], str]] = {
    0: lambda value: ",".join(_name(n) for (n,) in struct.iter_unpack("!H", value)),
    1: _shown_alpn,
    3: lambda value: str(struct.unpack("!H", value)[0]),
    4: _shown_addresses(4, ipaddress.IPv4Address),
    5: lambda value: base64.b64encode(value).decode(),
    6: _shown_addresses(16, ipaddress.IPv6Address),
}
