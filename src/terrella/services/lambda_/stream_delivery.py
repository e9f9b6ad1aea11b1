"""Delivering a batch of a stream's records: again until it is done, in halves if asked, or given up and reported.

https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.ports import Outcome
from ...region.service import Context
from . import batches
from .errors import ResourceNotFoundException
from .events import send, told_time
from .names import function_arn
from .state import State

Plain = dict[str, Any]
Advance = Callable[..., None]

FAILED = "PROBLEM: Function call failed"


class Interrupted(Exception):
    """The mapping wants no more; what was not done will be when it does again."""


@dataclass(slots=True)
class Piece:
    """Records that are delivered together, and how often that failed."""

    records: list[Plain]
    retries: int = 0
    request_id: str = ""
    outcome: Outcome | None = None


@dataclass(slots=True)
class Delivery:
    """One batch of one shard. `source` tells the mapping of the moment, `advance` notes what is done."""

    ctx: Context[State]
    source: Callable[[], Plain | None]
    shard_id: str
    advance: Advance

    async def deliver(self, records: list[Plain]) -> None:
        """Return when every record was taken, or given up. Raises Interrupted."""
        pieces, refusals = [Piece(records)], 0
        while pieces:
            source, piece = self._source(), pieces[0]
            piece = pieces[0] = await self._without_the_old(source, piece)
            if not piece.records:
                del pieces[0]
                continue
            try:
                piece.request_id, piece.outcome = await batches.invoke(self.ctx, source, piece.records)
            except (*batches.REFUSED, ResourceNotFoundException) as refusal:
                refusals += 1
                self.advance(None, result=f"PROBLEM: {refusal.message}")
                await self._pause(refusals)
                continue
            refusals = 0
            failed = batches.failed_items(source, piece.outcome, [number_of(each) for each in piece.records])
            if not failed:
                self.advance(number_of(piece.records[-1]), result="OK")
                del pieces[0]
                continue
            self._source()
            pieces[0:1] = await self._after_failure(source, piece, failed[0])
            if pieces:
                await self._pause(pieces[0].retries or 1)

    async def _after_failure(self, source: Plain, piece: Piece, first: str) -> list[Piece]:
        """What is to be tried next, in place of a piece that failed from a record on."""
        settings, numbers = source["settings"], [number_of(each) for each in piece.records]
        at = numbers.index(first)
        if at:
            self.advance(numbers[at - 1], result=FAILED)
        else:
            self.advance(None, result=FAILED)
        rest, most = piece.records[at:], settings["MaximumRetryAttempts"]
        if settings["BisectBatchOnFunctionError"] and len(rest) > 1 and most != 0:
            if at:
                return [Piece(rest, piece.retries)]
            middle = len(rest) // 2
            return [Piece(rest[:middle], piece.retries), Piece(rest[middle:], piece.retries)]
        again = Piece(rest, piece.retries + 1, piece.request_id, piece.outcome)
        if most == -1 or again.retries <= most:
            return [again]
        await self._give_up(source, again, "RetryAttemptsExhausted")
        return []

    async def _without_the_old(self, source: Plain, piece: Piece) -> Piece:
        most_s = source["settings"]["MaximumRecordAgeInSeconds"]
        if most_s == -1:
            return piece
        now, speed = self.ctx.here.clock.now(), self.ctx.here.world.speed
        old = [each for each in piece.records if (now - time_of(each)) * speed > most_s]
        if not old:
            return piece
        await self._give_up(
            source, Piece(old, piece.retries, piece.request_id, piece.outcome), "RecordAgeExceeded"
        )
        return Piece(piece.records[len(old) :], piece.retries, piece.request_id, piece.outcome)

    async def _give_up(self, source: Plain, piece: Piece, condition: str) -> None:
        target = (source["settings"]["DestinationConfig"].get("OnFailure") or {}).get("Destination")
        result = FAILED
        if target:
            try:
                await send(self.ctx, target, self._report(source, piece, condition), {})
            except (
                AwsError
            ) as refusal:  # the destination refused: the records are gone all the same, as on AWS
                result = f"PROBLEM: {refusal.message}"
        self.advance(number_of(piece.records[-1]), result=result)

    def _report(self, source: Plain, piece: Piece, condition: str) -> str:
        """The record a destination receives: not the records, but where they are."""
        first, last = piece.records[0], piece.records[-1]
        report: Plain = {
            "requestContext": {
                "requestId": piece.request_id,
                "functionArn": function_arn(self.ctx, source["function"], source["qualifier"]),
                "condition": condition,
                "approximateInvokeCount": piece.retries,
            },
            "version": "1.0",
            "timestamp": told_time(self.ctx.here.clock.now()),
            "DDBStreamBatchInfo": {
                "shardId": self.shard_id,
                "startSequenceNumber": number_of(first),
                "endSequenceNumber": number_of(last),
                "approximateArrivalOfFirstRecord": told_time(time_of(first)),
                "approximateArrivalOfLastRecord": told_time(time_of(last)),
                "batchSize": len(piece.records),
                "streamArn": source["arn"],
            },
        }
        if piece.outcome is not None:
            config = self.ctx.state.configuration(self.ctx, source["function"], source["qualifier"])
            report["responseContext"] = {"statusCode": 200, "executedVersion": config["Version"]}
            report["responseContext"]["functionError"] = piece.outcome.error
        return orjson.dumps(report).decode()

    async def _pause(self, failures: int) -> None:
        await self.ctx.here.clock.sleep(self.ctx.scaled(batches.pause_s(failures)))

    def _source(self) -> Plain:
        source = self.source()
        if source is None:
            raise Interrupted
        return source


def number_of(record: Plain) -> str:
    """The sequence number of a record."""
    return str(record["dynamodb"]["SequenceNumber"])


def time_of(record: Plain) -> float:
    """About when it happened."""
    return float(record["dynamodb"]["ApproximateCreationDateTime"])
