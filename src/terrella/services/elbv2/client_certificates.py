"""Certificates that clients show: what targets are told of them, whose they may be, which are revoked.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/mutual-authentication.html
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Plain = dict[str, Any]
Headers = list[tuple[str, str]]
PREFIX = "X-Amzn-Mtls-Clientcert"
NAMED = {NameOID.EMAIL_ADDRESS: "emailAddress"}  # as OpenSSL writes it; RFC 2253 has no word for it
VERIFY, PASSTHROUGH, OFF = "verify", "passthrough", "off"
_BEGIN_CERTIFICATE, _BEGIN_LIST = b"-----BEGIN CERTIFICATE-----", b"-----BEGIN X509 CRL-----"


@dataclass(frozen=True, slots=True)
class Secured:
    """What TLS agreed with a client: version and cipher in OpenSSL's words; the certificates it showed, in DER."""

    version: str
    cipher: str
    chain: tuple[bytes, ...] = ()


@functools.lru_cache(maxsize=512)
def told(chain: tuple[bytes, ...], mode: str) -> tuple[tuple[str, str], ...]:
    """What targets are told of the certificates a client has shown."""
    if not chain or mode == OFF:
        return ()
    if mode == PASSTHROUGH:
        return ((PREFIX, "".join(map(_quoted, chain))),)
    leaf = x509.load_der_x509_certificate(chain[0])
    since, until = _time(leaf.not_valid_before_utc), _time(leaf.not_valid_after_utc)
    return (
        (f"{PREFIX}-Serial-Number", _bytes(leaf.serial_number)),
        (f"{PREFIX}-Issuer", leaf.issuer.rfc4514_string(NAMED)),
        (f"{PREFIX}-Subject", leaf.subject.rfc4514_string(NAMED)),
        (f"{PREFIX}-Validity", f"NotBefore={since};NotAfter={until}"),
        (f"{PREFIX}-Leaf", _quoted(chain[0])),
    )


def authorities_in(bundle: bytes) -> int:
    """How many certificates a bundle has. Raises ValueError."""
    if _BEGIN_CERTIFICATE not in bundle:
        raise ValueError("it holds no certificate in PEM")
    for each in (found := x509.load_pem_x509_certificates(bundle)):
        if each.version is not x509.Version.v3:
            raise ValueError("only X.509v3 certificates are supported")
    return len(found)


def authorities(bundle: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(bundle.encode())


def revocations(content: bytes) -> x509.CertificateRevocationList:
    """A certificate revocation list, in PEM or DER. Raises ValueError."""
    return (x509.load_pem_x509_crl if _BEGIN_LIST in content else x509.load_der_x509_crl)(content)


def _quoted(certificate: bytes) -> str:
    """URL-encoded PEM, in which `+`, `=` and `/` stand for themselves."""
    return quote(x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM), safe="+=/")


def _bytes(number: int) -> str:
    """A whole number of bytes in hexadecimal: AWS's example is 03A5B1."""
    digits = f"{number:X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
