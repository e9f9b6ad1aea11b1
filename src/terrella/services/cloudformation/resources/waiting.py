"""AWS::CloudFormation::WaitConditionHandle and WaitCondition: a stack that waits for somebody to say that it is done.

The handle is a presigned URL of the region's own S3; whoever puts a signal there is heard. Every signal is a version
of one object, so that none hides another.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType
from .custom import make_bucket, url_of

Plain = dict[str, Any]
LONGEST_S = 43_200.0
handle = ResourceType(
    "AWS::CloudFormation::WaitConditionHandle",
    properties="",
    note="A presigned URL, `http`, of the region's own S3: signal it with `curl -T`.",
)
condition = ResourceType(
    "AWS::CloudFormation::WaitCondition",
    properties="Count Handle Timeout",
    create_only="Count Handle Timeout",
    attributes="Data",
    note="Waits as long as Timeout says, in the world's time. What an instance's UserData would signal never comes, "
    "for no instance runs; nor does what a CreationPolicy waits for, and such a condition is refused.",
)


@handle.creates
async def create_handle(resource: Resource) -> str:
    bucket = _bucket(resource)
    await make_bucket(resource, bucket)
    versions = {"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}}
    await resource.call("s3", "PutBucketVersioning", versions)
    return url_of(resource, bucket, f"{resource.logical_id}/{resource.token}", LONGEST_S)


@handle.updates
async def update_handle(resource: Resource) -> None:
    """It has nothing that could be altered."""


@handle.deletes
async def delete_handle(resource: Resource) -> None:
    for version in await _versions(resource, resource.physical_id):
        which = {"Bucket": _bucket(resource), "Key": version["Key"], "VersionId": version["VersionId"]}
        await resource.call("s3", "DeleteObject", which)


@condition.creates
async def create_condition(resource: Resource) -> str:
    if "Handle" not in resource.properties:
        raise HandlerFailed("A WaitCondition by CreationPolicy is not supported in this world: it needs a Handle.")
    return f"{resource.stack['StackId']}/{resource.logical_id}"


@condition.settles
async def await_signals(resource: Resource) -> None:
    wanted, url = int(resource.get("Count", 1)), str(resource.get("Handle"))
    heard: dict[str, str] = {}

    async def enough() -> bool:
        heard.clear()
        heard.update(await _heard(resource, url))
        return len(heard) >= wanted

    try:
        await resource.until(enough, "Signals", resource.ctx.scaled(_patience_s(resource)))
    except HandlerFailed as failure:
        if "did not become ready" not in failure.message:
            raise
        said = f"Received {len(heard)} conditions when expecting {wanted}"
        raise HandlerFailed(f"WaitCondition timed out. {said}") from None


@condition.updates
async def update_condition(resource: Resource) -> None:
    """Whatever of it is altered replaces it."""


@condition.reads
async def signals(resource: Resource) -> Plain:
    return {"Data": json.dumps(await _heard(resource, str(resource.get("Handle"))))}


async def _heard(resource: Resource, url: str) -> dict[str, str]:
    """Data by unique id. HandlerFailed for a signal of failure, or for what is none."""
    found = {}
    for version in await _versions(resource, url):
        which = {"Bucket": _bucket(resource), "Key": version["Key"], "VersionId": version["VersionId"]}
        body = (await resource.call("s3", "GetObject", which)).get("Body") or b""
        try:
            signal = json.loads(body)
            name, status = str(signal["UniqueId"]), signal["Status"]
        except (ValueError, KeyError, TypeError):
            raise HandlerFailed("WaitCondition received a signal that is malformed.") from None
        if status != "SUCCESS":
            said = signal.get("Reason", "")
            raise HandlerFailed(f"WaitCondition received failed message: '{said}' for uniqueId: {name}")
        found[name] = str(signal.get("Data", ""))
    return found


async def _versions(resource: Resource, url: str) -> list[Plain]:
    """Every signal there is, oldest first."""
    key = unquote(urlsplit(url).path).removeprefix(f"/{_bucket(resource)}/")
    listed = await resource.call("s3", "ListObjectVersions", {"Bucket": _bucket(resource), "Prefix": key})
    return [each for each in reversed(listed.get("Versions") or []) if each["Key"] == key]


def _patience_s(resource: Resource) -> float:
    try:
        return min(float(resource.get("Timeout", LONGEST_S)), LONGEST_S)
    except (TypeError, ValueError):
        raise HandlerFailed("Timeout must be a number of seconds.") from None


def _bucket(resource: Resource) -> str:
    return f"cloudformation-waitcondition-{resource.region}"
