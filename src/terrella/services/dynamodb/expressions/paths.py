"""Document paths: what stands at one in an item, and paths that get in one another's way."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from ..values import Item, Value
from .binding import Steps
from .syntax import Malformed, path_text


def value_at(item: Item, steps: Steps) -> Value | None:
    """The value at a path, None if there is none."""
    value: Any = item.get(steps[0])  # type: ignore[arg-type]  # the first step is a name
    for step in steps[1:]:
        if value is None:
            return None
        value = within(value, step)
    return value


def within(value: Value, step: str | int) -> Value | None:
    """The member of a map or element of a list, None if there is none or the value is neither."""
    if isinstance(step, int):
        elements = value.get("L")
        return elements[step] if elements is not None and step < len(elements) else None
    members = value.get("M")
    return members.get(step) if members is not None else None


def picked(item: Item, paths: list[Steps]) -> Item:
    """Only what stands at these paths, in the maps and lists it stands in; lists closed up."""
    found: dict[Any, Any] = {}
    for steps in paths:
        value = value_at(item, steps)
        if value is not None:
            place = found
            for step in steps[:-1]:
                place = place.setdefault(step, {})
            place[steps[-1]] = _Leaf(value)
    return {name: _rebuilt(place) for name, place in found.items()}


def check_apart(paths: list[Steps]) -> None:
    """Raises Malformed if one path is another or lies in it, or a list to one is a map to another."""
    for relation in ("overlap", "conflict"):
        for one, other in combinations(paths, 2):
            if _relation(one, other) == relation:
                raise Malformed(
                    f"Two document paths {relation} with each other; "
                    f"must remove or rewrite one of these paths; "
                    f"path one: {path_text(one)}, path two: {path_text(other)}"
                )


def _relation(one: Steps, other: Steps) -> str | None:
    for step, another in zip(one, other, strict=False):
        if isinstance(step, int) != isinstance(another, int):
            return "conflict"
        if step != another:
            return None
    return "overlap"


class _Leaf:
    """A value as it stood at a path."""

    __slots__ = ("value",)

    def __init__(self, value: Value) -> None:
        self.value = value


def _rebuilt(place: Any) -> Value:
    if isinstance(place, _Leaf):
        return place.value
    if isinstance(next(iter(place)), int):
        return {"L": [_rebuilt(place[index]) for index in sorted(place)]}
    return {"M": {name: _rebuilt(inner) for name, inner in place.items()}}
