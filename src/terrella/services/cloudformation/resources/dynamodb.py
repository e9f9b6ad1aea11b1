"""AWS::DynamoDB::Table and AWS::DynamoDB::GlobalTable."""

from __future__ import annotations

from typing import Any

from .. import table_import
from ..resource import Resource
from ..resource_type import ResourceType
from ..table_scaling import scale, scale_writes

Plain = dict[str, Any]

table = ResourceType(
    "AWS::DynamoDB::Table",
    properties="AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes "
    "ImportSourceSpecification KeySchema LocalSecondaryIndexes OnDemandThroughput PointInTimeRecoverySpecification "
    "ProvisionedThroughput SSESpecification StreamSpecification TableClass TableName Tags TimeToLiveSpecification",
    required="KeySchema",
    create_only="TableName KeySchema LocalSecondaryIndexes ImportSourceSpecification",
    attributes="Arn StreamArn",
    name="TableName",
    longest_name=255,
    tagged=True,
    note="ImportSourceSpecification: by ImportTable, without LocalSecondaryIndexes; records that are no items fail it.",
)
global_table = ResourceType(
    "AWS::DynamoDB::GlobalTable",
    properties="AttributeDefinitions BillingMode GlobalSecondaryIndexes GlobalTableWitnesses KeySchema "
    "LocalSecondaryIndexes MultiRegionConsistency Replicas SSESpecification StreamSpecification TableName "
    "TimeToLiveSpecification WriteProvisionedThroughputSettings WriteOnDemandThroughputSettings",
    required="Replicas KeySchema AttributeDefinitions",
    create_only="TableName KeySchema LocalSecondaryIndexes MultiRegionConsistency",
    attributes="Arn StreamArn TableId",
    name="TableName",
    longest_name=255,
    note="The stack's own region must be among the replicas; per-replica settings other than auto scaling, Tags and "
    "DeletionProtectionEnabled of the own region are not acted on. Auto scaling that a template no longer has goes on.",
)
AS_THEY_ARE = (
    "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema "
    "LocalSecondaryIndexes OnDemandThroughput ProvisionedThroughput TableClass"
)
UPDATABLE = "BillingMode DeletionProtectionEnabled OnDemandThroughput ProvisionedThroughput TableClass"


@table.creates
async def create_table(resource: Resource) -> str:
    if table_import.SOURCE in resource.properties:
        await table_import.begin(resource, _table(resource))
    else:
        await resource.call("dynamodb", "CreateTable", {**_table(resource), "Tags": resource.tag_list() or None})
    return resource.name


@table.settles
async def table_active(resource: Resource) -> None:
    if resource.before is None and table_import.SOURCE in resource.properties:
        await table_import.finish(resource, _table(resource))
    await _until_active(resource)
    if resource.before is None:
        await _set_time_to_live(resource)
        await _set_recovery(resource)


@table.updates
async def update_table(resource: Resource) -> None:
    await _update_settings(resource, UPDATABLE)
    await _update_indexes(resource)
    await resource.retag("dynamodb", await _arn(resource))


@table.reads
async def table_attributes(resource: Resource) -> Plain:
    found = await _described(resource)
    return {"Arn": found["TableArn"], **_stream(found)}


@table.deletes
async def delete_table(resource: Resource) -> None:
    if table_import.SOURCE in resource.properties:
        await table_import.until_made(resource)
    await resource.call("dynamodb", "DeleteTable", {"TableName": resource.physical_id})
    await _until_gone(resource)


@global_table.creates
async def create_global_table(resource: Resource) -> str:
    settings = "AttributeDefinitions BillingMode GlobalSecondaryIndexes KeySchema LocalSecondaryIndexes"
    input = {**resource.pick(settings), **_specified(resource.properties), "TableName": resource.name}
    if resource.get("BillingMode", "PROVISIONED") == "PROVISIONED":
        input["ProvisionedThroughput"] = _throughput(resource)
    input["GlobalSecondaryIndexes"] = _indexes(resource)
    own = _own_replica(resource)
    input["DeletionProtectionEnabled"] = own.get("DeletionProtectionEnabled")
    await resource.call("dynamodb", "CreateTable", {**input, "Tags": own.get("Tags")})
    return resource.name


@global_table.settles
async def global_table_active(resource: Resource) -> None:
    """The table first, then one replica after another, as the API wants it."""
    await _until_active(resource)
    await scale_writes(resource)
    await _match_replicas(resource)
    await _set_time_to_live(resource)
    await scale(resource)


@global_table.updates
async def update_global_table(resource: Resource) -> None:
    await _update_settings(resource, "BillingMode")
    await _update_indexes(resource)


@global_table.reads
async def global_table_attributes(resource: Resource) -> Plain:
    found = await _described(resource)
    return {"Arn": found["TableArn"], "TableId": found.get("TableId", ""), **_stream(found)}


