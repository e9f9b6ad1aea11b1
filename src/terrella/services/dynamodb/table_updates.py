"""UpdateTable: capacity, streams, indexes, protection; replicas are in replicas.py.

What AWS keeps alike on all replicas is sent to them, what it keeps per region is not (developer guide,
"Global tables: how it works", settings that are synchronised).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import definitions, describing, replica_scaling, replicas, streams, synchronised
from .errors import LimitExceededException, ResourceNotFoundException
from .state import State, Table, service, table_name
from .strong import founding
from .strong.deciding import Deciding, agreed
from .tables import check_settled, encryption, on_demand
from .values import INVALID

Plain = dict[str, Any]

UPDATING_S, INDEXING_S = 1.0, 2.0
KEPT_PER_REGION = frozenset(("DeletionProtectionEnabled",))
OWN_OF_STRONG = frozenset(("DeletionProtectionEnabled", "StreamSpecification"))
_ACTED_ON = (
    "BillingMode", "ProvisionedThroughput", "StreamSpecification", "GlobalSecondaryIndexUpdates",
    "SSESpecification", "ReplicaUpdates", "TableClass", "DeletionProtectionEnabled", "OnDemandThroughput",
    "WarmThroughput",
)  # fmt: skip
REFUSED = ("GlobalTableSettingsReplicationMode", "VectorIndexUpdates", "DisassociationProtectionEnabled")


@service.operation
def update_table(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Alter a table. ResourceInUseException while it is being altered already."""
    return _update(ctx, input) if isinstance(ctx, Deciding) else _when_asked(ctx, input)


async def _when_asked(ctx: Context[State], input: Plain) -> Plain:
    name = table_name(input["TableName"])
    if input.get("ReplicaUpdates") and (given := ctx.state.known(name)) is not None:
        await replicas.check_names(ctx, name, input["ReplicaUpdates"])
        await replica_scaling.check_writes_scaled(ctx, given, input)
    if founding.concerns(ctx.state.known(name), input):
        return await _update_strong(dataclasses.replace(ctx, now=ctx.here.clock.now()), input)
    ctx = dataclasses.replace(ctx, now=ctx.here.clock.now())
    table = ctx.state.known(name)
    return _update(ctx, input) if table is None or table.strong is None else await _agree(ctx, table, input)


async def _agree(ctx: Context[State], table: Table, input: Plain) -> Plain:
    """Settings that the three regions of a strongly consistent table have alike are agreed on as writes are."""
    _check(input)
    if input.get("MultiRegionConsistency"):
        raise ValidationException("The MultiRegionConsistency of a global table cannot be changed.")
    check_settled(table, ctx.now)
    given = {name: value for name, value in input.items() if value is not None}
    own = {name: given.pop(name) for name in OWN_OF_STRONG & given.keys()}
    if given.keys() != {"TableName"}:
        await agreed(ctx, "UpdateTable", table, given, [])
    ctx = dataclasses.replace(ctx, now=ctx.here.clock.now())
    table = ctx.state.existing(table.name, ctx.now)
    if own:
        _commit(ctx, table, _settings(ctx, table, own), None)
    return {"TableDescription": describing.description(ctx.state.existing(table.name, ctx.now), ctx.now)}


async def _update_strong(ctx: Context[State], input: Plain) -> Plain:
    table = ctx.state.existing(input["TableName"], ctx.now)
    if table.strong is None or table.strong["opened"]:
        check_settled(table, ctx.now)
    await founding.update(ctx, table, input)
    now = ctx.here.clock.now()
    return {"TableDescription": describing.description(ctx.state.existing(table.name, now), now)}


def _check(input: Plain) -> None:
    for name in REFUSED:
        if input.get(name) not in (None, []):
            raise NotImplementedHere("dynamodb", f"UpdateTable with {name}")
    if not any(input.get(name) not in (None, []) for name in _ACTED_ON):
        raise ValidationException(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )


def _update(ctx: Context[State], input: Plain) -> Plain:
    _check(input)
    table = ctx.state.existing(input["TableName"], ctx.now)
    check_settled(table, ctx.now)
    about = _settings(ctx, table, input)
    indexes = _indexes(table, input) if input.get("GlobalSecondaryIndexUpdates") else None
    if indexes is not None:
        about |= {"GlobalSecondaryIndexes": indexes or None}
        about["AttributeDefinitions"] = _definitions(table, input, indexes)
    updates, overrides = input.get("ReplicaUpdates") or [], {}
    if table.strong is not None:
        overrides = founding.overrides(table, updates)
    elif updates:
        replicas.update(ctx, table, updates)
    if about or overrides:
        _commit(ctx, table, about, indexes, overrides)
    return {"TableDescription": describing.description(ctx.state.existing(table.name, ctx.now), ctx.now)}


