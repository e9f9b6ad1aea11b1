"""AWS::CloudFormation: nested stacks, and types that make nothing by themselves."""

from __future__ import annotations

from typing import Any

from ..errors import HandlerFailed, ValidationError
from ..resource import Resource
from ..resource_type import ResourceType

metadata = ResourceType("AWS::CDK::Metadata", properties="Analytics")
nested = ResourceType(
    "AWS::CloudFormation::Stack",
    properties="NotificationARNs Parameters Tags TemplateURL TimeoutInMinutes",
    required="TemplateURL",
    attributes=None,
    attributes_note="outputs of the nested stack",
    longest_name=128,
    tagged=True,
)
GOOD = frozenset(("CREATE_COMPLETE", "UPDATE_COMPLETE"))


@nested.creates
async def create_nested(resource: Resource) -> str:
    input = {**_nested(resource), **resource.pick("TimeoutInMinutes"), "StackName": resource.name}
    stack_id = str((await resource.call("cloudformation", "CreateStack", input))["StackId"])
    parent = resource.stack
    family = {"ParentId": parent["StackId"], "RootId": parent["RootId"] or parent["StackId"]}
    # No operation of the public API says whose child a stack is; but this service is the one that keeps it.
    resource.ctx.commit("stack_moved", stack_id=stack_id, values=family)
    return stack_id


@nested.settles
async def nested_complete(resource: Resource) -> None:
    found = await _ended(resource)
    if found["StackStatus"] not in GOOD:
        verb = "updated" if resource.before else "created"
        reason = found.get("StackStatusReason", found["StackStatus"])
        raise HandlerFailed(f"Embedded stack {resource.physical_id} was not successfully {verb}: {reason}")


@nested.updates
async def update_nested(resource: Resource) -> None:
    input = {**_nested(resource), "StackName": resource.physical_id}
    try:
        await resource.call("cloudformation", "UpdateStack", input)
    except ValidationError as refusal:
        if refusal.message != "No updates are to be performed.":
            raise


@nested.reads
async def nested_outputs(resource: Resource) -> dict[str, str]:
    found = await _ended(resource)
    return {f"Outputs.{row['OutputKey']}": row["OutputValue"] for row in found["Outputs"]}


@nested.deletes
async def delete_nested(resource: Resource) -> None:
    await resource.call("cloudformation", "DeleteStack", {"StackName": resource.physical_id})
    found = await _ended(resource)
    if found["StackStatus"] != "DELETE_COMPLETE":
        raise HandlerFailed(f"Embedded stack {resource.physical_id} was not successfully deleted")


@metadata.updates
@metadata.deletes
async def nothing(resource: Resource) -> None:
    """There is nothing behind it to alter or to delete."""


@metadata.creates
async def create_metadata(resource: Resource) -> str:
    return resource.name


def _nested(resource: Resource) -> dict[str, Any]:
    given = resource.get("Parameters", {})
    rows = [
        {"ParameterKey": key, "ParameterValue": ",".join(value) if isinstance(value, list) else value}
        for key, value in given.items()
    ]
    deployed = resource.stack["target"] or resource.stack["current"]
    more = {"Tags": resource.tag_list(), "Capabilities": deployed["capabilities"]}
    return {**resource.pick("TemplateURL NotificationARNs"), "Parameters": rows, **more}


async def _ended(resource: Resource) -> dict[str, Any]:
    """The nested stack as it is when nothing is under way in it any more."""
    found: dict[str, Any] = {}

    async def ended() -> bool:
        name = {"StackName": resource.physical_id}
        found.update((await resource.call("cloudformation", "DescribeStacks", name))["Stacks"][0])
        return not found["StackStatus"].endswith("_IN_PROGRESS")

    await resource.until(ended, f"Stack {resource.physical_id}")
    return found
