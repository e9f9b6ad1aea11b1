"""A value that is kept as ready JSON, so that it need not be taken apart and written again."""

from __future__ import annotations

from typing import Any

import orjson


class Encoded:
    """JSON bytes standing in for a structure, map or list of the model, in its JSON notation.

    Invariant: `json` is one whole, valid JSON value. JSON answers carry it verbatim; other protocols decode it first.
    """

    __slots__ = ("json",)

    def __init__(self, json: bytes) -> None:
        self.json = json

    def __repr__(self) -> str:
        return f"Encoded({self.json!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Encoded) and self.json == other.json

    def __hash__(self) -> int:
        return hash(self.json)

    def value(self) -> Any:
        """The value decoded, in its JSON notation."""
        return orjson.loads(self.json)
