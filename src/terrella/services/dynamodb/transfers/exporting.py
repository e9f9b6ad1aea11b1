"""Exports to S3: a table as it was, or what became of its items between two moments, in files of a bucket.

The work is done a portion at a time in the background. How far it is stands in the journal after every file; after
a restart the file that was under way is begun again.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html
"""

from __future__ import annotations

import math
from typing import Any

from ....core.errors import ValidationException
from ....region.service import Context
from ....store.journal import Change
from .. import jobs, parameters, records
from ..backups import earliest
from ..errors import (
    ExportConflictException,
    ExportNotFoundException,
    InvalidExportTimeException,
    LimitExceededException,
    PointInTimeRecoveryUnavailableException,
    ResourceNotFoundException,
    TableNotFoundException,
)
from ..expressions.keys import check_schema, key_range
from ..parameters import Expressions
from ..settings import table_of_arn
from ..state import State, Table, service
from . import buckets, files, snapshot
from .arns import check_arn
from .buckets import Failed
from .files import FULL, INCREMENTAL

Plain = dict[str, Any]

MOST_AT_ONCE = 300
SHORTEST_S, LONGEST_S = 15 * 60.0, 24 * 3600.0
DUPLICATE = "Duplicate request detected"
_TOLD = ("ExportFormat", "ExportType", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId",
         "ExportTime", "IncrementalExportSpecification", "FilterSpecification")  # fmt: skip


@service.operation
def export_table_to_point_in_time(ctx: Context[State], input: Plain) -> Plain:
    """Begin an export. PointInTimeRecoveryUnavailableException, InvalidExportTimeException,
    ExportConflictException; what S3 refuses makes the export FAILED later."""
    buckets.check_there(ctx, "ExportTableToPointInTime")
    try:
        table = table_of_arn(ctx, input["TableArn"])
    except ResourceNotFoundException:
        raise TableNotFoundException(f"Table not found: {input['TableArn']}") from None
    given = jobs.request(ctx, input)
    arn = jobs.known_by_token(ctx, "exports", given, ExportConflictException(DUPLICATE))
    return describe_export(ctx, {"ExportArn": arn or _begin(ctx, table, given)})


@service.operation
def describe_export(ctx: Context[State], input: Plain) -> Plain:
    """ExportNotFoundException."""
    arn = input["ExportArn"]
    check_arn(ctx, arn, "export")
    job = ctx.state.jobs.get("exports", arn)
    if job is None:
        raise ExportNotFoundException(f"Export not found: {arn}")
    return {"ExportDescription": _description(arn, job)}


@service.operation
def list_exports(ctx: Context[State], input: Plain) -> Plain:
    """Exports of the last 90 days, of a table or all, the newest first."""
    found = jobs.page(ctx, "exports", input.get("TableArn"), input, input.get("MaxResults"))
    summaries = [
        {"ExportArn": arn, "ExportStatus": job["status"], "ExportType": job["asked"].get("ExportType") or FULL}
        for arn, job in found.pop("jobs")
    ]
    return {"ExportSummaries": summaries, **found}


@service.change
def export_begun(state: State, change: Change, arn: str, job: Plain, kept_since: float) -> None:
    """What is of this moment is of the change's: everything before it in the journal is in."""
    asked = {**job["asked"]}
    period = asked.get("IncrementalExportSpecification")
    if period is None:
        asked.setdefault("ExportTime", change.time)
    else:
        asked["IncrementalExportSpecification"] = {"ExportToTime": change.time, **period}
    state.jobs.begin(arn, {**job, "asked": asked}, kept_since)


@service.change
def export_advanced(state: State, change: Change, arn: str, upto: str, file: list[Any], size: int) -> None:
    """One more file is in the bucket: [key, items, MD5, ETag]. `upto` is where the next begins, "" at the end."""
    job = state.jobs.get("exports", arn)
    if job is not None:
        was = job["progress"]
        state.jobs.advance(
            "exports", arn, upto=upto, done=not upto, files=[*was["files"], file],
            count=was["count"] + file[1], size=was["size"] + size,
        )  # fmt: skip


