"""Signing a request of ours with Signature Version 4, for the world's own services calling one another."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

from .http import Request
from .signature import Signature
from .sigv4 import ALGORITHM, UNSIGNED, canonical_request, signing_key

SIGNED = "host;x-amz-content-sha256;x-amz-date"


def sign(request: Request, access_key: str, secret: str, region: str, service: str, now: float) -> None:
    """Add date, payload digest and Authorization to a request's headers. `now` is seconds since the epoch.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    """
    date = _date(now)
    payload = hashlib.sha256(request.body).hexdigest()
    request.headers |= {"x-amz-date": date, "x-amz-content-sha256": payload}
    signature = Signature(access_key, date, date[:8], region, service, SIGNED, "")
    request.headers["authorization"] = (
        f"{ALGORITHM} Credential={access_key}/{signature.scope}, SignedHeaders={SIGNED}, "
        f"Signature={_proof(request, signature, secret, payload)}"
    )


def presign(
    request: Request, access_key: str, secret: str, region: str, service: str, now: float, expires_s: int
) -> None:
    """Put the signature into a request's query instead: whoever has the URL may send it, with any body.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """
    date = _date(now)
    signature = Signature(access_key, date, date[:8], region, service, "host", "", presigned=True)
    request.query = urlencode({
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{access_key}/{signature.scope}",
        "X-Amz-Date": date,
        "X-Amz-Expires": str(expires_s),
        "X-Amz-SignedHeaders": "host",
    })  # fmt: skip
    request.query += f"&X-Amz-Signature={_proof(request, signature, secret, UNSIGNED)}"


def _date(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")


def _proof(request: Request, signature: Signature, secret: str, payload: str) -> str:
    canonical = canonical_request(request, signature, payload)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    to_sign = f"{ALGORITHM}\n{signature.date}\n{signature.scope}\n{digest}"
    key = signing_key(secret, signature.day, signature.region, signature.service)
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()
