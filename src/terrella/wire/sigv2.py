"""Signature version 2 in the query string, which boto3 still presigns S3 URLs with.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime

from . import hosts
from .freshness import iso, seconds
from .http import Request
from .signature import RequestExpired, Signature, mismatch, whole_seconds

_SUBRESOURCES = frozenset(
    [
        "accelerate",
        "acl",
        "cors",
        "defaultObjectAcl",
        "location",
        "logging",
        "partNumber",
        "policy",
        "requestPayment",
        "torrent",
        "versioning",
        "versionId",
        "versions",
        "website",
        "uploads",
        "uploadId",
        "response-content-type",
        "response-content-language",
        "response-expires",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "delete",
        "lifecycle",
        "tagging",
        "restore",
        "storageClass",
        "notification",
        "replication",
        "analytics",
        "metrics",
        "inventory",
        "select",
        "select-type",
        "object-lock",
    ]
)


def read(given: dict[str, str]) -> Signature:
    expires = whole_seconds(given["Expires"], "Expires")
    return Signature(
        given["AWSAccessKeyId"],
        given["Expires"],
        "",
        "us-east-1",
        "s3",
        "",
        given["Signature"],
        presigned=True,
        expires=expires,
        session_token=given.get("x-amz-security-token"),
        version=2,
    )


def verify(request: Request, signature: Signature, secret: str, now: datetime | float) -> None:
    present = seconds(now)
    if signature.expires is not None and present > signature.expires:
        raise RequestExpired("Request has expired", Expires=iso(signature.expires), ServerTime=iso(present))
    headers = request.headers
    amz = sorted((k, v) for k, v in headers.items() if k.startswith("x-amz-") and k != "x-amz-date")
    amz += [(k, v) for k, v in request.parameters if k.startswith("x-amz-")]
    named = hosts.named(request.host)
    path = f"/{named.bucket}{request.path}" if named and named.bucket else request.path
    sub = sorted((k, v) for k, v in request.parameters if k in _SUBRESOURCES)
    resource = path + ("?" + "&".join(f"{k}={v}" if v else k for k, v in sub) if sub else "")
    extra = "".join(f"{k}:{v}\n" for k, v in sorted(amz))
    to_sign = (
        f"{request.method}\n{headers.get('content-md5', '')}\n{headers.get('content-type', '')}\n"
        f"{signature.date}\n{extra}{resource}"
    )
    digest = hmac.digest(secret.encode(), to_sign.encode("utf-8", "surrogateescape"), "sha1")
    if not hmac.compare_digest(
        base64.b64encode(digest), signature.signature.encode("utf-8", "surrogateescape")
    ):
        raise mismatch(signature)