@service.change
def export_ended(state: State, change: Change, arn: str, status: str, failure: list[str] | None) -> None:
    state.jobs.alter("exports", arn, status=status, failure=failure, ended_at=change.time)


async def work(ctx: Context[State], arn: str) -> None:
    """Do all that is left to do of an export."""
    status, failure = jobs.COMPLETED, None
    try:
        await _write_all(ctx, arn)
    except Failed as refusal:
        status, failure = jobs.FAILED, [refusal.code, refusal.message]
    ctx.commit("export_ended", arn=arn, status=status, failure=failure)


def _begin(ctx: Context[State], table: Table, given: Plain) -> str:
    recovery = table.data["recovery"]
    if not recovery:
        raise PointInTimeRecoveryUnavailableException(
            f"Point in time recovery is not enabled for table '{table.name}'"
        )
    asked = {"ExportFormat": "DYNAMODB_JSON", "S3SseAlgorithm": "AES256", **given}
    oldest = earliest(recovery, ctx.now)
    if asked.get("ExportType") == INCREMENTAL:
        asked["IncrementalExportSpecification"] = _period(ctx, asked, oldest)
    else:
        if asked.get("IncrementalExportSpecification"):
            raise ValidationException("IncrementalExportSpecification is only for an ExportType of INCREMENTAL_EXPORT")
        if not math.floor(oldest) <= asked.get("ExportTime", ctx.now) <= ctx.now:
            raise InvalidExportTimeException(
                "The specified ExportTime is outside of the point in time recovery window."
            )
    _chosen(table, asked)
    if ctx.state.jobs.under_way("exports") >= MOST_AT_ONCE:
        raise LimitExceededException(f"Subscriber limit exceeded: Only {MOST_AT_ONCE} exports can be in progress")
    arn = f"{table.about['TableArn']}/export/{jobs.label(ctx)}"
    progress = {"upto": "", "done": False, "files": [], "count": 0, "size": 0}
    job = jobs.new_job(ctx, "exports", table.about, given, asked, progress)
    ctx.commit("export_begun", arn=arn, job=job, kept_since=ctx.now - ctx.scaled(jobs.TOLD_FOR_S))
    ctx.state.jobs.wake()
    return arn


def _period(ctx: Context[State], asked: Plain, oldest: float) -> Plain:
    """What an incremental export is of, its view also where none was given. InvalidExportTimeException."""
    given = asked.get("IncrementalExportSpecification") or {}
    if asked.get("ExportTime") is not None or given.get("ExportFromTime") is None:
        raise ValidationException(
            "An INCREMENTAL_EXPORT needs the ExportFromTime of its IncrementalExportSpecification, and no ExportTime"
        )
    since, until = given["ExportFromTime"], given.get("ExportToTime", ctx.now)
    if not math.floor(oldest) <= since or until > ctx.now:
        raise InvalidExportTimeException(
            "The specified export period is outside of the point in time recovery window."
        )
    between = "Difference between export period from time and export period to time must be"
    if until - since < math.floor(ctx.scaled(SHORTEST_S)):
        raise InvalidExportTimeException(f"{between} at least 15 minutes")
    if until - since > math.ceil(ctx.scaled(LONGEST_S)):
        raise InvalidExportTimeException(f"{between} at most 24 hours")
    view = given.get("ExportViewType") or "NEW_AND_OLD_IMAGES"
    return {**given, "ExportViewType": view}


def _chosen(table: Table, asked: Plain) -> tuple[Expressions | None, bytes, bytes | None]:
    """What a FilterSpecification says, and the range of keys it leaves. ValidationException."""
    given = asked.get("FilterSpecification")
    if not given:
        return None, b"", None
    parameters.check_given(given, ("ProjectionExpression", "FilterExpression", "KeyConditionExpression"))
    found = parameters.read(given)
    if found.key_conditions is None:
        return found, b"", None
    check_schema(found.key_conditions, table.schema)
    part = key_range(found.key_conditions, table.schema)
    return found, part.start, part.end


