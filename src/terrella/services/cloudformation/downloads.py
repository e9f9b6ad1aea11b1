"""Objects of S3 that templates and stacks point to, by any form of S3 URL."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from ...core.errors import AwsError
from ...region.service import Context
from .errors import ValidationError
from .state import State

_PATH_STYLE = re.compile(r"(s3[.-].*|s3)\.?amazonaws\.com(\.cn)?\Z|s3\..*|localhost\Z|[\d.]+\Z")
_HOST_STYLE = re.compile(r"(?P<bucket>.+?)\.s3[.-].*")


async def download(ctx: Context[State], url: str) -> str:
    """What is at a URL, as text. ValidationError if nothing is."""
    bucket, key = bucket_and_key(url)
    try:
        found = await ctx.request("s3", "GetObject", {"Bucket": bucket, "Key": key})
    except AwsError as refusal:
        raise ValidationError(f"S3 error: {refusal.message or refusal.error_code}") from None
    return text_of(found.get("Body", b""))


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
