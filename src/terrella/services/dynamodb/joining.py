"""How the regions of a global table come to agree on who they are.

What a region learns it tells everybody it knows of and who may not know it; so all come to know the same,
whoever decided it and whatever was cut off meanwhile. A region sends a new replica nothing before it has told
it what the table is, and a link is ordered, so what arrives always finds its table.

A region leaves by saying so itself, once it knows: what it accepted until then it has sent before, and nobody
else's word makes its writes void. (AWS: pending writes of a region that was cut off are applied however late
they come; developer guide, "Global tables: how it works".)

Invariant: whatever was accepted by a region that knows a replica is owed to it; whatever was accepted before
is copied to it (filling.py).
"""

from __future__ import annotations

import uuid
from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import membership, streams, synchronised
from .membership import NEVER, VERSION_2017, Members
from .state import State, Table, blank, service

Plain = dict[str, Any]

JOINING_S, DELETING_S = 5.0, 1.0
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_NAMESPACE = uuid.UUID("5b0e7a52-4a4f-4c53-9d2c-6d1f0a9c7e11")  # of the ids of replicas' tables


def join(ctx: Context[State], table: Table, region: str, version: str, settings: Plain) -> None:
    """A region begins to hold the table."""
    if table.strong is not None:
        raise ValidationException("A Region cannot be added to a table with MultiRegionConsistency STRONG.")
    if table.group is None:
        ctx.commit("table_grouped", table=table.name, version=version)
    at = ctx.now + (ctx.scaled(JOINING_S) if version != VERSION_2017 else 0.0)
    decide(ctx, table.name, region, True, at, settings)


def leave(ctx: Context[State], table: Table, region: str) -> None:
    """A region is to leave; its table goes too, but for the 2017 version."""
    decide(ctx, table.name, region, False, ctx.now + ctx.scaled(DELETING_S), {})


def decide(
    ctx: Context[State], name: str, region: str, present: bool, at: float, settings: Plain
) -> None:
    """Whether a region belongs to a global table is decided here and now."""
    ctx.commit(
        "membership_decided", table=name, region=region, present=present, at=at, settings=settings
    )
    follow(ctx, name)


def part(ctx: Context[State], table: Table, gone_at: float, drop: bool) -> None:
    """This region leaves; with `drop` its table goes too. The others learn to whom its writes were owed."""
    own = table.members[ctx.region]
    if own["present"]:
        own = {**membership.entry([], False, ctx.region, gone_at), "parted": True}
    ctx.commit(
        "replica_parted", table=table.name, group=table.group, region=ctx.region, entry={**own, "parted": True},
        owed=list(table.replicas), gone_at=gone_at, drop=drop, to=others(table),
    )  # fmt: skip


def follow(ctx: Context[State], name: str) -> None:
    """Do what follows from what is known of a global table: leave, tell, say when it is filled, fill."""
    table = ctx.state.known(name)
    if table is None or table.group is None:
        return
    if not table.members[ctx.region]["present"]:
        legacy = table.data["version"] == VERSION_2017
        part(ctx, table, ctx.now + ctx.scaled(DELETING_S), drop=not legacy)
        return
    if _is_filled(table):
        ctx.commit("replica_filled", table=name)
        table = ctx.state.known(name)
        assert table is not None
    targets = [region for region in others(table) if _must_learn(table, region)]
    for region in targets:
        ctx.commit(
            "replicas_told", table=name, group=table.group, region=region, members=table.members,
            telling=targets, sample=synchronised.sample(table), to=[region],
        )  # fmt: skip
    for region, before in table.data["passes"].items():
        if region not in table.replicas or copy_to(table, region)["done"]:
            ctx.commit("tombstones_passed", table=name, group=table.group, before=before, to=[region])
    ctx.state.wake()
    ctx.state.tend()


def copy_to(table: Table, region: str) -> Plain:
    """How far filling a replica has come since it joined."""
    stamp = table.members[region]["stamp"]
    copy: Plain | None = table.data["copies"].get(region)
    if copy is None or copy["stamp"] != stamp:
        return {"stamp": stamp, "upto": "", "done": False, "origins": None}
    return copy


def follow_all(ctx: Context[State]) -> None:
    """What a crash may have come before."""
    for name in ctx.state.tables:
        follow(ctx, name)
    _answer(ctx)