async def _write_all(ctx: Context[State], arn: str) -> None:
    job = _job(ctx, arn)
    asked, identity = job["asked"], files.identity_of(arn)
    folder = files.folder(asked, identity)
    if not job["progress"]["files"]:
        await buckets.put(ctx, asked, f"{folder}_started", b"")
    while not (job := _job(ctx, arn))["progress"]["done"]:
        await _write_file(ctx, arn, job)
    manifest = files.files_manifest(job["progress"]["files"])
    await _put_with_checksum(ctx, asked, f"{folder}manifest-files", manifest)
    summary = files.summary_manifest(arn, job, ctx.here.clock.now())
    await _put_with_checksum(ctx, asked, f"{folder}manifest-summary", summary)


async def _write_file(ctx: Context[State], arn: str, job: Plain) -> None:
    asked, number = job["asked"], len(job["progress"]["files"])
    file, size = files.DataFile(), 0
    upto: bytes | None = bytes.fromhex(job["progress"]["upto"])
    while upto is not None and not file.full:
        lines, weight, upto = _portion(_table(ctx, job), asked, upto)
        file.add([line for line in lines if line is not None])
        size += weight
        await ctx.here.clock.sleep(0)  # others are served between portions
    body, key_of_file = file.content(), files.data_key(asked, files.identity_of(arn), number)
    etag = await buckets.put(ctx, asked, key_of_file, body)
    ctx.commit(
        "export_advanced", arn=arn, upto=(upto or b"").hex(), size=size,
        file=[key_of_file, file.count, buckets.checksum(body), etag],
    )  # fmt: skip


def _portion(table: Table, asked: Plain, upto: bytes) -> tuple[list[bytes | None], int, bytes | None]:
    """The lines of the next items, None for those that were not chosen, what is billed for them, and where to go
    on."""
    chosen, start, end = _chosen(table, asked)
    start, period = max(start, upto), asked.get("IncrementalExportSpecification")
    if period is None:
        found, following = snapshot.as_of(table, asked["ExportTime"], start, end)
        weight = sum(records.size_of(record) for _, record in found)
        return [files.item_line(record, asked, chosen) for _, record in found], weight, following
    changes, following = snapshot.between(table, period["ExportFromTime"], period["ExportToTime"], start, end)
    images = [image for _, each in changes for image in (each.before, each.after) if image]
    lines = [files.change_line(each, table.schema, asked, chosen) for _, each in changes]
    return lines, sum(map(records.size_of, images)), following


def _table(ctx: Context[State], job: Plain) -> Table:
    """The table, if it can still be told what it was. Failed."""
    table = ctx.state.known(job["table"])
    if table is None or table.about["TableId"] != job["table_id"]:
        raise Failed("TableNotFound", f"The table {job['table']} was deleted while it was exported.")
    recovery = table.data["recovery"]
    if not recovery or recovery["since"] > job["started_at"]:
        raise Failed(
            "PointInTimeRecoveryUnavailable", f"Point in time recovery of table {job['table']} was disabled."
        )
    return table


def _job(ctx: Context[State], arn: str) -> Plain:
    job = ctx.state.jobs.get("exports", arn)
    assert job is not None, "jobs that are under way are not forgotten"
    return job


async def _put_with_checksum(ctx: Context[State], asked: Plain, key: str, body: bytes) -> None:
    await buckets.put(ctx, asked, f"{key}.json", body)
    await buckets.put(ctx, asked, f"{key}.md5", buckets.checksum(body).encode())


def _description(arn: str, job: Plain) -> Plain:
    asked, progress = job["asked"], job["progress"]
    found = {name: asked[name] for name in _TOLD if name in asked}
    found |= {
        "ExportArn": arn, "ExportStatus": job["status"], "StartTime": job["started_at"],
        "ClientToken": asked["ClientToken"], "TableArn": arn.partition("/export/")[0],
        "TableId": job["table_id"], **jobs.failure(job),
    }  # fmt: skip
    if job["ended_at"] is not None:
        found["EndTime"] = job["ended_at"]
    if job["status"] == jobs.COMPLETED:
        manifest = f"{files.folder(asked, files.identity_of(arn))}manifest-summary.json"
        found |= {"ExportManifest": manifest, "ItemCount": progress["count"], "BilledSizeBytes": progress["size"]}
    return found
