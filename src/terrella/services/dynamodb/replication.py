"""Which regions a change is owed to.

Items travel to every region that holds a replica. What concerns a table as a whole names its regions in `to`;
what fills a new replica goes there only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...region.region import Region
from ...store.journal import Change

if TYPE_CHECKING:
    from .state import State


def owed_to(state: State, change: Change, here: Region) -> tuple[str, ...]:
    """The other regions that need to learn of a change accepted here."""
    body = change.body
    if change.kind in ("item_put", "item_deleted"):
        table = state.known(body["table"])
        return table.replicas if table is not None else ()
    if change.kind == "items_written":
        written = (state.known(write[0]) for write in body["writes"])
        return tuple(sorted({region for table in written if table for region in table.replicas}))
    return tuple(region for region in body.get("to", ()) if region != here.name)
