"""AWS::SecretsManager::Secret."""

from __future__ import annotations

from typing import Any

import orjson

from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]
SERVICE = "secretsmanager"
secret = ResourceType(
    "AWS::SecretsManager::Secret",
    properties="Description GenerateSecretString KmsKeyId Name SecretString Tags",
    create_only="Name",
    attributes="Id",
    name="Name",
    longest_name=512,
    tagged=True,
    gone="ResourceNotFoundException",
    note="ReplicaRegions is refused: a borrowed service does not replicate.",
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


@secret.updates
async def update_secret(resource: Resource) -> None:
    arn = resource.physical_id
    input = {"SecretId": arn, **resource.pick("Description KmsKeyId")}
    if resource.changed("SecretString") or resource.changed("GenerateSecretString"):
        input["SecretString"] = await _text(resource)
    await resource.call(SERVICE, "UpdateSecret", input)
    await resource.retag(SERVICE, arn, "SecretId")


@secret.reads
async def secret_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@secret.deletes
async def delete_secret(resource: Resource) -> None:
    input = {"SecretId": resource.physical_id, "ForceDeleteWithoutRecovery": True}
    await resource.call(SERVICE, "DeleteSecret", input)


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
