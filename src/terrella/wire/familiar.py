"""Heads of requests that look like earlier ones, read by comparison instead of letter by letter.

A client sends one head over and over: a date, a signature, an id and a length differ, and each is as long as before.

Invariant: what is read here is what the parser would have read. All but the parts that vary is, byte for byte, a head
the parser has taken, and the parts that vary hold letters, digits and hyphens only (RFC 9110 section 5.5).
"""

from __future__ import annotations

import re
from struct import Struct

from .http import Head, Request

MOST = 512
_END = b"\r\n\r\n"
_VARYING = re.compile(
    rb"\r\n(?:x-amz-date: ([0-9TZ]{16})|content-length: ([0-9]{1,6})|amz-sdk-invocation-id: ([0-9a-f-]{36})"
    rb"|x-amz-content-sha256: ([0-9a-f]{64})|authorization: [^\r\n]*Signature=([0-9a-f]{64}))(?=\r\n)",
    re.IGNORECASE,
)
_UNFIT = frozenset(("connection", "expect", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"))
"""Headers that say how a message travels: the parser's business."""


class Familiar(Head):
    """One head that came before."""

    __slots__ = ("_headers", "_length_at", "_method", "_path", "_query", "_same", "_unpack", "_values", "size")

    def __init__(self, request: Request, head: bytes, spans: list[tuple[str, int, int]]) -> None:
        super().__init__(frozenset(name for name, _, _ in spans))
        lengths, at = [], 0
        for _, start, end in spans:
            lengths += [start - at, end - start]
            at = end
        form = Struct("".join(f"{length}s" for length in (*lengths, len(head) - at)))
        self._unpack, self.size = form.unpack_from, form.size
        self._same = self._unpack(head)[0::2]
        self._method, self._path, self._query = request.method, request.path, request.query
        self._headers = dict(request.headers)
        self._values, at = [], 0  # (name, what does not vary of its value, where the rest is among all that varies)
        for name, start, end in spans:
            self._values.append((name, request.headers[name][: start - end], at, at + end - start))
            at += end - start
        self._length_at = next(at for at, (name, _, _) in enumerate(spans) if name == "content-length")

    def read(self, data: bytes, source: str | None, secure: bool) -> Request | None:
        """The request these bytes are, if they are one request, whole, with such a head."""
        size = self.size
        if len(data) < size:
            return None
        parts = self._unpack(data)
        if parts[0::2] != self._same:
            return None
        varying = parts[1::2]
        length = varying[self._length_at]
        if not length.isdigit() or size + int(length) != len(data):
            return None
        all = b"".join(varying)
        if not all.replace(b"-", b"").isalnum():
            return None
        headers, text = self._headers.copy(), all.decode()
        for name, before, start, end in self._values:
            headers[name] = before + text[start:end]
        return Request(self._method, self._path, self._query, headers, data[size:], source, secure, self)


class Heads:
    """The heads a server is familiar with, by their size."""

    def __init__(self) -> None:
        self._known: dict[int, list[Familiar]] = {}
        self._count = 0

    def find(self, data: bytes, source: str | None, secure: bool) -> tuple[Familiar, Request] | None:
        """The request these bytes are, if its head is familiar."""
        for familiar in self._known.get(data.find(_END) + len(_END), ()):
            request = familiar.read(data, source, secure)
            if request is not None:
                return familiar, request
        return None

    def learn(self, data: bytes, request: Request) -> Familiar | None:
        """Become familiar with the head of a request that the parser took from these bytes, if it is one of a kind
        that comes again."""
        familiar = _familiar(data, request)
        if familiar is not None:
            if self._count >= MOST:
                self._known, self._count = {}, 0
            self._known.setdefault(familiar.size, []).append(familiar)
            self._count += 1
        return familiar


def _familiar(data: bytes, request: Request) -> Familiar | None:
    headers = request.headers
    if headers.keys() & _UNFIT or request.path[:1] != "/" or "host" not in headers:
        return None
    head = data[: data.find(_END) + len(_END)]
    if not head.split(b"\r\n", 1)[0].endswith(b" HTTP/1.1") or head.count(b"\r\n") != len(headers) + 2:
        return None  # of another version, or with a header that came twice or in several lines
    spans = []
    for found in _VARYING.finditer(head):
        start, end = found.span(found.lastindex or 0)
        spans.append((found[0][2:].partition(b":")[0].decode().lower(), start, end))
    if "content-length" not in [name for name, _, _ in spans]:
        return None
    familiar = Familiar(request, head, spans)
    read = familiar.read(data, request.source, request.secure)
    return familiar if read == request and list(read.headers) == list(headers) else None
