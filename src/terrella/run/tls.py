"""The world's certificate authority, and a certificate per name as clients ask for it.

Keys are EC P-256. A certificate is made in the middle of the handshake, when the client says which name it
wants (RFC 6066 section 3), and kept. Names nobody has a certificate for end the handshake, as out there.
Invariant: the authority's key never leaves the data directory, and is readable by its owner only.
"""

from __future__ import annotations

import datetime
import ipaddress
import os
import ssl
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .disk.errors import DiskError, explained

AUTHORITY_DAYS, LEAF_DAYS = 3650, 397
MOST_NAMES = 512  # kept per process
AWS_SUFFIXES = (".amazonaws.com", ".on.aws", ".api.aws")


class Authority:
    """Signs certificates. Made by `Authority.at`."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key, self._certificate = key, certificate

    @classmethod
    def at(cls, folder: Path) -> Authority:
        """The authority kept in a folder, made if there is none. Raises DiskError."""
        key_path, certificate_path = folder / "key.pem", folder / "ca.pem"
        try:
            if not key_path.exists():
                _create(key_path, certificate_path)
            key = serialization.load_pem_private_key(key_path.read_bytes(), None)
            certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
        except OSError as error:
            raise explained(error, folder) from None
        except ValueError as error:
            raise DiskError(f"{folder} holds no certificate authority that can be read: {error}.") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise DiskError(f"{key_path} is not the key this program made.")
        return cls(key, certificate)

    def certificate(self, *names: str) -> bytes:
        """A certificate for host names or addresses, with its key, in PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._leaf(list(names), key).public_bytes(serialization.Encoding.PEM) + _pem(key)

    def issue(self, names: list[str]) -> dict[str, str]:
        """`region.ports.Certificates`: one for all these names, and the chain to the authority, in PEM."""
        leaf = self._leaf(names, ec.generate_private_key(ec.SECP256R1()))
        pem = serialization.Encoding.PEM
        return {
            "certificate": leaf.public_bytes(pem).decode(),
            "chain": self._certificate.public_bytes(pem).decode(),
        }

    def _leaf(self, names: list[str], key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        return (
            _builder(_subject(names[0][:64]), self._certificate.subject, key, LEAF_DAYS)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_identifier_of(self._key), critical=False)
            .sign(self._key, hashes.SHA256())
        )


class Certificates:
    """What one place shows its clients. `issued` says whether a customer's name has a certificate here."""

    def __init__(self, authority: Authority, address: str, issued: Callable[[str], bool]) -> None:
        self._authority, self._issued = authority, issued
        self._contexts: dict[str, ssl.SSLContext] = {}
        self.base = self._context(address)  # for clients that name nobody: those who use the bare address
        self.base.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, name: str | None, base: ssl.SSLContext) -> int | None:
        if name is None:
            return None
        name = name.lower().rstrip(".")
        if not (name == "localhost" or name.endswith(AWS_SUFFIXES) or self._issued(name)):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        context = self._contexts.get(name)
        if context is None:
            if len(self._contexts) >= MOST_NAMES:
                self._contexts.clear()
            context = self._contexts[name] = self._context(name)
        connection.context = context
        return None

    def _context(self, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        pem = self._authority.certificate(name)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # ssl reads certificates from files only
            file.write(pem)
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _create(key_path: Path, certificate_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _subject("Terrella, authority of this world only")
    certificate = (
        _builder(name, name, key, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_key_usage(), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    with suppress(FileNotFoundError):
        key_path.unlink()
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(_pem(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _identifier_of(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _key_usage() -> x509.KeyUsage:
    wanted = {"key_cert_sign", "crl_sign", "digital_signature"}
    every = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name in wanted for name in every})


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
