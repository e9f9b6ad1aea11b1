"""One function per shape, built once. What walks shapes at run time is slow; what was built from them is fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .shape import Shape


def compiled(build: Callable[[Shape], Callable[..., Any]]) -> Callable[[Shape], Callable[..., Any]]:
    """Remember what `build` made of each shape. A shape that contains itself calls itself through a look-up."""
    done: dict[Shape, Callable[..., Any]] = {}

    def get(shape: Shape) -> Callable[..., Any]:
        made = done.get(shape)
        if made is None:
            done[shape] = lambda *args: done[shape](*args)
            try:
                made = done[shape] = build(shape)
            except BaseException:
                del done[shape]
                raise
        return made

    return get
