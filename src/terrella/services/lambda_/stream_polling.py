"""Polling a DynamoDB stream for a function: every shard after its parent, every record of a key in order.

A shard is read by as many lanes as the parallelization factor says, each of which takes the records of its
keys. How far each has come is a checkpoint, so records may come twice after a crash, and never not at all.
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.service import Context
from ...store.journal import Change
from ...wire.encoded import Encoded
from . import filters
from .state import State, service
from .stream_delivery import Delivery, Interrupted

Plain = dict[str, Any]

SHARDS_EVERY_S = 1.0
RECORDS_EVERY_S, IDLE_S = 0.25, 1.0
"""All of real time: Lambda polls each shard four times a second; here it looks less often into one that has
been quiet for a while."""
QUIET = 40  # polls without a record
PASSING = ("ExpiredIteratorException", "TrimmedDataAccessException")  # the next iterator is good
MOST_RECORDS = 1000
MOST_BYTES = 6 << 20


async def poll(ctx: Context[State], uuid: str, token: object) -> None:
    """Find shards and have them read, as long as the mapping wants it."""
    begun: set[tuple[str, int, int]] = set()
    while source := _wanted(ctx, uuid, token):
        factor = source["settings"]["ParallelizationFactor"]
        try:
            shards = await _shards(ctx, source["arn"])
        except AwsError as refusal:
            note(ctx, uuid, f"PROBLEM: {refusal.message}")
            shards = []
        ids = {each["ShardId"] for each in shards}
        for shard in shards:
            parent, shard_id = shard.get("ParentShardId"), shard["ShardId"]
            if parent in ids and not _done(ctx, uuid, str(parent)):
                continue
            for lane in range(factor):
                if (shard_id, lane, factor) not in begun and not _done(ctx, uuid, shard_id):
                    begun.add((shard_id, lane, factor))
                    reader = Reader(ctx.here.context(service.id), uuid, token, shard_id, lane, factor)
                    ctx.here.ports.tasks.spawn(f"lambda: read {shard_id}", reader.read())
        await ctx.here.clock.sleep(SHARDS_EVERY_S)


@dataclass(slots=True)
class Reader:
    """One lane of one shard."""

    ctx: Context[State]
    uuid: str
    token: object
    shard_id: str
    lane: int
    factor: int
    iterator: str | None = None
    last: str | None = None  # sequence number of the newest record seen
    batch: list[Plain] = field(default_factory=list)
    bytes: int = 0
    since: float = 0.0  # when the batch began to wait
    quiet: int = 0  # polls that brought nothing

    async def read(self) -> None:
        """Read to the end of the shard, or until nobody wants it any more."""
        clock = self.ctx.here.clock
        while source := self.source():
            try:
                ended = await self._fetch(source)
            except AwsError as refusal:
                self.iterator = None
                if refusal.error_code not in PASSING:
                    note(self.ctx, self.uuid, f"PROBLEM: {refusal.message}")
                ended = refusal.error_code == "ResourceNotFoundException"
            if self.batch and (ended or self._is_ripe(source)):
                try:
                    await Delivery(self.ctx, self.source, self.shard_id, self._advance).deliver(self.batch)
                except Interrupted:
                    return
                self.batch, self.bytes = [], 0
                if not ended:
                    continue
            if ended:
                self._advance(self.last, done=True)
                return
            await clock.sleep(RECORDS_EVERY_S if self.quiet < QUIET else IDLE_S)

    def source(self) -> Plain | None:
        """The mapping, as long as this is its reader."""
        source = _wanted(self.ctx, self.uuid, self.token)
        return source if source and source["settings"]["ParallelizationFactor"] == self.factor else None

    def _is_ripe(self, source: Plain) -> bool:
        settings = source["settings"]
        window_s = self.ctx.scaled(settings["MaximumBatchingWindowInSeconds"])
        waited = self.ctx.here.clock.now() - self.since >= window_s
        return waited or len(self.batch) >= settings["BatchSize"] or self.bytes >= MOST_BYTES

    async def _fetch(self, source: Plain) -> bool:
        """Add what there is to the batch; True at the end of the shard."""
        room = source["settings"]["BatchSize"] - len(self.batch)
        if room <= 0:
            return False
        if self.iterator is None:
            self.iterator = await self._begin(source)
        input = {"ShardIterator": self.iterator, "Limit": min(room, MOST_RECORDS)}
        answer = await self.ctx.request("dynamodbstreams", "GetRecords", input)
        self.iterator = answer.get("NextShardIterator")
        self.quiet = 0 if answer["Records"] else self.quiet + 1
        wanted = filters.patterns(source["settings"].get("FilterCriteria"))
        for told in answer["Records"]:
            self.last = told["dynamodb"]["SequenceNumber"]
            if self.factor > 1 and lane_of(told, self.factor) != self.lane:
                continue
            record = event_of(told, source["arn"])
            if filters.wanted(wanted, record):
                if not self.batch:
                    self.since = self.ctx.here.clock.now()
                self.batch.append(record)
                self.bytes += told["dynamodb"]["SizeBytes"]
        return self.iterator is None

    async def _begin(self, source: Plain) -> str:
        after = self.last or _checkpoint(self.ctx, self.uuid, self.shard_id, self.factor)["after"][self.lane]
        where: Plain = {"StreamArn": source["arn"], "ShardId": self.shard_id}
        if after is not None:
            try:
                position = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
                return await self._iterator({**where, **position})
            except AwsError as refusal:
                if refusal.error_code != "TrimmedDataAccessException":
                    raise
        elif source["position"] == "LATEST":  # from the moment it was asked for, however late we are
            moment = datetime.fromtimestamp(source["created_at"], UTC)
            return await self._iterator({**where, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": moment})
        return await self._iterator({**where, "ShardIteratorType": "TRIM_HORIZON"})

    async def _iterator(self, input: Plain) -> str:
        answer = await self.ctx.request("dynamodbstreams", "GetShardIterator", input)
        return str(answer["ShardIterator"])

    def _advance(self, after: str | None, done: bool = False, result: str | None = None) -> None:
        """Note that everything up to a record needs no more work."""
        old = _checkpoint(self.ctx, self.uuid, self.shard_id, self.factor)
        checkpoint = {kind: list(values) for kind, values in old.items()}
        checkpoint["after"][self.lane] = after or checkpoint["after"][self.lane]
        checkpoint["done"][self.lane] = done
        key = f"{self.uuid}/{self.shard_id}"
        self.ctx.commit("source_advanced", key=key, checkpoint=checkpoint, result=result)


@service.change
def source_advanced(
    state: State, change: Change, key: str, checkpoint: Plain | None, result: str | None
) -> None:
    """A shard of a mapping was read so far; and how the last batch went."""
    uuid = key.partition("/")[0]
    source = state.sources.get(uuid)
    if source is None:
        return
    if checkpoint is not None:
        state.checkpoints.put(key, checkpoint)
    if result is not None and source["result"] != result:
        state.sources.put(uuid, {**source, "result": result})


def note(ctx: Context[State], uuid: str, result: str) -> None:
    """Let a mapping tell how it goes, if that is news."""
    source = ctx.state.sources.get(uuid)
    if source is not None and source["result"] != result:
        ctx.commit("source_advanced", key=uuid, checkpoint=None, result=result)


def event_of(told: Plain, arn: str) -> Plain:
    """A record as functions receive it."""
    about = {
        name: value.value() if isinstance(value, Encoded) else value
        for name, value in told["dynamodb"].items()
    }
    record = {**told, "dynamodb": about, "eventSourceARN": arn}
    identity = told.get("userIdentity")
    if identity:
        record["userIdentity"] = {"type": identity["Type"], "principalId": identity["PrincipalId"]}
    return record


def lane_of(told: Plain, factor: int) -> int:
    """Which lane takes the records of this key."""
    return zlib.crc32(orjson.dumps(told["dynamodb"]["Keys"], option=orjson.OPT_SORT_KEYS)) % factor


def _wanted(ctx: Context[State], uuid: str, token: object) -> Plain | None:
    source = ctx.state.sources.get(uuid)
    mine = source is not None and source["enabled"] and ctx.state.pollers.get(uuid) is token
    return source if mine else None


def _checkpoint(ctx: Context[State], uuid: str, shard_id: str, factor: int) -> Plain:
    """How far each lane has come. With another factor than before all begin where the slowest was."""
    found = ctx.state.checkpoints.get(f"{uuid}/{shard_id}")
    if found is None:
        return {"after": [None] * factor, "done": [False] * factor}
    if len(found["after"]) == factor:
        return dict(found)
    slowest = None if None in found["after"] else min(found["after"], key=int)
    return {"after": [slowest] * factor, "done": [all(found["done"])] * factor}


def _done(ctx: Context[State], uuid: str, shard_id: str) -> bool:
    found = ctx.state.checkpoints.get(f"{uuid}/{shard_id}")
    return found is not None and all(found["done"])


async def _shards(ctx: Context[State], arn: str) -> list[Plain]:
    found: list[Plain] = []
    input: Plain = {"StreamArn": arn}
    while True:
        answer = (await ctx.request("dynamodbstreams", "DescribeStream", input))["StreamDescription"]
        found += answer["Shards"]
        if not answer.get("LastEvaluatedShardId"):
            return found
        input = {"StreamArn": arn, "ExclusiveStartShardId": answer["LastEvaluatedShardId"]}
