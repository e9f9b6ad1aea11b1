"""Lists in pages: `MaxResults` and `NextToken` in, `NextToken` out. A token is the ARN the next page begins with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import InvalidNextTokenException
from .state import Plain

USUAL_PAGE = 10


def page(member: str, found: list[Plain], input: dict[str, Any], described: Callable[[Plain], Plain]) -> dict[str, Any]:
    """One page of things with an ARN. Raises InvalidNextTokenException."""
    arns, token = [each["Arn"] for each in found], input.get("NextToken")
    if token and token not in arns:
        raise InvalidNextTokenException("There isn't another item to return.")
    start, size = arns.index(token) if token else 0, input.get("MaxResults") or USUAL_PAGE
    answer: dict[str, Any] = {member: [described(each) for each in found[start : start + size]]}
    if start + size < len(found):
        answer["NextToken"] = arns[start + size]
    return answer