@global_table.deletes
async def delete_global_table(resource: Resource) -> None:
    await _update_replicas(resource, "Delete", await _replicas(resource), await _witnesses(resource))
    await resource.call("dynamodb", "DeleteTable", {"TableName": resource.physical_id})
    await _until_gone(resource)


def _table(resource: Resource) -> Plain:
    """What CreateTable takes of a template, but for tags."""
    return {**resource.pick(AS_THEY_ARE), **_specified(resource.properties), "TableName": resource.name}


def _specified(properties: Plain) -> Plain:
    """What the API writes otherwise than CloudFormation does."""
    found: Plain = {}
    if "StreamSpecification" in properties:
        found["StreamSpecification"] = _stream_specification(properties["StreamSpecification"])
    if "SSESpecification" in properties:
        given = dict(properties["SSESpecification"])
        found["SSESpecification"] = {"Enabled": given.pop("SSEEnabled", None), **given}
    return found


def _stream_specification(given: Plain) -> Plain:
    return {"StreamEnabled": True, "StreamViewType": given.get("StreamViewType")}


def _stream(described: Plain) -> Plain:
    return {"StreamArn": described["LatestStreamArn"]} if described.get("LatestStreamArn") else {}


async def _described(resource: Resource) -> Plain:
    found = await resource.call("dynamodb", "DescribeTable", {"TableName": resource.physical_id})
    table: Plain = found["Table"]
    return table


async def _arn(resource: Resource) -> str:
    return str((await _described(resource))["TableArn"])


async def _until_active(resource: Resource) -> None:
    async def active() -> bool:
        found = await _described(resource)
        members = ("GlobalSecondaryIndexes", "Replicas", "GlobalTableWitnesses")
        parts = [each for member in members for each in found.get(member, ())]
        states = [each.get("IndexStatus") or each.get("ReplicaStatus") or each.get("WitnessStatus") for each in parts]
        return found["TableStatus"] == "ACTIVE" and all(each in (None, "ACTIVE") for each in states)

    await resource.until(active, f"Table {resource.physical_id}")


async def _until_gone(resource: Resource) -> None:
    async def gone() -> bool:
        found = await resource.call("dynamodb", "ListTables", {"ExclusiveStartTableName": None})
        return resource.physical_id not in await _all_tables(resource, found)

    await resource.until(gone, f"Deletion of table {resource.physical_id}")


async def _all_tables(resource: Resource, page: Plain) -> set[str]:
    names = set(page["TableNames"])
    while page.get("LastEvaluatedTableName"):
        start = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
        page = await resource.call("dynamodb", "ListTables", start)
        names |= set(page["TableNames"])
    return names


async def _update_settings(resource: Resource, names: str) -> None:
    changed = {name: resource.get(name) for name in names.split() if resource.changed(name)}
    if resource.changed("StreamSpecification"):
        given = resource.get("StreamSpecification")
        changed["StreamSpecification"] = _stream_specification(given) if given else {"StreamEnabled": False}
    if resource.changed("SSESpecification"):
        changed |= {"SSESpecification": _specified(resource.properties).get("SSESpecification")}
    if changed.get("BillingMode") == "PAY_PER_REQUEST":
        changed.pop("ProvisionedThroughput", None)
    if any(value is not None for value in changed.values()):
        await resource.call("dynamodb", "UpdateTable", {"TableName": resource.physical_id, **changed})
        await _until_active(resource)
    if resource.changed("TimeToLiveSpecification"):
        await _set_time_to_live(resource)
    if resource.changed("PointInTimeRecoverySpecification"):
        await _set_recovery(resource)


async def _update_indexes(resource: Resource) -> None:
    """Indexes come and go one at a time, as the API allows."""
    if not resource.changed("GlobalSecondaryIndexes"):
        return
    was = {each["IndexName"]: each for each in _before(resource).get("GlobalSecondaryIndexes", [])}
    now = {each["IndexName"]: each for each in resource.get("GlobalSecondaryIndexes", [])}
    for name in was:
        if name not in now or now[name]["KeySchema"] != was[name]["KeySchema"]:
            await _index_update(resource, {"Delete": {"IndexName": name}})
    for name, index in now.items():
        if name not in was or index["KeySchema"] != was[name]["KeySchema"]:
            await _index_update(resource, {"Create": index})
        elif index.get("ProvisionedThroughput") != was[name].get("ProvisionedThroughput"):
            change = {"IndexName": name, "ProvisionedThroughput": index["ProvisionedThroughput"]}
            await _index_update(resource, {"Update": change})


