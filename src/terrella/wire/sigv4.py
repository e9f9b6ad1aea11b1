"""Who signed this request, for which region and service, and could they have: AWS Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. Signatures are read from the header or
the query string; `verify` recomputes them. Version 2 query strings of S3 are read and verified too, because
boto3 still makes them.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from typing import Any
from urllib.parse import quote, unquote

from ..core.errors import IncompleteSignatureException
from . import chunked, sigv2
from .freshness import check_time, seconds
from .http import Head, Request
from .quirks import S3_LIKE
from .signature import (
    AuthorizationQueryParametersError,
    Signature,
    XAmzContentSHA256Mismatch,
    mismatch,
    unknown_key,
    whole_seconds,
)

__all__ = ["Signature", "read", "signing_key", "unknown_key", "verify"]

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256(b"").hexdigest()
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request\s*,\s*"
    r"SignedHeaders=([^,\s]+)\s*,\s*Signature=([^,\s]+)\s*"
)
_PLACE = "\0"  # no header holds one
_BLANKS = re.compile(r"\s+")
_TO_FOLD = re.compile(r"  |\t|: | \n")

Keyed = tuple[Any, Any, str]
_claims: dict[str, tuple[str, ...]] = {}  # beginnings of authorization headers, taken apart


def read(request: Request) -> Signature | None:
    """The signature of a request, unchecked; None if it has none.

    Raises IncompleteSignatureException, or AuthorizationQueryParametersError for a presigned URL.
    """
    headers = request.headers
    authorization = headers.get("authorization")
    if authorization is not None:
        head, signature = request.head, authorization[-64:]
        claim = _claims.get(authorization[:-64]) if head is None else head.known.get("claim")
        if claim is None or (head is None and not signature.isalnum()):
            found = _claim(authorization) or _parts(authorization)
            if found is None:
                return None
            if head is not None and found[5] == signature:
                head.known["claim"] = found[:5]
            claim, signature = found[:5], found[5]
        access_key, day, region, service, signed = claim
        date = headers.get("x-amz-date") or headers.get("date", "")
        token = headers.get("x-amz-security-token")
        return Signature(access_key, date, day, region, service, signed, signature, False, None, token)
    if "Signature=" in request.query:
        return _presigned(request)
    return None


def _claim(authorization: str) -> tuple[str, ...] | None:
    """Who signs, on which day, for which region and service, which headers, and the signature. All but the
    last stay the same from request to request, and so are taken apart once."""
    found = _HEADER.fullmatch(authorization)
    if found is None:
        return None
    access_key, day, region, service, signed, signature = found.groups()
    if authorization.endswith(signature) and _is_digest(signature):
        if len(_claims) >= 4096:
            _claims.clear()
        _claims[authorization[:-64]] = (access_key, day, region, service, signed)
    return access_key, day, region, service, signed, signature


def _is_digest(text: str) -> bool:
    """Is it 64 hexadecimal digits, without the blanks `fromhex` overlooks?"""
    try:
        return len(text) == 64 and len(bytes.fromhex(text)) == 32
    except ValueError:
        return False


def _parts(authorization: str) -> tuple[str, ...] | None:
    """Of a header that is not in the usual order, or broken and then refused. Other schemes (Bearer, Basic)
    are no business of ours."""
    scheme, _, rest = authorization.partition(" ")
    if not scheme.startswith("AWS4-"):
        return None
    if scheme != ALGORITHM:
        raise IncompleteSignatureException(f"Unsupported AWS 'algorithm': '{scheme}'.")
    given = {part.strip().partition("=")[0]: part.strip().partition("=")[2] for part in rest.split(",")}
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not given.get(name)]
    said = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    scope = given.get("Credential", "").split("/")
    if not missing and len(scope) != 5:
        said = (
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, "
            f"got '{given['Credential']}' "
        )
    elif not missing and scope[4] != "aws4_request":
        said = f"Credential should be scoped with a valid terminator: 'aws4_request', not '{scope[4]}'. "
    elif not missing and not all(scope):
        said = f"Credential must not have empty elements, got '{given['Credential']}' "
    if said:
        raise IncompleteSignatureException(f"{said}Authorization={authorization}")
    return (*scope[:4], given["SignedHeaders"], given["Signature"])


def _presigned(request: Request) -> Signature | None:
    given = dict(request.parameters)
    if "AWSAccessKeyId" in given and "Expires" in given and "Signature" in given:
        return sigv2.read(given)
    if "X-Amz-Signature" not in given:
        return None
    if given.get("X-Amz-Algorithm") != ALGORITHM:
        raise AuthorizationQueryParametersError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    parts = given.get("X-Amz-Credential", "").split("/")
    if len(parts) != 5:
        raise AuthorizationQueryParametersError(
            "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
            'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    expires = whole_seconds(given.get("X-Amz-Expires", "900"), "X-Amz-Expires")
    access_key, day, region, service, _ = parts
    return Signature(
        access_key,
        given.get("X-Amz-Date", ""),
        day,
        region,
        service,
        given.get("X-Amz-SignedHeaders", ""),
        given["X-Amz-Signature"],
        presigned=True,
        expires=expires,
        session_token=given.get("X-Amz-Security-Token"),
    )


def verify(request: Request, signature: Signature, secret: str, now: datetime | float) -> None:
    """Recompute the signature and compare; check that it is not too old.

    Raises InvalidSignatureException, for query services SignatureDoesNotMatch, for EC2 AuthFailure, for S3
    also RequestTimeTooSkewed, AccessDenied (expired URLs) and XAmzContentSHA256Mismatch.
    """
    if signature.version == 2:
        return sigv2.verify(request, signature, secret, now)
    check_time(signature, now if now.__class__ is float else seconds(now))
    claimed = payload_hash(request, signature)
    canonical = canonical_request(request, signature, claimed)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    key = _keyed(secret, signature.day, signature.region, signature.service)
    to_sign = f"{ALGORITHM}\n{signature.date}\n{key[2]}\n{digest}"
    if not _same(_hmac(key, to_sign), signature.signature):
        raise mismatch(signature)
    if claimed.startswith("STREAMING-AWS4-HMAC"):
        _verify_chunks(request, signature, key)
    return None


@functools.lru_cache(maxsize=1024)
def signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def payload_hash(request: Request, signature: Signature) -> str:
    """What the signature says of the body, checked against the body where it is a digest."""
    claimed = request.headers.get("x-amz-content-sha256")
    if claimed is None:
        if signature.presigned and signature.service in S3_LIKE:
            return UNSIGNED
        return hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY
    if len(claimed) == 64:
        actual = hashlib.sha256(request.body).hexdigest() if request.body else _EMPTY
        if actual != claimed:
            raise (
                XAmzContentSHA256Mismatch(
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                    ClientComputedContentSHA256=claimed,
                    S3ComputedContentSHA256=actual,
                )
                if signature.service in S3_LIKE
                else mismatch(signature)
            )
    return claimed


def canonical_request(request: Request, signature: Signature, payload: str) -> str:
    """The request in the form both sides sign."""
    head = request.head
    if head is None:
        return _canonical(request, signature, payload)
    key = (signature.signed_headers, signature.service)
    found = head.known.get(key)
    if found is None:
        found = head.known[key] = _of_head(request, head, signature)
    names, form = found
    headers = request.headers
    if len(names) == 1:  # the date
        return form % (headers[names[0]], payload)
    return form % (*[headers[name] for name in names], payload) if form else _canonical(request, signature, payload)


def _of_head(request: Request, head: Head, signature: Signature) -> tuple[list[str], str]:
    """The signed headers that vary among requests with this head, and the form with places for them and for the
    payload. "" where that is more than places."""
    names = [name for name in signature.signed_headers.lower().split(";") if name in head.varying]
    marked = replace(request, headers=request.headers | dict.fromkeys(names, _PLACE), head=None)
    text = _canonical(marked, signature, _PLACE)
    if "authorization" in names or text.count(_PLACE) != len(names) + 1:
        return [], ""
    return names, text.replace("%", "%%").replace(_PLACE, "%s")


def _canonical(request: Request, signature: Signature, payload: str) -> str:
    pick, form = _signed(signature.signed_headers)
    values = pick(request.headers)
    path = request.path
    if path != "/" and signature.service not in S3_LIKE:
        path = _normal_path(path)
    query = _canonical_query(request.query) if request.query else ""
    text = form % (request.method, path, query, *values, payload)
    if (" " in text or "\t" in text) and _TO_FOLD.search(text):
        folded = [_BLANKS.sub(" ", value).strip() for value in values]
        text = form % (request.method, path, query, *folded, payload)
    return text


@functools.lru_cache(maxsize=512)
def _signed(signed_headers: str) -> tuple[Callable[[dict[str, str]], Sequence[str]], str]:
    """What takes those headers' values, "" where one is not there, and the form they are signed in."""
    names = tuple(signed_headers.lower().split(";"))
    lines = "".join(f"{name.replace('%', '%%')}:%s\n" for name in names)
    form = f"%s\n%s\n%s\n{lines}\n{signed_headers.replace('%', '%%')}\n%s"
    if len(names) == 1:
        return lambda headers: (headers.get(names[0], ""),), form
    all_of_them = itemgetter(*names)

    def pick(headers: dict[str, str]) -> Sequence[str]:
        try:
            found: Sequence[str] = all_of_them(headers)
        except KeyError:
            found = [headers.get(name, "") for name in names]
        return found

    return pick, form


