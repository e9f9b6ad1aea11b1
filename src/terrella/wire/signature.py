"""What a request says of who made it, and the refusals of those who could not have, by service."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ..core.errors import AwsError, InvalidSignatureException, UnrecognizedClientException
from . import hosts, model
from .quirks import S3_LIKE, SIGNATURE_FAMILY

_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)


@dataclass(slots=True)
class Signature:
    """What a request says of who made it. `date` is as sent: 20260131T235959Z; in version 2 the expiry."""

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


def whole_seconds(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise AuthorizationQueryParametersError(f"{name} should be a number")
    return int(text)


@functools.cache
def family(signing_name: str) -> tuple[str, int]:
    """The code a service refuses signatures with and the clock skew it bears, in minutes, by its protocol."""
    if signing_name in SIGNATURE_FAMILY:
        return SIGNATURE_FAMILY[signing_name]
    services = hosts.by_signing_name().get(signing_name, ())
    heads = [model.heads()[service] for service in services[:1]]
    protocol = heads[0]["protocol"] if heads else "json"
    if protocol == "ec2":
        return "AuthFailure", 5
    return (
        ("SignatureDoesNotMatch", 15)
        if protocol in ("query", "rest-xml")
        else ("InvalidSignatureException", 5)
    )


def refusal(signature: Signature, message: str) -> AwsError:
    code, _ = family(signature.service)
    if code == "AuthFailure":
        return AuthFailure("AWS was not able to validate the provided access credentials")
    return SignatureDoesNotMatch(message) if code == "SignatureDoesNotMatch" else InvalidSignature(message)


def mismatch(signature: Signature) -> AwsError:
    if signature.service in S3_LIKE:
        return SignatureDoesNotMatch(
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            AWSAccessKeyId=signature.access_key,
            SignatureProvided=signature.signature,
        )
    return refusal(signature, _MISMATCH)


def unknown_key(signature: Signature) -> AwsError:
    """The refusal of an access key nobody has been given."""
    if signature.service in S3_LIKE:
        return InvalidAccessKeyId(
            "The AWS Access Key Id you provided does not exist in our records.",
            AWSAccessKeyId=signature.access_key,
        )
    if family(signature.service)[0] == "AuthFailure":
        return refusal(signature, "")
    return UnrecognizedClientException("The security token included in the request is invalid.")


class InvalidAccessKeyId(AwsError):
    status = 403


class SignatureDoesNotMatch(AwsError):
    status = 403


class AuthFailure(AwsError):
    status = 401


class RequestTimeTooSkewed(AwsError):
    status = 403


class RequestExpired(AwsError):
    code = "AccessDenied"
    status = 403


class XAmzContentSHA256Mismatch(AwsError):
    """The body is not the one whose digest was signed."""


class AuthorizationQueryParametersError(AwsError):
    """A presigned URL that is none."""


class InvalidSignature(InvalidSignatureException):
    code = "InvalidSignatureException"
    status = 403
