"""A kind is a file: dropping `latency.py` into the folder of routing policies makes latency routing exist."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType


@functools.cache
def kinds(package_name: str) -> dict[str, ModuleType]:
    """Every module of a package, by name. Names that start with `_` are helpers, not kinds."""
    package = importlib.import_module(package_name)
    return {
        found.name: importlib.import_module(f"{package_name}.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
        if not found.name.startswith("_")
    }
