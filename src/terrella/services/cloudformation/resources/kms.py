"""AWS::KMS::Key and AWS::KMS::Alias."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

key = ResourceType(
    "AWS::KMS::Key",
    properties="BypassPolicyLockoutSafetyCheck Description EnableKeyRotation Enabled KeyPolicy KeySpec "
    "KeyUsage MultiRegion Origin PendingWindowInDays Tags",
    create_only="KeySpec KeyUsage MultiRegion Origin",
    attributes="Arn KeyId",
    tagged=True,
    note="Deleting it schedules its deletion, as KMS does.",
)
alias = ResourceType(
    "AWS::KMS::Alias",
    properties="AliasName TargetKeyId",
    required="AliasName TargetKeyId",
    create_only="AliasName",
)


@key.creates
async def create_key(resource: Resource) -> str:
    input = resource.pick("BypassPolicyLockoutSafetyCheck Description KeySpec KeyUsage MultiRegion Origin")
    tags = resource.tag_list("TagKey", "TagValue") or None
    policy = as_string(resource.get("KeyPolicy")) if resource.get("KeyPolicy") else None
    made = await resource.call("kms", "CreateKey", {**input, "Policy": policy, "Tags": tags})
    return str(made["KeyMetadata"]["KeyId"])


@key.settles
async def key_settings(resource: Resource) -> None:
    name = {"KeyId": resource.physical_id}
    if resource.changed("EnableKeyRotation"):
        on = str(resource.get("EnableKeyRotation", "false")).lower() == "true"
        await resource.call("kms", "EnableKeyRotation" if on else "DisableKeyRotation", name)
    if resource.changed("Enabled"):
        on = str(resource.get("Enabled", "true")).lower() == "true"
        await resource.call("kms", "EnableKey" if on else "DisableKey", name)


@key.updates
async def update_key(resource: Resource) -> None:
    name = {"KeyId": resource.physical_id}
    if resource.changed("Description"):
        description = {"Description": resource.get("Description", "")}
        await resource.call("kms", "UpdateKeyDescription", {**name, **description})
    if resource.changed("KeyPolicy") and resource.get("KeyPolicy"):
        policy = {"PolicyName": "default", "Policy": as_string(resource.get("KeyPolicy"))}
        await resource.call("kms", "PutKeyPolicy", {**name, **policy})
    added, removed = resource.tag_changes()
    if added:
        rows = [{"TagKey": tag, "TagValue": value} for tag, value in added.items()]
        await resource.call("kms", "TagResource", {**name, "Tags": rows})
    if removed:
        await resource.call("kms", "UntagResource", {**name, "TagKeys": removed})


@key.reads
async def key_attributes(resource: Resource) -> dict[str, str]:
    arn = f"arn:aws:kms:{resource.region}:{resource.account}:key/{resource.physical_id}"
    return {"Arn": arn, "KeyId": resource.physical_id}


@key.deletes
async def delete_key(resource: Resource) -> None:
    window = resource.pick("PendingWindowInDays")
    await resource.call("kms", "ScheduleKeyDeletion", {"KeyId": resource.physical_id, **window})


@alias.creates
async def create_alias(resource: Resource) -> str:
    await resource.call("kms", "CreateAlias", resource.pick("AliasName TargetKeyId"))
    return str(resource.get("AliasName"))


@alias.updates
async def update_alias(resource: Resource) -> None:
    await resource.call("kms", "UpdateAlias", resource.pick("AliasName TargetKeyId"))


@alias.deletes
async def delete_alias(resource: Resource) -> None:
    await resource.call("kms", "DeleteAlias", {"AliasName": resource.physical_id})
