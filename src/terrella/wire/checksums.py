"""Checksums of bodies: those AWS sends that SDKs check, and those SDKs send that AWS checks."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import zlib
from collections.abc import Callable

from ..core.errors import AwsError
from .http import Request


class BadDigest(AwsError):
    """The body is not the one the checksum was made of."""


class InvalidDigest(AwsError):
    """Content-MD5 is not an MD5."""


class InvalidRequest(AwsError):
    """A checksum header that is none."""


def crc32_header(body: bytes) -> tuple[str, str]:
    """`x-amz-crc32`: the CRC-32 of the answer as a decimal number, which DynamoDB's SDKs check."""
    return "x-amz-crc32", str(zlib.crc32(body))


def verify(request: Request) -> None:
    """Check every checksum the request carries. BadDigest, InvalidDigest or InvalidRequest where one is wrong.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
    """
    md5 = request.headers.get("content-md5")
    if md5 is not None:
        if len(_base64(md5) or b"") != 16:
            raise InvalidDigest("The Content-MD5 you specified was invalid.")
        if _base64(md5) != hashlib.md5(request.body, usedforsecurity=False).digest():
            raise BadDigest("The Content-MD5 you specified did not match what we received.")
    for name, digest in ALGORITHMS.items():
        sent = request.headers.get(f"x-amz-checksum-{name}")
        if sent is not None:
            _check(name, sent, digest(request.body))


def _check(name: str, sent: str, actual: bytes) -> None:
    claimed = _base64(sent)
    if claimed is None or len(claimed) != len(actual):
        raise InvalidRequest(f"Value for x-amz-checksum-{name} header is invalid.")
    if claimed != actual:
        raise BadDigest(f"The {name.upper()} you specified did not match the calculated checksum.")


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _crc32(body: bytes) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big")


def _crc(body: bytes, polynomial: int, bits: int) -> bytes:
    """A reflected CRC, byte by byte: some megabytes a second."""
    table, value = _table(polynomial), (1 << bits) - 1
    for byte in body:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return (value ^ ((1 << bits) - 1)).to_bytes(bits // 8, "big")


@functools.cache
def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return table


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": _crc32,
    "crc32c": lambda body: _crc(body, 0x82F63B78, 32),
    "crc64nvme": lambda body: _crc(body, 0x9A6C9329AC4BC9B5, 64),
    "sha1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "sha256": lambda body: hashlib.sha256(body).digest(),
}
