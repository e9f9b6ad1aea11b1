"""AWS::SecretsManager::Secret."""

from __future__ import annotations

from typing import Any

import orjson

from ....core.errors import AwsError
from ..errors import HandlerFailed
from ..naming import identifier
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
SERVICE = "secretsmanager"
secret = ResourceType(
    "AWS::SecretsManager::Secret",
    properties="Description GenerateSecretString KmsKeyId Name ReplicaRegions SecretString Tags",
    create_only="Name",
    attributes="Id",
    name="Name",
    longest_name=512,
    tagged=True,
    gone="ResourceNotFoundException",
    note="Replicas are written by the stack: they follow its updates, not a PutSecretValue of yours.",
)
GENERATED = (
    "ExcludeCharacters ExcludeLowercase ExcludeNumbers ExcludePunctuation ExcludeUppercase IncludeSpace PasswordLength "
    "RequireEachIncludedType"
)


@secret.creates
async def create_secret(resource: Resource) -> str:
    input = {
        **resource.pick("Description KmsKeyId"),
        "Name": resource.name,
        "SecretString": await _text(resource),
        "Tags": resource.tag_list() or None,
    }
    return str((await resource.call(SERVICE, "CreateSecret", input))["ARN"])


@secret.settles
async def settle_replicas(resource: Resource) -> None:
    """The secret as it is now, in every region that is to have it."""
    now, before = _regions(resource.properties), _regions(resource.before["properties"] if resource.before else {})
    if now:
        which = {"SecretId": resource.physical_id}
        text = (await resource.call(SERVICE, "GetSecretValue", which))["SecretString"]
        for region in now:
            await _replicate(resource, region, text)
    for region in [each for each in before if each not in now]:
        await _drop(resource, region)


@secret.updates
async def update_secret(resource: Resource) -> None:
    arn = resource.physical_id
    input = {"SecretId": arn, **resource.pick("Description KmsKeyId"), "ClientRequestToken": _new(resource)}
    if resource.changed("SecretString") or resource.changed("GenerateSecretString"):
        input["SecretString"] = await _text(resource)
    await resource.call(SERVICE, "UpdateSecret", input)
    await resource.retag(SERVICE, arn, "SecretId")


@secret.reads
async def secret_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@secret.deletes
async def delete_secret(resource: Resource) -> None:
    for region in _regions(resource.properties):
        await _drop(resource, region)
    input = {"SecretId": resource.physical_id, "ForceDeleteWithoutRecovery": True}
    await resource.call(SERVICE, "DeleteSecret", input)


def _regions(properties: Plain) -> list[str]:
    return [str(each["Region"]) for each in properties.get("ReplicaRegions", [])]


async def _replicate(resource: Resource, region: str, text: str) -> None:
    input = {"Name": resource.name, "SecretString": text, "Tags": resource.tag_list() or None}
    try:
        await resource.call(SERVICE, "CreateSecret", input, region)
    except AwsError as refusal:
        if refusal.error_code != "ResourceExistsException":
            raise
        again = {"SecretId": resource.name, "SecretString": text, "ClientRequestToken": _new(resource)}
        await resource.call(SERVICE, "PutSecretValue", again, region)


def _new(resource: Resource) -> str:
    """The id of a new version."""
    return identifier(resource.ctx.here.rng)


async def _drop(resource: Resource, region: str) -> None:
    which = {"SecretId": resource.name, "ForceDeleteWithoutRecovery": True}
    try:
        await resource.call(SERVICE, "DeleteSecret", which, region)
    except AwsError as refusal:
        if refusal.error_code != "ResourceNotFoundException":
            raise


async def _text(resource: Resource) -> str:
    """What the template says, or a password made up, in the JSON object the template wants it in."""
    wanted = resource.get("GenerateSecretString")
    if wanted is None:
        return str(resource.get("SecretString", ""))
    made = await resource.call(SERVICE, "GetRandomPassword", resource.pick(GENERATED, wanted))
    password = str(made["RandomPassword"])
    if "SecretStringTemplate" not in wanted:
        return password
    try:
        around = orjson.loads(wanted["SecretStringTemplate"])
    except orjson.JSONDecodeError:
        raise HandlerFailed("SecretStringTemplate is not valid JSON.") from None
    return orjson.dumps({**around, wanted["GenerateStringKey"]: password}).decode()