def others(table: Table) -> list[str]:
    """The regions that have to know what is decided."""
    return [
        region for region, each in table.members.items() if region != table.region and not each["parted"]
    ]


@service.on_arrival("replicas_told")
@service.on_arrival("replica_parted")
@service.on_arrival("replica_answered")
@service.on_arrival("items_copied")
@service.on_arrival("tombstones_marked")
def arrived(ctx: Context[State], change: Change) -> None:
    """News came from a peer, and may be news for others."""
    if change.body.get("done", True):
        follow(ctx, change.body["table"])
        _answer(ctx)


@service.change
def table_grouped(state: State, change: Change, table: str, version: str) -> None:
    """A table begins to be global, so far with one replica. One of the 2017 version is known by its name."""
    known = state.known(table)
    assert known is not None, "decided a moment ago"
    stamp = [change.accepted, change.origin]
    group = f"{version}/{table}" if version == VERSION_2017 else f"{change.origin}/{change.accepted!r}"
    own = membership.entry(stamp, True, change.origin, 0.0, filled=True)
    state.alter(
        known, group=group, version=version, members={change.origin: own}, heard=[], introduced={}, told={},
        copies={}, swept={}, **_streaming(known, change),
    )  # fmt: skip
    streams.follow(state, change, table)


@service.change
def membership_decided(
    state: State, change: Change, table: str, region: str, present: bool, at: float, settings: Plain
) -> None:
    known = state.known(table)
    assert known is not None, "decided a moment ago"
    stamp = [change.accepted, change.origin]
    decided = membership.entry(stamp, present, change.origin, at, settings)
    before = known.members.get(region)
    if not present and before is not None:
        decided = {**decided, "settings": before["settings"]}
    source: Plain = {"source_at": change.accepted} if present else {}
    state.alter(known, members={**known.members, region: decided}, **source)


@service.change
def replica_filled(state: State, change: Change, table: str) -> None:
    """This region has everything that was there when it joined, and begins to answer."""
    known = state.known(table)
    assert known is not None, "decided a moment ago"
    own = {**known.members[change.origin], "filled": True}
    waiting = known.data["active_at"] == NEVER
    active_at = max(change.accepted, own["at"]) if waiting else known.data["active_at"]
    state.alter(known, members={**known.members, change.origin: own}, active_at=active_at)


@service.change
def replicas_told(
    state: State, change: Change, table: str, group: str, region: str, members: Members, telling: list[str],
    sample: Plain, to: list[str],
) -> None:  # fmt: skip
    """At the region that tells: it has told. At the one told: it knows, begins a replica, or has to answer."""
    known = state.known(table)
    mine = known if known is not None and known.group == group else None
    if mine is not None and mine.region == change.origin:
        introduced = {**mine.data["introduced"], region: members[region]["stamp"]}
        state.alter(mine, introduced=introduced, told={**mine.data["told"], region: members})
        return
    if mine is None:
        mine = _begun(state, change, known, group, region, members, sample)
    if mine is None:
        _must_answer(state, group, table, region, members[region], change.origin)
        return
    mine = synchronised.learn(state, mine, sample)
    told = {
        each: membership.merged(mine.data["told"].get(each, {}), members)
        for each in {*telling, change.origin} - {region}
    }
    heard = sorted({*mine.data["heard"], change.origin})
    both = membership.merged(mine.members, members)
    state.alter(mine, members=both, heard=heard, told={**mine.data["told"], **told})
    streams.follow(state, change, table)


@service.change
def replica_parted(
    state: State, change: Change, table: str, group: str, region: str, entry: Plain, owed: list[str],
    gone_at: float, drop: bool, to: list[str],
) -> None:  # fmt: skip
    """The region that leaves drops its table or keeps it for itself; the others expect nothing more of it,
    and copy what it wrote to those to whom it did not owe its writes."""
    entry = entry if entry["stamp"] else {
        **entry, "stamp": [change.accepted, change.origin], "settings_stamp": [change.accepted, change.origin]
    }  # fmt: skip
    known = state.known(table)
    if known is None or known.group != group:
        return
    if known.region == region:
        state.partings.put(group, {"entry": entry, "table": table, "region": region, "to": []})
        if drop:
            state.drop(known, gone_at)
            streams.follow(state, change, table)
        else:
            state.alter(known, group=None, version=None, members={}, heard=[], introduced={}, copies={})
        return
    told = {each: membership.merged(known.data["told"].get(each, {}), {region: entry}) for each in to}
    copies = {
        each: _again(copy, region) if each not in (*owed, region) else copy
        for each, copy in known.data["copies"].items()
    }
    state.alter(
        known,
        members=membership.merged(known.members, {region: entry}),
        heard=[each for each in known.data["heard"] if each != region],
        told={**known.data["told"], **told},
        copies=copies,
    )


