"""Logs of load balancers on their way to buckets: who has asked for which, where they go, who let them in.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from ...core.errors import AwsError
from ...region.deliveries import Deliveries, may_write, region_of
from ...region.region import Region
from ...region.service import Context
from .errors import InvalidConfigurationRequest, ValidationError
from .lines import resource_id
from .state import Plain, State

ACCESS, CONNECTIONS, HEALTH_CHECKS = "access_logs", "connection_logs", "health_check_logs"
NAMED = {ACCESS: "", CONNECTIONS: "conn_log.", HEALTH_CHECKS: "health_check_log_"}
TEST_FILES = {
    ACCESS: "ELBAccessLogTestFile", CONNECTIONS: "ELBConnectionLogTestFile", HEALTH_CHECKS: "ELBHealthCheckLogTestFile",
}  # fmt: skip
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
SERVICE, NETWORK_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com", "delivery.logs.amazonaws.com"
ACCOUNTS = {  # of Elastic Load Balancing, which older policies name
    "us-east-1": "127311923021", "us-east-2": "033677994240", "us-west-1": "027434742980", "us-west-2": "797873946194",
    "af-south-1": "098369216593", "ap-east-1": "754344448648", "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887", "ap-northeast-3": "383597477331", "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251", "eu-central-1": "054676820928", "eu-north-1": "897822967062",
    "eu-south-1": "635631232127", "eu-west-1": "156460612806", "eu-west-2": "652711504416",
    "eu-west-3": "009996457667", "me-south-1": "076674570225", "sa-east-1": "507241528517",
}  # fmt: skip


class Log(NamedTuple):
    """The log of one kind of one node of a load balancer, by its ARN and the node's address."""

    load_balancer: str
    kind: str
    node: str


def wanted(load_balancer: Plain, kind: str) -> bool:
    return bool(load_balancer["Attributes"].get(f"{kind}.s3.enabled") == "true")


def write(here: Region, log: Log, line: str) -> None:
    """One line of a log that is wanted."""
    state: State = here.state["elbv2"]
    if state.deliveries is None:
        state.deliveries = Deliveries(here, lambda log, end: _place(here, log, end))
    state.deliveries.add(log, line)


async def check(ctx: Context[State], load_balancer: Plain, new: dict[str, str]) -> None:
    """Before attributes are changed: a bucket that is named anew must let the logs in, and gets a file to show it.
    Raises InvalidConfigurationRequest, ValidationError."""
    old = load_balancer["Attributes"]
    for kind in NAMED:
        names = [f"{kind}.s3.{part}" for part in ("enabled", "bucket", "prefix")]
        if new.get(names[0]) == "true" and any(new.get(name) != old.get(name) for name in names):
            await _check_bucket(ctx, load_balancer, kind, new.get(names[1], ""), new.get(names[2], ""))


async def _check_bucket(ctx: Context[State], load_balancer: Plain, kind: str, bucket: str, prefix: str) -> None:
    if not bucket:
        raise InvalidConfigurationRequest(f"The value of '{kind}.s3.bucket' cannot be empty when logs are enabled")
    if "AWSLogs" in prefix:
        raise ValidationError(f"The value of '{kind}.s3.prefix' cannot contain 'AWSLogs'")
    folder = _folder(prefix, ctx.account)
    network = load_balancer["Type"] == "network"
    principals = [NETWORK_SERVICE] if network else _names(ctx.region)
    arn = f"arn:aws:logs:{ctx.region}:{ctx.account}:*" if network else load_balancer["Arn"]
    facts = {
        "aws:sourceaccount": ctx.account, "aws:sourcearn": arn, "s3:x-amz-acl": "bucket-owner-full-control",
        "aws:securetransport": "true",
    }  # fmt: skip
    key = f"{folder}/{TEST_FILES[kind]}"
    refused = InvalidConfigurationRequest(f"Access Denied for bucket: {bucket}. Please check S3bucket permission")
    if await region_of(ctx, bucket) != ctx.region or not await may_write(ctx, bucket, key, principals, facts):
        raise refused
    moment = f"{datetime.fromtimestamp(ctx.now, UTC):%Y-%m-%dT%H:%M:%S}Z"
    body = f"Enable {kind} for ELB: {load_balancer['Name']} at {moment}".encode()
    try:
        await ctx.request("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body})
    except AwsError:
        raise refused from None


def _names(region: str) -> list[str]:
    """What policies may call whoever delivers logs in a region."""
    account = ACCOUNTS.get(region)
    return [SERVICE, *([account, f"arn:aws:iam::{account}:root"] if account else [])]


def _place(here: Region, log: Log, end: float) -> tuple[str, str] | None:
    load_balancer = here.state["elbv2"].load_balancers.get(log.load_balancer)
    if load_balancer is None or not wanted(load_balancer, log.kind):
        return None
    settings, account = load_balancer["Attributes"], here.world.account
    moment, id = datetime.fromtimestamp(end, UTC), resource_id(load_balancer).replace("/", ".")
    node = "" if load_balancer["Type"] == "network" else f"_{log.node}"
    chance = "".join(here.rng.choice(LETTERS) for _ in range(8))
    name = f"{NAMED[log.kind]}{account}_elasticloadbalancing_{here.name}_{id}_{moment:%Y%m%dT%H%MZ}{node}_{chance}"
    folder = f"{_folder(settings.get(f'{log.kind}.s3.prefix', ''), account)}/elasticloadbalancing/{here.name}"
    return settings[f"{log.kind}.s3.bucket"], f"{folder}/{moment:%Y/%m/%d}/{name}.log.gz"


def _folder(prefix: str, account: str) -> str:
    return f"{prefix}/AWSLogs/{account}" if prefix else f"AWSLogs/{account}"