@service.change
def table_altered(
    state: State,
    change: Change,
    table: str,
    about: Plain,
    to: list[str],
    updated_until: float,
    data: Plain,
    indexed_at: float = 0.0,
    overrides: Plain | None = None,
) -> None:
    """Settings of a table replaced, unless they were altered later elsewhere."""
    known = state.known(table)
    if known is not None and (change.origin == known.region or change.origin in known.heard):
        synchronised.take(
            state, known, change, about, data, updated_until=updated_until, indexed_at=indexed_at
        )
        streams.follow(state, change, table)


def commit_setting(ctx: Context[State], table: Table, alike: bool = True, **data: Any) -> None:
    """Alter plain data of a table, and of its replicas where AWS keeps it alike."""
    to = synchronised.peers(table) if alike else []
    ctx.commit("table_altered", table=table.name, about={}, to=to, updated_until=0.0, data=data)


def _commit(
    ctx: Context[State], table: Table, about: Plain, indexes: list[Plain] | None, overrides: Plain | None = None
) -> None:
    until = ctx.now + ctx.scaled(UPDATING_S)
    shared = {name: value for name, value in about.items() if name not in KEPT_PER_REGION}
    own = {name: value for name, value in about.items() if name in KEPT_PER_REGION}
    indexed_at = ctx.now + ctx.scaled(INDEXING_S) if indexes is not None else 0.0
    for part, to in ((shared, synchronised.peers(table)), (own, [])):
        if part or (overrides and part is shared):
            ctx.commit(
                "table_altered",
                table=table.name,
                about=part,
                to=to,
                updated_until=until,
                data={},
                indexed_at=indexed_at,
                overrides=overrides or {},
            )


def _settings(ctx: Context[State], table: Table, input: Plain) -> Plain:
    about: Plain = {}
    billing, throughput = input.get("BillingMode"), input.get("ProvisionedThroughput")
    if billing == "PROVISIONED" and not throughput:
        raise ValidationException(
            f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED"
        )
    has = (table.about.get("BillingModeSummary") or {}).get("BillingMode")
    if billing == "PAY_PER_REQUEST" or (billing is None and throughput and has == "PAY_PER_REQUEST"):
        definitions.check_billing({"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": throughput})
    if billing == "PAY_PER_REQUEST":
        about |= {**on_demand(ctx.now), "ProvisionedThroughput": describing.throughput(None), synchronised.READS: None}
    elif throughput:
        about |= _new_throughput(table, throughput)
        if billing and table.about.get("BillingModeSummary"):
            about |= {"BillingModeSummary": {"BillingMode": "PROVISIONED"}, "WarmThroughput": None}
    about |= _stream(table, input.get("StreamSpecification"))
    if input.get("TableClass"):
        summary = {"TableClass": input["TableClass"], "LastUpdateDateTime": ctx.now}
        about["TableClassSummary"] = summary
    if input.get("DeletionProtectionEnabled") is not None:
        about["DeletionProtectionEnabled"] = input["DeletionProtectionEnabled"]
    if input.get("OnDemandThroughput"):
        about["OnDemandThroughput"] = input["OnDemandThroughput"]
    if input.get("WarmThroughput"):
        has_now = describing.warmth({**table.about, **about})
        about["WarmThroughput"] = definitions.warmed(has_now, input["WarmThroughput"])
    if input.get("SSESpecification"):
        on = input["SSESpecification"].get("Enabled")
        about["SSEDescription"] = encryption(ctx, input["SSESpecification"]) if on else None
    return about


