"""Flow logs: records the edge kept, as lines of objects in a bucket.

Enabling them gives the bucket the policy that lets them in, as AWS does for a bucket of the caller's own.
https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from ...core.errors import AwsError
from ...region.deliveries import Deliveries, document, may_write, region_of
from ...region.region import Region
from ...region.service import Context
from .errors import InvalidArgumentException
from .state import HOME, Plain, State

SERVICE = "delivery.logs.amazonaws.com"
PROTOCOLS = {"TCP": "6", "UDP": "17"}
OWNER = "bucket-owner-full-control"


async def check(ctx: Context[State], bucket: str, prefix: str) -> None:
    """See to it that a bucket takes the logs. Raises InvalidArgumentException."""
    if not bucket:
        raise InvalidArgumentException("FlowLogsS3Bucket is required when FlowLogsEnabled is true")
    if await region_of(ctx, bucket) is None:
        raise InvalidArgumentException(f"The S3 bucket {bucket} does not exist or cannot be accessed")
    folder = f"{_folder(prefix, ctx.account)}/*"
    facts = {"s3:x-amz-acl": OWNER, "aws:sourceaccount": ctx.account}
    if await may_write(ctx, bucket, folder.replace("*", "x"), [SERVICE], facts):
        return
    try:
        policy = document(await ctx.request("s3", "GetBucketPolicy", {"Bucket": bucket}))
    except AwsError:
        policy = {"Version": "2012-10-17"}
    statements = policy.get("Statement") or []
    statements = statements if isinstance(statements, list) else [statements]
    policy["Statement"] = [*statements, *_statements(bucket, folder)]
    try:
        await ctx.request("s3", "PutBucketPolicy", {"Bucket": bucket, "Policy": orjson.dumps(policy).decode()})
    except AwsError as refused:
        raise InvalidArgumentException(f"The S3 bucket {bucket} takes no logs: {refused.message}") from None


def write(here: Region, record: list[Any]) -> None:
    """One record of the edge's."""
    state: State = here.state["globalaccelerator"]
    if state.deliveries is None:
        state.deliveries = Deliveries(here, lambda accelerator, end: _place(here, accelerator, end))
    state.deliveries.add(record[1], line(here.world.account, record))


def line(account: str, record: list[Any]) -> str:
    """A flow log record. Those of version 2.0 name the VPC: flows that show their endpoint the client's address."""
    (
        _, accelerator, client, client_port, address, port, endpoint, endpoint_port, protocol, packets, size, began,
        ended, own, own_port, region, edge, direction, network,
    ) = record  # fmt: skip
    fields = (
        "2.0" if network else "1.0", account, accelerator.rpartition("/")[2], client, client_port, address, port,
        endpoint, endpoint_port, PROTOCOLS[protocol], "IPV4", packets, size, began, ended, "ACCEPT", "OK", own,
        own_port, region, f"{edge.rpartition('-')[2].upper()}1", direction, *([network] if network else []),
    )  # fmt: skip
    return " ".join(str(field) for field in fields)


def _place(here: Region, accelerator: str, end: float) -> tuple[str, str] | None:
    settings = here.state["globalaccelerator"].attributes.get(accelerator) or {}
    if not settings.get("FlowLogsEnabled"):
        return None
    account, moment, id = here.world.account, datetime.fromtimestamp(end, UTC), accelerator.rpartition("/")[2]
    digest = hashlib.blake2b(f"{id} {end} {here.rng.random()}".encode(), digest_size=4).hexdigest()
    name = f"{account}_globalaccelerator_{id}_{moment:%Y%m%dT%H%MZ}_{digest}.log.gz"
    folder = _folder(settings.get("FlowLogsS3Prefix") or "", account)
    return settings["FlowLogsS3Bucket"], f"{folder}/globalaccelerator/{HOME}/{moment:%Y/%m/%d}/{name}"


def _folder(prefix: str, account: str) -> str:
    """A prefix of one slash makes two of them, as documented."""
    return f"{'' if prefix == '/' else prefix}/AWSLogs/{account}" if prefix else f"AWSLogs/{account}"


def _statements(bucket: str, folder: str) -> list[Plain]:
    return [
        {
            "Sid": "AWSLogDeliveryWrite", "Effect": "Allow", "Principal": {"Service": SERVICE},
            "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/{folder}",
            "Condition": {"StringEquals": {"s3:x-amz-acl": OWNER}},
        },
        {
            "Sid": "AWSLogDeliveryAclCheck", "Effect": "Allow", "Principal": {"Service": SERVICE},
            "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}",
        },
    ]  # fmt: skip
