"""Replicas of a table in other regions: joining, being filled, leaving.

Every region that holds the table learns of a new replica and fills it with what it has itself: a write it
accepted before it knew of the newcomer would reach it no other way. Copies keep their stamps, so the last
writer wins whichever way an item comes.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ...core.errors import ServiceUnavailable, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import records
from .state import State, Table, service
from .tables import DELETING_S, drop, table_arn

Plain = dict[str, Any]

JOINING_S = 5.0
COPIED_AT_ONCE = 500
VERSION_2017, VERSION_2019 = "2017.11.29", "2019.11.21"
NOT_FOUND = "Replica specified in the Replica Update or Replica Delete action of the request was not found."
LOCAL = (
    "Cannot add, delete, or update the local region through ReplicaUpdates. "
    "Use CreateTable, DeleteTable, or UpdateTable as required."
)
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_SETTINGS = (
    "KMSMasterKeyId", "ProvisionedThroughputOverride", "OnDemandThroughputOverride", "GlobalSecondaryIndexes",
)  # fmt: skip


def update(ctx: Context[State], table: Table, updates: list[Plain]) -> None:
    """Carry out the ReplicaUpdates of UpdateTable: one at a time, as the service wants it."""
    if len(updates) > 1:
        raise ValidationException("Only one replica update is allowed in a request.")
    given = {verb: replica for verb, replica in updates[0].items() if replica is not None}
    if len(given) != 1:
        raise ValidationException(
            "Exactly one of Create, Update or Delete must be given in a replica update."
        )
    ((verb, replica),) = given.items()
    region = replica["RegionName"]
    if region == ctx.region:
        raise ValidationException(LOCAL)
    if verb == "Create":
        _check_new(ctx, table, region)
        join(ctx, table, region, VERSION_2019, _settings(replica))
    elif region not in table.replicas:
        raise ValidationException(NOT_FOUND)
    elif verb == "Delete":
        leave(ctx, table, region, drop=True)
    else:
        to = list(table.replicas)
        ctx.commit("replica_altered", table=table.name, region=region, settings=_settings(replica), to=to)


def join(ctx: Context[State], table: Table, region: str, version: str, settings: Plain) -> None:
    """A region begins to hold the table."""
    members = [ctx.region, *table.replicas]
    about = {**table.about, "TableArn": table_arn(region, ctx.account, table.name)}
    about["DeletionProtectionEnabled"] = False
    about.setdefault("StreamSpecification", STREAM)
    data = {
        **table.data,
        "about": {**about, "CreationDateTime": ctx.now},
        "tags": {},
        "recovery": None,
        "leaving": {},
        "owes": {},
        "source_at": None,
    }
    ctx.commit(
        "replica_joined",
        table=table.name,
        region=region,
        members=members,
        active_at=ctx.now + ctx.scaled(JOINING_S),
        version=version,
        settings=settings,
        data=data,
        to=[*table.replicas, region],
    )
    if ctx.state.wake is None:
        while fill(ctx):  # nobody works in the background here
            pass


def leave(ctx: Context[State], table: Table, region: str, drop: bool) -> None:
    """A region no longer holds a replica; with `drop` its table goes too."""
    gone_at = ctx.now + ctx.scaled(DELETING_S)
    to = list(table.replicas)
    ctx.commit("replica_left", table=table.name, region=region, gone_at=gone_at, to=to, drop=drop)


def fill(ctx: Context[State]) -> bool:
    """Copy one portion to one replica that waits for it. False when none does."""
    for name in ctx.state.tables:
        table = ctx.state.known(name)
        for region, cursor in table.data["owes"].items() if table is not None else ():
            assert table is not None
            start = bytes.fromhex(cursor)
            portion = list(islice(table.items.scan(start), COPIED_AT_ONCE))
            rest = (portion[-1][0] + b"\0").hex() if len(portion) == COPIED_AT_ONCE else None
            copies = [[key, record] for key, record in portion]
            ctx.commit("items_copied", table=name, region=region, copies=copies, rest=rest, to=[region])
            return True
    return False


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on replicas are filled in the background; what a crash interrupted is taken up again."""

    def wake() -> None:
        ctx.here.ports.tasks.spawn("dynamodb: fill replicas", _fill_all(ctx))

    ctx.state.wake = wake
    if any(data["owes"] for _, data in ctx.state.tables.items()):
        try:
            wake()
        except ServiceUnavailable:
            ctx.state.wake = None  # a region without background work fills replicas when it is asked to


