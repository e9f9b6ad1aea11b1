"""Bodies that clients compress, and answers compressed for them.

SDKs send the bodies of operations whose model says so gzipped, above 10 KB
(https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait). DynamoDB takes any request gzipped or
deflated, has no word for one it cannot unpack but a 500, and compresses answers of more than 4 KB for those who accept
that; its checksum is then of the compressed bytes.
"""

from __future__ import annotations

import zlib

from ..core.errors import AwsError, InternalServerError, SerializationException
from .checksums import crc32_header
from .http import Request, Response

LARGEST = 32 << 20  # what a small body may grow to
LARGEST_CHECKED = 16 << 20  # a request to DynamoDB, packed or not
COMPRESSED_ABOVE = 4096
_GZIP = 16 + zlib.MAX_WBITS
_FORMS = {"gzip": _GZIP, "deflate": zlib.MAX_WBITS}


class RequestEntityTooLarge(AwsError):
    """The body is larger than the service reads."""

    status = 413


def body_of(request: Request) -> bytes:
    """The body as it was before it was compressed. SerializationException if it cannot be read."""
    if request.headers.get("content-encoding", "").lower() != "gzip":  # codings have no case: RFC 9110 section 8.4.1
        return request.body
    try:
        return _unpacked(request.body, "gzip", LARGEST)
    except zlib.error:
        raise SerializationException("The body is not in the gzip format its Content-Encoding names") from None
    except ValueError:
        raise SerializationException("The body is cut short or larger than may be sent") from None


def decompressed(request: Request) -> Request:
    """The request with its body in plain; the request itself if it was plain already."""
    body = body_of(request)
    return request if body is request.body else _plain(request, body)


def checked(request: Request) -> Request:
    """The same, as DynamoDB does it. RequestEntityTooLarge, InternalServerError."""
    if len(request.body) > LARGEST_CHECKED:
        raise RequestEntityTooLarge("Request Entity Too Large")
    coding = request.headers.get("content-encoding")
    if coding is None or coding == "identity":
        return request
    try:
        return _plain(request, _unpacked(request.body, coding, LARGEST_CHECKED))
    except (zlib.error, ValueError, KeyError):
        raise InternalServerError("The request processing has failed because of an unknown error") from None


def answered(request: Request, response: Response) -> Response:
    """An answer with a checksum, compressed if it is worth it and the request accepts that."""
    if len(response.body) <= COMPRESSED_ABOVE:
        return response
    coding = accepted(request.headers.get("accept-encoding", ""))
    if coding is None:
        return response
    packing = zlib.compressobj(wbits=_FORMS[coding])
    body = packing.compress(response.body) + packing.flush()
    headers = [(name, value) for name, value in response.headers if name != "x-amz-crc32"]
    return Response(response.status, [*headers, ("content-encoding", coding), crc32_header(body)], body)


def accepted(wanted: str) -> str | None:
    """The coding an Accept-Encoding prefers (RFC 9110 section 12.5.3); of equal ones the first named. `identity`
    counts for nothing."""
    found: list[tuple[str, float]] = []
    others = 0.0
    for each in wanted.lower().split(","):
        name, *options = (part.strip() for part in each.split(";"))
        quality = _quality(options)
        if name in _FORMS:
            found.append((name, quality))
        elif name == "*":
            others = quality
    named = {name for name, _ in found}
    found += [(name, others) for name in _FORMS if name not in named]
    name, quality = max(found, key=lambda each: each[1])  # the first of the greatest
    return name if quality > 0 else None


def _quality(options: list[str]) -> float:
    for option in options:
        if option.startswith("q="):
            try:
                return min(max(float(option[2:]), 0.0), 1.0)
            except ValueError:
                return 1.0
    return 1.0


def _unpacked(body: bytes, coding: str, largest: int) -> bytes:
    """What was packed, in one piece or several. zlib.error, KeyError, ValueError if it is cut short or too large."""
    found = b""
    while True:
        unpacking = zlib.decompressobj(_FORMS[coding])
        found += unpacking.decompress(body, largest - len(found))
        if not unpacking.eof:
            raise ValueError("cut short or too large")
        body = unpacking.unused_data
        if not body:
            return found
        if coding != "gzip" or len(found) >= largest:
            raise ValueError("more than one piece, or too large")


def _plain(request: Request, body: bytes) -> Request:
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    headers["content-length"] = str(len(body))
    return Request(request.method, request.path, request.query, headers, body, request.source, request.secure)
