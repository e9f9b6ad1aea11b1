"""AWS::CloudFormation::WaitConditionHandle and AWS::CDK::Metadata: types that make nothing by themselves."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType

handle = ResourceType(
    "AWS::CloudFormation::WaitConditionHandle",
    note="A wait condition itself is not there: nothing can signal the handle.",
)
metadata = ResourceType("AWS::CDK::Metadata", properties="Analytics")


@handle.creates
async def create_handle(resource: Resource) -> str:
    host = f"cloudformation-waitcondition-{resource.region}.s3.{resource.region}.amazonaws.com"
    return f"https://{host}/{resource.stack['StackId']}/{resource.name}"


@handle.updates
@handle.deletes
@metadata.updates
@metadata.deletes
async def nothing(resource: Resource) -> None:
    """There is nothing behind it to alter or to delete."""


@metadata.creates
async def create_metadata(resource: Resource) -> str:
    return resource.name
