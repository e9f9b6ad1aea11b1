"""DynamoDB Streams' own API: which streams there are, of which shards, and what is in them.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Any

import orjson

from ...core.errors import ThrottlingException, ValidationException
from ...region.service import Context
from . import stream_records
from .errors import (
    ExpiredIteratorException,
    ResourceNotFoundException,
    TrimmedDataAccessException,
)
from .state import NOT_FOUND, State, service
from .stream_records import time_of
from .streams import RETENTION_S, Stream
from .values import INVALID

Plain = dict[str, Any]

SETTLING_S = 2.0
ITERATOR_LIVES_S = 900.0
"""Of real time: it is about the pace of whoever reads, not of the world."""
MOST_RECORDS, MOST_BYTES, PAGE = 1000, 1 << 20, 100
_ARN = re.compile(r"arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:\d{12}:table/[^/]+/stream/[^/]+").fullmatch
TRIMMED = "The data you are trying to access has been trimmed."


@service.operation
def list_streams(ctx: Context[State], input: Plain) -> Plain:
    limit, after = _limit(input), input.get("ExclusiveStartStreamArn") or ""
    if after:
        _check_arn(after)
    wanted = input.get("TableName")
    found = sorted(
        (each.data for each in ctx.state.streams.values() if _is_readable(ctx, each)),
        key=lambda data: str(data["arn"]),
    )
    found = [each for each in found if each["arn"] > after and wanted in (None, each["table"])]
    shown = [
        {"StreamArn": each["arn"], "TableName": each["table"], "StreamLabel": each["label"]}
        for each in found[:limit]
    ]
    return {"Streams": shown, **({"LastEvaluatedStreamArn": shown[-1]["StreamArn"]} if found[limit:] else {})}


@service.operation
def describe_stream(ctx: Context[State], input: Plain) -> Plain:
    """A stream and a page of its shards. ResourceNotFoundException, ThrottlingException."""
    limit, stream = _limit(input), _existing(ctx, input["StreamArn"])
    _check_pace(ctx, stream)
    data, after = stream.data, input.get("ExclusiveStartShardId")
    shards = [each for each in data["shards"] if _is_kept(ctx, each)]
    wanted = input.get("ShardFilter") or {}
    if wanted and not wanted.get("Type"):
        raise ValidationException(f"{INVALID}ShardFilter requires a Type")
    if wanted.get("Type") == "CHILD_SHARDS":
        if not wanted.get("ShardId"):
            raise ValidationException(f"{INVALID}ShardFilter of type CHILD_SHARDS requires a ShardId")
        shards = [each for each in shards if each["parent"] == wanted["ShardId"]]
    if after is not None:
        shards = [each for each in shards if each["id"] > after]
    described = {
        "StreamArn": data["arn"],
        "StreamLabel": data["label"],
        "StreamStatus": _status(ctx, data),
        "StreamViewType": data["view"],
        "CreationRequestDateTime": data["opened_at"],
        "TableName": data["table"],
        "KeySchema": data["keys"],
        "Shards": [_shard(stream, each) for each in shards[:limit]],
    }
    if shards[limit:]:
        described["LastEvaluatedShardId"] = shards[limit - 1]["id"]
    return {"StreamDescription": described}


@service.operation
def get_shard_iterator(ctx: Context[State], input: Plain) -> Plain:
    """A place in a shard to read from. TrimmedDataAccessException if it is more than a day old."""
    stream = _existing(ctx, input["StreamArn"])
    shard = stream.shard(input["ShardId"])
    if shard is None or not _is_kept(ctx, shard):
        raise ResourceNotFoundException(
            f"{NOT_FOUND}: Shard: {input['ShardId']} in Stream: {input['StreamArn']} not found"
        )
    kind, oldest = input["ShardIteratorType"], _oldest(ctx, stream, shard)
    if input.get("SequenceNumber") is not None and not kind.endswith("SEQUENCE_NUMBER"):
        raise ValidationException(f"{INVALID}SequenceNumber must not be provided for iterator type {kind}")
    if kind == "TRIM_HORIZON":
        number = oldest
    elif kind == "LATEST":
        number = max(stream.next, oldest)
    elif kind == "AT_TIMESTAMP":
        number = _at_time(ctx, stream, shard, oldest, input.get("Timestamp"))
    else:
        number = _numbered(stream, shard, input.get("SequenceNumber"), kind)
        if number < oldest:
            raise TrimmedDataAccessException(TRIMMED)
        number += kind == "AFTER_SEQUENCE_NUMBER"
    return {"ShardIterator": _iterator(ctx, stream, shard, number)}


@service.operation
def get_records(ctx: Context[State], input: Plain) -> Plain:
    """What follows in a shard, up to 1,000 records or 1 MB. ExpiredIteratorException,
    TrimmedDataAccessException."""
    limit = _limit(input, MOST_RECORDS)
    stream, shard, number = _place(ctx, input["ShardIterator"])
    if number < _oldest(ctx, stream, shard):
        raise TrimmedDataAccessException(TRIMMED)
    found: list[Plain] = []
    total, drained = 0, True
    for at, record in stream.read(shard["number"], number):
        told, size = stream_records.told(record, stream, at, ctx.region)
        if found and (len(found) == limit or total + size > MOST_BYTES):
            drained = False
            break
        found.append(told)
        number, total = at + 1, total + size
    if drained and shard["last"] is not None:
        return {"Records": found}
    return {"Records": found, "NextShardIterator": _iterator(ctx, stream, shard, number)}


def _limit(input: Plain, most: int = PAGE) -> int:
    limit = input.get("Limit") or most
    if limit > most:
        raise ValidationException(
            f"1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
            f"Member must have value less than or equal to {most}"
        )
    return int(limit)


def _check_arn(arn: str) -> None:
    """ValidationException if this can be no stream's."""
    if not _ARN(arn):
        raise ValidationException(f"Invalid StreamArn: {arn}")


