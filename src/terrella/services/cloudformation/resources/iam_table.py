"""AWS::IAM: users, groups, keys and the other principals. Permissions are kept and nowhere enforced."""

from __future__ import annotations

from typing import Any

from ....core.errors import AwsError
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import Row

Plain = dict[str, Any]
IAM = "iam"
CAPABILITY = "CAPABILITY_IAM"
ROWS = (
    Row(
        "AWS::IAM::OIDCProvider", IAM, "ClientIdList ThumbprintList Url Tags", create="CreateOpenIDConnectProvider",
        made="OpenIDConnectProviderArn", key="OpenIDConnectProviderArn", delete="DeleteOpenIDConnectProvider",
        attributes={"Arn": "{id}"}, tags="list",
    ),
    Row(
        "AWS::IAM::AccessKey", IAM, "UserName", create="CreateAccessKey", made="AccessKey.AccessKeyId",
        key="AccessKeyId", beside="UserName", delete="DeleteAccessKey", required="UserName", ignored="Serial Status",
        note="Its secret is not an attribute here.",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
user = ResourceType(
    "AWS::IAM::User",
    properties="Groups LoginProfile ManagedPolicyArns Path PermissionsBoundary Policies Tags UserName",
    create_only="Path UserName",
    attributes="Arn",
    name="UserName",
    tagged=True,
    needs=CAPABILITY,
)
group = ResourceType(
    "AWS::IAM::Group",
    properties="GroupName ManagedPolicyArns Path Policies",
    create_only="GroupName Path",
    attributes="Arn",
    name="GroupName",
    longest_name=128,
    needs=CAPABILITY,
)
linked = ResourceType(
    "AWS::IAM::ServiceLinkedRole",
    properties="AWSServiceName CustomSuffix Description",
    create_only="AWSServiceName CustomSuffix Description",
    attributes="RoleName",
)
addition = ResourceType(
    "AWS::IAM::UserToGroupAddition",
    properties="GroupName Users",
    required="GroupName Users",
    create_only="GroupName",
    attributes="Id",
)


@user.creates
async def create_user(resource: Resource) -> str:
    input = {"UserName": resource.name, **resource.pick("Path PermissionsBoundary"), "Tags": resource.tag_list()}
    await resource.call(IAM, "CreateUser", input)
    return resource.name


@user.settles
async def settle_user(resource: Resource) -> None:
    await _held(resource, "User")
    before = resource.before["properties"].get("Groups", []) if resource.before else []
    for name in resource.get("Groups", []):
        await resource.call(IAM, "AddUserToGroup", {"UserName": resource.physical_id, "GroupName": name})
    for name in [each for each in before if each not in resource.get("Groups", [])]:
        await resource.call(IAM, "RemoveUserFromGroup", {"UserName": resource.physical_id, "GroupName": name})


@group.creates
async def create_group(resource: Resource) -> str:
    await resource.call(IAM, "CreateGroup", {"GroupName": resource.name, **resource.pick("Path")})
    return resource.name


@group.settles
async def settle_group(resource: Resource) -> None:
    await _held(resource, "Group")


@user.updates
@group.updates
@addition.updates
async def nothing(resource: Resource) -> None:
    """All that can be updated is brought up to date while settling."""


@user.reads
async def user_attributes(resource: Resource) -> Plain:
    return {"Arn": (await resource.call(IAM, "GetUser", {"UserName": resource.physical_id}))["User"]["Arn"]}


@group.reads
async def group_attributes(resource: Resource) -> Plain:
    return {"Arn": (await resource.call(IAM, "GetGroup", {"GroupName": resource.physical_id}))["Group"]["Arn"]}


@user.deletes
async def delete_user(resource: Resource) -> None:
    name = {"UserName": resource.physical_id}
    await _let_go(resource, "User")
    for each in resource.get("Groups", []):
        await resource.call(IAM, "RemoveUserFromGroup", {**name, "GroupName": each})
    await resource.call(IAM, "DeleteUser", name)


@group.deletes
async def delete_group(resource: Resource) -> None:
    await _let_go(resource, "Group")
    await resource.call(IAM, "DeleteGroup", {"GroupName": resource.physical_id})


@linked.creates
async def create_linked(resource: Resource) -> str:
    made = await resource.call(IAM, "CreateServiceLinkedRole", resource.properties)
    return str(made["Role"]["RoleName"])


@linked.reads
async def linked_attributes(resource: Resource) -> Plain:
    return {"RoleName": resource.physical_id}


@linked.deletes
async def delete_linked(resource: Resource) -> None:
    await resource.call(IAM, "DeleteServiceLinkedRole", {"RoleName": resource.physical_id})


@addition.creates
async def create_addition(resource: Resource) -> str:
    return resource.name


@addition.settles
async def add_users(resource: Resource) -> None:
    before = resource.before["properties"]["Users"] if resource.before else []
    for name in resource.get("Users"):
        await resource.call(IAM, "AddUserToGroup", {"UserName": name, **resource.pick("GroupName")})
    for name in [each for each in before if each not in resource.get("Users")]:
        await resource.call(IAM, "RemoveUserFromGroup", {"UserName": name, **resource.pick("GroupName")})


@addition.reads
async def addition_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@addition.deletes
async def remove_users(resource: Resource) -> None:
    for name in resource.get("Users"):
        try:
            await resource.call(IAM, "RemoveUserFromGroup", {"UserName": name, **resource.pick("GroupName")})
        except AwsError as refusal:
            if refusal.error_code != "NoSuchEntity":
                raise


async def _held(resource: Resource, kind: str) -> None:
    """Inline and managed policies as they should be."""
    name = {f"{kind}Name": resource.physical_id}
    before = resource.before["properties"] if resource.before else {}
    for each in resource.get("Policies", []):
        document = {"PolicyName": each["PolicyName"], "PolicyDocument": as_string(each["PolicyDocument"])}
        await resource.call(IAM, f"Put{kind}Policy", {**name, **document})
    kept = [each["PolicyName"] for each in resource.get("Policies", [])]
    for each in [row["PolicyName"] for row in before.get("Policies", []) if row["PolicyName"] not in kept]:
        await resource.call(IAM, f"Delete{kind}Policy", {**name, "PolicyName": each})
    for arn in resource.get("ManagedPolicyArns", []):
        await resource.call(IAM, f"Attach{kind}Policy", {**name, "PolicyArn": arn})
    attached = resource.get("ManagedPolicyArns", [])
    for arn in [each for each in before.get("ManagedPolicyArns", []) if each not in attached]:
        await resource.call(IAM, f"Detach{kind}Policy", {**name, "PolicyArn": arn})


async def _let_go(resource: Resource, kind: str) -> None:
    name = {f"{kind}Name": resource.physical_id}
    for each in resource.get("Policies", []):
        await resource.call(IAM, f"Delete{kind}Policy", {**name, "PolicyName": each["PolicyName"]})
    for arn in resource.get("ManagedPolicyArns", []):
        await resource.call(IAM, f"Detach{kind}Policy", {**name, "PolicyArn": arn})
