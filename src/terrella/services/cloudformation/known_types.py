"""The resource types AWS has, by name: to tell a misspelt type from one this world lacks."""

from __future__ import annotations

import functools
import importlib.resources


@functools.cache
def known_types() -> frozenset[str]:
    """Names of public AWS resource types, from `known_types.csv`: one line for each service."""
    lines = importlib.resources.files(__package__).joinpath("known_types.csv").read_text().splitlines()
    rows = (line.split(",") for line in lines)
    return frozenset(f"AWS::{service}::{kind}" for service, kinds in rows for kind in kinds.split())
