"""Dynamic references: `{{resolve:ssm:name:version}}` in a property, looked up the moment it is needed.

Invariant: what they stand for is handed to the service and never kept in a stack's state.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from .errors import HandlerFailed
from .resource import Resource

REFERENCE = re.compile(r"\{\{resolve:([^:}]+):([^}]*)\}\}")


async def resolved(resource: Resource) -> dict[str, Any]:
    """The resource's thing with every dynamic reference of its properties looked up."""
    found = {match: await _look_up(resource, *match) for match in sorted(set(_matches(resource.properties)))}
    if not found:
        return resource.thing
    return {**resource.thing, "properties": _replaced(resource.properties, found)}


def _matches(value: Any) -> list[tuple[str, str]]:
    if isinstance(value, str):
        return [(service, rest) for service, rest in REFERENCE.findall(value)]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [match for each in members for match in _matches(each)]


def _replaced(value: Any, found: dict[tuple[str, str], str]) -> Any:
    if isinstance(value, str):
        return REFERENCE.sub(lambda match: found[match.group(1), match.group(2)], value)
    if isinstance(value, dict):
        return {name: _replaced(each, found) for name, each in value.items()}
    return [_replaced(each, found) for each in value] if isinstance(value, list) else value


async def _look_up(resource: Resource, service: str, rest: str) -> str:
    if service in ("ssm", "ssm-secure"):
        input = {"Name": rest, "WithDecryption": service == "ssm-secure"}
        return str((await resource.call("ssm", "GetParameter", input))["Parameter"]["Value"])
    if service == "secretsmanager":
        return await _secret(resource, rest)
    raise HandlerFailed(f"Could not parse SSM dynamic reference {{{{resolve:{service}:{rest}}}}}")


async def _secret(resource: Resource, rest: str) -> str:
    if rest.startswith("arn:"):
        arn, rest = ":".join(rest.split(":")[:7]), ":".join(rest.split(":")[7:])
        parts = [arn, *rest.split(":")]
    else:
        parts = rest.split(":")
    name, kind, key, stage, version = ([*parts, "", "", "", ""])[:5]
    if kind not in ("", "SecretString"):
        raise HandlerFailed(f"Secrets Manager dynamic references know SecretString, not {kind}")
    input = {"SecretId": name, "VersionStage": stage or None, "VersionId": version or None}
    secret = str((await resource.call("secretsmanager", "GetSecretValue", input))["SecretString"])
    if not key:
        return secret
    document = json.loads(secret)
    if key not in document:
        raise HandlerFailed(f"Could not find a value associated with JSONKey in SecretString: {key}")
    return str(document[key])
