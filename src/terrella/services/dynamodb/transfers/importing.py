"""Imports from S3: a new table with the items of the objects of a bucket.

The table is CREATING until everything was read. What was read is written a portion at a time, together with how far
that is, so that after a restart nothing is written or counted twice. Records that are no items are counted, and
told in the log group /aws-dynamodb/imports.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html
"""

from __future__ import annotations

from typing import Any

from ....core.errors import AwsError, NotImplementedHere, ValidationException
from ....region.service import Context
from ....store.journal import Change
from .. import definitions, jobs
from .. import records as at_rest
from ..errors import (
    ImportConflictException,
    ImportNotFoundException,
    LimitExceededException,
    ResourceInUseException,
)
from ..membership import NEVER
from ..state import State, Table, service
from ..tables import IN_USE, new_data
from ..values import LARGEST_ITEM, TOO_LARGE, Item, check_item
from . import buckets, sources
from .arns import check_arn
from .buckets import Failed
from .files import identity_of
from .logs import Log
from .sources import Found

Plain = dict[str, Any]
Put = list[Any]

MOST_AT_ONCE = 50
TAKEN_AT_ONCE, WRITTEN_AT_ONCE, BYTES_AT_ONCE = 20, 240, 256 * 1024
LOG_GROUP = "/aws-dynamodb/imports"
INVALID_ITEMS = (
    "Some of the items failed validation checks and were not imported. "
    "Please check CloudWatch error logs for more details."
)
_TOLD = ("S3BucketSource", "InputFormat", "InputFormatOptions", "InputCompressionType", "TableCreationParameters",
         "ClientToken")  # fmt: skip


@service.operation
def import_table(ctx: Context[State], input: Plain) -> Plain:
    """Begin an import. ResourceInUseException if there is a table of the name, ImportConflictException; what S3
    refuses makes the import FAILED later."""
    buckets.check_there(ctx, "ImportTable")
    given = jobs.request(ctx, input)
    arn = jobs.known_by_token(ctx, "imports", given, ImportConflictException("Duplicate request detected"))
    return {"ImportTableDescription": _described(ctx, arn or _begin(ctx, given))}


@service.operation
def describe_import(ctx: Context[State], input: Plain) -> Plain:
    """ImportNotFoundException."""
    arn = input["ImportArn"]
    check_arn(ctx, arn, "import")
    if ctx.state.jobs.get("imports", arn) is None:
        raise ImportNotFoundException(f"Import not found: {arn}")
    return {"ImportTableDescription": _described(ctx, arn)}


@service.operation
def list_imports(ctx: Context[State], input: Plain) -> Plain:
    """Imports of the last 90 days, of a table or all, the newest first."""
    found = jobs.page(ctx, "imports", input.get("TableArn"), input, input.get("PageSize"))
    told = ("ImportArn", "ImportStatus", "TableArn", "S3BucketSource", "CloudWatchLogGroupArn", "InputFormat",
            "StartTime", "EndTime")  # fmt: skip
    described = [_described(ctx, arn) for arn, _ in found.pop("jobs")]
    return {
        "ImportSummaryList": [{name: each[name] for name in told if name in each} for each in described], **found
    }  # fmt: skip


@service.change
def import_begun(state: State, change: Change, arn: str, job: Plain, kept_since: float, data: Plain) -> None:
    """The table is there at once, and nothing in it can be read."""
    state.put_table(data)
    state.jobs.begin(arn, job, kept_since)


@service.change
def import_advanced(
    state: State, change: Change, arn: str, puts: list[Put], key: str, index: int, size: int, processed: int,
    errors: int,
) -> None:  # fmt: skip
    """Items [key, JSON, size] are written; the records of all objects before `key`, and of this one those before
    `index`, are done with. Counted is what stands in the table: of items with one key the last."""
    job = state.jobs.get("imports", arn)
    table = _table(state, job) if job is not None else None
    if job is None or table is None:
        return
    was, fresh = job["progress"], 0
    for place, json, weight in puts:
        fresh += table.items.get(place) is None
        table.write(place, (change.accepted, change.origin), json, weight, change.time)
    state.jobs.advance(
        "imports", arn, key=key, index=index, size=was["size"] + size, processed=was["processed"] + processed,
        imported=was["imported"] + fresh, errors=was["errors"] + errors,
    )  # fmt: skip