@functools.lru_cache(maxsize=1024)
def _normal_path(path: str) -> str:
    """Dot segments and empty ones resolved, then encoded once more: what every service but S3 signs."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if kept:
                kept.pop()
        elif part and part != ".":
            kept.append(part)
    tail = "/" if path.endswith("/") and kept else ""
    return quote(f"/{'/'.join(kept)}{tail}", safe="/~-_.")


def _canonical_query(query: str) -> str:
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, text = part.partition("=")
            if name != "X-Amz-Signature":
                pairs.append((_encoded(name), _encoded(text)))
    return "&".join(f"{name}={text}" for name, text in sorted(pairs))


def _encoded(text: str) -> str:
    return (
        text
        if text.isalnum() and text.isascii()
        else quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")
    )


def _same(expected: str, given: str) -> bool:
    return given.isascii() and hmac.compare_digest(expected, given)


def _hmac(key: Keyed, text: str) -> str:
    """HMAC-SHA256 in hexadecimal (RFC 2104), from hashes that took in the key already: half the time."""
    inner, outer = key[0].copy(), key[1].copy()
    inner.update(text.encode())
    outer.update(inner.digest())
    found: str = outer.hexdigest()
    return found


@functools.lru_cache(maxsize=1024)
def _keyed(secret: str, day: str, region: str, service: str) -> Keyed:
    """The inner and outer hash of one day's key, and the scope it is for."""
    block = signing_key(secret, day, region, service).ljust(64, b"\0")
    return (
        hashlib.sha256(bytes(byte ^ 0x36 for byte in block)),
        hashlib.sha256(bytes(byte ^ 0x5C for byte in block)),
        f"{day}/{region}/{service}/aws4_request",
    )


def _verify_chunks(request: Request, signature: Signature, key: Keyed) -> None:
    """Every chunk is signed together with the signature before it, beginning with the request's own."""
    parts = chunked.split(request.body)
    before = signature.signature
    head = f"{signature.date}\n{signature.scope}\n"
    for chunk in parts.chunks:
        digest = hashlib.sha256(chunk.data).hexdigest()
        expected = _hmac(key, f"{ALGORITHM}-PAYLOAD\n{head}{before}\n{_EMPTY}\n{digest}")
        if chunk.signature is None or not _same(expected, chunk.signature):
            raise mismatch(signature)
        before = chunk.signature
    if request.headers.get("x-amz-content-sha256", "").endswith("-TRAILER"):
        digest = hashlib.sha256(parts.signed_trailer).hexdigest()
        expected = _hmac(key, f"{ALGORITHM}-TRAILER\n{head}{before}\n{digest}")
        if not _same(expected, parts.trailer_signature or ""):
            raise mismatch(signature)
