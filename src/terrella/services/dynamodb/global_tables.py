"""Global tables of the 2017 version: tables of one name that exist, joined and parted by an API of their own.

The attributes aws:rep:* that this version writes into items are not written here. Newer global tables are
made by UpdateTable (replicas.py).
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import replicas
from .describing import counted
from .errors import (
    GlobalTableAlreadyExistsException,
    GlobalTableNotFoundException,
    ReplicaAlreadyExistsException,
    ReplicaNotFoundException,
    TableNotFoundException,
)
from .replicas import VERSION_2017
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
    if name in ctx.state.global_tables:
        raise GlobalTableAlreadyExistsException(f"Global table with name: '{name}' already exists.")
    if ctx.region not in regions:
        raise ValidationException(f"The replication group must contain the local region {ctx.region}.")
    await _check_tables(ctx, name, regions)
    table = _own_table(ctx, name)
    if name in ctx.state.global_tables:
        raise GlobalTableAlreadyExistsException(f"Global table with name: '{name}' already exists.")
    _note(ctx, name, regions, ctx.now, ())
    for region in regions:
        if region != ctx.region:
            replicas.join(ctx, table, region, VERSION_2017, {})
            table = _own_table(ctx, name)
    return {"GlobalTableDescription": _described(ctx, name)}


@service.operation
async def update_global_table(ctx: Context[State], input: Plain) -> Plain:
    """Join or part replicas."""
    name = input["GlobalTableName"]
    known = _existing(ctx, name)
    joining = [each["Create"]["RegionName"] for each in input["ReplicaUpdates"] if each.get("Create")]
    parting = [each["Delete"]["RegionName"] for each in input["ReplicaUpdates"] if each.get("Delete")]
    for region in joining:
        if region in known["regions"]:
            raise ReplicaAlreadyExistsException(
                f"Replica for region '{region}' already exists in global table: '{name}'"
            )
    for region in parting:
        if region not in known["regions"]:
            raise ReplicaNotFoundException(f"Replica for region '{region}' does not exist in: '{name}'")
    await _check_tables(ctx, name, joining)
    known = _existing(ctx, name)
    table = _own_table(ctx, name)
    regions = [region for region in (*known["regions"], *joining) if region not in parting]
    _note(ctx, name, regions, known["created"], known["regions"])
    for region in joining:
        replicas.join(ctx, table, region, VERSION_2017, {})
        table = _own_table(ctx, name)
    for region in parting:
        replicas.leave(ctx, table, region, drop=False)
        table = _own_table(ctx, name)
    return {"GlobalTableDescription": _described(ctx, name)}


@service.operation
def describe_global_table(ctx: Context[State], input: Plain) -> Plain:
    _existing(ctx, input["GlobalTableName"])
    return {"GlobalTableDescription": _described(ctx, input["GlobalTableName"])}


@service.operation
def list_global_tables(ctx: Context[State], input: Plain) -> Plain:
    after, limit = input.get("ExclusiveStartGlobalTableName") or "", input.get("Limit") or 100
    wanted = input.get("RegionName")
    found = [
        {"GlobalTableName": name, "ReplicationGroup": [{"RegionName": each} for each in data["regions"]]}
        for name, data in ctx.state.global_tables.items()
        if name > after and (wanted is None or wanted in data["regions"])
    ]
    more: Plain = {}
    if len(found) > limit:
        more["LastEvaluatedGlobalTableName"] = found[limit - 1]["GlobalTableName"]
    return {"GlobalTables": found[:limit], **more}


@service.change
def global_table_noted(
    state: State, change: Change, name: str, regions: list[str], created: float, to: list[str]
) -> None:
    """Which regions a global table has; none of it is left when fewer than one does."""
    if regions:
        state.global_tables.put(name, {"regions": regions, "created": created})
    else:
        state.global_tables.delete(name)


def _note(
    ctx: Context[State], name: str, regions: list[str], created: float, before: tuple[str, ...] | list[str]
) -> None:
    to = sorted({*regions, *before} - {ctx.region})
    ctx.commit("global_table_noted", name=name, regions=regions, created=created, to=to)


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


def _existing(ctx: Context[State], name: str) -> Plain:
    """A global table of the newer version is none to this API: tools tell the versions apart by that."""
    known: Plain | None = ctx.state.global_tables.get(name)
    if known is None:
        raise GlobalTableNotFoundException(f"Global table with name: '{name}' does not exist.")
    return known


def _described(ctx: Context[State], name: str) -> Plain:
    known = _existing(ctx, name)
    return {
        "GlobalTableName": name,
        "GlobalTableArn": f"arn:aws:dynamodb::{ctx.account}:global-table/{name}",
        "GlobalTableStatus": "ACTIVE",
        "CreationDateTime": known["created"],
        "ReplicationGroup": [
            {"RegionName": region, "ReplicaStatus": "ACTIVE"} for region in known["regions"]
        ],
    }
