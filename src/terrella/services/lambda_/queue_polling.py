"""Polling an SQS queue for a function: messages in batches, deleted when they are done.

A message that fails stays in the queue, which shows it again after its visibility timeout, or hands it to its
dead-letter queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.service import Context
from . import batches, filters
from .errors import InvalidParameterValueException, ResourceNotFoundException
from .state import State

Plain = dict[str, Any]

IDLE_S = 1.0
"""Of real time, between two looks into an empty queue."""
MOST_AT_ONCE = 5  # batches under way: what Lambda begins with
RECEIVED_AT_ONCE = 10


async def poll(ctx: Context[State], uuid: str, token: object) -> None:
    """Receive messages and hand them over, as long as the mapping wants it."""
    clock, under_way, refusals = ctx.here.clock, [0], 0
    while (
        (source := ctx.state.sources.get(uuid)) and source["enabled"] and ctx.state.pollers.get(uuid) is token
    ):
        if under_way[0] >= _limit(source):
            await clock.sleep(0.05)
            continue
        try:
            messages = await _collect(ctx, source)
            refusals = 0
        except AwsError:  # the queue is gone, or cannot be reached: look again later
            refusals += 1
            await clock.sleep(batches.pause_s(refusals))
            continue
        if messages:
            under_way[0] += 1
            ctx.here.ports.tasks.spawn(
                f"lambda: batch for {uuid}", _deliver(ctx, source, messages, under_way)
            )
        else:
            await clock.sleep(IDLE_S)


async def visibility_timeout_s(ctx: Context[State], arn: str) -> int:
    """For how long a queue hides a message that was received. InvalidParameterValueException if there is no
    such queue."""
    input = {"QueueUrl": url_of(arn), "AttributeNames": ["VisibilityTimeout"]}
    try:
        answer = await ctx.request("sqs", "GetQueueAttributes", input)
    except AwsError as refusal:
        if "NonExistentQueue" not in refusal.error_code and "QueueDoesNotExist" not in refusal.error_code:
            raise
        raise InvalidParameterValueException(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist."
        ) from None
    return int(answer["Attributes"]["VisibilityTimeout"])


def url_of(arn: str) -> str:
    """The URL of a queue."""
    _, _, _, region, account, name = arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


async def _collect(ctx: Context[State], source: Plain) -> list[Plain]:
    """Up to a batch of messages, waited for as long as the batching window says."""
    settings = source["settings"]
    found: list[Plain] = []
    until = ctx.here.clock.now() + ctx.scaled(settings["MaximumBatchingWindowInSeconds"])
    while True:
        received = await _receive(ctx, source, min(settings["BatchSize"] - len(found), RECEIVED_AT_ONCE))
        found += received
        if len(found) >= settings["BatchSize"] or ctx.here.clock.now() >= until:
            return found
        if not received:
            if not found:
                return []
            await ctx.here.clock.sleep(IDLE_S)


def _receive(ctx: Context[State], source: Plain, most: int) -> Awaitable[list[Plain]]:
    async def received() -> list[Plain]:
        input = {"QueueUrl": url_of(source["arn"]), "MaxNumberOfMessages": most}
        input |= {"AttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        answer = await ctx.request("sqs", "ReceiveMessage", input)
        return [_event(source["arn"], message) for message in answer.get("Messages") or []]

    return received()


async def _deliver(ctx: Context[State], source: Plain, records: list[Plain], under_way: list[int]) -> None:
    try:
        patterns = filters.patterns(source["settings"].get("FilterCriteria"))
        wanted = [each for each in records if filters.wanted(patterns, _filtered(each))]
        failed: list[str] = []
        if wanted:
            _, outcome = await batches.invoke(ctx, source, wanted)
            failed = batches.failed_items(source, outcome, [each["messageId"] for each in wanted])
        done = [each for each in records if each["messageId"] not in failed]
        for start in range(0, len(done), RECEIVED_AT_ONCE):
            await _delete(ctx, source, done[start : start + RECEIVED_AT_ONCE])
    except (AwsError, *batches.REFUSED, ResourceNotFoundException):
        return  # the messages are still in the queue, and will be seen again
    finally:
        under_way[0] -= 1


async def _delete(ctx: Context[State], source: Plain, records: list[Plain]) -> None:
    entries = [
        {"Id": str(number), "ReceiptHandle": each["receiptHandle"]} for number, each in enumerate(records)
    ]
    await ctx.request("sqs", "DeleteMessageBatch", {"QueueUrl": url_of(source["arn"]), "Entries": entries})


def _limit(source: Plain) -> int:
    if source["arn"].endswith(".fifo"):
        return 1  # one batch after the other keeps every group in order
    return int((source["settings"].get("ScalingConfig") or {}).get("MaximumConcurrency") or MOST_AT_ONCE)


def _event(arn: str, message: Plain) -> Plain:
    """A message as functions receive it."""
    attributes = {name: _attribute(each) for name, each in (message.get("MessageAttributes") or {}).items()}
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes") or {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }


def _attribute(given: Plain) -> Plain:
    found: Plain = {"stringListValues": [], "binaryListValues": [], "dataType": given["DataType"]}
    if given.get("StringValue") is not None:
        found["stringValue"] = given["StringValue"]
    if given.get("BinaryValue") is not None:
        found["binaryValue"] = given["BinaryValue"]
    return found


def _filtered(record: Plain) -> Plain:
    """Filters see into a body that is JSON."""
    try:
        return {**record, "body": orjson.loads(record["body"])}
    except orjson.JSONDecodeError:
        return record