@service.change
def replica_joined(
    state: State,
    change: Change,
    table: str,
    region: str,
    members: list[str],
    active_at: float,
    version: str,
    settings: Plain,
    data: Plain,
    to: list[str],
) -> None:
    """Where the table is, the newcomer is noted and will be filled; where it is not, it begins."""
    known = state.known(table)
    newcomer = {"active_at": active_at, "settings": settings}
    others: Plain = {each: {"active_at": 0.0, "settings": {}} for each in members}
    if known is None:
        state.put_table({**data, "active_at": active_at, "replicas": others, "version": version})
        return
    if region_of(known) == region:
        if version == VERSION_2017:  # the tables were made before they were joined
            state.alter(known, replicas={**known.data["replicas"], **others}, version=version, owes={
                **known.data["owes"], **dict.fromkeys(members, "")})  # fmt: skip
            _awaken(state)
        return  # otherwise the name is taken by a table of its own, which stays as it is
    about = {**known.about}
    about.setdefault("StreamSpecification", STREAM)
    state.alter(
        known,
        about=about,
        replicas={**known.data["replicas"], region: newcomer},
        owes={**known.data["owes"], region: ""},
        leaving={each: at for each, at in known.data["leaving"].items() if each != region},
        version=version,
        source_at=change.accepted if region_of(known) == change.origin else known.data.get("source_at"),
    )
    _awaken(state)


@service.change
def replica_left(
    state: State, change: Change, table: str, region: str, gone_at: float, to: list[str], drop: bool
) -> None:
    """The region that leaves drops its table, or keeps it for itself; the others forget it."""
    known = state.known(table)
    if known is None:
        return
    if region_of(known) == region:
        if drop:
            _drop(state, known, gone_at)
        else:
            state.alter(known, replicas={}, owes={}, version=None)
        return
    state.alter(
        known,
        replicas={name: each for name, each in known.data["replicas"].items() if name != region},
        owes={name: cursor for name, cursor in known.data["owes"].items() if name != region},
        leaving={**known.data["leaving"], region: gone_at},
    )


@service.change
def replica_altered(
    state: State, change: Change, table: str, region: str, settings: Plain, to: list[str]
) -> None:
    known = state.known(table)
    replica = known.data["replicas"].get(region) if known is not None else None
    if known is not None and replica is not None:
        replica = {**replica, "settings": {**replica["settings"], **settings}}
        state.alter(known, replicas={**known.data["replicas"], region: replica})


@service.change
def items_copied(
    state: State, change: Change, table: str, region: str, copies: list[Any], rest: str | None, to: list[str]
) -> None:
    """The newcomer takes the copies; the region that sent them notes how far it has come."""
    known = state.known(table)
    if known is None:
        return
    if region_of(known) == change.origin:
        owes = {name: cursor for name, cursor in known.data["owes"].items() if name != region or rest}
        state.alter(known, owes=owes if rest is None else {**owes, region: rest})
        return
    for key, copy in copies:
        record = records.unpack(copy)
        known.write(key, record.stamp, record.json, record.size)


def region_of(table: Table) -> str:
    """The region whose table this is."""
    return str(table.about["TableArn"]).split(":")[3]


_drop = drop


async def _fill_all(ctx: Context[State]) -> None:
    while fill(ctx):
        await ctx.here.clock.sleep(0)  # others are served between portions


def _awaken(state: State) -> None:
    if state.wake is not None:
        state.wake()


def _check_new(ctx: Context[State], table: Table, region: str) -> None:
    if region in table.replicas:
        raise ValidationException(
            "Failed to create a the new replica of table with name: "
            f"'{table.name}' because one or more replicas already existed as tables."
        )
    if region not in ctx.here.world.regions:
        raise ValidationException(
            f"Invalid Request: this world has no region {region}. "
            f"It has: {', '.join(sorted(ctx.here.world.regions))}."
        )
    if table.data["version"] == VERSION_2017:
        raise ValidationException(
            f"The table {table.name} is part of a global table of version {VERSION_2017}; "
            "use UpdateGlobalTable."
        )


def _settings(replica: Plain) -> Plain:
    found = {name: replica[name] for name in _SETTINGS if replica.get(name)}
    if replica.get("TableClassOverride"):
        found["ReplicaTableClassSummary"] = {"TableClass": replica["TableClassOverride"]}
    return found
