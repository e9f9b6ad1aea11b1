"""Tables: made, described, listed, deleted.

A new table is CREATING and a deleted one DELETING for a moment, as long as the world's speed makes it.
"""

from __future__ import annotations

import uuid
from typing import Any

import orjson

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import definitions, describing, joining, streams
from .describing import table_arn
from .errors import ResourceInUseException
from .joining import DELETING_S
from .state import State, Table, blank, service, table_name
from .strong.deciding import WHOLE

Plain = dict[str, Any]

CREATING_S = 2.0
IN_USE = "Attempt to change a resource which is still in use: "
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
RECENT_SOURCE = (
    "Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the "
    "table in the last 24 hours."
)
REFUSED = ("GlobalTableSourceArn", "GlobalTableSettingsReplicationMode", "VectorIndexes")
LARGEST_POLICY = 20 * 1024
SOURCE_FOR_S = 24 * 3600.0


@service.operation
def create_table(ctx: Context[State], input: Plain) -> Plain:
    """Make a table. ResourceInUseException if there is one, or one is still being deleted."""
    for member in REFUSED:
        if input.get(member):
            raise NotImplementedHere("dynamodb", f"CreateTable with {member}")
    definitions.check(input)
    streams.check_specification(input.get("StreamSpecification"))
    name = table_name(input["TableName"])
    there = ctx.state.find(name, ctx.now)
    if there is not None:
        going = there.data["deleted_at"] is not None
        raise ResourceInUseException(
            f"{IN_USE}Table is being deleted: {name}" if going else f"Table already exists: {name}"
        )
    data = new_data(ctx, name, input)
    ctx.commit("table_made", table=name, data=data)
    return {"TableDescription": describing.just_made(ctx.state.existing(name, ctx.now), input, ctx.now)}


@service.operation
def describe_table(ctx: Context[State], input: Plain) -> Plain:
    return {"Table": describing.description(ctx.state.existing(input["TableName"], ctx.now), ctx.now)}


@service.operation
def list_tables(ctx: Context[State], input: Plain) -> Plain:
    after, limit = input.get("ExclusiveStartTableName") or "", input.get("Limit") or 100
    names = [name for name in ctx.state.tables if name > after and ctx.state.find(name, ctx.now)]
    more: Plain = {"LastEvaluatedTableName": names[limit - 1]} if len(names) > limit else {}
    return {"TableNames": names[:limit], **more}


@service.operation
def delete_table(ctx: Context[State], input: Plain) -> Plain:
    """Delete a table and its items; of a global table only the replica of this region."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    check_settled(table, ctx.now)
    if table.strong is not None:
        raise ValidationException(WHOLE)
    if table.about.get("DeletionProtectionEnabled"):
        raise ValidationException(PROTECTED)
    source_at = table.data.get("source_at")
    if table.others and source_at is not None and ctx.now - source_at < ctx.scaled(SOURCE_FOR_S):
        raise ValidationException(RECENT_SOURCE)
    gone_at = ctx.now + ctx.scaled(DELETING_S)
    if table.group is not None:
        joining.part(ctx, table, gone_at, drop=True)
    else:
        ctx.commit("table_dropped", table=table.name, gone_at=gone_at)
    shown = describing.description(ctx.state.existing(table.name, ctx.now), ctx.now)
    brief = ("TableName", "TableArn", "TableId", "TableStatus", "ItemCount", "TableSizeBytes",
             "ProvisionedThroughput", "BillingModeSummary", "DeletionProtectionEnabled")  # fmt: skip
    return {"TableDescription": {name: shown[name] for name in brief if name in shown}}


@service.change
def table_made(state: State, change: Change, table: str, data: Plain) -> None:
    state.put_table(data)
    streams.follow(state, change, table)


@service.change
def table_dropped(state: State, change: Change, table: str, gone_at: float) -> None:
    known = state.known(table)
    if known is not None:
        state.drop(known, gone_at)
        streams.follow(state, change, table)


def check_settled(table: Table, now: float) -> None:
    """A table is altered only while nothing else alters it. ResourceInUseException."""
    status = describing.table_status(table, now)
    if status != "ACTIVE":
        doing = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}[status]
        raise ResourceInUseException(f"{IN_USE}Table is being {doing}: {table.name}")


def new_data(ctx: Context[State], name: str, input: Plain) -> Plain:
    """The plain data of a table that begins now."""
    active_at = ctx.now + ctx.scaled(CREATING_S)
    return {
        **blank(_about(ctx, name, input), active_at),
        "tags": definitions.tagged({}, input["Tags"]) if input.get("Tags") else {},
        "policy": policy(input["ResourcePolicy"], ctx.now) if input.get("ResourcePolicy") else None,
    }


def policy(document: str, now: float) -> Plain:
    """A resource policy, and the revision it is known by. ValidationException if it is none."""
    try:
        orjson.loads(document)
    except orjson.JSONDecodeError:
        raise ValidationException(f"Invalid policy document: {document[:100]}") from None
    if len(document.encode()) > LARGEST_POLICY:
        raise ValidationException(f"Resource-based policy document size exceeds the limit of {LARGEST_POLICY} bytes")
    return {"document": document, "revision": str(int(now * 1000))}


def _about(ctx: Context[State], name: str, input: Plain) -> Plain:
    about = {
        "TableName": name,
        "TableArn": table_arn(ctx.region, ctx.account, name),
        "TableId": str(uuid.UUID(int=ctx.here.rng.getrandbits(128), version=4)),
        "CreationDateTime": ctx.now,
        "AttributeDefinitions": input["AttributeDefinitions"],
        "KeySchema": input["KeySchema"],
        "ProvisionedThroughput": describing.throughput(input.get("ProvisionedThroughput")),
        "DeletionProtectionEnabled": bool(input.get("DeletionProtectionEnabled")),
    }
    if input.get("BillingMode") == "PAY_PER_REQUEST":
        about |= on_demand(ctx.now)
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "OnDemandThroughput"):
        if input.get(member):
            about[member] = input[member]
    if input.get("WarmThroughput"):
        about["WarmThroughput"] = definitions.warmed(describing.warmth(about), input["WarmThroughput"])
    stream = input.get("StreamSpecification")
    if stream and stream.get("StreamEnabled"):
        about["StreamSpecification"] = stream
    if input.get("TableClass"):
        about["TableClassSummary"] = {"TableClass": input["TableClass"]}
    if (input.get("SSESpecification") or {}).get("Enabled"):
        about["SSEDescription"] = encryption(ctx, input["SSESpecification"])
    return about


def on_demand(now: float) -> Plain:
    """What a table without provisioned capacity tells of itself."""
    summary = {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": now}
    return {"BillingModeSummary": summary, "WarmThroughput": describing.ON_DEMAND_WARMTH}


def encryption(ctx: Context[State], given: Plain) -> Plain:
    """SSEDescription: state only, nothing here is encrypted."""
    key = given.get("KMSMasterKeyId") or "alias/aws/dynamodb"
    if not key.startswith(("arn:", "alias/", "key/")):
        key = f"key/{key}"
    arn = key if key.startswith("arn:") else f"arn:aws:kms:{ctx.region}:{ctx.account}:{key}"
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
