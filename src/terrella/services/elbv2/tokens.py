"""Tokens that clients bring (JSON web tokens): by whom they must be signed, and what they must claim.

Only RS256, by a key of the issuer's set of at most ten; `iss` and `exp` are required, `nbf` and `iat` checked if there.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Plain = dict[str, Any]
LARGEST_SET, MOST_KEYS = 150 << 10, 10


def bearer(authorization: str | None) -> str | None:
    """The token of an Authorization header."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def keys_in(content: bytes) -> list[Plain] | None:
    """The keys of a set as it was published; None if it is none, or too large."""
    if len(content) > LARGEST_SET:
        return None
    try:
        found = orjson.loads(content)["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    fit = isinstance(found, list) and len(found) <= MOST_KEYS and all(isinstance(each, dict) for each in found)
    return found if fit else None


def accepted(token: str, keys: list[Plain], config: Plain, now: float) -> bool:
    """Is a token signed by one of the keys, of the issuer, not out of date, and with all the claims demanded?"""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    header, claims = _plain(parts[0]), _plain(parts[1])
    if header is None or claims is None or header.get("alg") != "RS256":
        return False
    kid = header.get("kid")
    candidates = [each for each in keys if each.get("kty") == "RSA" and (kid is None or each.get("kid") == kid)]
    if not any(_signed(each, parts) for each in candidates):
        return False
    return _timely(claims, now) and claims.get("iss") == config["Issuer"] and all(
        _claims(each, claims.get(each["Name"])) for each in config.get("AdditionalClaims") or ()
    )  # fmt: skip


def _timely(claims: Plain, now: float) -> bool:
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= now:
        return False
    early = [claims[name] for name in ("nbf", "iat") if name in claims]
    return all(isinstance(each, int | float) and each <= now for each in early)


def _claims(wanted: Plain, given: Any) -> bool:
    """Does a claim have all the values demanded, in the form in which it is given?"""
    if wanted["Format"] == "single-string":
        return isinstance(given, str) and given in wanted["Values"]
    if wanted["Format"] == "space-separated-values":
        given = given.split(" ") if isinstance(given, str) else None
    return isinstance(given, list) and all(each in given for each in wanted["Values"])


def _signed(key: Plain, parts: list[str]) -> bool:
    numbers = [_bytes(str(key.get(name, ""))) for name in ("e", "n")]
    signature = _bytes(parts[2])
    if signature is None or not all(numbers):
        return False
    e, n = (int.from_bytes(each or b"", "big") for each in numbers)
    try:
        public = rsa.RSAPublicNumbers(e, n).public_key()
        public.verify(signature, f"{parts[0]}.{parts[1]}".encode(), padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


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
