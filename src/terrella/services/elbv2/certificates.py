"""Certificates of listeners: the default one, and more of them for other names (SNI).

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, NotImplementedHere
from ...region.service import Context
from .errors import (
    CertificateNotFound,
    InvalidConfigurationRequest,
    OperationNotPermitted,
    TooManyCertificates,
    UnsupportedCertificate,
    ValidationError,
)
from .state import Plain, State, service

MOST = 25  # beside the default one


@service.operation
async def add_listener_certificates(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    _secure(ctx.state.listener(input["ListenerArn"]))
    arns = [each["CertificateArn"] for each in input["Certificates"]]
    for arn in arns:
        await _check(ctx, arn)
    listener = ctx.state.listener(input["ListenerArn"])
    all = [*listener["Certificates"], *(arn for arn in arns if arn not in listener["Certificates"])]
    if len(all) > MOST + 1:
        raise TooManyCertificates(f"The maximum number of certificates has been reached: {MOST}")
    _put(ctx, listener | {"Certificates": all})
    return {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in arns]}


@service.operation
def remove_listener_certificates(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    listener = ctx.state.listener(input["ListenerArn"])
    _secure(listener)
    arns = [each["CertificateArn"] for each in input["Certificates"]]
    default, *others = listener["Certificates"]
    if default in arns:
        raise OperationNotPermitted("You cannot remove the default certificate of a listener")
    _put(ctx, listener | {"Certificates": [default, *(arn for arn in others if arn not in arns)]})
    return {}


@service.operation
def describe_listener_certificates(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = ctx.state.listener(input["ListenerArn"])["Certificates"]
    return {"Certificates": [{"CertificateArn": arn, "IsDefault": not at} for at, arn in enumerate(found)]}


async def check_default(ctx: Context[State], arns: list[str]) -> None:
    """Raises CertificateNotFound, UnsupportedCertificate, ValidationError."""
    if not arns:
        raise ValidationError("A certificate must be specified for HTTPS and TLS listeners")
    if len(arns) > 1:
        raise InvalidConfigurationRequest("Only one certificate can be specified: the default one")
    await _check(ctx, arns[0])


async def _check(ctx: Context[State], arn: str) -> None:
    if ":iam:" in arn:
        raise NotImplementedHere("elbv2", "listeners with server certificates of IAM")
    try:
        found = await ctx.request("acm", "DescribeCertificate", {"CertificateArn": arn})
    except AwsError as error:
        if error.status >= 500:
            raise
        raise CertificateNotFound(f"Certificate '{arn}' not found") from None
    if found["Certificate"]["Status"] != "ISSUED":
        raise UnsupportedCertificate(
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a "
            "supported key size."
        )


def _secure(listener: Plain) -> None:
    if listener["Protocol"] not in ("HTTPS", "TLS"):
        raise InvalidConfigurationRequest("Certificates are for listeners with protocol HTTPS or TLS")


def _put(ctx: Context[State], listener: Plain) -> None:
    ctx.commit("entry_put", table="listeners", key=listener["Arn"], value=listener)
