"""Certificates the user brings: PEM in, checked, kept as it is."""

from __future__ import annotations

import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ...core.errors import ValidationException
from ...region.service import Context
from . import requests, tags
from .errors import InvalidParameterException
from .state import State, service

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_CURVES = {"secp256r1": "EC_prime256v1", "secp384r1": "EC_secp384r1", "secp521r1": "EC_secp521r1"}


@service.operation
def import_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    arn, given = input.get("CertificateArn"), input.get("Tags")
    earlier = requests.find(ctx.state, arn) if arn else None
    if earlier is not None and earlier["Type"] != "IMPORTED":
        raise ValidationException("Only an imported certificate can be imported again.")
    if earlier is not None and given:
        raise InvalidParameterException("Tags cannot be specified when a certificate is imported again.")
    certificate = {
        **_read(input),
        "Arn": arn or requests.new_arn(ctx),
        "Type": "IMPORTED",
        "Method": None,
        "Token": None,
        "CreatedAt": earlier["CreatedAt"] if earlier else ctx.now,
        "ImportedAt": ctx.now,
        "IssuedAt": ctx.now,
        "Options": {"CertificateTransparencyLoggingPreference": "DISABLED", "Export": "DISABLED"},
        "ValidationDomains": {},
        "Proven": {},
        "Tags": earlier["Tags"] if earlier else tags.checked(given or []),
    }
    ctx.commit("certificate_stored", certificate=certificate)
    return {"CertificateArn": certificate["Arn"]}


def _read(input: dict[str, Any]) -> dict[str, Any]:
    """What the PEM says. ValidationException if it is none, or if its parts do not belong together."""
    leaf = _certificate(input["Certificate"])
    key = _key(input["PrivateKey"])
    if key.public_key() != leaf.public_key():
        raise ValidationException("The certificate and the private key do not match.")
    chain = input.get("CertificateChain")
    if chain is not None and not _PEM.search(chain):
        raise ValidationException("Unable to parse the certificate chain. It must be in PEM format.")
    serial = f"{leaf.serial_number:032x}"
    return {
        "Names": _names(leaf),
        "KeyAlgorithm": _algorithm(leaf),
        "Serial": ":".join(serial[i : i + 2] for i in range(0, len(serial), 2)),
        "Subject": leaf.subject.rfc4514_string(),
        "Issuer": leaf.issuer.rfc4514_string(),
        "SignatureAlgorithm": _signature(leaf),
        "NotBefore": leaf.not_valid_before_utc.timestamp(),
        "NotAfter": leaf.not_valid_after_utc.timestamp(),
        "Body": input["Certificate"].decode(),
        "PrivateKey": input["PrivateKey"].decode(),
        "Chain": chain.decode() if chain is not None else None,
    }


def _certificate(pem: bytes) -> x509.Certificate:
    if len(_PEM.findall(pem)) > 1:
        raise ValidationException(
            "The certificate field contains more than one certificate. You can specify only one certificate "
            "in this field."
        )
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise ValidationException("Unable to parse the certificate. It must be in PEM format.") from error


def _key(pem: bytes) -> Any:
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ValidationException(
            "Unable to parse the private key. It must be in PEM format and not encrypted."
        ) from error


def _names(leaf: x509.Certificate) -> list[str]:
    names = [
        str(attribute.value).lower()
        for attribute in leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    ]
    try:
        extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        names += [name.lower() for name in extension.value.get_values_for_type(x509.DNSName)]
    except x509.ExtensionNotFound:
        pass  # the common name is all there is
    if not names:
        raise ValidationException("The certificate must name a domain.")
    return list(dict.fromkeys(names))


def _algorithm(leaf: x509.Certificate) -> str:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValidationException("The key algorithm of the certificate is not supported.")


def _signature(leaf: x509.Certificate) -> str:
    digest = leaf.signature_hash_algorithm
    kind = "ECDSA" if "ecdsa" in leaf.signature_algorithm_oid._name.lower() else "RSA"
    return f"{(digest.name if digest else 'none').upper()}WITH{kind}"
