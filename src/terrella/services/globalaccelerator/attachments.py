"""Cross-account attachments: endpoints and address ranges that their owner lets others' accelerators have.

This world has one account, which may well be a principal of its own attachments; others are named and never come.
https://docs.aws.amazon.com/global-accelerator/latest/api/API_CreateCrossAccountAttachment.html
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from ...region.service import Context
from . import paging, tags
from .errors import InvalidArgumentException, LimitExceededException
from .state import Plain, State, delete, put, service

MOST_PRINCIPALS, MOST_RESOURCES = 10, 500
_PRINCIPAL = re.compile(r"\d{12}|arn:aws:globalaccelerator::\d{12}:accelerator/[0-9a-f-]{36}")


@service.operation
def create_cross_account_attachment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    all = [each for _, each in ctx.state.attachments.items()]
    again = [each for each in all if each["Token"] == input["IdempotencyToken"]]
    if again:
        return {"CrossAccountAttachment": described(again[0])}
    labels = tags.checked(input.get("Tags") or [], {})
    name = uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)
    attachment = {
        "Arn": f"arn:aws:globalaccelerator::{ctx.account}:attachment/{name}",
        "Name": input["Name"],
        "Principals": input.get("Principals") or [],
        "Resources": input.get("Resources") or [],
        "CreatedAt": ctx.now,
        "Token": input["IdempotencyToken"],
    }
    made = _kept(ctx, attachment)
    if labels:
        put(ctx, "tags", made["Arn"], labels)
    return {"CrossAccountAttachment": described(made)}


@service.operation
def describe_cross_account_attachment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    return {"CrossAccountAttachment": described(ctx.state.attachment(input["AttachmentArn"]))}


@service.operation
def list_cross_account_attachments(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    found = [each for _, each in ctx.state.attachments.items()]
    return paging.page("CrossAccountAttachments", found, input, described)


@service.operation
def update_cross_account_attachment(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """What is removed goes before what is added comes."""
    old = ctx.state.attachment(input["AttachmentArn"])
    attachment = {
        **old,
        "Name": input.get("Name") or old["Name"],
        "Principals": _altered(old["Principals"], input.get("AddPrincipals"), input.get("RemovePrincipals")),
        "Resources": _altered(old["Resources"], input.get("AddResources"), input.get("RemoveResources")),
    }
    return {"CrossAccountAttachment": described(_kept(ctx, attachment))}


@service.operation
def delete_cross_account_attachment(ctx: Context[State], input: dict[str, Any]) -> None:
    """Accelerators keep the endpoints they have by it."""
    delete(ctx, "attachments", ctx.state.attachment(input["AttachmentArn"])["Arn"])


@service.operation
def list_cross_account_resource_accounts(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Who owns resources this account may have: itself, if one of its attachments names it."""
    return {"ResourceOwnerAwsAccountIds": [ctx.account] if _shared(ctx, None) else []}


@service.operation
def list_cross_account_resources(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    accelerator = input.get("AcceleratorArn")
    if accelerator:
        ctx.state.accelerator(accelerator, None)
    found = _shared(ctx, accelerator) if input["ResourceOwnerAwsAccountId"] == ctx.account else []
    rows = [
        {"Arn": f"{each['Arn']} {number}", **resource, "AttachmentArn": each["Arn"]}
        for each in found
        for number, resource in enumerate(each["Resources"])
    ]
    return paging.page("CrossAccountResources", rows, input, _resource)


def described(attachment: Plain) -> Plain:
    """As the API shows it."""
    return {
        "AttachmentArn": attachment["Arn"],
        "Name": attachment["Name"],
        "Principals": attachment["Principals"],
        "Resources": attachment["Resources"],
        "LastModifiedTime": attachment["ChangedAt"],
        "CreatedTime": attachment["CreatedAt"],
    }


def _resource(row: Plain) -> Plain:
    return {name: row[name] for name in ("EndpointId", "Cidr", "AttachmentArn") if name in row}


def _shared(ctx: Context[State], accelerator: str | None) -> list[Plain]:
    """The attachments whose principals are this account or an accelerator of it."""
    all = [each for _, each in ctx.state.attachments.items()]
    arns = [accelerator] if accelerator else list(ctx.state.accelerators)
    return [each for each in all if {ctx.account, *arns} & set(each["Principals"])]


def _altered(old: list[Any], added: list[Any] | None, removed: list[Any] | None) -> list[Any]:
    kept = [each for each in old if each not in (removed or [])]
    return kept + [each for each in added or [] if each not in kept]


def _kept(ctx: Context[State], attachment: Plain) -> Plain:
    """Raises InvalidArgumentException, LimitExceededException."""
    if len(attachment["Principals"]) > MOST_PRINCIPALS:
        raise LimitExceededException(f"An attachment can have at most {MOST_PRINCIPALS} principals")
    if len(attachment["Resources"]) > MOST_RESOURCES:
        raise LimitExceededException(f"An attachment can have at most {MOST_RESOURCES} resources")
    for principal in attachment["Principals"]:
        if not _PRINCIPAL.fullmatch(principal):
            raise InvalidArgumentException(f"The principal {principal!r} is neither an account nor an accelerator")
    for resource in attachment["Resources"]:
        if bool(resource.get("EndpointId")) == bool(resource.get("Cidr")):
            raise InvalidArgumentException("A resource must have either an EndpointId or a Cidr")
    kept = {**attachment, "ChangedAt": ctx.now}
    put(ctx, "attachments", kept["Arn"], kept)
    return kept
