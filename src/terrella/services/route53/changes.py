"""GetChange: PENDING until the edge has a change on disk, then INSYNC.

The id of a change holds the number of its journal entry, so the edge's acknowledgement answers the question.
"""

from __future__ import annotations

import string
from typing import Any

from ...region.service import Context
from .errors import NoSuchChange
from .state import EDGE, State, service

_DIGITS = string.digits + string.ascii_uppercase
_NUMBER, _CHANCE = 7, 6  # characters of an id after its C


@service.operation
def get_change(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    asked = input["Id"].rpartition("/")[2]
    info = ctx.state.changes.get(f"{_number_in(asked):012d}")
    if info is None or info["Id"] != asked:
        raise NoSuchChange(asked)
    return {"ChangeInfo": _shown(ctx, info, _number_in(asked))}


def new_change(ctx: Context[State], comment: str | None = None) -> dict[str, Any]:
    """What will be remembered of the change that is about to be committed."""
    number = ctx.here.journal.last + 1
    digits = [_DIGITS[number // 36**place % 36] for place in reversed(range(_NUMBER))]
    chance = [ctx.here.rng.choice(_DIGITS) for _ in range(_CHANCE)]
    info: dict[str, Any] = {"Id": "C" + "".join(digits + chance), "SubmittedAt": ctx.now}
    return info | {"Comment": comment} if comment else info


def submitted(info: dict[str, Any]) -> dict[str, Any]:
    """The ChangeInfo a caller is given when a change was just accepted."""
    return {**info, "Id": f"/change/{info['Id']}", "Status": "PENDING"}


def _shown(ctx: Context[State], info: dict[str, Any], number: int) -> dict[str, Any]:
    outbox = ctx.here.outboxes.get(EDGE)
    arrived = outbox is not None and outbox.acked >= number
    return submitted(info) | ({"Status": "INSYNC"} if arrived else {})


def _number_in(id: str) -> int:
    digits = id[1 : 1 + _NUMBER]
    known = len(digits) == _NUMBER and all(digit in _DIGITS for digit in digits)
    return int(digits, 36) if known else 0
