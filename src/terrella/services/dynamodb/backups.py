"""Backups on demand, and point-in-time recovery: both keep items, and restore them into new tables.

    dynamodb.backups         ARN -> what the table was, and when
    dynamodb.backup/ARN      key -> record, the items of one backup
    dynamodb.history/NAME    key and time -> the record a write of that time replaced, while recovery is on

An item at a moment is what the first write after that moment replaced, and if there was none, what stands now.
A backup and a restore are one change each, so that after a crash they are there whole or not at all.
"""

from __future__ import annotations

import datetime
import math
from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import describing, jobs, records
from .errors import (
    BackupInUseException,
    BackupNotFoundException,
    InvalidRestoreTimeException,
    PointInTimeRecoveryUnavailableException,
    TableAlreadyExistsException,
    TableNotFoundException,
)
from .state import TIME, State, Table, backup_map, history_map, service
from .table_updates import commit_setting
from .tables import new_data

Plain = dict[str, Any]

BACKING_UP_S, DAY_S, MOST_DAYS = 1.0, 86_400.0, 35
KEPT = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes", "OnDemandThroughput")

OVERRIDDEN = {
    "GlobalSecondaryIndexOverride": "GlobalSecondaryIndexes", "LocalSecondaryIndexOverride": "LocalSecondaryIndexes",
    "OnDemandThroughputOverride": "OnDemandThroughput", "SSESpecificationOverride": "SSESpecification",
}  # fmt: skip


@service.operation
def create_backup(ctx: Context[State], input: Plain) -> Plain:
    """Keep the items of a table as they stand."""
    table = _table(ctx, input["TableName"])
    count, size = describing.weighed(table)
    data = {
        "name": input["BackupName"], "at": ctx.now, "ready_at": ctx.now + ctx.scaled(BACKING_UP_S),
        "about": table.about, "ttl": table.data["ttl"], "count": count, "size": size,
    }  # fmt: skip
    arn = f"{table.about['TableArn']}/backup/{jobs.label(ctx)}"
    ctx.commit("backup_made", table=table.name, arn=arn, data=data)
    return {"BackupDetails": _details(arn, data, ctx.now)}


@service.operation
def describe_backup(ctx: Context[State], input: Plain) -> Plain:
    arn = input["BackupArn"]
    return {"BackupDescription": _description(arn, _backup(ctx, arn), ctx.now)}


@service.operation
def delete_backup(ctx: Context[State], input: Plain) -> Plain:
    """BackupInUseException while it is being made."""
    arn = input["BackupArn"]
    data = _backup(ctx, arn)
    if ctx.now < data["ready_at"]:
        raise BackupInUseException(f"Backup is being created: {arn}")
    description = _description(arn, data, ctx.now)
    description["BackupDetails"]["BackupStatus"] = "DELETED"
    ctx.commit("backup_deleted", arn=arn)
    return {"BackupDescription": description}


@service.operation
def list_backups(ctx: Context[State], input: Plain) -> Plain:
    """Backups by ARN; of one table, of a time, a page at a time."""
    after, limit = input.get("ExclusiveStartBackupArn") or "", input.get("Limit") or 100
    since, until = _moment(input.get("TimeRangeLowerBound")), _moment(input.get("TimeRangeUpperBound"))
    wanted = input.get("BackupType") in (None, "USER", "ALL")
    name = (input.get("TableName") or "").rpartition(":table/")[2]
    found = [
        {**_details(arn, data, ctx.now), **_of_table(data["about"])}
        for arn, data in ctx.state.backups.items()
        if wanted and arn > after and name in ("", data["about"]["TableName"])
        if (since or 0.0) <= data["at"] < (until or math.inf)
    ]
    for each in found:
        del each["KeySchema"], each["TableCreationDateTime"]
    more = {"LastEvaluatedBackupArn": found[limit - 1]["BackupArn"]} if len(found) > limit else {}
    return {"BackupSummaries": found[:limit], **more}


