"""Who signed this request, for which region and service, and whether they could have: AWS Signature Version 4.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html. Signatures are read from the header or
the query string; `verify` recomputes them. Version 2 query strings of S3 are read and verified too, because
boto3 still makes them.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

from ..core.errors import AwsError, IncompleteSignatureException, InvalidSignatureException
from . import chunked, hosts
from .http import Request
from .quirks import S3_LIKE, SIGNATURE_FAMILY

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
_EMPTY = hashlib.sha256(b"").hexdigest()
_HEADER = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request\s*,\s*"
    r"SignedHeaders=([^,\s]+)\s*,\s*Signature=([0-9a-f]{64})\s*"
)
_DATE = re.compile(r"\d{8}T\d{6}Z")
_BLANKS = re.compile(r"\s+")


class SignatureDoesNotMatch(AwsError):
    status = 403


class AuthFailure(AwsError):
    status = 403


class RequestTimeTooSkewed(AwsError):
    status = 403


class RequestExpired(AwsError):
    code = "AccessDenied"
    status = 403


class XAmzContentSHA256Mismatch(AwsError):
    """The body is not the one whose digest was signed."""


class AuthorizationQueryParametersError(AwsError):
    """A presigned URL that is none."""


@dataclass(slots=True)
class Signature:
    """What a request says of who made it. `date` is as sent: 20260131T235959Z (version 2: the expiry, epoch seconds)."""

    access_key: str
    date: str
    day: str
    region: str
    service: str
    signed_headers: str
    signature: str
    presigned: bool = False
    expires: int | None = None
    session_token: str | None = None
    version: int = 4

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def read(request: Request) -> Signature | None:
    """The signature of a request, unchecked; None if it has none.

    Raises IncompleteSignatureException, or AuthorizationQueryParametersError for a presigned URL.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        found = _HEADER.fullmatch(authorization)
        if found is None:
            return _malformed(authorization)
        access_key, day, region, service, signed, signature = found.groups()
        date = request.headers.get("x-amz-date") or request.headers.get("date", "")
        token = request.headers.get("x-amz-security-token")
        return Signature(access_key, date, day, region, service, signed, signature, session_token=token)
    if "Signature=" in request.query:
        return _presigned(request)
    return None


def _malformed(authorization: str) -> Signature | None:
    """Other schemes (Bearer, Basic) are no business of ours; a broken one of ours is refused."""
    scheme, _, rest = authorization.partition(" ")
    if not scheme.startswith("AWS4-"):
        return None
    if scheme != ALGORITHM:
        raise IncompleteSignatureException(f"Unsupported AWS 'algorithm': '{scheme}'.")
    given = {part.strip().partition("=")[0]: part.partition("=")[2] for part in rest.split(",")}
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not given.get(name)]
    said = "".join(f"Authorization header requires '{name}' parameter. " for name in missing)
    if not missing:
        said = f"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{given['Credential']}' "
    raise IncompleteSignatureException(f"{said}Authorization={authorization}")


