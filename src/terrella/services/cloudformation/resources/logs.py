"""AWS::Logs::LogGroup."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType

group = ResourceType(
    "AWS::Logs::LogGroup",
    properties="KmsKeyId LogGroupClass LogGroupName RetentionInDays Tags",
    create_only="LogGroupName",
    attributes="Arn",
    name="LogGroupName",
    longest_name=512,
    tagged=True,
)


@group.creates
async def create_group(resource: Resource) -> str:
    name = {"logGroupName": resource.name, "kmsKeyId": resource.get("KmsKeyId")}
    more = {"logGroupClass": resource.get("LogGroupClass"), "tags": resource.tags() or None}
    await resource.call("logs", "CreateLogGroup", {**name, **more})
    await _retain(resource, resource.name)
    return resource.name


@group.updates
async def update_group(resource: Resource) -> None:
    name = resource.physical_id
    if resource.get("RetentionInDays"):
        await _retain(resource, name)
    elif resource.changed("RetentionInDays"):
        await resource.call("logs", "DeleteRetentionPolicy", {"logGroupName": name})
    added, removed = resource.tag_changes()
    if added:
        await resource.call("logs", "TagLogGroup", {"logGroupName": name, "tags": added})
    if removed:
        await resource.call("logs", "UntagLogGroup", {"logGroupName": name, "tags": removed})


@group.reads
async def group_attributes(resource: Resource) -> dict[str, str]:
    return {"Arn": f"arn:aws:logs:{resource.region}:{resource.account}:log-group:{resource.physical_id}:*"}


@group.deletes
async def delete_group(resource: Resource) -> None:
    await resource.call("logs", "DeleteLogGroup", {"logGroupName": resource.physical_id})


async def _retain(resource: Resource, name: str) -> None:
    days = resource.get("RetentionInDays")
    if days:
        await resource.call("logs", "PutRetentionPolicy", {"logGroupName": name, "retentionInDays": days})
