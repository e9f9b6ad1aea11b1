"""simple: there is one record set; answer with all its values."""

from __future__ import annotations

from typing import Any

FIELD = None  # what is left when no other policy claims the record set


def choose(candidates: list[Any], asker: Any, network: Any, rng: Any) -> list[Any]:
    return candidates[:1]