def _presigned(request: Request) -> Signature | None:
    given = dict(request.parameters)
    if "AWSAccessKeyId" in given and "Expires" in given and "Signature" in given:
        return _version_2(given)
    if "X-Amz-Signature" not in given:
        return None
    if given.get("X-Amz-Algorithm") != ALGORITHM:
        raise AuthorizationQueryParametersError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"')
    parts = given.get("X-Amz-Credential", "").split("/")
    if len(parts) != 5:
        raise AuthorizationQueryParametersError(
            'Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    expires = _whole_seconds(given.get("X-Amz-Expires", "900"), "X-Amz-Expires")
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


def _version_2(given: dict[str, str]) -> Signature:
    expires = _whole_seconds(given["Expires"], "Expires")
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


def _whole_seconds(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise AuthorizationQueryParametersError(f"{name} should be a number")
    return int(text)


def verify(request: Request, signature: Signature, secret: str, now: datetime | float) -> None:
    """Recompute the signature and compare; check that it is not too old.

    Raises InvalidSignatureException, for query services SignatureDoesNotMatch, for EC2 AuthFailure, for S3 also
    RequestTimeTooSkewed, AccessDenied (expired URLs) and XAmzContentSHA256Mismatch.
    """
    if signature.version == 2:
        return _verify_version_2(request, signature, secret, now)
    _check_time(signature, now)
    claimed = payload_hash(request, signature)
    canonical = canonical_request(request, signature, claimed)
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogateescape")).hexdigest()
    to_sign = f"{ALGORITHM}\n{signature.date}\n{signature.scope}\n{digest}"
    key = signing_key(secret, signature.day, signature.region, signature.service)
    if not hmac.compare_digest(_hmac(key, to_sign), signature.signature.encode()):
        raise _mismatch(signature)
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
                else _mismatch(signature)
            )
    return claimed


def canonical_request(request: Request, signature: Signature, payload: str) -> str:
    """The request in the form both sides sign."""
    headers = request.headers
    lines = []
    for name in _names(signature.signed_headers):
        text = headers.get(name, "")
        lines.append(f"{name}:{text if text.isalnum() else _BLANKS.sub(' ', text.strip())}\n")
    path = request.path
    if path != "/" and signature.service not in S3_LIKE:
        path = _normal_path(path)
    query = _canonical_query(request.query) if request.query else ""
    return f"{request.method}\n{path}\n{query}\n{''.join(lines)}\n{signature.signed_headers}\n{payload}"


@functools.lru_cache(maxsize=512)
def _names(signed_headers: str) -> tuple[str, ...]:
    return tuple(signed_headers.lower().split(";"))


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
    return text if text.isalnum() and text.isascii() else quote(unquote(text, errors="surrogateescape"), safe="-_.~", errors="surrogateescape")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256").hex().encode()


# Time.


def _check_time(signature: Signature, now: datetime | float) -> None:
    if not _DATE.fullmatch(signature.date):
        raise IncompleteSignatureException(
            f"Date must be in ISO-8601 'basic format'. Got '{signature.date}'. See http://en.wikipedia.org/wiki/ISO_8601"
        )
    signed = _epoch(signature.date)
    present = now.timestamp() if isinstance(now, datetime) else now
    if signature.presigned:
        _check_expiry(signature, signed, present)
        return
    _, minutes = SIGNATURE_FAMILY.get(signature.service, _family(signature.service))
    if abs(present - signed) > minutes * 60:
        raise _skewed(signature, signed, present, minutes)


@functools.lru_cache(maxsize=4096)
def _epoch(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise IncompleteSignatureException(f"Date must be in ISO-8601 'basic format'. Got '{date}'.") from None


def _skewed(signature: Signature, signed: float, now: float, minutes: int) -> AwsError:
    if signature.service in S3_LIKE:
        return RequestTimeTooSkewed(
            "The difference between the request time and the current time is too large.",
            RequestTime=signature.date,
            ServerTime=_iso(now),
            MaxAllowedSkewMilliseconds=minutes * 60_000,
        )
    sign, word = ("-", "Signature expired") if signed < now else ("+", "Signature not yet current")
    edge = now - minutes * 60 if signed < now else now + minutes * 60
    relation = "earlier" if signed < now else "still later"
    relation = f"is now {relation} than" if signed < now else f"is {relation} than"
    return _family_error(
        signature, f"{word}: {signature.date} {relation} {_basic(edge)} ({_basic(now)} {sign} {minutes} min.)"
    )


def _check_expiry(signature: Signature, signed: float, now: float) -> None:
    assert signature.expires is not None
    if now > signed + signature.expires:
        if signature.service in S3_LIKE:
            raise RequestExpired(
                "Request has expired",
                **{
                    "X-Amz-Expires": signature.expires,
                    "Expires": _iso(signed + signature.expires),
                    "ServerTime": _iso(now),
                },
            )
        raise _family_error(
            signature,
            f"Signature expired: {signature.date} is now earlier than {_basic(now - signature.expires)} "
            f"({_basic(now)} - {signature.expires // 60} min.)",
        )
    if signed > now + 15 * 60:
        raise (
            RequestExpired("Request is not yet valid")
            if signature.service in S3_LIKE
            else _skewed(signature, signed, now, 15)
        )


def _basic(seconds: float) -> str:
    return _at(seconds).strftime("%Y%m%dT%H%M%SZ")


def _iso(seconds: float) -> str:
    return _at(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def _at(seconds: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=min(seconds, 253_402_300_000))


# Refusals.

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@functools.cache
def _family(signing_name: str) -> tuple[str, int]:
    """The code a service refuses signatures with and the clock skew it bears, in minutes, by its protocol."""
    services = hosts.by_signing_name().get(signing_name, ())
    heads = [hosts.model.heads()[service] for service in services[:1]]
    protocol = heads[0]["protocol"] if heads else "json"
    if protocol == "ec2":
        return "AuthFailure", 5
    return ("SignatureDoesNotMatch", 15) if protocol in ("query", "rest-xml") else ("InvalidSignatureException", 5)


def _family_error(signature: Signature, message: str) -> AwsError:
    code, _ = SIGNATURE_FAMILY.get(signature.service, _family(signature.service))
    if code == "AuthFailure":
        return AuthFailure("AWS was not able to validate the provided access credentials")
    return SignatureDoesNotMatch(message) if code == "SignatureDoesNotMatch" else _Invalid(message)


class _Invalid(InvalidSignatureException):
    code = "InvalidSignatureException"
    status = 403


def _mismatch(signature: Signature) -> AwsError:
    if signature.service in S3_LIKE:
        return SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=signature.access_key,
            SignatureProvided=signature.signature,
        )
    return _family_error(signature, _MISMATCH)


# Streams and version 2.


def _verify_chunks(request: Request, signature: Signature, key: bytes) -> None:
    """Every chunk is signed together with the signature before it, beginning with the request's own."""
    parts = chunked.split(request.body)
    before = signature.signature
    head = f"{signature.date}\n{signature.scope}\n"
    for chunk in parts.chunks:
        digest = hashlib.sha256(chunk.data).hexdigest()
        expected = _hmac(key, f"{ALGORITHM}-PAYLOAD\n{head}{before}\n{_EMPTY}\n{digest}")
        if chunk.signature is None or not hmac.compare_digest(expected, chunk.signature.encode()):
            raise _mismatch(signature)
        before = chunk.signature
    if request.headers.get("x-amz-content-sha256", "").endswith("-TRAILER"):
        digest = hashlib.sha256(parts.signed_trailer).hexdigest()
        expected = _hmac(key, f"{ALGORITHM}-TRAILER\n{head}{before}\n{digest}")
        if not hmac.compare_digest(expected, (parts.trailer_signature or "").encode()):
            raise _mismatch(signature)


_SUBRESOURCES = frozenset(
    "accelerate acl cors defaultObjectAcl location logging partNumber policy requestPayment torrent versioning versionId "
    "versions website uploads uploadId response-content-type response-content-language response-expires "
    "response-cache-control response-content-disposition response-content-encoding delete lifecycle tagging restore "
    "storageClass notification replication analytics metrics inventory select select-type object-lock".split()
)


def _verify_version_2(request: Request, signature: Signature, secret: str, now: datetime | float) -> None:
    present = now.timestamp() if isinstance(now, datetime) else now
    if signature.expires is not None and present > signature.expires:
        raise RequestExpired(
            "Request has expired", Expires=_iso(signature.expires), ServerTime=_iso(present)
        )
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
    if not hmac.compare_digest(base64.b64encode(digest), signature.signature.encode("utf-8", "surrogateescape")):
        raise _mismatch(signature)
