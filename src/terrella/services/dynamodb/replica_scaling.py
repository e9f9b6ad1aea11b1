"""Auto scaling of replicas, of which there is none: no capacity here is ever altered by itself. It is described as
switched off, may be switched off, and is refused where it would be switched on.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTableReplicaAutoScaling.html
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere
from ...region.service import Context
from . import describing
from .state import State, Table, service

Plain = dict[str, Any]

OFF = {"AutoScalingDisabled": True}


@service.operation
def describe_table_replica_auto_scaling(ctx: Context[State], input: Plain) -> Plain:
    """ResourceNotFoundException."""
    return _described(ctx.state.existing(input["TableName"], ctx.now), ctx.now)


@service.operation
def update_table_replica_auto_scaling(ctx: Context[State], input: Plain) -> Plain:
    """Switch auto scaling off, which it is. ResourceNotFoundException; NotImplementedHere for anything else."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    _refuse_scaling(input)
    return _described(table, ctx.now)


def _described(table: Table, now: float) -> Plain:
    shown = describing.description(table, now)
    provisioned = shown.get("BillingModeSummary", {}).get("BillingMode") != "PAY_PER_REQUEST"
    status = "ACTIVE" if shown["TableStatus"] in ("ACTIVE", "UPDATING") else shown["TableStatus"]
    here = {"RegionName": table.region, "ReplicaStatus": status}
    replicas = [_replica(each, shown, provisioned) for each in (here, *shown.get("Replicas", ()))]
    about = {"TableName": table.name, "TableStatus": shown["TableStatus"], "Replicas": replicas}
    return {"TableAutoScalingDescription": about}


def _replica(replica: Plain, shown: Plain, provisioned: bool) -> Plain:
    found = {name: replica[name] for name in ("RegionName", "ReplicaStatus")}
    if not provisioned:
        return found
    indexes = [_index(each) for each in shown.get("GlobalSecondaryIndexes", ())]
    return {
        **found,
        "ReplicaProvisionedReadCapacityAutoScalingSettings": OFF,
        "ReplicaProvisionedWriteCapacityAutoScalingSettings": OFF,
        **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
    }


def _index(shown: Plain) -> Plain:
    return {
        "IndexName": shown["IndexName"], "IndexStatus": shown["IndexStatus"],
        "ProvisionedReadCapacityAutoScalingSettings": OFF, "ProvisionedWriteCapacityAutoScalingSettings": OFF,
    }  # fmt: skip


def _refuse_scaling(given: Any) -> None:
    """NotImplementedHere if anything is to scale."""
    if isinstance(given, dict):
        for name, value in given.items():
            if name.endswith("AutoScalingUpdate") and value and not value.get("AutoScalingDisabled"):
                raise NotImplementedHere("dynamodb", f"UpdateTableReplicaAutoScaling with {name}")
            _refuse_scaling(value)
    elif isinstance(given, list):
        for each in given:
            _refuse_scaling(each)
