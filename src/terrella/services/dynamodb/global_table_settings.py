"""Settings of the replicas of a global table of the 2017 version: read from each region, and altered there.

What is scaled by itself is in scaling_settings.py. A region that does not answer fails the request.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from .errors import IndexNotFoundException, ReplicaNotFoundException
from .global_tables import existing, regions_of
from .scaling_settings import Place, Scaling, apply, scaling
from .state import State, service

Plain = dict[str, Any]


@service.operation
async def describe_global_table_settings(ctx: Context[State], input: Plain) -> Plain:
    """GlobalTableNotFoundException."""
    name = input["GlobalTableName"]
    settings = [await _settings(ctx, name, region) for region in regions_of(existing(ctx, name))]
    return {"GlobalTableName": name, "ReplicaSettings": settings}


@service.operation
async def update_global_table_settings(ctx: Context[State], input: Plain) -> Plain:
    """Alter the tables of all regions alike, or some of them. GlobalTableNotFoundException,
    ReplicaNotFoundException, IndexNotFoundException."""
    name = input["GlobalTableName"]
    regions = regions_of(existing(ctx, name))
    own = {each["RegionName"]: each for each in input.get("ReplicaSettingsUpdate") or ()}
    for region in own:
        if region not in regions:
            raise ReplicaNotFoundException(f"Replica for region '{region}' does not exist in: '{name}'")
    for region in regions:
        update = _update(await _described(ctx, name, region), input, own.get(region, {}))
        if update:
            await ctx.request("dynamodb", "UpdateTable", {"TableName": name, **update}, region=region)
        await _scale(ctx, Place(region, name, "Write"), input, own.get(region, {}))
    return await describe_global_table_settings(ctx, input)


def _update(table: Plain, input: Plain, own: Plain) -> Plain:
    """What UpdateTable is asked for in one region."""
    update: Plain = {}
    billing = input.get("GlobalTableBillingMode")
    if billing and billing != table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"):
        update["BillingMode"] = billing
    now = _capacity(table)
    wanted = _wanted(now, input.get("GlobalTableProvisionedWriteCapacityUnits"),
                     own.get("ReplicaProvisionedReadCapacityUnits"))  # fmt: skip
    if wanted != now or update.get("BillingMode") == "PROVISIONED":
        update["ProvisionedThroughput"] = wanted
    if own.get("ReplicaTableClass"):
        update["TableClass"] = own["ReplicaTableClass"]
    indexes = _index_updates(table, input, own)
    return {**update, **({"GlobalSecondaryIndexUpdates": indexes} if indexes else {})}


def _index_updates(table: Plain, input: Plain, own: Plain) -> list[Plain]:
    indexes = {each["IndexName"]: each for each in table.get("GlobalSecondaryIndexes", [])}
    writes = _units(input, "GlobalTableGlobalSecondaryIndexSettingsUpdate", "ProvisionedWriteCapacityUnits")
    reads = _units(own, "ReplicaGlobalSecondaryIndexSettingsUpdate", "ProvisionedReadCapacityUnits")
    found = []
    for name in sorted({*writes, *reads}):
        if name not in indexes:
            raise IndexNotFoundException(f"Index {name} not found.")
        now = _capacity(indexes[name])
        wanted = _wanted(now, writes.get(name), reads.get(name))
        if wanted != now:
            found.append({"Update": {"IndexName": name, "ProvisionedThroughput": wanted}})
    return found


def _units(given: Plain, member: str, units: str) -> dict[str, int | None]:
    return {each["IndexName"]: each.get(units) for each in given.get(member) or ()}


def _capacity(described: Plain) -> Plain:
    return {name: described["ProvisionedThroughput"][name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _wanted(now: Plain, write: int | None, read: int | None) -> Plain:
    return {
        "ReadCapacityUnits": read or now["ReadCapacityUnits"],
        "WriteCapacityUnits": write or now["WriteCapacityUnits"],
    }


async def _scale(ctx: Context[State], place: Place, input: Plain, own: Plain) -> None:
    """Scale what is to be scaled in one region, of the table and its indexes."""
    reads = dataclasses.replace(place, verb="Read")
    await apply(ctx, place, input.get("GlobalTableProvisionedWriteCapacityAutoScalingSettingsUpdate"))
    await apply(ctx, reads, own.get("ReplicaProvisionedReadCapacityAutoScalingSettingsUpdate"))
    for each in input.get("GlobalTableGlobalSecondaryIndexSettingsUpdate") or ():
        index = dataclasses.replace(place, index=each["IndexName"])
        await apply(ctx, index, each.get("ProvisionedWriteCapacityAutoScalingSettingsUpdate"))
    for each in own.get("ReplicaGlobalSecondaryIndexSettingsUpdate") or ():
        index = dataclasses.replace(reads, index=each["IndexName"])
        await apply(ctx, index, each.get("ProvisionedReadCapacityAutoScalingSettingsUpdate"))


async def _described(ctx: Context[State], name: str, region: str) -> Plain:
    try:
        found = await ctx.request("dynamodb", "DescribeTable", {"TableName": name}, region=region)
    except AwsError as problem:
        if problem.error_code != "ResourceNotFoundException":
            raise
        raise ReplicaNotFoundException(f"Replica for region '{region}' does not exist in: '{name}'") from None
    table: Plain = found["Table"]
    return table


async def _settings(ctx: Context[State], name: str, region: str) -> Plain:
    table = await _described(ctx, name, region)
    capacity = _capacity(table)
    found: Plain = {
        "RegionName": region,
        "ReplicaStatus": table["TableStatus"] if table["TableStatus"] in ("CREATING", "DELETING") else "ACTIVE",
        "ReplicaProvisionedReadCapacityUnits": capacity["ReadCapacityUnits"],
        "ReplicaProvisionedWriteCapacityUnits": capacity["WriteCapacityUnits"],
    }
    for shown, member in (("ReplicaBillingModeSummary", "BillingModeSummary"),
                          ("ReplicaTableClassSummary", "TableClassSummary")):  # fmt: skip
        if table.get(member):
            found[shown] = table[member]
    if found.get("ReplicaBillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST":
        scaled = None
    else:
        names = [each["IndexName"] for each in table.get("GlobalSecondaryIndexes", [])]
        scaled = await scaling(ctx, region, name, names)
        found |= _scaled(scaled, "Replica", Place(region, name, "Read"))
    indexes = [
        {**_index(each), **(_scaled(scaled, "", Place(region, name, "Read", each["IndexName"])) if scaled else {})}
        for each in table.get("GlobalSecondaryIndexes", [])
    ]
    return {**found, **({"ReplicaGlobalSecondaryIndexSettings": indexes} if indexes else {})}


def _scaled(found: Scaling, prefix: str, place: Place) -> Plain:
    return {
        f"{prefix}Provisioned{verb}CapacityAutoScalingSettings": found.of(dataclasses.replace(place, verb=verb))
        for verb in ("Read", "Write")
    }


def _index(described: Plain) -> Plain:
    capacity = _capacity(described)
    return {
        "IndexName": described["IndexName"],
        "IndexStatus": described["IndexStatus"],
        "ProvisionedReadCapacityUnits": capacity["ReadCapacityUnits"],
        "ProvisionedWriteCapacityUnits": capacity["WriteCapacityUnits"],
    }