def _new_throughput(table: Table, wanted: Plain) -> Plain:
    definitions.check_billing({"ProvisionedThroughput": wanted})
    had = synchronised.overridden(table)["ProvisionedThroughput"]
    if all(had[name] == wanted[name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")):
        raise ValidationException(
            "The provisioned throughput for the table will not change. The requested value "
            "equals the current "
            f"value. Current ReadCapacityUnits provisioned for the table: "
            f"{had['ReadCapacityUnits']}. Requested "
            f"ReadCapacityUnits: {wanted['ReadCapacityUnits']}. Current WriteCapacityUnits "
            "provisioned for the "
            f"table: {had['WriteCapacityUnits']}. Requested WriteCapacityUnits: "
            f"{wanted['WriteCapacityUnits']}. "
            "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
            "higher limits."
        )
    reads = synchronised.READS
    if wanted[reads] != had[reads]:
        return {"ProvisionedThroughput": describing.throughput(wanted), reads: None}
    same = {**wanted, reads: table.about["ProvisionedThroughput"][reads]}  # a replica keeps its own
    return {"ProvisionedThroughput": describing.throughput(same)}


def _stream(table: Table, wanted: Plain | None) -> Plain:
    if wanted is None:
        return {}
    streams.check_specification(wanted)
    has = table.about.get("StreamSpecification")
    if wanted.get("StreamEnabled"):
        if has:
            raise ValidationException("Table already has an enabled stream: TableName: " + table.name)
        return {"StreamSpecification": wanted}
    if not has:
        raise ValidationException("Table has no stream to disable: TableName: " + table.name)
    if table.others:
        raise ValidationException("Streams cannot be disabled on a global table with replicas.")
    return {"StreamSpecification": None}


def _indexes(table: Table, input: Plain) -> list[Plain]:
    """The global indexes the table is to have. One comes or goes at a time."""
    found = {each["IndexName"]: each for each in table.global_indexes}
    updates = input["GlobalSecondaryIndexUpdates"]
    for update in updates:
        given = [name for name in update.values() if name]
        if len(given) > 1:
            raise ValidationException(
                f"{INVALID}Only one of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete can be specified"
            )
        if not given:
            raise ValidationException(
                f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            )
    names = [next(iter(update.values()))["IndexName"] for update in updates]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValidationException(
                f"{INVALID}Only one global secondary index update per index is allowed simultaneously. "
                f"Index: {name}"
            )
    if sum("Update" not in update for update in updates) > 1:
        raise LimitExceededException(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        )
    for update in updates:
        _apply_index_update(table, found, update, input)
    return list(found.values())


def _apply_index_update(table: Table, found: dict[str, Plain], update: Plain, input: Plain) -> None:
    ((verb, index),) = update.items()
    name = index["IndexName"]
    if verb == "Create":
        given = input.get("AttributeDefinitions") or []  # even what the table defines is to be told again
        definitions.check_index(index, definitions.attribute_names(given))
        definitions.check_projection(index)
        summary = input.get("BillingMode") or table.about.get("BillingModeSummary", {}).get("BillingMode")
        definitions.check_index_billing(index, summary)
        if name in table.indexes:
            raise ValidationException(f"{INVALID}Attempting to create an index which already exists: {name}")
        if len(found) >= definitions.MOST_GLOBAL:
            raise LimitExceededException(
                f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of "
                f"{definitions.MOST_GLOBAL}"
            )
        found[name] = index
    elif name not in found:
        raise ResourceNotFoundException("Requested resource not found")
    elif verb == "Delete":
        del found[name]
    else:
        found[name] = {**found[name], **index}


def _definitions(table: Table, input: Plain, indexes: list[Plain]) -> list[Plain]:
    """The attributes that keys of the table and its indexes are made of."""
    types = {**table.types}
    for each in input.get("AttributeDefinitions") or ():
        name, kind = each["AttributeName"], each["AttributeType"]
        if types.setdefault(name, kind) != kind:
            raise _redefined(table, input, name)
    schemas = [table.about["KeySchema"], *(each["KeySchema"] for each in (*indexes, *table.local_indexes))]
    used = dict.fromkeys(each["AttributeName"] for schema in schemas for each in schema)
    return [{"AttributeName": name, "AttributeType": types[name]} for name in used]


def _redefined(table: Table, input: Plain, name: str) -> ValidationException:
    """The refusal of an attribute that would change its type."""
    given = {each["AttributeName"]: each["AttributeType"] for each in input["AttributeDefinitions"]}
    schemas = [table.about["KeySchema"], *(each["KeySchema"] for each in table.global_indexes + table.local_indexes)]
    had = next(schema for schema in schemas if any(each["AttributeName"] == name for each in schema))
    updates = input.get("GlobalSecondaryIndexUpdates") or ()
    new = next((each["Create"]["KeySchema"] for each in updates if each.get("Create")), had)
    return ValidationException(
        f"{INVALID}Attributes cannot be redefined. Please check that your attribute has the same type as previously "
        f"defined. Existing schema: {_shown(had, table.types)} New schema: {_shown(new, table.types | given)}"
    )


def _shown(schema: list[Plain], types: dict[str, str]) -> str:
    keys = (f"key{{{each['AttributeName']}:{types[each['AttributeName']]}:{each['KeyType']}}}" for each in schema)
    return f"Schema:[SchemaElement: {', SchemaElement: '.join(keys)}]"
