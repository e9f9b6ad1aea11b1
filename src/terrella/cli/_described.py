"""The description of a world in a file the user names, or a sentence why there is none."""

from __future__ import annotations

from pathlib import Path

from ..world.spec import SpecError, WorldSpec, parse
from ._says import Sorry


def described(path: Path) -> WorldSpec:
    """Raises Sorry."""
    try:
        return parse(path.read_text())
    except UnicodeDecodeError:
        raise Sorry(f"{path} is not text in UTF-8.") from None
    except OSError as error:
        raise Sorry(f"{path} cannot be read: {error.strerror}.") from None
    except SpecError as wrong:
        raise Sorry(f"{path}: {wrong}") from None
