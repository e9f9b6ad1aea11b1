"""JSON web tokens: taken apart, their signature checked by the keys an issuer has published, and their times.

Only signatures by RSA keys (RS256, RS384, RS512) are known, as AWS's gateways and load balancers take no others.
RFC 7515 (signatures), RFC 7517 (keys), RFC 7519 (tokens).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Plain = dict[str, Any]
HASHES: dict[str, hashes.HashAlgorithm] = {
    "RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512(),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; nothing of it is checked."""

    header: Plain
    claims: Plain
    signed: bytes
    signature: bytes

    def signed_by(self, key: Plain) -> bool:
        """Is it signed by a key of a set (a JSON web key)?"""
        algorithm = HASHES.get(str(self.header.get("alg")))
        numbers = [_bytes(str(key.get(name, ""))) for name in ("e", "n")]
        if algorithm is None or key.get("kty") != "RSA" or not all(numbers):
            return False
        e, n = (int.from_bytes(each or b"", "big") for each in numbers)
        try:
            rsa.RSAPublicNumbers(e, n).public_key().verify(self.signature, self.signed, padding.PKCS1v15(), algorithm)
        except (InvalidSignature, ValueError):
            return False
        return True


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def read(text: str) -> Token | None:
    """A token as it was sent; None if it is none."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    header, claims, signature = _plain(parts[0]), _plain(parts[1]), _bytes(parts[2])
    if header is None or claims is None or signature is None:
        return None
    return Token(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def keys_in(content: bytes, largest: int, most: int | None = None) -> list[Plain] | None:
    """The keys of a set as it was published; None if it is none, has more than `most`, or more than so many bytes."""
    if len(content) > largest:
        return None
    try:
        found = orjson.loads(content)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    fit = isinstance(found, list) and (most is None or len(found) <= most)
    return found if fit and all(isinstance(each, dict) for each in found) else None


def _plain(part: str) -> Plain | None:
    data = _bytes(part)
    try:
        found = orjson.loads(data) if data is not None else None
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _bytes(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
