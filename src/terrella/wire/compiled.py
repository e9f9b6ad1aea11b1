"""One function per shape, built once: walking shapes is slow, what was built from them is fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .shape import Shape


def compiled(build: Callable[[Shape], Callable[..., Any]]) -> Callable[[Shape], Callable[..., Any]]:
    """Remember what `build` made of each shape. A shape within itself is called through a look-up."""
    done: dict[Shape, Callable[..., Any]] = {}

    def get(shape: Shape) -> Callable[..., Any]:
        made = done.get(shape)
        if made is None:
            done[shape] = lambda *args: done[shape](*args)
            try:
                made = build(shape)
            finally:  # nothing half made may stay
                del done[shape]
            done[shape] = made
        return made

    return get
