"""What AWS::DynamoDB::GlobalTable says of auto scaling, as UpdateTableReplicaAutoScaling is told it."""

from __future__ import annotations

from typing import Any

from .resource import Resource

Plain = dict[str, Any]

_SAID_IN = ("BillingMode", "WriteProvisionedThroughputSettings", "GlobalSecondaryIndexes", "Replicas")
_CONFIG = ("DisableScaleIn", "ScaleInCooldown", "ScaleOutCooldown", "TargetValue")


async def scale_writes(resource: Resource) -> None:
    """Scale the table's writes before it has replicas: DynamoDB wants it so."""
    write = _update(resource.properties, "Write")
    if _to_do(resource) and write:
        await _call(resource, {"ProvisionedWriteCapacityAutoScalingUpdate": write})


async def scale(resource: Resource) -> None:
    """Scale the table and its indexes as the template says, if it says that of anything."""
    input = _input(resource)
    if _to_do(resource) and input:
        await _call(resource, input)


def _to_do(resource: Resource) -> bool:
    provisioned = resource.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    return provisioned and (resource.before is None or any(map(resource.changed, _SAID_IN)))


async def _call(resource: Resource, input: Plain) -> None:
    await resource.call("dynamodb", "UpdateTableReplicaAutoScaling", {"TableName": resource.physical_id, **input})


def _input(resource: Resource) -> Plain:
    found: Plain = {}
    write = _update(resource.properties, "Write")
    if write:
        found["ProvisionedWriteCapacityAutoScalingUpdate"] = write
    indexes = _index_updates(resource.get("GlobalSecondaryIndexes") or [], "Write")
    if indexes:
        found["GlobalSecondaryIndexUpdates"] = indexes
    replicas = [each for each in map(_replica, resource.get("Replicas")) if len(each) > 1]
    return {**found, **({"ReplicaUpdates": replicas} if replicas else {})}


def _replica(given: Plain) -> Plain:
    found: Plain = {"RegionName": given["Region"]}
    read, indexes = _update(given, "Read"), _index_updates(given.get("GlobalSecondaryIndexes") or [], "Read")
    if read:
        found["ReplicaProvisionedReadCapacityAutoScalingUpdate"] = read
    if indexes:
        found["ReplicaGlobalSecondaryIndexUpdates"] = indexes
    return found


def _index_updates(indexes: list[Plain], verb: str) -> list[Plain]:
    name = f"Provisioned{verb}CapacityAutoScalingUpdate"
    updates = ((each["IndexName"], _update(each, verb)) for each in indexes)
    return [{"IndexName": index, name: update} for index, update in updates if update]


def _update(given: Plain, verb: str) -> Plain | None:
    settings = given.get(f"{verb}ProvisionedThroughputSettings") or {}
    scaling = settings.get(f"{verb}CapacityAutoScalingSettings")
    if not scaling:
        return None
    config = scaling["TargetTrackingScalingPolicyConfiguration"]
    tracking = {name: config[name] for name in _CONFIG if name in config}
    return {
        "MinimumUnits": scaling["MinCapacity"], "MaximumUnits": scaling["MaxCapacity"],
        "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": tracking},
    }  # fmt: skip
