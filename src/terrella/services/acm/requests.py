"""Requesting certificates, and looking at them."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from ...region.service import Context
from . import tags, validation
from .errors import (
    InvalidDomainValidationOptionsException,
    InvalidParameterException,
    InvalidStateException,
    LimitExceededException,
    RequestInProgressException,
    ResourceNotFoundException,
)
from .state import Certificate, State, expires_at, service, status

MOST_NAMES = 10
MOST_CERTIFICATES = 2_500
SAME_TOKEN_WITHIN_S = 3600
DEFAULT_KEY = "RSA_2048"
PAGE = 1000


@service.operation
def request_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    _refuse_what_is_not_here(input)
    names = _names(input)
    earlier = _same_request(ctx, names, input.get("IdempotencyToken"))
    if earlier is not None:
        return {"CertificateArn": earlier["Arn"]}
    if len(ctx.state.certificates) >= MOST_CERTIFICATES:
        raise LimitExceededException(
            f"Error: you have reached your limit of {MOST_CERTIFICATES} certificates."
        )
    certificate = {
        "Arn": new_arn(ctx),
        "Names": names,
        "Type": "AMAZON_ISSUED",
        "Method": input.get("ValidationMethod", "DNS"),
        "CreatedAt": ctx.now,
        "Token": input.get("IdempotencyToken"),
        "Options": _options(input.get("Options")),
        "KeyAlgorithm": input.get("KeyAlgorithm", DEFAULT_KEY),
        "ValidationDomains": _validation_domains(input, names),
        "Proven": {},
        "IssuedAt": None,
        "Serial": None,
        "Tags": tags.checked(input.get("Tags") or []),
    }
    ctx.commit("certificate_stored", certificate=certificate)
    if certificate["Method"] == "DNS":
        validation.watch(ctx, certificate["Arn"])
    return {"CertificateArn": certificate["Arn"]}


@service.operation
async def describe_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    certificate = find(ctx.state, input["CertificateArn"])
    if certificate["IssuedAt"] is None:
        await validation.check(ctx, certificate)
        certificate = find(ctx.state, input["CertificateArn"])
    return {"Certificate": _detail(ctx, certificate)}


@service.operation
def list_certificates(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Unless asked for other key types, ACM lists RSA certificates up to 2048 bits only."""
    wanted = input.get("CertificateStatuses")
    key_types = (input.get("Includes") or {}).get("keyTypes") or ["RSA_1024", DEFAULT_KEY]
    size, start = input.get("MaxItems", PAGE), input.get("NextToken", "")
    found = [
        each
        for arn, each in ctx.state.certificates.items()
        if arn >= start and each["KeyAlgorithm"] in key_types and (not wanted or _status(ctx, each) in wanted)
    ]
    if input.get("SortBy"):
        found.sort(key=lambda each: each["CreatedAt"], reverse=input.get("SortOrder") == "DESCENDING")
    answer: dict[str, Any] = {"CertificateSummaryList": [_summary(ctx, each) for each in found[:size]]}
    return answer | ({"NextToken": found[size]["Arn"]} if len(found) > size else {})


@service.operation
def delete_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    certificate = find(ctx.state, input["CertificateArn"])
    ctx.commit("certificate_deleted", arn=certificate["Arn"])
    return {}


@service.operation
def get_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """The user's own PEM, or one the world's authority signs the first time it is asked for."""
    certificate = find(ctx.state, input["CertificateArn"])
    if certificate["IssuedAt"] is None:
        raise RequestInProgressException("The certificate request is in progress. Please try again later.")
    if "Body" not in certificate:
        signed = ctx.here.ports.certificates.issue(certificate["Names"])
        certificate = certificate | {"Body": signed["certificate"], "Chain": signed["chain"]}
        ctx.commit("certificate_stored", certificate=certificate)
    chain = {"CertificateChain": certificate["Chain"]} if certificate.get("Chain") else {}
    return {"Certificate": certificate["Body"], **chain}


@service.operation
def update_certificate_options(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    certificate = find(ctx.state, input["CertificateArn"])
    if certificate["Type"] == "IMPORTED":
        raise InvalidStateException("Options of an imported certificate cannot be changed.")
    options = certificate["Options"] | _options(input["Options"])
    ctx.commit("certificate_stored", certificate=certificate | {"Options": options})
    return {}


def find(state: State, arn: str) -> Certificate:
    """A certificate of this region. ResourceNotFoundException if there is none."""
    certificate: Certificate | None = state.certificates.get(arn)
    if certificate is None:
        raise ResourceNotFoundException(arn)
    return certificate


def new_arn(ctx: Context[State]) -> str:
    id = uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)
    return f"arn:aws:acm:{ctx.region}:{ctx.account}:certificate/{id}"


def proof(account: str, name: str) -> dict[str, str]:
    """The CNAME that proves a name. The same in all regions, and for a wildcard of the name."""
    name = name.removeprefix("*.")
    digest = hashlib.sha256(f"{account} {name}".encode()).hexdigest()
    letters = "".join(
        chr(ord("a") + int(pair, 16) % 26) for pair in (digest[i : i + 2] for i in range(0, 20, 2))
    )
    target = hashlib.sha256(f"{digest} target".encode()).hexdigest()[:32]
    return {
        "Name": f"_{digest[:32]}.{name}.",
        "Type": "CNAME",
        "Value": f"_{target}.{letters}.acm-validations.aws.",
    }


