"""Signing a request of ours with Signature Version 4, for the world's own services calling one another."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from .http import Request
from .signature import Signature
from .sigv4 import ALGORITHM, canonical_request, signing_key

SIGNED = "host;x-amz-content-sha256;x-amz-date"


def sign(request: Request, access_key: str, secret: str, region: str, service: str, now: float) -> None:
    """Add date, payload digest and Authorization to a request's headers. `now` is seconds since the epoch.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    """
    date = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    payload = hashlib.sha256(request.body).hexdigest()
    request.headers |= {"x-amz-date": date, "x-amz-content-sha256": payload}
    signature = Signature(access_key, date, date[:8], region, service, SIGNED, "")
    canonical = canonical_request(request, signature, payload)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    to_sign = f"{ALGORITHM}\n{date}\n{signature.scope}\n{digest}"
    key = signing_key(secret, signature.day, region, service)
    proof = hmac.new(key, to_sign.encode(), "sha256").hexdigest()
    request.headers["authorization"] = (
        f"{ALGORITHM} Credential={access_key}/{signature.scope}, SignedHeaders={SIGNED}, Signature={proof}"
    )