@service.operation
def restore_table_from_backup(ctx: Context[State], input: Plain) -> Plain:
    """A new table with the items of a backup."""
    arn = input["BackupArn"]
    data = _backup(ctx, arn)
    if ctx.now < data["ready_at"]:
        raise BackupInUseException(f"Backup is being created: {arn}")
    summary = {"SourceBackupArn": arn, "SourceTableArn": data["about"]["TableArn"], "RestoreDateTime": data["at"]}
    return _restore(ctx, input, data["about"], summary, source=arn, at=None)


@service.operation
def restore_table_to_point_in_time(ctx: Context[State], input: Plain) -> Plain:
    """A new table with the items another had at a moment since its recovery was turned on."""
    given = input.get("SourceTableName") or input.get("SourceTableArn")
    if not given:
        raise ValidationException("Exactly one of SourceTableName or SourceTableArn must be specified")
    table = _table(ctx, given)
    recovery = table.data["recovery"]
    if not recovery:
        raise PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{table.name}'"
        )
    at = ctx.now if input.get("UseLatestRestorableTime") else _moment(input.get("RestoreDateTime"))
    if at is None or not earliest(recovery, ctx.now) <= at <= ctx.now:
        raise InvalidRestoreTimeException("The requested restore time is outside of the allowed restorable period")
    summary = {"SourceTableArn": table.about["TableArn"], "RestoreDateTime": at}
    return _restore(ctx, input, table.about, summary, source=table.name, at=at)


@service.operation
def update_continuous_backups(ctx: Context[State], input: Plain) -> Plain:
    """Turn point-in-time recovery on, from this moment, or off, forgetting what was kept."""
    table = _table(ctx, input["TableName"])
    wanted = input["PointInTimeRecoverySpecification"]
    days = wanted.get("RecoveryPeriodInDays") or MOST_DAYS
    recovery = None
    if wanted["PointInTimeRecoveryEnabled"]:
        since = (table.data["recovery"] or {}).get("since", ctx.now)
        recovery = {"since": since, "days": days}
    commit_setting(ctx, table, alike=False, recovery=recovery)
    return describe_continuous_backups(ctx, input)


@service.operation
def describe_continuous_backups(ctx: Context[State], input: Plain) -> Plain:
    recovery = _table(ctx, input["TableName"]).data["recovery"]
    described: Plain = {"PointInTimeRecoveryStatus": "DISABLED"}
    if recovery:
        described = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": recovery["days"],
            "EarliestRestorableDateTime": earliest(recovery, ctx.now),
            "LatestRestorableDateTime": ctx.now,
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": described,
        }
    }


@service.change
def backup_made(state: State, change: Change, table: str, arn: str, data: Plain) -> None:
    """The items are copied as they stand at this place of the journal."""
    known = state.known(table)
    if known is not None:
        kept = state.maps.records(backup_map(arn))
        for key, record in known.items.scan():
            kept.put(key, record)
        state.backups.put(arn, data)


@service.change
def backup_deleted(state: State, change: Change, arn: str) -> None:
    state.maps.drop(backup_map(arn))
    state.backups.delete(arn)


@service.change
def table_restored(state: State, change: Change, table: str, data: Plain, source: str, at: float | None) -> None:
    """A table made, with the items of a backup, or those another table had at a moment."""
    made = state.put_table(data)
    stamp = (change.accepted, change.origin)
    found = state.maps.records(backup_map(source)).scan() if at is None else _as_of(state, source, at).items()
    for key, record in list(found):
        json = records.json_of(record)
        if json:
            made.write(key, stamp, json, records.size_of(record), change.time)


def earliest(recovery: Plain, now: float) -> float:
    """The first moment that can be restored."""
    return max(recovery["since"], now - recovery["days"] * DAY_S)


def _as_of(state: State, name: str, at: float) -> dict[bytes, bytes]:
    """The records a table had at a moment."""
    standing = dict(state.maps.records(f"dynamodb.items/{name}").scan())
    settled = set()
    for place, was in state.maps.records(history_map(name)).scan():
        key, (written,) = place[: -TIME.size], TIME.unpack(place[-TIME.size :])
        if written > at and key not in settled:
            settled.add(key)
            standing[key] = was[1:]
    return {key: record for key, record in standing.items() if record}


