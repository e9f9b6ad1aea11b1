"""New replicas are filled by every region that holds the table with everything it has.

Copies keep their stamps and tombstones travel too, so the last writer wins whichever way an item comes. Every
region copies, for each may have accepted a write that had reached no other when the replica joined.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import ServiceUnavailable
from ...region.service import Context
from ...store.journal import Change
from . import joining, records
from .state import State, Table, service

Plain = dict[str, Any]

COPIED_AT_ONCE, COPIED_BYTES = 500, 512 * 1024


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on replicas are filled in the background; what a crash interrupted is taken up again."""
    here = ctx.here

    def wake() -> None:
        if _owing(ctx.state) is None or ctx.state.filling:
            return
        try:
            spawn = here.ports.tasks.spawn
        except ServiceUnavailable:
            while fill(ctx):  # nobody works in the background here
                pass
            return
        ctx.state.filling = True
        spawn("dynamodb: fill replicas", _fill_all(ctx))

    ctx.state.wake, ctx.state.filling = wake, False
    joining.follow_all(ctx)
    wake()


def fill(ctx: Context[State]) -> bool:
    """Copy one portion to one replica that waits for it. False when none does."""
    owing = _owing(ctx.state)
    if owing is None:
        return False
    table, region = owing
    copy = joining.copy_to(table, region)
    origins, upto, weight = copy["origins"], None, 0
    copies: list[list[bytes]] = []
    for key, record in table.items.scan(bytes.fromhex(copy["upto"])):
        if len(copies) >= COPIED_AT_ONCE or weight >= COPIED_BYTES:
            upto = key.hex()
            break
        if origins is None or records.unpack(record).stamp[1] in origins:
            copies.append([key, record])
            weight += len(key) + len(record)
    ctx.commit(
        "items_copied", table=table.name, group=table.group, region=region, stamp=copy["stamp"], copies=copies,
        upto=upto or "", origins=origins, done=upto is None, to=[region],
    )  # fmt: skip
    if upto is None:
        joining.follow(ctx, table.name)
    return True


@service.change
def items_copied(
    state: State, change: Change, table: str, group: str, region: str, stamp: list[Any], copies: list[Any],
    upto: str, origins: list[str] | None, done: bool, to: list[str],
) -> None:  # fmt: skip
    """The newcomer takes the copies; the region that sent them notes how far it has come."""
    known = state.known(table)
    if known is None or known.group != group:
        return
    if known.region == change.origin:
        copy = {"stamp": stamp, "upto": upto, "done": done, "origins": origins}
        state.alter(known, copies={**known.data["copies"], region: copy})
        return
    if change.origin not in known.heard:
        return
    for key, record in copies:
        written = records.unpack(record)
        known.keep(key, written.stamp, written.json, written.size, change.time)
    if done:
        state.alter(known, fills={**known.data["fills"], change.origin: stamp})


def _owing(state: State) -> tuple[Table, str] | None:
    """A table and a replica of it that is not filled from here yet."""
    for name in state.shared:
        table = state.known(name)
        for region in table.replicas if table is not None else ():
            assert table is not None
            if not joining.copy_to(table, region)["done"]:
                return table, region
    return None


async def _fill_all(ctx: Context[State]) -> None:
    try:
        while fill(ctx):
            await ctx.here.clock.sleep(0)  # others are served between portions
    finally:
        ctx.state.filling = False
