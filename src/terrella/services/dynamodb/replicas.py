"""Replicas of a table in other regions, as UpdateTable asks for them (version 2019.11.21)."""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import joining
from .errors import ResourceInUseException
from .membership import VERSION_2017, VERSION_2019
from .state import State, Table, service

Plain = dict[str, Any]

ASKING_S = 3.0
NOT_FOUND = "Replica specified in the Replica Update or Replica Delete action of the request was not found."
LOCAL = (
    "Cannot add, delete, or update the local region through ReplicaUpdates. "
    "Use CreateTable, DeleteTable, or UpdateTable as required."
)
_SETTINGS = (
    "KMSMasterKeyId", "ProvisionedThroughputOverride", "OnDemandThroughputOverride", "GlobalSecondaryIndexes",
)  # fmt: skip


async def check_names(ctx: Context[State], table: str, updates: list[Plain]) -> None:
    """ValidationException if a region that is to hold a replica has a table of that name. One that does not
    answer is asked to hold it all the same; if the name is taken there, the replica is CREATION_FAILED."""
    for update in updates:
        region = (update.get("Create") or {}).get("RegionName")
        if region in ctx.here.world.regions and region != ctx.region and await _has(ctx, region, table):
            raise ValidationException(_exists(table))


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
        joining.join(ctx, table, region, VERSION_2019, settings_of(replica))
    elif region not in table.others:
        raise ValidationException(NOT_FOUND)
    elif verb == "Delete":
        joining.leave(ctx, table, region)
    else:
        ctx.commit("replica_altered", table=table.name, region=region, settings=settings_of(replica))
        joining.follow(ctx, table.name)


@service.change
def replica_altered(state: State, change: Change, table: str, region: str, settings: Plain) -> None:
    known = state.known(table)
    assert known is not None, "looked up a moment ago"
    member = known.members[region]
    stamp = [change.accepted, change.origin]
    member = {**member, "settings": {**member["settings"], **settings}, "settings_stamp": stamp}
    state.alter(known, members={**known.members, region: member})


def settings_of(replica: Plain) -> Plain:
    """What a replica is to have otherwise than the others."""
    found = {name: replica[name] for name in _SETTINGS if replica.get(name)}
    if replica.get("TableClassOverride"):
        found["ReplicaTableClassSummary"] = {"TableClass": replica["TableClassOverride"]}
    return found


async def _has(ctx: Context[State], region: str, table: str) -> bool:
    asked = ctx.request("dynamodb", "DescribeTable", {"TableName": table}, region=region)
    try:
        await ctx.here.ports.tasks.within(ASKING_S, asked)
    except (TimeoutError, AwsError):
        return False
    return True


def _exists(table: str) -> str:
    return (
        f"Failed to create a the new replica of table with name: '{table}' because one or more replicas "
        "already existed as tables."
    )


def _check_new(ctx: Context[State], table: Table, region: str) -> None:
    if region in table.others:
        raise ValidationException(_exists(table.name))
    if region in table.members and not table.members[region]["parted"]:
        raise ResourceInUseException(f"Replica in {region} is being deleted: {table.name}")
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
