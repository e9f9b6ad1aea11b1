"""Changes of an ordered map that are not yet in its file, and reading them together with what is.

Invariant of a scan: a key that is there from its beginning to its end is seen exactly once, whatever is
written meanwhile. Each step looks at a stretch of keys as it stands at that moment, in all layers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from sortedcontainers import SortedList

Pairs = list[tuple[bytes, bytes | None]]
Stretch = Callable[[bytes, bytes | None, bool, bool, int], Pairs]
"""(start, end, start included, reverse, limit) -> the first pairs of that range in one layer, in order."""

SMALLEST_STEP, LARGEST_STEP = 32, 256


class Layer:
    """Keys written since a moment. `None` marks one that was deleted; `cleared` hides everything below."""

    __slots__ = ("_fresh", "_order", "cleared", "values")

    def __init__(self, cleared: bool = False) -> None:
        self.values: dict[bytes, bytes | None] = {}
        self.cleared = cleared
        self._fresh: list[bytes] = []  # keys not yet in order: most maps are written far more than scanned
        self._order: SortedList[bytes] = SortedList()

    def __bool__(self) -> bool:
        return bool(self.values) or self.cleared

    def put(self, key: bytes, value: bytes | None) -> bool:
        """Write one key; True if the layer did not have it."""
        new = key not in self.values
        if new:
            self._fresh.append(key)
        self.values[key] = value
        return new

    def stretch(self, start: bytes, end: bytes | None, included: bool, reverse: bool, limit: int) -> Pairs:
        if self._fresh:
            self._order.update(self._fresh)
            self._fresh = []
        keys = self._order.irange(start, end, inclusive=(included, False), reverse=reverse)
        return [(key, self.values[key]) for key in islice(keys, limit)]


def scan(
    stretches: Callable[[], list[Stretch]], start: bytes, end: bytes | None, reverse: bool
) -> Iterator[tuple[bytes, bytes]]:
    """Pairs with start <= key < end of all layers. `stretches` gives the layers of the moment, lowest
    first."""
    step, included = SMALLEST_STEP, True
    while True:
        parts = [part(start, end, included, reverse, step) for part in stretches()]
        cut = _cut(parts, step, reverse)
        for key, value in _merged(parts, cut, reverse):
            if value is not None:
                yield key, value
        if cut is None:
            return
        if reverse:
            end = cut
        else:
            start, included = cut, False
        step = min(step * 4, LARGEST_STEP)


def _merged(parts: list[Pairs], cut: bytes | None, reverse: bool) -> Pairs:
    """The pairs of a stretch up to the cut, in order; where layers differ the highest is right."""
    full = [part for part in parts if part]
    if len(full) <= 1:
        return full[0] if full else []
    merged: dict[bytes, bytes | None] = {}
    for part in full:
        merged.update(part)
    keys = sorted(merged, reverse=reverse)
    if cut is not None:
        keys = [key for key in keys if (key >= cut if reverse else key <= cut)]
    return [(key, merged[key]) for key in keys]


def _cut(parts: list[Pairs], step: int, reverse: bool) -> bytes | None:
    """The last key up to which every layer has shown all it has; None when all are at their end."""
    ends = [part[-1][0] for part in parts if len(part) == step]
    if not ends:
        return None
    return max(ends) if reverse else min(ends)
