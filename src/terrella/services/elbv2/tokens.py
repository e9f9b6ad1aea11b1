"""Tokens that clients bring (JSON web tokens): by whom they must be signed, and what they must claim.

Only RS256, by a key of the issuer's set of at most ten; `iss` and `exp` are required, `nbf` and `iat` checked if there.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html
"""

from __future__ import annotations

from typing import Any

from ...wire import jwt
from ...wire.jwt import bearer

__all__ = ["MOST_KEYS", "accepted", "bearer", "keys_in"]

Plain = dict[str, Any]
LARGEST_SET, MOST_KEYS = 150 << 10, 10


def keys_in(content: bytes) -> list[Plain] | None:
    """The keys of a set as it was published; None if it is none, or too large."""
    return jwt.keys_in(content, LARGEST_SET, MOST_KEYS)


def accepted(token: str, keys: list[Plain], config: Plain, now: float) -> bool:
    """Is a token signed by one of the keys, of the issuer, not out of date, and with all the claims demanded?"""
    found = jwt.read(token)
    if found is None or found.header.get("alg") != "RS256":
        return False
    kid, claims = found.header.get("kid"), found.claims
    if not any(found.signed_by(each) for each in keys if kid is None or each.get("kid") == kid):
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
