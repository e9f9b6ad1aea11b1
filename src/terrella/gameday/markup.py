"""HTML and SVG as text, built from elements. Invariant: text that was not made here is escaped.

What comes out is well-formed XML too, so that any parser can check it.
"""

from __future__ import annotations

from html import escape
from typing import Any

VOID = frozenset({"meta", "br", "hr", "link", "rect", "line", "circle", "path", "polyline", "col"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """`<name attributes>children</name>`. An attribute's trailing underscore is dropped, others become
    hyphens (`class_`, `stroke_width`); attributes and children that are None are left out."""
    head = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = joined(*children)
    if not inner and name in VOID:
        return Markup(f"<{name}{head}/>")
    return Markup(f"<{name}{head}>{inner}</{name}>")


def joined(*children: Any) -> Markup:
    """Markup one after another; lists are gone into, text is escaped."""
    parts = []
    for child in children:
        if isinstance(child, list | tuple):
            parts.append(joined(*child))
        elif child is not None:
            parts.append(child if isinstance(child, Markup) else Markup(escape(str(child))))
    return Markup("".join(parts))


def _plain(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
