"""GetChange: PENDING until the edge has a change on disk, then INSYNC.

The id of a change holds the number of its journal entry, so the edge's acknowledgement answers the question. What the
other of the two control planes had accepted is in effect once this one is in charge, for it had waited for that.
"""

from __future__ import annotations

import string
from typing import Any

from ...region.service import Context
from . import copies
from .errors import NoSuchChange
from .state import EDGE, HOME, STANDBY, State, change_key, service

_DIGITS = string.digits + string.ascii_uppercase
_NUMBER, _CHANCE = 7, 6  # characters of an id after its C


@service.operation
def get_change(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    asked = input["Id"].rpartition("/")[2]
    for origin in (HOME, STANDBY):
        info = ctx.state.changes.get(change_key(origin, _number_in(asked)))
        if info is not None and info["Id"] == asked:
            return {"ChangeInfo": _shown(ctx, info, _number_at_the_edge(ctx, origin, _number_in(asked)))}
    raise NoSuchChange(asked)


def new_change(
    ctx: Context[State], comment: str | None = None, zone: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What will be remembered of the change that is about to be committed. Of one to a zone with accelerated recovery
    also which zone that is: if it is stranded, it will be forgotten."""
    number = ctx.here.journal.last + 1
    digits = [_DIGITS[number // 36**place % 36] for place in reversed(range(_NUMBER))]
    chance = [ctx.here.rng.choice(_DIGITS) for _ in range(_CHANCE)]
    info: dict[str, Any] = {"Id": "C" + "".join(digits + chance), "SubmittedAt": ctx.now}
    if zone is not None and copies.is_copied(zone):
        info["Zone"] = zone["Id"]
    return info | {"Comment": comment} if comment else info


def submitted(info: dict[str, Any]) -> dict[str, Any]:
    """The ChangeInfo a caller is given when a change was just accepted."""
    shown = {key: value for key, value in info.items() if key != "Zone"}
    return {**shown, "Id": f"/change/{info['Id']}", "Status": "PENDING"}


def _shown(ctx: Context[State], info: dict[str, Any], number: int) -> dict[str, Any]:
    outbox = ctx.here.outboxes.get(EDGE)
    arrived = outbox is not None and outbox.acked >= number
    return submitted(info) | ({"Status": "INSYNC"} if arrived else {})


def _number_at_the_edge(ctx: Context[State], origin: str, number: int) -> int:
    """The number of this region's journal that the edge must have for a change to be in effect."""
    if origin == ctx.region:
        return number
    now = ctx.state.control.get("now")
    return int(now["number"]) if now and now["origin"] == ctx.region else 0


def _number_in(id: str) -> int:
    digits = id[1 : 1 + _NUMBER]
    known = len(digits) == _NUMBER and all(digit in _DIGITS for digit in digits)
    return int(digits, 36) if known else 0
