"""How many of a list one answer holds, and where the next one begins."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, TypeVar

from .errors import InvalidInput

T = TypeVar("T")
LONGEST_PAGE = 100


def page_size(input: dict[str, Any], most: int = LONGEST_PAGE, member: str = "MaxItems") -> int:
    """What MaxItems (or MaxResults) asks for; at most, and by default, what AWS gives. InvalidInput otherwise."""
    asked = str(input.get(member) or most)
    if not (asked.isascii() and asked.isdigit()) or int(asked) < 1:
        raise InvalidInput(f"The input is not valid: {member} {asked} is not a positive number")
    return min(int(asked), most)


def results_size(input: dict[str, Any], most: int = LONGEST_PAGE) -> int:
    """The same of the lists that speak of MaxResults."""
    return page_size(input, most, "MaxResults")


def page(found: Iterable[T], size: int) -> tuple[list[T], T | None]:
    """The first `size` of what was found, and the one the next page begins with."""
    taken = list(islice(found, size + 1))
    return taken[:size], (taken[size] if len(taken) > size else None)