def _existing(ctx: Context[State], arn: str) -> Stream:
    _check_arn(arn)
    table, _, label = arn.rpartition(":table/")[2].partition("/stream/")
    stream = ctx.state.streams.get(f"{table}/{label}")
    if stream is None or stream.data["arn"] != arn or not _is_readable(ctx, stream):
        raise ResourceNotFoundException(f"{NOT_FOUND}: Stream: {arn} not found")
    return stream


def _check_pace(ctx: Context[State], stream: Stream) -> None:
    """ThrottlingException for more than ten a second (API reference, DescribeStream) and what was saved up of them, as
    capacity is; of real time: it is the pace of whoever reads. The world's own services, which have no access key, are
    let through."""
    if ctx.caller.access_key is None:
        return
    if not stream.described.has_unit(ctx.now):
        raise ThrottlingException("Rate exceeded")
    stream.described.spend(1.0)


def _is_readable(ctx: Context[State], stream: Stream) -> bool:
    ended_at = stream.data["ended_at"]
    return ended_at is None or ctx.now - ended_at < ctx.scaled(RETENTION_S)


def _is_kept(ctx: Context[State], shard: Plain) -> bool:
    closed_at = shard["closed_at"]
    return closed_at is None or ctx.now - closed_at < ctx.scaled(RETENTION_S)


def _status(ctx: Context[State], data: Plain) -> str:
    if data["ended_at"] is not None:
        return "DISABLING" if ctx.now - data["ended_at"] < ctx.scaled(SETTLING_S) else "DISABLED"
    return "ENABLING" if ctx.now - data["opened_at"] < ctx.scaled(SETTLING_S) else "ENABLED"


def _shard(stream: Stream, shard: Plain) -> Plain:
    numbers = {"StartingSequenceNumber": stream.sequence_number(shard["first"])}
    if shard["last"] is not None:
        numbers["EndingSequenceNumber"] = stream.sequence_number(shard["last"])
    parent = {"ParentShardId": shard["parent"]} if shard["parent"] else {}
    return {"ShardId": shard["id"], "SequenceNumberRange": numbers, **parent}


def _oldest(ctx: Context[State], stream: Stream, shard: Plain) -> int:
    """The first number that is not yet too old; what is too old may still be there for a moment."""
    horizon, oldest = ctx.now - ctx.scaled(RETENTION_S), int(shard["kept"])
    for number, record in stream.read(shard["number"], oldest):
        if time_of(record) >= horizon:
            return oldest
        oldest = number + 1
    return oldest


def _at_time(ctx: Context[State], stream: Stream, shard: Plain, oldest: int, given: datetime | None) -> int:
    if given is None:
        raise ValidationException(f"{INVALID}Timestamp must be provided for iterator type AT_TIMESTAMP")
    moment = given.timestamp()
    if moment > ctx.now + 0.001:  # its precision
        raise ValidationException(f"{INVALID}Timestamp must not be in the future")
    for number, record in stream.read(shard["number"], oldest):
        if time_of(record) >= moment:
            return int(number)
        oldest = number + 1
    return oldest


def _numbered(stream: Stream, shard: Plain, sequence_number: str | None, kind: str) -> int:
    if sequence_number is None:
        raise ValidationException(f"{INVALID}SequenceNumber must be provided for iterator type {kind}")
    number = stream.number(sequence_number)
    last = shard["last"] if shard["last"] is not None else stream.next
    if number is None or not shard["first"] <= number <= last:
        raise ValidationException(
            f"{INVALID}SequenceNumber {sequence_number} is not in the range of shard {shard['id']}"
        )
    return number


def _iterator(ctx: Context[State], stream: Stream, shard: Plain, number: int) -> str:
    place = base64.b64encode(orjson.dumps([shard["number"], number, ctx.now])).decode()
    return f"{stream.data['arn']}|1|{place}"


def _place(ctx: Context[State], iterator: str) -> tuple[Stream, Plain, int]:
    arn, _, place = iterator.partition("|1|")
    try:
        shard_number, number, made_at = orjson.loads(base64.b64decode(place, validate=True))
        made_at, number = float(made_at), int(number)
    except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError):
        raise ValidationException("Invalid ShardIterator") from None
    stream = _existing(ctx, arn)
    if ctx.now - made_at > ITERATOR_LIVES_S:
        raise ExpiredIteratorException("The provided iterator exceeds the maximum age allowed.")
    shard = next((each for each in stream.data["shards"] if each["number"] == shard_number), None)
    if shard is None or not _is_kept(ctx, shard):
        raise TrimmedDataAccessException(TRIMMED)
    return stream, shard, number
