"""Tags of certificates."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import requests
from .errors import InvalidTagException, TooManyTagsException
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
def list_tags_for_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return list_tags_for_certificate(ctx, {"CertificateArn": input["ResourceArn"]})


@service.operation
def tag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return add_tags_to_certificate(ctx, {"CertificateArn": input["ResourceArn"], "Tags": input["Tags"]})


@service.operation
def untag_resource(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    named = [{"Key": key} for key in input["TagKeys"]]
    return remove_tags_from_certificate(ctx, {"CertificateArn": input["ResourceArn"], "Tags": named})


def checked(given: list[dict[str, str]]) -> dict[str, str]:
    """Tags as kept. InvalidTagException for names AWS keeps for itself."""
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise InvalidTagException("aws: prefixed tag key names are not allowed for external use.")
    return {tag["Key"]: tag.get("Value", "") for tag in given}
