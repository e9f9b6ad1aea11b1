"""Projection expressions: the parts of an item to keep."""

from __future__ import annotations

from ..values import Item
from .binding import Binding, Steps, named
from .paths import check_apart, picked
from .syntax import Malformed
from .syntax import projection as parse


class BoundProjection:
    """Paths ready to be taken from items."""

    __slots__ = ("flat", "paths")

    def __init__(self, paths: list[Steps]) -> None:
        self.paths = paths
        self.flat = all(len(steps) == 1 for steps in paths)

    def of(self, item: Item) -> Item:
        """The item with only these parts."""
        if self.flat:
            return {steps[0]: item[steps[0]] for steps in self.paths if steps[0] in item}
        return picked(item, self.paths)

    @property
    def heads(self) -> set[str]:
        """The attributes it needs."""
        return {str(steps[0]) for steps in self.paths}

    @property
    def nested(self) -> set[str]:
        """The attributes it looks into."""
        return {str(steps[0]) for steps in self.paths if len(steps) > 1}


def bound(text: str, binding: Binding) -> BoundProjection:
    """A projection of a request. ValidationException under the name of its parameter."""
    try:
        paths = [binding.steps(path) for path in parse(text).paths]
        check_apart(paths)
    except Malformed as problem:
        raise named("ProjectionExpression", problem) from None
    return BoundProjection(paths)
