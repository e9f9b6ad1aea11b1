"""Auto scaling of a table's replicas, all at once: capacity for writes is scaled alike in every region, for reads in
each as it is told. What it is told is in scaling_settings.py, who scales is Application Auto Scaling.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTableReplicaAutoScaling.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from . import describing
from .scaling_settings import Place, Scaling, apply, scaling
from .state import State, Table, service

Plain = dict[str, Any]


@service.operation
async def describe_table_replica_auto_scaling(ctx: Context[State], input: Plain) -> Plain:
    """ResourceNotFoundException; a region that does not answer fails the request."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    shown, now = describing.description(table, ctx.now), ctx.now
    found = {}
    if _provisioned(shown):
        indexes = [each["IndexName"] for each in shown.get("GlobalSecondaryIndexes", ())]
        for region in _regions(table, shown):
            found[region] = await scaling(ctx, region, table.name, indexes)
    return _described(table, describing.description(table, now), found)


@service.operation
async def update_table_replica_auto_scaling(ctx: Context[State], input: Plain) -> Plain:
    """Alter what is scaled, and how. ResourceNotFoundException, ValidationException."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    shown = describing.description(table, ctx.now)
    regions, name = _regions(table, shown), table.name
    own = {each["RegionName"]: each for each in input.get("ReplicaUpdates") or ()}
    indexes = {each["IndexName"] for each in shown.get("GlobalSecondaryIndexes", ())}
    writes = input.get("GlobalSecondaryIndexUpdates") or ()
    reads = [one for each in own.values() for one in each.get("ReplicaGlobalSecondaryIndexUpdates") or ()]
    _check(shown, set(own) - set(regions), {each["IndexName"] for each in (*writes, *reads)} - indexes)
    for region in regions:
        await apply(ctx, Place(region, name, "Write"), input.get("ProvisionedWriteCapacityAutoScalingUpdate"))
        for each in writes:
            update = each.get("ProvisionedWriteCapacityAutoScalingUpdate")
            await apply(ctx, Place(region, name, "Write", each["IndexName"]), update)
        mine = own.get(region, {})
        await apply(ctx, Place(region, name, "Read"), mine.get("ReplicaProvisionedReadCapacityAutoScalingUpdate"))
        for each in mine.get("ReplicaGlobalSecondaryIndexUpdates") or ():
            update = each.get("ProvisionedReadCapacityAutoScalingUpdate")
            await apply(ctx, Place(region, name, "Read", each["IndexName"]), update)
    return await describe_table_replica_auto_scaling(ctx, input)


async def check_writes_scaled(ctx: Context[State], table: Table, input: Plain) -> None:
    """ValidationException if a provisioned table whose writes nobody scales is to have its first replica: what
    is replicated would soon be more than a region takes."""
    if table.others or not any(update.get("Create") for update in input.get("ReplicaUpdates") or ()):
        return
    if input.get("BillingMode") == "PAY_PER_REQUEST" or not _provisioned(describing.description(table, ctx.now)):
        return
    found = await scaling(ctx, ctx.region, table.name, [])
    if "ScalingPolicies" not in found.of(Place(ctx.region, table.name, "Write")):
        raise ValidationException("Table write capacity should either be Pay-Per-Request or AutoScaled.")


def _check(shown: Plain, regions: set[str], indexes: set[str]) -> None:
    if not _provisioned(shown):
        raise ValidationException("Auto scaling is only supported for tables with a BillingMode of PROVISIONED")
    if regions:
        raise ValidationException(f"The table has no replica in {', '.join(sorted(regions))}")
    if indexes:
        raise ValidationException(f"The table does not have the specified index: {', '.join(sorted(indexes))}")


def _regions(table: Table, shown: Plain) -> list[str]:
    return [table.region, *(each["RegionName"] for each in shown.get("Replicas", ()))]


def _provisioned(shown: Plain) -> bool:
    return shown.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST"


def _described(table: Table, shown: Plain, found: dict[str, Scaling]) -> Plain:
    status = "ACTIVE" if shown["TableStatus"] in ("ACTIVE", "UPDATING") else shown["TableStatus"]
    here = {"RegionName": table.region, "ReplicaStatus": status}
    replicas = [_replica(each, shown, table.name, found.get(each["RegionName"])) for each in (
        here, *shown.get("Replicas", ())
    )]  # fmt: skip
    about = {"TableName": table.name, "TableStatus": shown["TableStatus"], "Replicas": replicas}
    return {"TableAutoScalingDescription": about}


def _replica(replica: Plain, shown: Plain, name: str, found: Scaling | None) -> Plain:
    told = {member: replica[member] for member in ("RegionName", "ReplicaStatus")}
    if found is None:
        return told
    region = replica["RegionName"]
    indexes = [
        {
            "IndexName": each["IndexName"], "IndexStatus": each["IndexStatus"],
            **{
                f"Provisioned{verb}CapacityAutoScalingSettings": found.of(Place(region, name, verb, each["IndexName"]))
                for verb in ("Read", "Write")
            },
        }
        for each in shown.get("GlobalSecondaryIndexes", ())
    ]  # fmt: skip
    return {
        **told,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": found.of(Place(region, name, "Read")),
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": found.of(Place(region, name, "Write")),
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }
