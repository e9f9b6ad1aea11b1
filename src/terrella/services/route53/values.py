"""What may stand in a record, type by type. Follows "Supported DNS record types" of the Developer Guide.

The words of a refusal are Route 53's: `FATAL problem: CODE (meaning) encountered with 'value'`.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from ...wire.dns import TYPES, BadRdata, encode
from . import names


class Fault(NamedTuple):
    """Why a value is not one of its type."""

    code: str
    meaning: str


Check = Callable[[str], Fault | None]
_STRINGS = re.compile(r'\s*"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r"\\([0-9]{3}|.)")
_OCTAL = re.compile(r"[0-3][0-7]{2}")
_CHARACTER_STRING = 255
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}\s*)+")


def check(type: str, value: str) -> str | None:
    """The reason this value may not stand in a record of this type, in Route 53's words; None if it may."""
    foreign = next((character for character in value if not character.isascii()), None)
    if foreign is not None:
        return str(names.BadName("UnsupportedCharacter", "Value contains unsupported characters", foreign))
    try:
        fault = _CHECKS[type](value)
    except names.BadName as bad:
        return str(bad)
    if fault is None:
        return None
    return f"FATAL problem: {fault.code} ({fault.meaning}) encountered with '{value}'"


def _ipv4(value: str) -> Fault | None:
    return _address(value, ipaddress.IPv4Address, "ARRDATA", "IllegalIPv4Address", "IPv4")


def _ipv6(value: str) -> Fault | None:
    return _address(value, ipaddress.IPv6Address, "AAAARRDATA", "IllegalIPv6Address", "IPv6")


def _address(value: str, kind: Callable[[str], object], prefix: str, code: str, word: str) -> Fault | None:
    if " " in value.strip():
        return Fault(f"{prefix}NotSingleField", "Value contains spaces")
    try:
        kind(value.strip())
    except ValueError:
        return Fault(f"{prefix}{code}", f"Value is not a valid {word} address")
    return None


def _domain(prefix: str) -> Check:
    def one_name(value: str) -> Fault | None:
        if len(value.split()) > 1:
            return Fault(f"{prefix}RRDATANotSingleField", "Value contains spaces")
        names.canonical(value.strip())
        return None

    return one_name


def _text(value: str) -> Fault | None:
    position = 0
    while position < len(value.rstrip()):
        found = _STRINGS.match(value, position)
        if found is None:
            return Fault("InvalidCharacterString", "Value should be enclosed in quotation marks")
        codes = (code for code in _ESCAPE.findall(found[1]) if len(code) == 3)
        if not all(map(_OCTAL.fullmatch, codes)):
            return Fault("InvalidCharacterString", "Value contains an invalid octal code")
        if len(_ESCAPE.sub("?", found[1])) > _CHARACTER_STRING:
            return Fault("CharacterStringTooLong", "Value is too long")
        position = found.end()
    if position == 0:
        return Fault("InvalidCharacterString", "Value should be enclosed in quotation marks")
    return None


def _fields(prefix: str, *kinds: Callable[[str], bool], open_end: bool = False) -> Check:
    """A value of blank-separated fields. With `open_end` more fields of the last kind may follow."""
    count = {2: "Two", 3: "Three", 4: "Four", 6: "Six", 7: "Seven"}[len(kinds)]

    def all_fields(value: str) -> Fault | None:
        parts = value.split()
        if len(parts) != len(kinds) and not (open_end and len(parts) >= len(kinds) - 1):
            return Fault(f"{prefix}RRDATANot{count}Fields", f"Value does not have {len(kinds)} fields")
        wanted = [*kinds, *[kinds[-1]] * (len(parts) - len(kinds))]
        for kind, part in zip(wanted, parts, strict=False):
            if not kind(part):
                return Fault(f"{prefix}RRDATAIllegalField", f"Value has an illegal field {part}")
        return None

    return all_fields


def _service(prefix: str) -> Check:
    """SVCB and HTTPS: the parameters are what RFC 9460 makes of them."""

    def service(value: str) -> Fault | None:
        fault = _fields(prefix, _short, _name, _parameter, open_end=True)(_joined_quotes(value))
        if fault is None and "\\" not in value:
            try:
                encode(TYPES["SVCB"], value.strip())
            except BadRdata:
                return Fault(f"{prefix}RRDATAIllegalField", "Value has an illegal parameter")
        return fault

    return service


def _number(most: int) -> Callable[[str], bool]:
    return lambda part: part.isascii() and part.isdigit() and int(part) <= most


def _name(part: str) -> bool:
    if part != ".":
        names.canonical(part)
    return True


def _quoted(part: str) -> bool:
    return len(part) >= 2 and part[0] == part[-1] == '"'


def _hex(part: str) -> bool:
    return _HEX.fullmatch(part) is not None


def _tag(part: str) -> bool:
    return part.isascii() and part.isalnum()


def _parameter(part: str) -> bool:
    return re.fullmatch(r"[a-z0-9-]+(=.+)?", part) is not None


_byte, _short, _long = _number(255), _number(65535), _number(2**32 - 1)
_CHECKS: dict[str, Check] = {
    "A": _ipv4,
    "AAAA": _ipv6,
    "CAA": lambda value: _fields("CAA", _byte, _tag, _quoted)(_joined_quotes(value)),
    "CNAME": _domain("CNAME"),
    "DS": _fields("DS", _short, _byte, _byte, _hex, open_end=True),
    "HTTPS": _service("HTTPS"),
    "MX": _fields("MX", _short, _name),
    "NAPTR": lambda value: _fields("NAPTR", _short, _short, _quoted, _quoted, _quoted, _name)(
        _joined_quotes(value)
    ),
    "NS": _domain("NS"),
    "PTR": _domain("PTR"),
    "SOA": _fields("SOA", _name, _name, _long, _long, _long, _long, _long),
    "SPF": _text,
    "SRV": _fields("SRV", _short, _short, _short, _name),
    "SSHFP": _fields("SSHFP", _byte, _byte, _hex),
    "SVCB": _service("SVCB"),
    "TLSA": _fields("TLSA", _byte, _byte, _byte, _hex, open_end=True),
    "TXT": _text,
}


def _joined_quotes(value: str) -> str:
    """Blanks inside quotation marks belong to their field."""
    return re.sub(r'"[^"]*"', lambda found: found[0].replace(" ", "_"), value)
