"""AWS::SSM::Parameter."""

from __future__ import annotations

from ..errors import HandlerFailed
from ..resource import Resource
from ..resource_type import ResourceType

parameter = ResourceType(
    "AWS::SSM::Parameter",
    properties="AllowedPattern DataType Description Name Policies Tags Tier Type Value",
    required="Type Value",
    create_only="Name",
    attributes="Type Value",
    name="Name",
    longest_name=1011,
    tagged=True,
    gone="ParameterNotFound",
)
SETTINGS = "AllowedPattern DataType Description Policies Tier Type Value"


@parameter.creates
async def create_parameter(resource: Resource) -> str:
    if resource.get("Type") == "SecureString":
        raise HandlerFailed("SecureString is not a type CloudFormation can create a parameter of.")
    tags = resource.tag_list() or None
    await resource.call(
        "ssm", "PutParameter", {"Name": resource.name, **resource.pick(SETTINGS), "Tags": tags}
    )
    return resource.name


@parameter.updates
async def update_parameter(resource: Resource) -> None:
    name = resource.physical_id
    await resource.call("ssm", "PutParameter", {"Name": name, **resource.pick(SETTINGS), "Overwrite": True})
    added, removed = resource.tag_changes()
    which = {"ResourceType": "Parameter", "ResourceId": name}
    if added:
        rows = [{"Key": key, "Value": value} for key, value in added.items()]
        await resource.call("ssm", "AddTagsToResource", {**which, "Tags": rows})
    if removed:
        await resource.call("ssm", "RemoveTagsFromResource", {**which, "TagKeys": removed})


@parameter.reads
async def parameter_attributes(resource: Resource) -> dict[str, str]:
    return {"Type": resource.get("Type"), "Value": str(resource.get("Value"))}


@parameter.deletes
async def delete_parameter(resource: Resource) -> None:
    await resource.call("ssm", "DeleteParameter", {"Name": resource.physical_id})
