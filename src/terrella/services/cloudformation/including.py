"""`AWS::Include`: fragments of templates in S3, taken in before anything else is done with a template.

A fragment at the top of a section brings its members, one inside a resource its properties. Parameters may be named in
the location; nothing of the fragment refers to another fragment.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-include.html
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import template as templates
from .downloads import download
from .errors import TransformFailed, ValidationError
from .state import State

Plain = dict[str, Any]
INCLUDE = "AWS::Include"
INLINE = "Fn::Transform"


async def included(ctx: Context[State], template: Plain, strings: dict[str, str]) -> Plain:
    """The template with every fragment in its place. TransformFailed for other macros."""
    if not _asks(template):
        return template
    whole = template.get("Transform")
    rows = whole if isinstance(whole, list) else [whole]
    ours = [each for each in rows if isinstance(each, dict) and each.get("Name") == INCLUDE]
    others = [each for each in rows if each not in ours and each is not None]
    made = {name: value for name, value in template.items() if name != "Transform"}
    if others:
        made["Transform"] = others
    for each in ours:
        made = {**await _fragment(ctx, each, strings), **made}
    found: Plain = await _walk(ctx, made, strings)
    return found


async def _walk(ctx: Context[State], value: Any, strings: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [await _walk(ctx, each, strings) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: await _walk(ctx, each, strings) for name, each in value.items() if name != INLINE}
    if INLINE not in value:
        return made
    asked = value[INLINE]
    fragments = [await _fragment(ctx, each, strings) for each in (asked if isinstance(asked, list) else [asked])]
    for fragment in fragments:
        made = {**fragment, **made}
    return made


async def _fragment(ctx: Context[State], asked: Any, strings: dict[str, str]) -> Plain:
    name = asked.get("Name") if isinstance(asked, dict) else None
    if name != INCLUDE:
        raise TransformFailed(f"No transform named {name} found.")
    location = (asked.get("Parameters") or {}).get("Location")
    if isinstance(location, dict):
        location = _located(location, strings)
    if not isinstance(location, str) or not location.startswith(("s3://", "http")):
        raise TransformFailed(f"Transform {INCLUDE} failed with: Location is not a valid S3 URI: {location}")
    try:
        return templates.read(await download(ctx, location))
    except ValidationError as refusal:
        raise TransformFailed(f"Transform {INCLUDE} failed with: {refusal.message}") from None


def _located(value: Plain, strings: dict[str, str]) -> Any:
    """A location that names parameters: by Ref, or in the text of an Fn::Sub."""
    if "Ref" in value:
        return strings.get(str(value["Ref"]))
    text = value.get("Fn::Sub")
    if isinstance(text, str):
        for name, each in strings.items():
            text = text.replace(f"${{{name}}}", each)
    return text


def _asks(value: Any) -> bool:
    if isinstance(value, dict):
        here = INLINE in value or INCLUDE in str(value.get("Transform", ""))
        return here or any(_asks(each) for each in value.values())
    return isinstance(value, list) and any(_asks(each) for each in value)
