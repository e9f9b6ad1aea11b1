"""Heads of HTTP/1.1 messages as they pass through a proxy: taken apart, checked, and put together again.

Strict where leniency would let two servers read one message differently (RFC 9112 sections 5, 6 and 11.2): a head that
frames its body in two ways, or has white space where none may be, is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST_HEAD, LONGEST_LINE = 64 << 10, 16 << 10
HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
ONLY_IN_HEADS = {"authorization", "content-encoding", "content-length", "content-type", "host", "set-cookie"}
CHUNKED = -1  # a body in chunks
TO_THE_END = -2  # a body that ends with the connection
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
TARGET = re.compile(r"[\x21-\x7e\x80-\xff]+")
_UNFIT = re.compile(r"[\x00\r\n]")

Headers = list[tuple[str, str]]


class BadHead(ValueError):
    """Not a head that may be passed on; `status` is what to answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(slots=True)
class Head:
    """The head of a request (`method`, `target`) or of a response (`status`, `reason`).

    `body` is a length in bytes, or CHUNKED, or TO_THE_END. `keep`: the connection may be used again. `old`: it speaks
    HTTP/1.0, which knows no chunks.
    """

    headers: Headers
    body: int
    keep: bool
    method: str = ""
    target: str = ""
    status: int = 0
    reason: str = ""
    upgrade: str | None = field(default=None)
    old: bool = False

    def value(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for each, value in self.headers if each.lower() == name), None)


def read_request(data: bytes) -> Head:
    """The head of a request, with the empty line at its end. Raises BadHead."""
    first, headers = _lines(data)
    parts = first.split(" ")
    if len(parts) != 3 or not TOKEN.fullmatch(parts[0]) or not TARGET.fullmatch(parts[1]):
        raise BadHead(400, "a request begins with a method, a target and a version")
    if parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadHead(505, "the version is not HTTP/1.1")
    named = _named(headers)
    if parts[2] == "HTTP/1.1" and len(named.get("host", ())) != 1:
        raise BadHead(400, "a request has one Host header")
    body = _framing(named)
    return Head(
        headers, max(body, 0) if body != CHUNKED else body, _keeps(named, parts[2]),
        method=parts[0], target=_origin(parts[1]), upgrade=_upgrade(named),
        old=parts[2] == "HTTP/1.0",
    )  # fmt: skip


def read_response(data: bytes, method: str) -> Head:
    """The head of the response to a request with that method. Raises BadHead."""
    first, headers = _lines(data)
    version, _, rest = first.partition(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0") or not rest[:3].isdigit() or rest[3:4] not in ("", " "):
        raise BadHead(502, "a response begins with a version and a status")
    status, named = int(rest[:3]), _named(headers)
    bodiless = method == "HEAD" or status < 200 or status in (204, 304)
    try:
        body = 0 if bodiless else _framing(named)
    except BadHead as bad:
        raise BadHead(502, str(bad)) from None
    keep = _keeps(named, version) and body != TO_THE_END
    return Head(headers, body, keep, status=status, reason=rest[4:], upgrade=_upgrade(named))


def write_request(method: str, target: str, headers: Headers) -> bytes:
    return _written(f"{method} {target} HTTP/1.1", headers)


def write_response(status: int, reason: str, headers: Headers) -> bytes:
    return _written(f"HTTP/1.1 {status} {reason}", headers)


def read_trailers(data: bytes) -> Headers:
    """What follows a body in chunks (RFC 9112 section 7.1.2), but for what only a head may say. Raises BadHead."""
    found = []
    for line in data.decode("latin-1").splitlines():
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name):
            raise BadHead(400, "a trailer is a name, a colon and a value")
        found.append((name, value.strip(" \t")))
    return fit_trailers(found)


def fit_trailers(trailers: Headers) -> Headers:
    """Trailers that may follow a body: none that would frame it, or lead it elsewhere (RFC 9110 section 6.5.1)."""
    return [(name, value) for name, value in trailers if name.lower() not in HOP_BY_HOP | ONLY_IN_HEADS]


def write_trailers(trailers: Headers) -> bytes:
    lines = [f"{name}: {_UNFIT.sub(' ', value)}\r\n" for name, value in trailers]
    return "".join(lines).encode("latin-1", "replace")


def end_to_end(head: Head) -> Headers:
    """The headers that are for the other end: all but those of this connection (RFC 9110 section 7.6.1)."""
    own = {
        part.strip().lower()
        for name, value in head.headers
        if name.lower() == "connection"
        for part in value.split(",")
    }
    return [(name, value) for name, value in head.headers if name.lower() not in HOP_BY_HOP | (own - {"host"})]


def chunk_size(line: bytes) -> int:
    """The size a chunk begins with (RFC 9112 section 7.1). Raises BadHead."""
    digits = line.split(b";", 1)[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,15}", digits):
        raise BadHead(400, "a chunk begins with its size")
    return int(digits, 16)


def _written(first: str, headers: Headers) -> bytes:
    lines = [first, *(f"{name}: {_UNFIT.sub(' ', value)}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _lines(data: bytes) -> tuple[str, Headers]:
    first, *rest = data[:-4].decode("latin-1").split("\r\n")
    headers = []
    for line in rest:
        if len(line) > LONGEST_LINE:
            raise BadHead(400, "a line is too long")
        name, colon, value = line.partition(":")
        if not colon or not TOKEN.fullmatch(name):
            raise BadHead(400, "a header is a name, a colon and a value")
        value = value.strip(" \t")
        if _UNFIT.search(value):
            raise BadHead(400, "a value has no line breaks")
        headers.append((name, value))
    if _UNFIT.search(first) or len(first) > LONGEST_LINE:
        raise BadHead(414 if len(first) > LONGEST_LINE else 400, "the first line is too long, or broken")
    return first, headers


def _named(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append(value)
    return found


def _framing(named: dict[str, list[str]]) -> int:
    codings, lengths = named.get("transfer-encoding"), set(named.get("content-length", ()))
    if codings:
        if lengths or [each.strip().lower() for each in ",".join(codings).split(",")] != ["chunked"]:
            raise BadHead(400, "a body is framed in one way")
        return CHUNKED
    if len(lengths) > 1 or any(not each.isdecimal() or not each.isascii() for each in lengths):
        raise BadHead(400, "a body has one length")
    return int(lengths.pop()) if lengths else TO_THE_END


def _keeps(named: dict[str, list[str]], version: str) -> bool:
    said = ",".join(named.get("connection", ())).lower()
    return "close" not in said if version == "HTTP/1.1" else "keep-alive" in said


def _upgrade(named: dict[str, list[str]]) -> str | None:
    asked = "upgrade" in ",".join(named.get("connection", ())).lower()
    return named["upgrade"][0] if asked and "upgrade" in named else None


def _origin(target: str) -> str:
    """A target in absolute form is made relative (RFC 9112 section 3.2.2). Raises BadHead."""
    scheme, _, rest = target.partition("://")
    if scheme.lower() in ("http", "https") and rest:
        _, slash, path = rest.partition("/")
        return slash + path or "/"
    if not target.startswith("/") and target != "*":
        raise BadHead(400, "the target of a request begins with a slash")
    return target
