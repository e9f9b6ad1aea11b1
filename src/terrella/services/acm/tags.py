"""Tags of certificates."""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import requests
from .errors import InvalidStateException, InvalidTagException, TooManyTagsException
from .state import State, service

MOST_TAGS = 50


@service.operation
def list_tags_for_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    certificate = requests.find(ctx.state, input["CertificateArn"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in certificate["Tags"].items()]}


@service.operation
def add_tags_to_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    certificate = requests.find(ctx.state, input["CertificateArn"])
    kept = certificate["Tags"] | checked(input["Tags"])
    if len(kept) > MOST_TAGS:
        raise TooManyTagsException(f"A certificate can have at most {MOST_TAGS} tags.")
    ctx.commit("certificate_stored", certificate=certificate | {"Tags": kept})
    return {}


@service.operation
def remove_tags_from_certificate(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """A tag given with a value is removed only if it has that value."""
    certificate = requests.find(ctx.state, input["CertificateArn"])
    kept = dict(certificate["Tags"])
    for tag in input["Tags"]:
        if "Value" not in tag or kept.get(tag["Key"]) == tag["Value"]:
            kept.pop(tag["Key"], None)
    ctx.commit("certificate_stored", certificate=certificate | {"Tags": kept})
    return {}


@service.operation
def resend_validation_email(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """There is no mail in this world, so certificates to be validated by mail stay pending."""
    certificate = requests.find(ctx.state, input["CertificateArn"])
    if certificate["Method"] != "EMAIL":
        raise InvalidStateException("The certificate is not validated by email.")
    raise NotImplementedHere("acm", "ResendValidationEmail")


def checked(given: list[dict[str, str]]) -> dict[str, str]:
    """Tags as kept. InvalidTagException for names AWS keeps for itself."""
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidTagException("aws: prefixed tag key names are not allowed for external use.")
    return {tag["Key"]: tag.get("Value", "") for tag in given}