async def _index_update(resource: Resource, update: Plain) -> None:
    input = {"TableName": resource.physical_id, "GlobalSecondaryIndexUpdates": [update]}
    if "Create" in update:
        input["AttributeDefinitions"] = resource.get("AttributeDefinitions")
    await resource.call("dynamodb", "UpdateTable", input)
    await _until_active(resource)


async def _set_time_to_live(resource: Resource) -> None:
    wanted = resource.get("TimeToLiveSpecification")
    before = _before(resource).get("TimeToLiveSpecification")
    if wanted is None and before is None:
        return
    if wanted is None:
        wanted = {**(before or {}), "Enabled": False}
    name = {"TableName": resource.physical_id}
    found = (await resource.call("dynamodb", "DescribeTimeToLive", name))["TimeToLiveDescription"]
    on = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    if on != (str(wanted["Enabled"]).lower() == "true"):
        await resource.call("dynamodb", "UpdateTimeToLive", {**name, "TimeToLiveSpecification": wanted})


async def _set_recovery(resource: Resource) -> None:
    wanted = resource.get("PointInTimeRecoverySpecification")
    if wanted is not None:
        input = {"TableName": resource.physical_id, "PointInTimeRecoverySpecification": wanted}
        await resource.call("dynamodb", "UpdateContinuousBackups", input)


def _before(resource: Resource) -> Plain:
    return resource.before["properties"] if resource.before else {}


def _own_replica(resource: Resource) -> Plain:
    own = [each for each in resource.get("Replicas") if each["Region"] == resource.region]
    return own[0] if own else {}


def _throughput(resource: Resource) -> Plain:
    """Capacity is given by auto scaling settings; a table begins with their smallest."""
    write = resource.get("WriteProvisionedThroughputSettings", {})
    scaling = write.get("WriteCapacityAutoScalingSettings", {})
    read = _own_replica(resource).get("ReadProvisionedThroughputSettings", {})
    reading = read.get("ReadCapacityAutoScalingSettings", {})
    return {
        "WriteCapacityUnits": scaling.get("MinCapacity", 5),
        "ReadCapacityUnits": read.get("ReadCapacityUnits") or reading.get("MinCapacity", 5),
    }


def _indexes(resource: Resource) -> list[Plain] | None:
    provisioned = resource.get("BillingMode", "PROVISIONED") == "PROVISIONED"
    found = []
    for index in resource.get("GlobalSecondaryIndexes", []):
        plain = {name: index[name] for name in ("IndexName", "KeySchema", "Projection") if name in index}
        found.append({**plain, "ProvisionedThroughput": _throughput(resource)} if provisioned else plain)
    return found or None


async def _replicas(resource: Resource) -> list[str]:
    """The other regions that hold the table now."""
    found = (await _described(resource)).get("Replicas", [])
    return [each["RegionName"] for each in found if each["RegionName"] != resource.region]


async def _match_replicas(resource: Resource) -> None:
    wanted = [each["Region"] for each in resource.get("Replicas") if each["Region"] != resource.region]
    witnesses = [each["Region"] for each in resource.get("GlobalTableWitnesses", [])]
    there, watching = await _replicas(resource), await _witnesses(resource)
    gone, new = _lacks(there, wanted), _lacks(wanted, there)
    await _update_replicas(resource, "Delete", gone, _lacks(watching, witnesses))
    await _update_replicas(resource, "Create", new, _lacks(witnesses, watching))


def _lacks(regions: list[str], others: list[str]) -> list[str]:
    return [region for region in regions if region not in others]


async def _witnesses(resource: Resource) -> list[str]:
    found = (await _described(resource)).get("GlobalTableWitnesses", [])
    return [each["RegionName"] for each in found]


async def _update_replicas(resource: Resource, verb: str, regions: list[str], witnesses: list[str]) -> None:
    """One after the other, as the service wants it; of a strongly consistent table all at once."""
    if resource.get("MultiRegionConsistency") == "STRONG":
        if regions or witnesses:
            await _replica_update(resource, verb, regions, witnesses)
        return
    for region in regions:
        await _replica_update(resource, verb, [region], [])


async def _replica_update(resource: Resource, verb: str, regions: list[str], witnesses: list[str]) -> None:
    input: Plain = {"TableName": resource.physical_id}
    for member, given in (("ReplicaUpdates", regions), ("GlobalTableWitnessUpdates", witnesses)):
        if given:
            input[member] = [{verb: {"RegionName": region}} for region in given]
    if verb == "Create" and resource.get("MultiRegionConsistency"):
        input["MultiRegionConsistency"] = resource.get("MultiRegionConsistency")
    await resource.call("dynamodb", "UpdateTable", input)

    async def done() -> bool:
        there = await _replicas(resource)
        return all((region in there) == (verb == "Create") for region in regions)

    await resource.until(done, f"Replica {', '.join((*regions, *witnesses))}")
    await _until_active(resource)
