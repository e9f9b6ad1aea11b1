"""EDNS0 and the client subnet option (RFC 6891, RFC 7871).

Client subnet lets a resolver say for which network it asks; the answer says for how wide a network it holds.
"""

from __future__ import annotations

import functools
import ipaddress
import struct
from typing import NamedTuple

from .names import MalformedMessage

SUBNET_OPTION = 8
OUR_SIZE = 4096  # Route 53 answers up to 4,096 bytes over UDP
_FAMILIES = {1: 4, 2: 16}
_PAIR = struct.Struct("!HH")


class Subnet(NamedTuple):
    """The client's network. `scope` is 0 in questions; in answers how long a prefix they are good for."""

    family: int
    source: int
    scope: int
    address: str


class Edns(NamedTuple):
    """The OPT record of a message: how much UDP the sender takes, and what it adds."""

    size: int
    version: int = 0
    dnssec: bool = False
    subnet: Subnet | None = None
    rcode: int = 0  # the upper eight bits of the response code


def read_opt(size: int, ttl: int, data: bytes) -> Edns:
    """An OPT record's class, TTL and data as what they mean. Raises MalformedMessage."""
    subnet, at, end = None, 0, len(data)
    while at < end:
        if at + 4 > end:
            raise MalformedMessage("half an EDNS option")
        code, length = _PAIR.unpack_from(data, at)
        at += 4
        if at + length > end:
            raise MalformedMessage("an EDNS option runs past its record")
        if code == SUBNET_OPTION:
            subnet = _read_subnet(data[at : at + length])
        at += length
    return Edns(max(size, 512), ttl >> 16 & 0xFF, bool(ttl & 0x8000), subnet, ttl >> 24)


def write_opt(edns: Edns) -> bytes:
    """The whole OPT record, owner name to data."""
    option = _write_subnet(edns.subnet) if edns.subnet is not None else b""
    flags = edns.rcode << 24 | edns.version << 16 | (0x8000 if edns.dnssec else 0)
    return struct.pack("!BHHIH", 0, 41, edns.size, flags, len(option)) + option


@functools.lru_cache(maxsize=8192)
def _read_subnet(data: bytes) -> Subnet:
    """RFC 7871 section 6: as many address bytes as the prefix needs, and no bit beyond it."""
    if len(data) < 4:
        raise MalformedMessage("a client subnet that is too short")
    family, source, scope = struct.unpack_from("!HBB", data)
    address = data[4:]
    if family == 0 and source == 0 and not address:  # "do not use my address", as dig's +subnet=0 says it
        return Subnet(0, 0, scope, "")
    whole = _FAMILIES.get(family)
    if whole is None or source > whole * 8 or scope > whole * 8:
        raise MalformedMessage("a client subnet of no known family or an impossible length")
    if len(address) != (source + 7) // 8:
        raise MalformedMessage("a client subnet whose address does not fit its length")
    if source % 8 and address[-1] & (0xFF >> source % 8):
        raise MalformedMessage("a client subnet with bits beyond its length")
    return Subnet(family, source, scope, str(ipaddress.ip_address(address.ljust(whole, b"\0"))))


@functools.lru_cache(maxsize=8192)
def _write_subnet(subnet: Subnet) -> bytes:
    packed = ipaddress.ip_address(subnet.address).packed if subnet.address else b""
    address = packed[: (subnet.source + 7) // 8]
    if subnet.source % 8:
        address = address[:-1] + bytes((address[-1] & (0xFF00 >> subnet.source % 8) & 0xFF,))
    return (
        struct.pack("!HHHBB", SUBNET_OPTION, 4 + len(address), subnet.family, subnet.source, subnet.scope)
        + address
    )
