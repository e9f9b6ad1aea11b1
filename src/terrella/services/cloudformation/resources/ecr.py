"""AWS::ECR::Repository: what CDK's bootstrap makes; this world pulls no images from it."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

repository = ResourceType(
    "AWS::ECR::Repository",
    properties="EmptyOnDelete EncryptionConfiguration ImageScanningConfiguration ImageTagMutability "
    "LifecyclePolicy RepositoryName RepositoryPolicyText Tags",
    create_only="RepositoryName EncryptionConfiguration",
    attributes="Arn RepositoryUri",
    name="RepositoryName",
    longest_name=256,
    lower_case=True,
    tagged=True,
)


@repository.creates
async def create_repository(resource: Resource) -> str:
    scanning = resource.get("ImageScanningConfiguration", {})
    settings = {
        "repositoryName": resource.name,
        "imageTagMutability": resource.get("ImageTagMutability"),
        "imageScanningConfiguration": {"scanOnPush": scanning["ScanOnPush"]} if scanning else None,
        "tags": resource.tag_list() or None,
    }
    await resource.call("ecr", "CreateRepository", settings)
    return resource.name


@repository.settles
async def repository_policies(resource: Resource) -> None:
    name = {"repositoryName": resource.physical_id}
    lifecycle = resource.get("LifecyclePolicy", {}).get("LifecyclePolicyText")
    if lifecycle:
        await resource.call("ecr", "PutLifecyclePolicy", {**name, "lifecyclePolicyText": lifecycle})
    if resource.get("RepositoryPolicyText"):
        text = as_string(resource.get("RepositoryPolicyText"))
        await resource.call("ecr", "SetRepositoryPolicy", {**name, "policyText": text})


@repository.updates
async def update_repository(resource: Resource) -> None:
    name = {"repositoryName": resource.physical_id}
    if resource.changed("ImageTagMutability"):
        value = resource.get("ImageTagMutability", "MUTABLE")
        await resource.call("ecr", "PutImageTagMutability", {**name, "imageTagMutability": value})


@repository.reads
async def repository_attributes(resource: Resource) -> dict[str, str]:
    name = {"repositoryNames": [resource.physical_id]}
    found = (await resource.call("ecr", "DescribeRepositories", name))["repositories"][0]
    return {"Arn": found["repositoryArn"], "RepositoryUri": found["repositoryUri"]}


@repository.deletes
async def delete_repository(resource: Resource) -> None:
    force = str(resource.get("EmptyOnDelete", "false")).lower() == "true"
    await resource.call("ecr", "DeleteRepository", {"repositoryName": resource.physical_id, "force": force})
