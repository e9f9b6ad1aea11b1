"""An HTTP request and response as values. No sockets here, nor anywhere in `wire`."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl


class Head:
    """What the heads of many requests have in common: all of their bytes but the values of `varying`. What hangs on
    nothing else is found out once and kept in `known`, by whoever found it out."""

    __slots__ = ("known", "varying")

    def __init__(self, varying: frozenset[str]) -> None:
        self.varying = varying
        self.known: dict[Any, Any] = {}


@dataclass(slots=True)
class Request:
    """One request as it arrived.

    `path` and `query` stay percent-encoded (signatures cover them that way). Header names are lower case;
    a header that came twice is joined with ", " (cookies with "; "), as RFC 9110 §5.2 allows.
    `source` names the place the request came from, where that is known.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    source: str | None = None
    secure: bool = False
    head: Head | None = field(default=None, compare=False)

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query string decoded, in order, blanks kept."""
        return _parameters(self.query)

    @property
    def host(self) -> str:
        """The Host header without its port, lower case."""
        host = self.headers.get("host", "").lower()
        return host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host


@dataclass(slots=True)
class Response:
    """One response. `headers` is a list because some headers (Set-Cookie) must repeat."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@functools.lru_cache(maxsize=512)
def _cached_parameters(query: str) -> tuple[tuple[str, str], ...]:
    return tuple(parse_qsl(query, keep_blank_values=True))


def _parameters(query: str) -> list[tuple[str, str]]:
    return list(_cached_parameters(query)) if query else []
