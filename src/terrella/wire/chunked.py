"""aws-chunked bodies: the coding S3 clients send streams in, each chunk with a signature, checksums at the end.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..core.errors import AwsError
from .http import Request

_LONGEST_LINE = 8192


class IncompleteBody(AwsError):
    """The chunks do not add up."""

    def __init__(self) -> None:
        super().__init__(
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        )


@dataclass(slots=True)
class Chunk:
    data: bytes
    signature: str | None


@dataclass(slots=True)
class Chunks:
    """A body taken apart. The last chunk is the empty one."""

    chunks: list[Chunk]
    trailers: dict[str, str] = field(default_factory=dict)
    trailer_signature: str | None = None
    signed_trailer: bytes = b""  # the trailer lines as they are signed

    @property
    def data(self) -> bytes:
        return b"".join(chunk.data for chunk in self.chunks)


def is_chunked(request: Request) -> bool:
    """Whether the body is in the aws-chunked coding."""
    headers = request.headers
    return headers.get("x-amz-content-sha256", "").startswith("STREAMING-") or "aws-chunked" in headers.get(
        "content-encoding", ""
    )


def decoded(request: Request) -> Request:
    """The request with its body in plain; trailers become headers. The request itself if it was plain already."""
    if not is_chunked(request):
        return request
    parts = split(request.body)
    body = parts.data
    claimed = request.headers.get("x-amz-decoded-content-length", str(len(body)))
    if claimed != str(len(body)):
        raise IncompleteBody()
    headers = {**request.headers, **parts.trailers, "content-length": str(len(body))}
    coding = [each.strip() for each in headers.get("content-encoding", "").split(",")]
    headers["content-encoding"] = ",".join(each for each in coding if each and each != "aws-chunked")
    if not headers["content-encoding"]:
        del headers["content-encoding"]
    headers.pop("x-amz-content-sha256", None)
    return Request(request.method, request.path, request.query, headers, body, request.source, request.secure)


def split(body: bytes) -> Chunks:
    """Take a body apart. IncompleteBody if it is not in this coding."""
    chunks: list[Chunk] = []
    at = 0
    while not chunks or chunks[-1].data:
        line, at = _line(body, at)
        size, signature = _size(line)
        chunks.append(Chunk(body[at : at + size], signature))
        if len(chunks[-1].data) != size:
            raise IncompleteBody()
        at += size
        if size:
            if body[at : at + 2] != b"\r\n":
                raise IncompleteBody()
            at += 2
    return _with_trailers(Chunks(chunks), body[at:])


def _with_trailers(parts: Chunks, rest: bytes) -> Chunks:
    for line in rest.replace(b"\r\n", b"\n").split(b"\n"):
        name, colon, text = line.partition(b":")
        if not colon:
            continue
        key, value = name.strip().lower().decode("latin-1"), text.strip().decode("latin-1")
        if key == "x-amz-trailer-signature":
            parts.trailer_signature = value
        else:
            parts.trailers[key] = value
            parts.signed_trailer += f"{key}:{value}\n".encode()
    return parts


def _line(body: bytes, at: int) -> tuple[bytes, int]:
    end = body.find(b"\r\n", at, at + _LONGEST_LINE)
    if end < 0:
        raise IncompleteBody()
    return body[at:end], end + 2


def _size(line: bytes) -> tuple[int, str | None]:
    digits, _, extension = line.partition(b";")
    try:
        if len(digits) > 16 or not digits.isalnum():
            raise ValueError
        size = int(digits, 16)
    except ValueError:
        raise IncompleteBody() from None
    name, _, signature = extension.partition(b"=")
    return size, signature.decode("latin-1") if name == b"chunk-signature" else None
