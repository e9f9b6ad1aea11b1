"""The last verdicts of health checks, in a file: an edge that starts again says what it said before, until its checkers
have found out anew. Only what differs from how a check begins is kept, and written when a verdict turns.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

Known = dict[str, list[bool | None]]


class Verdicts:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Known:
        """What was written last; nothing if that cannot be read."""
        try:
            found: Any = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning("%s: %s; health checks begin as healthy", self._path, error)
            return {}
        return {id: each for id, each in found.items() if _is_one(each)} if isinstance(found, dict) else {}

    def write(self, known: Known) -> None:
        """Keep these. A disk that refuses only makes the next start forgetful."""
        new = self._path.with_suffix(".new")
        try:
            new.write_text(json.dumps(known))
            new.replace(self._path)
        except OSError as error:
            log.warning("%s: %s", self._path, error)


def _is_one(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 2 and isinstance(found[0], bool)
