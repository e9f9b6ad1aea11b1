"""Long answers in parts: a token says after which row the next part begins."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from .errors import ValidationError


def page(member: str, rows: Iterable[tuple[object, Any]], token: str | None, limit: int) -> dict[str, Any]:
    """Up to `limit` rows after the one the token marks, and a token if there are more.

    Each row comes with its mark; marks stay the same while rows are added.
    """
    after = _read(token) if token else None
    found: list[Any] = []
    last = None
    for mark, row in rows:
        if after is not None:
            after = None if str(mark) == after else after
        elif len(found) == limit:
            return {member: found, "NextToken": base64.b64encode(str(last).encode()).decode()}
        else:
            found.append(row)
            last = mark
    return {member: found}


def _read(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValidationError("NextToken is not valid") from None