@service.change
def replica_answered(
    state: State, change: Change, table: str, group: str, region: str, entry: Plain, to: list[str]
) -> None:
    """A region that holds no replica says so to those who thought it does."""
    own = state.partings.get(group)
    if own is not None and own["region"] == change.origin:
        state.partings.put(group, {**own, "to": [each for each in own["to"] if each not in to]})
        return
    known = state.known(table)
    if known is not None and known.group == group:
        state.alter(known, members=membership.merged(known.members, {region: entry}))


def _must_learn(table: Table, region: str) -> bool:
    member = table.members[region]
    stranger = member["present"] and not member["failed"] and not table.knows_us(region)
    return stranger or table.data["told"].get(region) != table.members


def _is_filled(table: Table) -> bool:
    """Has this region what it waits for: the copies of the region that asked for it, or if that has left,
    those of any other?"""
    own = table.members[table.region]
    if own["filled"]:
        return False
    filled_by = [each for each, stamp in table.data["fills"].items() if stamp == own["stamp"]]
    if table.data["version"] == VERSION_2017 or own["source"] in filled_by:
        return True
    return own["source"] not in table.others and (bool(filled_by) or not table.others)


def _begun(
    state: State, change: Change, known: Table | None, group: str, region: str, members: Members, sample: Plain
) -> Table | None:  # fmt: skip
    """The replica that a region has been told to hold; None if it has left since, or the name is taken."""
    own, past = members[region], state.partings.get(group)
    if not own["present"] or (past is not None and past["entry"]["stamp"] >= own["stamp"]):
        return None
    if known is None:
        return state.put_table(_replica(change, group, region, own, sample))
    if sample["version"] == VERSION_2017 and known.group is None:
        return state.alter(
            known, group=group, version=VERSION_2017, members={}, heard=[], introduced={}, told={}, copies={},
            swept={},
        )  # fmt: skip
    return None


def _replica(change: Change, group: str, region: str, own: Plain, sample: Plain) -> Plain:
    arn = str(sample["arn"]).split(":")
    arn[3] = region
    about = {
        **sample["about"],
        "TableArn": ":".join(arn),
        "TableId": str(uuid.uuid5(_NAMESPACE, f"{group} {region} {own['stamp']}")),
        "CreationDateTime": change.accepted,
        "DeletionProtectionEnabled": False,
    }
    data = blank(synchronised.localised(about, region), NEVER)
    return {**data, "version": sample["version"], "group": group, "ttl": sample["ttl"], "stamps": sample["stamps"]}


def _must_answer(state: State, group: str, table: str, region: str, told: Plain, by: str) -> None:
    """Note what a region that holds no replica has to say to one that told it of the global table."""
    if told["parted"]:
        return
    past = state.partings.get(group)
    if not told["present"]:
        entry = {**told, "parted": True}
    elif past is not None and past["entry"]["stamp"] > told["stamp"]:
        entry = past["entry"]
    else:
        entry = {**told, "failed": True}
    to = sorted({*(past["to"] if past is not None else ()), by})
    state.partings.put(group, {"entry": entry, "table": table, "region": region, "to": to})


def _answer(ctx: Context[State]) -> None:
    for group, own in ctx.state.partings.items():
        if own["to"]:
            ctx.commit(
                "replica_answered", table=own["table"], group=group, region=ctx.region, entry=own["entry"],
                to=own["to"],
            )  # fmt: skip


def _again(copy: Plain, region: str) -> Plain:
    """Filling begins anew, if it was done, with what one region wrote."""
    before = copy["origins"]
    origins = [region] if copy["done"] else None if before is None else sorted({*before, region})
    return {**copy, "upto": "", "done": False, "origins": origins}


def _streaming(table: Table, change: Change) -> Plain:
    """Replication reads a table's stream: a table that becomes global has one."""
    if table.about.get("StreamSpecification"):
        return {}
    return {
        "about": {**table.about, "StreamSpecification": STREAM},
        "stamps": {**table.data["stamps"], "StreamSpecification": [change.accepted, change.origin]},
    }
