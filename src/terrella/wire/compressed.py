"""Bodies that clients compress: of operations whose model says they may, SDKs send those above 10 KB gzipped.

https://smithy.io/2.0/spec/behavior-traits.html#requestcompression-trait
"""

from __future__ import annotations

import zlib

from ..core.errors import SerializationException
from .http import Request

LARGEST = 32 << 20  # what a small body may grow to
_GZIP = 16 + zlib.MAX_WBITS


def body_of(request: Request) -> bytes:
    """The body as it was before it was compressed. SerializationException if it cannot be read."""
    if request.headers.get("content-encoding") != "gzip":
        return request.body
    try:
        unpacking = zlib.decompressobj(_GZIP)
        body = unpacking.decompress(request.body, LARGEST)
    except zlib.error:
        raise SerializationException("The body is not in the gzip format its Content-Encoding names") from None
    if not unpacking.eof:
        raise SerializationException("The body is cut short or larger than may be sent")
    return body


def decompressed(request: Request) -> Request:
    """The request with its body in plain; the request itself if it was plain already."""
    body = body_of(request)
    if body is request.body:
        return request
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    headers["content-length"] = str(len(body))
    return Request(request.method, request.path, request.query, headers, body, request.source, request.secure)
