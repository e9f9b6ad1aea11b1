"""From a request to a checked deployment: fetch the template, expand it, settle the parameters.

Order of failures: size, form, sections, parameters, transforms, references, resource types, capabilities.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...core.errors import AwsError
from ...region.service import Context
from . import capabilities, including, parameters, references, template, transforms
from .deployment import Plain, deployment
from .downloads import download
from .errors import TransformFailed, ValidationError
from .registry import recognize, require
from .state import State


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
        body = await download(ctx, url)
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
    draft = Draft(draft.body, await including.included(ctx, draft.template, strings))
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
