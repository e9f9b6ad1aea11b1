"""What every answer of a load balancer's own says of itself: its date and its length, in any version of HTTP."""

from __future__ import annotations

from http import HTTPStatus
from time import gmtime, strftime, time

from ...wire.http import Response
from ...wire.http_head import HOP_BY_HOP, Headers


def finished(response: Response, method: str) -> tuple[Headers, bytes]:
    """The headers and the body of an answer that is there as a whole."""
    headers = [(name, _fit(value)) for name, value in response.headers if name.lower() not in HOP_BY_HOP]
    length = next((value for name, value in headers if name.lower() == "content-length"), None)
    headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    if not any(name.lower() == "date" for name, _ in headers):
        headers.append(("Date", strftime("%a, %d %b %Y %H:%M:%S GMT", gmtime(int(time())))))
    if response.status < 200 or response.status in (204, 304):
        return headers, b""
    if method == "HEAD" and length is not None and length.isdecimal():
        return [*headers, ("Content-Length", length)], b""
    headers.append(("Content-Length", str(len(response.body))))
    return headers, b"" if method == "HEAD" else response.body


def phrase(status: int) -> str:
    """The words behind a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _fit(value: str) -> str:
    """Bytes on the wire are those of UTF-8 where there is no other way to write a value."""
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("latin-1")
    return value