@service.change
def import_ended(state: State, change: Change, arn: str, status: str, failure: list[str] | None) -> None:
    """The table can be used with what is in it; it is gone if nothing was read."""
    state.jobs.alter("imports", arn, status=status, failure=failure, ended_at=change.time)
    job = state.jobs.get("imports", arn)
    table = _table(state, job) if job is not None else None
    if job is not None and table is not None:
        if failure is not None and not job["progress"]["processed"]:
            state.drop(table, gone_at=0.0)
        else:
            state.alter(table, active_at=0.0)


async def work(ctx: Context[State], arn: str) -> None:
    """Do all that is left to do of an import."""
    status, failure = jobs.COMPLETED, None
    try:
        await _read_all(ctx, arn)
        if _job(ctx, arn)["progress"]["errors"]:
            status, failure = jobs.FAILED, ["ItemValidationError", INVALID_ITEMS]
    except Failed as refusal:
        status, failure = jobs.FAILED, [refusal.code, refusal.message]
    ctx.commit("import_ended", arn=arn, status=status, failure=failure)


def _begin(ctx: Context[State], given: Plain) -> str:
    parameters = given["TableCreationParameters"]
    if parameters.get("VectorIndexes"):
        raise NotImplementedHere("dynamodb", "ImportTable with VectorIndexes")
    if given.get("InputCompressionType") == "ZSTD":
        raise NotImplementedHere("dynamodb", "ImportTable with ZSTD")
    if given.get("InputFormatOptions") and given["InputFormat"] != "CSV":
        raise ValidationException(f"InputFormatOptions are not supported for InputFormat {given['InputFormat']}")
    definitions.check(parameters)
    name = parameters["TableName"]
    there = ctx.state.find(name, ctx.now)
    if there is not None:
        going = there.data["deleted_at"] is not None
        raise ResourceInUseException(
            f"{IN_USE}Table is being deleted: {name}" if going else f"Table already exists: {name}"
        )
    if ctx.state.jobs.under_way("imports") >= MOST_AT_ONCE:
        raise LimitExceededException(f"Subscriber limit exceeded: Only {MOST_AT_ONCE} imports can be in progress")
    data = {**new_data(ctx, name, parameters), "active_at": NEVER}
    asked = {"InputCompressionType": "NONE", **given}
    arn = f"{data['about']['TableArn']}/import/{jobs.label(ctx)}"
    progress = {"key": "", "index": 0, "size": 0, "processed": 0, "imported": 0, "errors": 0}
    job = jobs.new_job(ctx, "imports", data["about"], given, asked, progress)
    ctx.commit(
        "import_begun", arn=arn, job=job, kept_since=ctx.now - ctx.scaled(jobs.TOLD_FOR_S), data=data
    )
    ctx.state.jobs.wake()
    return arn


async def _read_all(ctx: Context[State], arn: str) -> None:
    asked, after, found = _job(ctx, arn)["asked"], _job(ctx, arn)["progress"]["key"], False
    log = Log(ctx, LOG_GROUP, f"{identity_of(arn)}/error")
    async for about in buckets.objects(ctx, asked["S3BucketSource"], after):
        found = True
        await _read_object(ctx, arn, about, log)
    if not found and not after:
        raise Failed("S3NoSuchKey", "The source has no objects.")


