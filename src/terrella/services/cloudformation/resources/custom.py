"""AWS::CloudFormation::CustomResource and every `Custom::` type: a function of yours makes the resource.

The function is invoked with a request and answers whenever it likes, by writing to a presigned URL. What is
there under a request's key is its answer, so a region that was restarted goes on waiting and does not ask twice.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from ....core.errors import AwsError
from ....wire.http import Request
from ....wire.signing import presign
from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

custom = ResourceType(
    "AWS::CloudFormation::CustomResource",
    properties=None,
    attributes=None,
    attributes_note="what the function answers as `Data`",
    note="And `Custom::` types. By a function (not a topic); its answers pass through a bucket, "
    "`cloudformation-custom-resource-response-REGION`. One whose creation failed is not sent a Delete.",
)
LARGEST_ANSWER = 4096
LONGEST_WAIT_S = 3600.0
OWN_KEYS = ("terrella", "terrella")  # where no credentials are asked for


@custom.creates
async def create_custom(resource: Resource) -> str:
    answer = await _answered(resource, "Create")
    return _physical(resource, answer)


@custom.updates
async def update_custom(resource: Resource) -> None:
    """Another physical id means that it was replaced; the old one is deleted in clean-up."""
    if resource.changed("ServiceToken"):
        raise HandlerFailed("Modifying service token is not allowed.")
    before = resource.before["properties"] if resource.before else {}
    more = {"PhysicalResourceId": resource.physical_id, "OldResourceProperties": _texts(before)}
    answer = await _answered(resource, "Update", **more)
    resource.thing = {**resource.thing, "physical": _physical(resource, answer)}


@custom.reads
async def custom_data(resource: Resource) -> dict[str, Any]:
    answer = await _read(resource, _key(resource)) or {}
    await _forget(resource, _key(resource))
    data = answer.get("Data") or {}
    if not isinstance(data, dict):
        raise HandlerFailed("Response Data is not an object.")
    return {name: value if isinstance(value, dict | list) else as_string(value) for name, value in data.items()}


@custom.deletes
async def delete_custom(resource: Resource) -> None:
    await _answered(resource, "Delete", PhysicalResourceId=resource.physical_id)
    await _forget(resource, _key(resource, "Delete"))


async def _answered(resource: Resource, verb: str, **more: Any) -> dict[str, Any]:
    """The function's answer to one request. HandlerFailed when it says so, or nothing for too long."""
    key, found = _key(resource, verb), {}

    async def answered() -> bool:
        found.update(await _read(resource, key) or {})
        return bool(found)

    if not await answered():
        await _ask(resource, verb, key, more)
        await _wait(resource, answered, key)
    if found.get("Status") != "SUCCESS":
        await _forget(resource, key)
        said = found.get("Reason") or "no reason was given"
        raise HandlerFailed(
            f"Received response status [{found.get('Status')}] from custom resource. "
            f"Message returned: {said} (RequestId: {_request_id(key)})"
        )
    return found


async def _wait(resource: Resource, answered: Callable[[], Awaitable[bool]], key: str) -> None:
    patience_s = _patience_s(resource)
    try:
        await resource.until(answered, "An answer", patience_s)
    except HandlerFailed as failure:
        if await answered():
            return
        raise HandlerFailed(
            "CloudFormation did not receive a response from your custom resource. "
            f"Please check your logs for requestId [{_request_id(key)}]."
        ) from failure


async def _ask(resource: Resource, verb: str, key: str, more: dict[str, Any]) -> None:
    token = str(resource.get("ServiceToken", ""))
    if ":lambda:" not in token:
        raise HandlerFailed("Invalid ServiceToken: the ARN of a function is wanted here.")
    await make_bucket(resource, answer_bucket(resource))
    request = {
        "RequestType": verb,
        "ServiceToken": token,
        "ResponseURL": url_of(resource, answer_bucket(resource), key, 2 * LONGEST_WAIT_S),
        "StackId": resource.stack["StackId"],
        "RequestId": _request_id(key),
        "LogicalResourceId": resource.logical_id,
        "ResourceType": resource.type,
        "ResourceProperties": _texts(resource.properties),
        **more,
    }
    payload = json.dumps(request).encode()
    input = {"FunctionName": token, "InvocationType": "Event", "Payload": payload}
    await resource.call("lambda", "Invoke", input)


async def _read(resource: Resource, key: str) -> dict[str, Any] | None:
    """The answer under a key, if there is one yet."""
    try:
        got = await resource.call("s3", "GetObject", {"Bucket": answer_bucket(resource), "Key": key})
    except AwsError as refusal:
        if refusal.error_code in ("NoSuchKey", "NoSuchBucket"):
            return None
        raise
    body = got.get("Body") or b""
    if len(body) > LARGEST_ANSWER:
        raise HandlerFailed("Response object is too long.")
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or not answer:
        raise HandlerFailed("Invalid response object: it is not a JSON object.")
    return answer


async def _forget(resource: Resource, key: str) -> None:
    await resource.call("s3", "DeleteObject", {"Bucket": answer_bucket(resource), "Key": key})


async def make_bucket(resource: Resource, name: str) -> None:
    """A bucket of the world's own, if it is not there yet."""
    input: dict[str, Any] = {"Bucket": name}
    if resource.region != "us-east-1":  # the one region that may not be named
        input["CreateBucketConfiguration"] = {"LocationConstraint": resource.region}
    try:
        await resource.call("s3", "CreateBucket", input)
    except AwsError as refusal:
        if refusal.error_code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise


def _physical(resource: Resource, answer: dict[str, Any]) -> str:
    physical = answer.get("PhysicalResourceId")
    if not isinstance(physical, str) or not physical:
        raise HandlerFailed("Invalid PhysicalResourceId")
    return physical


def _patience_s(resource: Resource) -> float:
    try:
        return min(max(float(resource.get("ServiceTimeout", LONGEST_WAIT_S)), 1.0), LONGEST_WAIT_S)
    except (TypeError, ValueError):
        raise HandlerFailed("ServiceTimeout must be a number of seconds from 1 to 3600.") from None


def answer_bucket(resource: Resource) -> str:
    return f"cloudformation-custom-resource-response-{resource.region.replace('-', '')}"


def _key(resource: Resource, verb: str = "") -> str:
    """Of the request that makes exactly this of it (by Create or Update), or that deletes it."""
    what = json.dumps([verb == "Delete", resource.token, resource.properties], sort_keys=True)
    return f"{resource.logical_id}/{hashlib.sha256(what.encode()).hexdigest()}"


def _request_id(key: str) -> str:
    return str(uuid.UUID(key[-32:]))


def url_of(resource: Resource, bucket: str, key: str, valid_s: float) -> str:
    """Where somebody can put an answer: this region's own S3, by the way its functions know."""
    here = resource.ctx.here
    base = here.ports.functions.endpoint_url
    request = Request("PUT", f"/{bucket}/{key}", "", {"host": base.partition("://")[2]})
    access_key, secret = next(iter(here.world.credentials.items()), OWN_KEYS)
    presign(request, access_key, secret, resource.region, "s3", here.clock.now(), int(valid_s))
    return f"{base}{request.path}?{request.query}"


def _texts(value: Any) -> Any:
    """Properties as a function is given them: every scalar is a string."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return as_string(value)
