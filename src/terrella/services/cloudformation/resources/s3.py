"""AWS::S3::Bucket and AWS::S3::BucketPolicy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..bucket_rules import acceleration, logging, notification, replication
from ..bucket_settings import cors, encryption, lifecycle, ownership, website
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

Plain = dict[str, Any]

bucket = ResourceType(
    "AWS::S3::Bucket",
    properties="AccessControl BucketEncryption BucketName CorsConfiguration LifecycleConfiguration "
    "AccelerateConfiguration AnalyticsConfigurations IntelligentTieringConfigurations InventoryConfigurations "
    "LoggingConfiguration MetricsConfigurations NotificationConfiguration ObjectLockConfiguration ObjectLockEnabled "
    "OwnershipControls PublicAccessBlockConfiguration ReplicationConfiguration Tags VersioningConfiguration "
    "WebsiteConfiguration",
    create_only="BucketName ObjectLockEnabled",
    attributes="Arn DomainName DualStackDomainName RegionalDomainName WebsiteURL",
    name="BucketName",
    longest_name=63,
    lower_case=True,
    tagged=True,
    note="State, not acted on: ReplicationConfiguration, NotificationConfiguration for functions, "
    "LoggingConfiguration, AccelerateConfiguration. Accepted and not kept: AnalyticsConfigurations, "
    "IntelligentTieringConfigurations, "
    "InventoryConfigurations, MetricsConfigurations.",
)
policy = ResourceType(
    "AWS::S3::BucketPolicy",
    properties="Bucket PolicyDocument",
    required="Bucket PolicyDocument",
    create_only="Bucket",
    gone="NoSuchBucket NoSuchBucketPolicy",
)

# property: (operation, member of its input, how the API writes it, the operation that takes it away)
SETTINGS: dict[str, tuple[str, str, Callable[[Plain], Plain], str | None]] = {
    "BucketEncryption": (
        "PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption, "DeleteBucketEncryption",
    ),
    "CorsConfiguration": ("PutBucketCors", "CORSConfiguration", cors, "DeleteBucketCors"),
    "LifecycleConfiguration": (
        "PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle, "DeleteBucketLifecycle",
    ),
    "OwnershipControls": (
        "PutBucketOwnershipControls", "OwnershipControls", ownership, "DeleteBucketOwnershipControls",
    ),
    "PublicAccessBlockConfiguration": (
        "PutPublicAccessBlock", "PublicAccessBlockConfiguration", dict, "DeletePublicAccessBlock",
    ),
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration", dict, None),
    "AccelerateConfiguration": (
        "PutBucketAccelerateConfiguration", "AccelerateConfiguration", acceleration, None,
    ),
    "LoggingConfiguration": ("PutBucketLogging", "BucketLoggingStatus", logging, None),
    "NotificationConfiguration": (
        "PutBucketNotificationConfiguration", "NotificationConfiguration", notification, None,
    ),
    "ObjectLockConfiguration": ("PutObjectLockConfiguration", "ObjectLockConfiguration", dict, None),
    "ReplicationConfiguration": (
        "PutBucketReplication", "ReplicationConfiguration", replication, "DeleteBucketReplication",
    ),
    "WebsiteConfiguration": ("PutBucketWebsite", "WebsiteConfiguration", website, "DeleteBucketWebsite"),
}  # fmt: skip
NOTHING: dict[str, Plain] = {
    "VersioningConfiguration": {"Status": "Suspended"},
    "AccelerateConfiguration": {"Status": "Suspended"},
}  # what a setting becomes that no operation takes away


@bucket.creates
async def create_bucket(resource: Resource) -> str:
    input: Plain = {"Bucket": resource.name}
    if resource.region != "us-east-1":
        input["CreateBucketConfiguration"] = {"LocationConstraint": resource.region}
    if resource.get("AccessControl"):
        input["ACL"] = _canned(resource.get("AccessControl"))
    input["ObjectLockEnabledForBucket"] = resource.get("ObjectLockEnabled")
    await resource.call("s3", "CreateBucket", input)
    return resource.name


@bucket.settles
async def bucket_settings(resource: Resource) -> None:
    """Every setting the template gives or gave, one operation each."""
    name = {"Bucket": resource.physical_id}
    for setting, (operation, member, written, removal) in SETTINGS.items():
        value = resource.get(setting)
        if value is not None and resource.changed(setting):
            await resource.call("s3", operation, {**name, member: written(value)})
        elif value is None and resource.changed(setting):
            if removal:
                await resource.call("s3", removal, name)
            else:
                await resource.call("s3", operation, {**name, member: NOTHING.get(setting, {})})
    added, removed = resource.tag_changes()
    if added or removed:
        tagging = {"TagSet": resource.tag_list()}
        await resource.call("s3", "PutBucketTagging", {**name, "Tagging": tagging})


@bucket.updates
async def update_bucket(resource: Resource) -> None:
    """All that can be updated is brought up to date while settling."""


@bucket.reads
async def bucket_attributes(resource: Resource) -> Plain:
    name, region = resource.physical_id, resource.region
    return {
        "Arn": f"arn:aws:s3:::{name}",
        "DomainName": f"{name}.s3.amazonaws.com",
        "DualStackDomainName": f"{name}.s3.dualstack.{region}.amazonaws.com",
        "RegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "WebsiteURL": f"http://{name}.s3-website-{region}.amazonaws.com",
    }


@bucket.deletes
async def delete_bucket(resource: Resource) -> None:
    await resource.call("s3", "DeleteBucket", {"Bucket": resource.physical_id})


@policy.creates
async def create_policy(resource: Resource) -> str:
    await put_policy(resource)
    return str(resource.get("Bucket"))


@policy.updates
async def put_policy(resource: Resource) -> None:
    document = as_string(resource.get("PolicyDocument"))
    await resource.call("s3", "PutBucketPolicy", {"Bucket": resource.get("Bucket"), "Policy": document})


@policy.deletes
async def delete_policy(resource: Resource) -> None:
    await resource.call("s3", "DeleteBucketPolicy", {"Bucket": resource.physical_id})


def _canned(control: str) -> str:
    """PublicRead is public-read on the wire."""
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in control)
    return words.lstrip("-")