def _refuse_what_is_not_here(input: dict[str, Any]) -> None:
    if "CertificateAuthorityArn" in input:
        raise InvalidParameterException("This world has no AWS Private CA: omit CertificateAuthorityArn.")
    if input.get("ValidationMethod") == "HTTP" or input.get("ManagedBy"):
        raise InvalidParameterException("HTTP validation is only for certificates managed by CloudFront.")


def _names(input: dict[str, Any]) -> list[str]:
    names = [input["DomainName"].lower()]
    for name in input.get("SubjectAlternativeNames") or ():
        if name.lower() not in names:
            names.append(name.lower())
    if len(names) > MOST_NAMES:
        raise LimitExceededException(f"Error: a certificate can have at most {MOST_NAMES} domain names.")
    return names


def _validation_domains(input: dict[str, Any], names: list[str]) -> dict[str, str]:
    chosen = {}
    for option in input.get("DomainValidationOptions") or ():
        name, domain = option["DomainName"].lower(), option["ValidationDomain"].lower()
        if name not in names or not (name == domain or name.endswith(f".{domain}")):
            raise InvalidDomainValidationOptionsException(
                f"The validation domain {domain} is not {name} or a superdomain of it."
            )
        chosen[name] = domain
    return chosen


def _options(given: dict[str, Any] | None) -> dict[str, Any]:
    given = given or {}
    return {
        "CertificateTransparencyLoggingPreference": given.get(
            "CertificateTransparencyLoggingPreference", "ENABLED"
        ),
        "Export": given.get("Export", "DISABLED"),
    }


def _same_request(ctx: Context[State], names: list[str], token: str | None) -> Certificate | None:
    """What the same token asked for within the last hour."""
    if token is None:
        return None
    wanted = (token, names)
    for arn in ctx.state.certificates:
        each = find(ctx.state, arn)
        recent = ctx.now - each["CreatedAt"] < SAME_TOKEN_WITHIN_S
        if recent and (each["Token"], each["Names"]) == wanted:
            return each
    return None


def _status(ctx: Context[State], certificate: Certificate) -> str:
    return status(certificate, ctx.now, ctx.here.world.speed)


def _detail(ctx: Context[State], certificate: Certificate) -> dict[str, Any]:
    detail = {
        "CertificateArn": certificate["Arn"],
        "DomainName": certificate["Names"][0],
        "SubjectAlternativeNames": certificate["Names"],
        "Subject": certificate.get("Subject") or f"CN={certificate['Names'][0]}",
        "Issuer": certificate.get("Issuer") or "Amazon",
        "Status": _status(ctx, certificate),
        "KeyAlgorithm": certificate["KeyAlgorithm"],
        "SignatureAlgorithm": certificate.get("SignatureAlgorithm") or "SHA256WITHRSA",
        "InUseBy": [],
        "Type": certificate["Type"],
        "Options": certificate["Options"],
        "KeyUsages": [],
        "ExtendedKeyUsages": [],
        "RenewalEligibility": "INELIGIBLE",
        **_times(certificate),
    }
    if certificate["Type"] == "AMAZON_ISSUED":
        detail["DomainValidationOptions"] = [
            _domain(ctx, certificate, name, detail["Status"]) for name in certificate["Names"]
        ]
    if certificate["Serial"]:
        detail["Serial"] = certificate["Serial"]
    return detail


def _domain(ctx: Context[State], certificate: Certificate, name: str, status: str) -> dict[str, Any]:
    waiting = "FAILED" if status == "VALIDATION_TIMED_OUT" else "PENDING_VALIDATION"
    domain = {
        "DomainName": name,
        "ValidationDomain": certificate["ValidationDomains"].get(name, name),
        "ValidationStatus": "SUCCESS" if name in certificate["Proven"] else waiting,
        "ValidationMethod": certificate["Method"],
    }
    if certificate["Method"] == "DNS":
        return domain | {"ResourceRecord": proof(ctx.account, name)}
    return domain | {"ValidationEmails": []}


def _times(certificate: Certificate) -> dict[str, float]:
    if certificate["Type"] == "IMPORTED":
        kept = ("ImportedAt", "NotBefore", "NotAfter")
        return {"CreatedAt": certificate["CreatedAt"]} | {name: certificate[name] for name in kept}
    times = {"CreatedAt": certificate["CreatedAt"]}
    if certificate["IssuedAt"] is not None:
        times |= {"IssuedAt": certificate["IssuedAt"], "NotBefore": certificate["IssuedAt"]}
        times["NotAfter"] = expires_at(certificate)
    return times


def _summary(ctx: Context[State], certificate: Certificate) -> dict[str, Any]:
    return {
        "CertificateArn": certificate["Arn"],
        "DomainName": certificate["Names"][0],
        "SubjectAlternativeNameSummaries": certificate["Names"],
        "HasAdditionalSubjectAlternativeNames": False,
        "Status": _status(ctx, certificate),
        "Type": certificate["Type"],
        "KeyAlgorithm": certificate["KeyAlgorithm"],
        "KeyUsages": [],
        "ExtendedKeyUsages": [],
        "ExportOption": certificate["Options"]["Export"],
        "InUse": False,
        "RenewalEligibility": "INELIGIBLE",
        **_times(certificate),
    }
