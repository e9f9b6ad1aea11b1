"""Lists in pages: `MaxResults` and `NextToken` in, `NextToken` out. A token is where the next page begins."""

from __future__ import annotations

from typing import Any

from .errors import ValidationException

USUAL_PAGE = 1000


def page(member: str, found: list[Any], input: dict[str, Any]) -> dict[str, Any]:
    """One page of a list. Raises ValidationException."""
    token, size = input.get("NextToken") or "0", int(input.get("MaxResults") or USUAL_PAGE)
    if not token.isdecimal():
        raise ValidationException("The NextToken is not valid.")
    start = int(token)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return {member: found[start : start + size], **more}
