"""From a request to a checked deployment: fetch the template, expand it, settle the parameters.

Order of failures: size, form, sections, parameters, transforms, references, resource types, capabilities.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from ...core.errors import AwsError
from ...region.service import Context
from . import capabilities, parameters, references, template, transforms
from .deployment import Plain, deployment
from .errors import TransformFailed, ValidationError
from .registry import recognize, require
from .state import State

_PATH_STYLE = re.compile(r"(s3[.-].*|s3)\.?amazonaws\.com(\.cn)?\Z|s3\..*|localhost\Z|[\d.]+\Z")
_HOST_STYLE = re.compile(r"(?P<bucket>.+?)\.s3[.-].*")


@dataclass(slots=True)
class Draft:
    """A template that is well formed, and what it was read from."""

    body: str
    template: Plain


async def fetch(ctx: Context[State], input: Plain, stack: Plain | None = None) -> Draft:
    """The template a request brings or points to. ValidationError if it brings none, or a bad one."""
    body, url = input.get("TemplateBody"), input.get("TemplateURL")
    if input.get("UsePreviousTemplate"):
        if stack is None or not stack["current"]:
            raise ValidationError("UsePreviousTemplate cannot be used when no previous template exists.")
        body = stack["current"]["body"]
    elif body and url:
        raise ValidationError("Specify either TemplateBody or TemplateURL, but not both.")
    elif url:
        body = await _download(ctx, url)
        template.limit(body, by_url=True)
    elif body:
        template.limit(body, by_url=False)
    else:
        raise ValidationError(
            "Either Template URL or Template Body must be specified."
            if stack is None
            else "Specify a template by TemplateBody, TemplateURL or UsePreviousTemplate."
        )
    document = template.read(body)
    template.check(document)
    return Draft(body, document)


async def prepare(
    ctx: Context[State], input: Plain, stack: Plain, draft: Draft, reviewed: bool = False
) -> Plain:
    """The deployment a request asks for. ValidationError and its kin if it cannot be."""
    current = stack["current"]
    previous = current["parameters"] if current else None
    strings = parameters.given(draft.template, input.get("Parameters", []), previous)
    expanded = expand(ctx, draft, strings)
    asked = transforms.declared(draft.template)
    acknowledged = input.get("Capabilities", [])
    capabilities.check(expanded, acknowledged, asked, reviewed)
    tags = current["tags"] if current and "Tags" not in input else _tags(input.get("Tags", []))
    made = deployment(
        stack,
        ctx.region,
        ctx.account,
        {
            "body": draft.body,
            "template": expanded,
            "transforms": asked,
            "parameters": strings,
            "looked_up": await _looked_up(ctx, parameters.ssm_names(expanded, strings)),
            "tags": tags,
            "capabilities": acknowledged,
        },
    )
    _check_types(stack, made, ctx.state.resources(stack["StackId"]))
    return made


def expand(ctx: Context[State], draft: Draft, strings: dict[str, str]) -> Plain:
    """The template after its transforms, checked to the end."""
    asked = transforms.declared(draft.template)
    expanded = transforms.transformed(draft.template, strings, ctx.region)
    try:
        template.check(expanded, transformed=True)
        references.check(expanded)
    except ValidationError as refusal:
        if asked:
            raise TransformFailed(refusal.message) from None
        raise
    recognize(resource["Type"] for resource in expanded["Resources"].values())
    return expanded


def bucket_and_key(url: str) -> tuple[str, str]:
    """The S3 object a URL of any of S3's forms names. ValidationError for any other URL."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return parts.netloc, path
    if _PATH_STYLE.match(host):
        bucket, _, key = path.partition("/")
        return bucket, key
    found = _HOST_STYLE.match(host)
    if found is None or not path:
        raise ValidationError("TemplateURL must be a supported URL.")
    return found["bucket"], path


def text_of(content: Any) -> str:
    """An object's content as text."""
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)


async def _download(ctx: Context[State], url: str) -> str:
    bucket, key = bucket_and_key(url)
    try:
        found = await ctx.request("s3", "GetObject", {"Bucket": bucket, "Key": key})
    except AwsError as refusal:
        raise ValidationError(f"S3 error: {refusal.message or refusal.error_code}") from None
    return text_of(found.get("Body", b""))


async def _looked_up(ctx: Context[State], names: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in sorted(names):
        try:
            answer = await ctx.request("ssm", "GetParameter", {"Name": name})
        except AwsError as refusal:
            if "NotFound" not in refusal.error_code:
                raise
            raise ValidationError(
                f"Unable to fetch parameters [{name}] from parameter store for this account."
            ) from None
        found[name] = answer["Parameter"]["Value"]
    return found


def _tags(rows: list[Plain]) -> dict[str, str]:
    return {row["Key"]: row["Value"] for row in rows}


def _check_types(stack: Plain, made: Plain, records: dict[str, Plain]) -> None:
    resources = made["template"]["Resources"]
    if not made["active"]:
        raise ValidationError("Template format error: At least one Resources member must be defined.")
    require(resources[name]["Type"] for name in made["active"])
    altered = [
        name
        for name in made["active"]
        if (thing := (records.get(name) or {}).get("thing")) and thing["type"] != resources[name]["Type"]
    ]
    if altered:
        raise ValidationError(
            "Update of resource type is not permitted. The new template modifies resource type of the "
            f"following resources: [{', '.join(altered)}]"
        )
