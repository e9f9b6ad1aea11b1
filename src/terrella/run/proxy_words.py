"""What clients say to a city proxy and what it says back: pure text, no sockets."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from ..net.places import UnknownPlace, find

LARGEST_HEAD = 64 << 10
NO_METHOD = b"\x05\xff"
NOT_ALLOWED = b"\x01\x01"
STANDING = ("city", "region")  # the kinds of place a client can stand in
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HOPS = ("proxy-", "connection:", "keep-alive:", "terrella-")
RESOLVER, LOOKUP = "Terrella-Resolver", "Terrella-Lookup"  # which resolver a client has; what that one said
EARLY = "early"


class BadProxyRequest(Exception):
    """It cannot be understood; the message says why."""


class NeedsCity(Exception):
    """The client did not say which city it stands in."""


class WrongCity(Exception):
    """The city it says does not exist."""


class Asked(NamedTuple):
    """Where a client wants to go, and from where. `first` is what the other end is to hear first, `resolver` the
    name of the resolver the client says it has: such a client is told what the resolver said; `early`, before it is
    known whether there is a way at all. (curl takes an interim response to CONNECT for the last one.)"""

    city: str
    host: str
    port: int
    tunnel: bool
    first: bytes = b""
    resolver: str = ""
    early: bool = False


def read_head(head: bytes, city: str | None) -> Asked:
    """What an HTTP request to a proxy asks for. Raises BadProxyRequest, NeedsCity, WrongCity."""
    lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not _METHOD.fullmatch(words[0]) or not words[2].startswith("HTTP/1."):
        raise BadProxyRequest("This is not a request to an HTTP proxy.")
    method, target, _ = words
    tunnel = method == "CONNECT"
    if not tunnel and "://" not in target:
        raise BadProxyRequest(
            "This port is a proxy: set HTTPS_PROXY and HTTP_PROXY to it. `terrella at` tells how."
        )
    if city is None:
        city = _city_of(lines[1:])
    if tunnel:
        host, port = _authority(target, None)
        early = _named(lines[1:], LOOKUP) == EARLY
        return Asked(city, host, port, True, resolver=_named(lines[1:], RESOLVER), early=early)
    return _absolute(city, method, target, lines[1:])


def lookup_told(address: str | None, remembered: bool) -> bytes:
    """What a resolver said, told before the answer itself (an interim response, RFC 8297)."""
    return f"HTTP/1.1 103 {HTTPStatus(103).phrase}\r\n{_lookup(address, remembered)}\r\n".encode()


def established(address: str | None, remembered: bool) -> bytes:
    """The tunnel is there; and what the resolver said."""
    return f"HTTP/1.1 200 Connection established\r\n{_lookup(address, remembered)}\r\n".encode()


def read_lookup(said: str) -> tuple[str | None, bool]:
    """(the address, if any; was it remembered?)"""
    address, _, rest = said.partition(";")
    return (None if address == "none" else address), rest.strip() == "remembered"


def read_socks_user(user: bytes) -> str:
    """The city a SOCKS user name means. Raises WrongCity."""
    return _standing(user.decode("utf-8", "replace"))


def socks_target(kind: int, address: bytes) -> str:
    """The host of a SOCKS request."""
    if kind == 3:
        return address.decode("ascii", "replace")
    return str(ipaddress.ip_address(address))


def socks_reply(code: int) -> bytes:
    """A SOCKS5 reply (RFC 1928 section 6) without a bound address."""
    return bytes((5, code, 0, 1)) + bytes(6)


def answer(status: int, sentence: str, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A response of the proxy's own, after which it hangs up."""
    body = sentence.encode() + b"\n"
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines += ["Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _lookup(address: str | None, remembered: bool) -> str:
    return f"{LOOKUP}: {address or 'none'}{'; remembered' if remembered else ''}\r\n"


def _absolute(city: str, method: str, target: str, headers: list[str]) -> Asked:
    """A request to be passed on in origin form, on a connection of its own."""
    try:
        url = urlsplit(target)
        host, port = url.hostname, url.port or 80
    except ValueError:
        raise BadProxyRequest(f"{target[:200]} is no URL.") from None
    if url.scheme != "http" or not host:
        raise BadProxyRequest("A proxy takes http URLs, and CONNECT for everything else.")
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    kept = [line for line in headers if not line.lower().startswith(_HOPS)]
    lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
    first, resolver = "\r\n".join(lines).encode("latin-1"), _named(headers, RESOLVER)
    return Asked(city, host, port, False, first, resolver, early=True)


def _authority(target: str, default: int | None) -> tuple[str, int]:
    host, _, port = target.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadProxyRequest(f"{target[:200]} is no host and port.")
    return host.strip("[]"), int(port)


def _city_of(headers: list[str]) -> str:
    for line in headers:
        name, _, value = line.partition(":")
        if name.lower() == "proxy-authorization":
            scheme, _, encoded = value.strip().partition(" ")
            if scheme.lower() != "basic":
                break
            try:
                user = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                break
            return _standing(user.partition(":")[0])
    raise NeedsCity("Say which city you stand in, as the proxy's user name: http://tokyo:x@127.0.0.1:PORT")


def _named(headers: list[str], wanted: str) -> str:
    named = (line.partition(":") for line in headers)
    return next((value.strip() for name, _, value in named if name.lower() == wanted.lower()), "")


def _standing(name: str) -> str:
    try:
        place = find(unquote(name))
    except UnknownPlace as unknown:
        raise WrongCity(str(unknown).replace("no place", "no city")) from None
    if place.kind not in STANDING:
        raise WrongCity(f"Nobody can stand in {place.name}.")
    return place.name
