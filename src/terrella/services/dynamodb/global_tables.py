"""Global tables of the 2017 version: tables of one name that exist, joined and parted by an API of their own.

What this version writes into items is in marks.py. Newer global tables are made by UpdateTable (replicas.py).
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, ValidationException
from ...region.service import Context
from . import joining
from .describing import counted
from .errors import (
    GlobalTableAlreadyExistsException,
    GlobalTableNotFoundException,
    ReplicaAlreadyExistsException,
    ReplicaNotFoundException,
    TableNotFoundException,
)
from .membership import VERSION_2017, replica_status
from .state import State, Table, service

Plain = dict[str, Any]

NO_STREAM = (
    "One or more parameter values were invalid: a table that joins a global table must have a "
    "stream with both "
    "the new and the old images of items"
)


@service.operation
async def create_global_table(ctx: Context[State], input: Plain) -> Plain:
    """Join empty tables of one name. TableNotFoundException if a region has none."""
    name = input["GlobalTableName"]
    regions = [each["RegionName"] for each in input["ReplicationGroup"]]
    if ctx.region not in regions:
        raise ValidationException(f"The replication group must contain the local region {ctx.region}.")
    _check_none(ctx, name)
    await _check_tables(ctx, name, regions)
    _check_none(ctx, name)
    ctx.commit("table_grouped", table=_own_table(ctx, name).name, version=VERSION_2017)
    for region in regions:
        if region != ctx.region:
            joining.join(ctx, _own_table(ctx, name), region, VERSION_2017, {})
    return {"GlobalTableDescription": _described(ctx, name)}


@service.operation
async def update_global_table(ctx: Context[State], input: Plain) -> Plain:
    """Join or part replicas."""
    name = input["GlobalTableName"]
    joins = [each["Create"]["RegionName"] for each in input["ReplicaUpdates"] if each.get("Create")]
    parts = [each["Delete"]["RegionName"] for each in input["ReplicaUpdates"] if each.get("Delete")]
    _check_updates(existing(ctx, name), joins, parts)
    await _check_tables(ctx, name, joins)
    _check_updates(existing(ctx, name), joins, parts)
    for region in joins:
        joining.join(ctx, existing(ctx, name), region, VERSION_2017, {})
    described = _described(ctx, name)
    for region in sorted(parts, key=lambda each: each == ctx.region):  # this region last: it is to tell them
        joining.leave(ctx, existing(ctx, name), region)
    left = [each for each in described["ReplicationGroup"] if each["RegionName"] not in parts]
    gone = [{"RegionName": region, "ReplicaStatus": "DELETING"} for region in parts]
    return {"GlobalTableDescription": {**described, "ReplicationGroup": left + gone}}


@service.operation
def describe_global_table(ctx: Context[State], input: Plain) -> Plain:
    return {"GlobalTableDescription": _described(ctx, input["GlobalTableName"])}


@service.operation
def list_global_tables(ctx: Context[State], input: Plain) -> Plain:
    after, limit = input.get("ExclusiveStartGlobalTableName") or "", input.get("Limit") or 100
    wanted = input.get("RegionName")
    found = []
    for name in sorted(ctx.state.shared):
        table = ctx.state.known(name)
        if name > after and table is not None and table.data["version"] == VERSION_2017:
            regions = regions_of(table)
            if wanted is None or wanted in regions:
                group = [{"RegionName": region} for region in regions]
                found.append({"GlobalTableName": name, "ReplicationGroup": group})
    more: Plain = {}
    if len(found) > limit:
        more["LastEvaluatedGlobalTableName"] = found[limit - 1]["GlobalTableName"]
    return {"GlobalTables": found[:limit], **more}


async def _check_tables(ctx: Context[State], name: str, regions: list[str]) -> None:
    for region in regions:
        if region == ctx.region:
            about, empty = _own_table(ctx, name).about, counted(_own_table(ctx, name), ctx.now)[0] == 0
        else:
            about, empty = await _asked(ctx, name, region)
        if not empty:
            raise ValidationException(f"The table {name} in {region} must be empty to join a global table.")
        stream = about.get("StreamSpecification") or {}
        if stream.get("StreamViewType") != "NEW_AND_OLD_IMAGES":
            raise ValidationException(NO_STREAM)


async def _asked(ctx: Context[State], name: str, region: str) -> tuple[Plain, bool]:
    if region not in ctx.here.world.regions:
        raise ValidationException(f"This world has no region {region}.")
    try:
        found = await ctx.request("dynamodb", "DescribeTable", {"TableName": name}, region=region)
    except AwsError as problem:
        if problem.error_code != "ResourceNotFoundException":
            raise
        raise TableNotFoundException(problem.message) from None
    return found["Table"], found["Table"].get("ItemCount", 0) == 0


def _own_table(ctx: Context[State], name: str) -> Table:
    table = ctx.state.find(name, ctx.now)
    if table is None or table.data["deleted_at"] is not None:
        raise TableNotFoundException(f"Table not found: {name}")
    return table


def _check_none(ctx: Context[State], name: str) -> None:
    if _own_table(ctx, name).group is not None:
        raise GlobalTableAlreadyExistsException(f"Global table with name: '{name}' already exists.")


def _check_updates(table: Table, joins: list[str], parts: list[str]) -> None:
    there = regions_of(table)
    for region in joins:
        if region in there:
            raise ReplicaAlreadyExistsException(
                f"Replica for region '{region}' already exists in global table: '{table.name}'"
            )
    for region in parts:
        if region not in there:
            raise ReplicaNotFoundException(f"Replica for region '{region}' does not exist in: '{table.name}'")


def existing(ctx: Context[State], name: str) -> Table:
    """A global table of the newer version is none to this API: tools tell the versions apart by that."""
    table = ctx.state.known(name)
    if table is None or table.data["version"] != VERSION_2017:
        raise GlobalTableNotFoundException(f"Global table with name: '{name}' does not exist.")
    return table


def regions_of(table: Table) -> list[str]:
    """The regions that hold a replica, or are about to."""
    return [region for region, each in table.members.items() if each["present"]]


def _described(ctx: Context[State], name: str) -> Plain:
    table = existing(ctx, name)
    group = [
        {"RegionName": region, "ReplicaStatus": status}
        for region, each in table.members.items()
        if (status := replica_status(each, ctx.now)) is not None
    ]
    settled = all(each["ReplicaStatus"] == "ACTIVE" for each in group)
    return {
        "GlobalTableName": name,
        "GlobalTableArn": f"arn:aws:dynamodb::{ctx.account}:global-table/{name}",
        "GlobalTableStatus": "ACTIVE" if settled else "UPDATING",
        "CreationDateTime": min(each["stamp"][0] for each in table.members.values()),
        "ReplicationGroup": group,
    }