async def _read_object(ctx: Context[State], arn: str, about: Plain, log: Log) -> None:
    job = _job(ctx, arn)
    asked, progress = job["asked"], job["progress"]
    done = progress["index"] if progress["key"] == about["Key"] else 0
    portion = _Portion(about["Key"], done)
    read, kind = sources.reader(asked, _existing(ctx, job)), (asked["InputCompressionType"], asked["InputFormat"])
    parts = buckets.parts(ctx, asked["S3BucketSource"], about)
    async for each in sources.found(parts, *kind, read, sources.delimiter(asked)):
        if each.index % TAKEN_AT_ONCE == 0:
            await ctx.here.clock.sleep(0)  # others are served meanwhile
        if each.index >= done:
            portion.take(each, _existing(ctx, job))
        if portion.full:
            await _write(ctx, arn, portion, log)
            portion = _Portion(about["Key"], portion.index)
    await _write(ctx, arn, portion, log)


class _Portion:
    """What was read of an object, from one place on, and is still to be written."""

    def __init__(self, key: str, index: int) -> None:
        self.key, self.index, self.size, self.processed = key, index, 0, 0
        self.puts: list[Put] = []
        self.problems: list[tuple[int, str]] = []

    @property
    def full(self) -> bool:
        return self.processed >= WRITTEN_AT_ONCE or self.size >= BYTES_AT_ONCE

    def take(self, found: Found, table: Table) -> None:
        """One more record: an item to put, or a problem to tell."""
        why = found.why
        if not why:
            try:
                self.puts.append(put_of(found.value, table))
            except AwsError as problem:
                why = problem.message or problem.error_code
        if why:
            self.problems.append((found.index, why))
        self.index, self.size, self.processed = found.index + 1, self.size + found.size, self.processed + 1


def put_of(item: Item, table: Table) -> Put:
    """An item as it is written. The refusals of PutItem."""
    size = check_item(item)
    if size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)
    key = table.schema.of_item(item)
    table.check_index_keys(item)
    return [key, at_rest.json_from(item), size]


async def _write(ctx: Context[State], arn: str, portion: _Portion, log: Log) -> None:
    bucket = _job(ctx, arn)["asked"]["S3BucketSource"]["S3Bucket"]
    for index, why in portion.problems:
        pointer = {"bucket": bucket, "key": portion.key, "itemIndex": index}
        log.add({"itemS3Pointer": pointer, "importArn": arn, "errorMessages": [why]})
    await log.flush()
    ctx.commit(
        "import_advanced", arn=arn, puts=portion.puts, key=portion.key, index=portion.index, size=portion.size,
        processed=portion.processed, errors=len(portion.problems),
    )  # fmt: skip


def _existing(ctx: Context[State], job: Plain) -> Table:
    table = _table(ctx.state, job)
    if table is None:
        raise Failed("TableNotFound", f"The table {job['table']} was deleted while it was imported.")
    return table


def _table(state: State, job: Plain) -> Table | None:
    table = state.known(job["table"])
    return table if table is not None and table.about["TableId"] == job["table_id"] else None


def _job(ctx: Context[State], arn: str) -> Plain:
    job = ctx.state.jobs.get("imports", arn)
    assert job is not None, "jobs that are under way are not forgotten"
    return job


def _described(ctx: Context[State], arn: str) -> Plain:
    job = ctx.state.jobs.get("imports", arn)
    assert job is not None
    asked, progress = job["asked"], job["progress"]
    found = {
        **{name: asked[name] for name in _TOLD if name in asked},
        "ImportArn": arn, "ImportStatus": job["status"], "TableArn": arn.partition("/import/")[0],
        "TableId": job["table_id"], "ErrorCount": progress["errors"],
        "CloudWatchLogGroupArn": f"arn:aws:logs:{ctx.region}:{ctx.account}:log-group:{LOG_GROUP}:*",
        "StartTime": job["started_at"], "ProcessedSizeBytes": progress["size"],
        "ProcessedItemCount": progress["processed"], "ImportedItemCount": progress["imported"],
        **jobs.failure(job),
    }  # fmt: skip
    return found if job["ended_at"] is None else {**found, "EndTime": job["ended_at"]}
