"""S3 as DynamoDB uses it: buckets and objects through S3's public API, and refusals as codes of failed jobs.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Validation.html
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from hashlib import md5
from typing import Any

from ....core.errors import AwsError, NotImplementedHere
from ....region.service import Context
from ..state import State

Plain = dict[str, Any]

PART_BYTES = 2 * 1024 * 1024
MOST_OBJECTS = 50_000
PAUSES_S = (0.2, 1.0, 3.0, 10.0)
"""Between two tries, while S3 does not answer. Real time: it is a process that starts again."""


class Failed(Exception):
    """A job cannot go on. `code` and `message` are its FailureCode and FailureMessage."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code, self.message = code, message


class AccessDenied(AwsError):
    """S3's refusal of a bucket that is another account's."""

    status = 403


def check_there(ctx: Context[State], operation: str) -> None:
    """NotImplementedHere in a world without S3, ServiceUnavailable in one without background work."""
    assert ctx.here.ports.tasks.spawn
    if not ctx.here.ports.borrowed.offers("s3"):
        raise NotImplementedHere("dynamodb", f"{operation} in a world without S3")


async def put(ctx: Context[State], asked: Plain, key: str, body: bytes) -> str:
    """Write an object as `asked` (S3Bucket, S3SseAlgorithm...) says, and return its ETag. Failed."""
    given: Plain = {"Bucket": asked["S3Bucket"], "Key": key, "Body": body}
    algorithm = asked.get("S3SseAlgorithm")
    if algorithm:
        given["ServerSideEncryption"] = "aws:kms" if algorithm == "KMS" else algorithm
    if asked.get("S3SseKmsKeyId"):
        given["SSEKMSKeyId"] = asked["S3SseKmsKeyId"]
    answer = await call(ctx, "PutObject", {**given, **_owner(ctx, asked)})
    return str(answer.get("ETag", "")).strip('"')


async def objects(ctx: Context[State], source: Plain, after: str = "") -> AsyncIterator[Plain]:
    """The objects of a source, {"Key", "Size", "ETag"}, in order of their keys, from one on. Failed."""
    given: Plain = {"Bucket": source["S3Bucket"], "Prefix": source.get("S3KeyPrefix") or "", **_owner(ctx, source)}
    count, more = 0, True
    while more:
        answer = await call(ctx, "ListObjectsV2", given)
        for each in answer.get("Contents") or ():
            count += 1
            if count > MOST_OBJECTS:
                raise Failed("S3ObjectLimitExceeded", f"There are more than {MOST_OBJECTS} objects in the source.")
            if each["Key"] >= after:
                yield each
        more = bool(answer.get("IsTruncated"))
        given["ContinuationToken"] = answer.get("NextContinuationToken")


async def parts(ctx: Context[State], source: Plain, about: Plain) -> AsyncIterator[bytes]:
    """An object's content, some of it at a time. Failed, also when it has changed meanwhile."""
    place = {"Bucket": source["S3Bucket"], "Key": about["Key"], "IfMatch": about["ETag"], **_owner(ctx, source)}
    for start in range(0, about["Size"], PART_BYTES):
        end = min(start + PART_BYTES, about["Size"]) - 1
        body = (await call(ctx, "GetObject", {**place, "Range": f"bytes={start}-{end}"})).get("Body", b"")
        yield body if isinstance(body, bytes) else bytes(body.read())


async def call(ctx: Context[State], operation: str, input: Plain) -> Plain:
    """Ask S3, and again while it does not answer. Failed with what it refuses."""
    for pause_s in (*PAUSES_S, None):
        try:
            return await ctx.request("s3", operation, input)
        except AwsError as refusal:
            if refusal.status < 500 or pause_s is None:
                raise Failed(f"S3{refusal.error_code}", _told(refusal)) from None
        await ctx.here.clock.sleep(pause_s)
    raise AssertionError("the last try either answers or fails")


def checksum(body: bytes) -> str:
    """The MD5 of these bytes in base64, as manifests tell it."""
    return base64.b64encode(md5(body, usedforsecurity=False).digest()).decode()


def _owner(ctx: Context[State], given: Plain) -> Plain:
    owner = given.get("S3BucketOwner")
    if owner and owner != ctx.account:  # the borrowed S3 does not look at ExpectedBucketOwner
        raise Failed("S3AccessDenied", _told(AccessDenied("Access Denied")))
    return {"ExpectedBucketOwner": owner} if owner else {}


def _told(refusal: AwsError) -> str:
    return (
        f"{refusal.message} (Service: Amazon S3; Status Code: {refusal.status}; "
        f"Error Code: {refusal.error_code}; Proxy: null)"
    )