def _restore(ctx: Context[State], input: Plain, about: Plain, summary: Plain, source: str, at: float | None) -> Plain:
    name = input["TargetTableName"]
    if ctx.state.find(name, ctx.now) is not None:
        raise TableAlreadyExistsException(f"Table already exists: {name}")
    if input.get("VectorIndexOverride"):
        raise NotImplementedHere("dynamodb", "restoring with VectorIndexOverride")
    data = new_data(ctx, name, _definition(input, about))
    data["about"]["RestoreSummary"] = {**summary, "RestoreInProgress": True}
    ctx.commit("table_restored", table=name, data=data, source=source, at=at)
    return {"TableDescription": describing.description(ctx.state.existing(name, ctx.now), ctx.now)}


def _definition(input: Plain, about: Plain) -> Plain:
    """What CreateTable would be given to make the table again, with what is overridden."""
    found = {name: about[name] for name in KEPT if about.get(name)}
    billing = (about.get("BillingModeSummary") or {}).get("BillingMode") or "PROVISIONED"
    found["BillingMode"] = input.get("BillingModeOverride") or billing
    if found["BillingMode"] == "PROVISIONED":
        found["ProvisionedThroughput"] = input.get("ProvisionedThroughputOverride") or about["ProvisionedThroughput"]
    found |= {member: input[given] for given, member in OVERRIDDEN.items() if input.get(given) is not None}
    schemas = [found["KeySchema"]]
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in found.get(member, ())]
    used = {each["AttributeName"] for schema in schemas for each in schema}
    found["AttributeDefinitions"] = [
        each for each in about["AttributeDefinitions"] if each["AttributeName"] in used
    ]
    return found


def _moment(given: datetime.datetime | None) -> float | None:
    return None if given is None else given.timestamp()


def _table(ctx: Context[State], name: str) -> Table:
    table = ctx.state.find(name, ctx.now)
    if table is None or table.data["deleted_at"] is not None:
        raise TableNotFoundException(f"Table not found: {name}")
    return table


def _backup(ctx: Context[State], arn: str) -> Plain:
    data = ctx.state.backups.get(arn)
    if data is None:
        raise BackupNotFoundException(f"Backup not found: {arn}")
    return data


def _details(arn: str, data: Plain, now: float) -> Plain:
    return {
        "BackupArn": arn,
        "BackupName": data["name"],
        "BackupStatus": "CREATING" if now < data["ready_at"] else "AVAILABLE",
        "BackupType": "USER",
        "BackupCreationDateTime": data["at"],
        "BackupSizeBytes": data["size"],
    }


def _of_table(about: Plain) -> Plain:
    return {
        "TableName": about["TableName"], "TableId": about["TableId"], "TableArn": about["TableArn"],
        "KeySchema": about["KeySchema"], "TableCreationDateTime": about["CreationDateTime"],
    }  # fmt: skip


def _description(arn: str, data: Plain, now: float) -> Plain:
    about = data["about"]
    billing = (about.get("BillingModeSummary") or {}).get("BillingMode") or "PROVISIONED"
    features: Plain = {}
    for member in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        if about.get(member):
            features[member] = [
                {name: index[name] for name in ("IndexName", "KeySchema", "Projection")} for index in about[member]
            ]
    if data["ttl"]:
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": "ENABLED", "AttributeName": data["ttl"]["AttributeName"]
        }  # fmt: skip
    return {
        "BackupDetails": _details(arn, data, now),
        "SourceTableDetails": {
            **_of_table(about),
            "TableSizeBytes": data["size"],
            "ItemCount": data["count"],
            "BillingMode": billing,
            "ProvisionedThroughput": {
                name: about["ProvisionedThroughput"][name] for name in ("ReadCapacityUnits", "WriteCapacityUnits")
            },
        },
        "SourceTableFeatureDetails": features,
    }
