"""Lists in pages: `Marker` and `PageSize` in, `NextMarker` out."""

from __future__ import annotations

from typing import Any

from .state import Plain

LARGEST_PAGE = 400


def page(member: str, found: list[Plain], input: dict[str, Any], key: str) -> dict[str, Any]:
    """One page of a list; the marker is the `key` of the first entry of the next."""
    marker, size = input.get("Marker"), input.get("PageSize") or LARGEST_PAGE
    start = next((at for at, each in enumerate(found) if each[key] == marker), 0) if marker else 0
    answer: dict[str, Any] = {member: found[start : start + size]}
    if start + size < len(found):
        answer["NextMarker"] = found[start + size][key]
    return answer
