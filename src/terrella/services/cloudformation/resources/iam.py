"""AWS::IAM: Role, Policy, ManagedPolicy, InstanceProfile."""

from __future__ import annotations

from typing import Any

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

Plain = dict[str, Any]
CAPABILITY = "CAPABILITY_IAM"

role = ResourceType(
    "AWS::IAM::Role",
    properties="AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path "
    "PermissionsBoundary Policies RoleName Tags",
    required="AssumeRolePolicyDocument",
    create_only="Path RoleName",
    attributes="Arn RoleId",
    name="RoleName",
    tagged=True,
    needs=CAPABILITY,
)
policy = ResourceType(
    "AWS::IAM::Policy",
    properties="Groups PolicyDocument PolicyName Roles Users",
    required="PolicyDocument PolicyName",
    create_only="PolicyName",
    attributes="Id",
    needs=CAPABILITY,
)
managed = ResourceType(
    "AWS::IAM::ManagedPolicy",
    properties="Description Groups ManagedPolicyName Path PolicyDocument Roles Users",
    required="PolicyDocument",
    create_only="Description ManagedPolicyName Path",
    attributes="PolicyArn PolicyId",
    name="ManagedPolicyName",
    longest_name=128,
    needs=CAPABILITY,
)
profile = ResourceType(
    "AWS::IAM::InstanceProfile",
    properties="InstanceProfileName Path Roles",
    required="Roles",
    create_only="InstanceProfileName Path",
    attributes="Arn",
    name="InstanceProfileName",
    longest_name=128,
    needs=CAPABILITY,
)
HOLDERS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))


@role.creates
async def create_role(resource: Resource) -> str:
    document = as_string(resource.get("AssumeRolePolicyDocument"))
    input = {"RoleName": resource.name, "AssumeRolePolicyDocument": document}
    input |= resource.pick("Description MaxSessionDuration Path PermissionsBoundary")
    await resource.call("iam", "CreateRole", {**input, "Tags": resource.tag_list() or None})
    return resource.name


@role.settles
async def role_policies(resource: Resource) -> None:
    """Attach and write what the template lists; take away what it listed before."""
    name = {"RoleName": resource.physical_id}
    was = resource.before["properties"] if resource.before else {}
    before, now = was.get("ManagedPolicyArns", []), resource.get("ManagedPolicyArns", [])
    for arn in before:
        if arn not in now:
            await resource.call("iam", "DetachRolePolicy", {**name, "PolicyArn": arn})
    for arn in now:
        await resource.call("iam", "AttachRolePolicy", {**name, "PolicyArn": arn})
    kept = {each["PolicyName"] for each in resource.get("Policies", [])}
    for each in was.get("Policies", []):
        if each["PolicyName"] not in kept:
            await resource.call("iam", "DeleteRolePolicy", {**name, "PolicyName": each["PolicyName"]})
    for each in resource.get("Policies", []):
        document = _document(each["PolicyDocument"])
        input = {**name, "PolicyName": each["PolicyName"], "PolicyDocument": document}
        await resource.call("iam", "PutRolePolicy", input)


@role.updates
async def update_role(resource: Resource) -> None:
    name = {"RoleName": resource.physical_id}
    if resource.changed("AssumeRolePolicyDocument"):
        document = as_string(resource.get("AssumeRolePolicyDocument"))
        await resource.call("iam", "UpdateAssumeRolePolicy", {**name, "PolicyDocument": document})
    if resource.changed("Description") or resource.changed("MaxSessionDuration"):
        await resource.call("iam", "UpdateRole", {**name, **resource.pick("Description MaxSessionDuration")})
    if resource.changed("PermissionsBoundary"):
        boundary = resource.get("PermissionsBoundary")
        if boundary:
            input = {**name, "PermissionsBoundary": boundary}
            await resource.call("iam", "PutRolePermissionsBoundary", input)
        else:
            await resource.call("iam", "DeleteRolePermissionsBoundary", name)
    added, removed = resource.tag_changes()
    if added:
        rows = [{"Key": key, "Value": value} for key, value in added.items()]
        await resource.call("iam", "TagRole", {**name, "Tags": rows})
    if removed:
        await resource.call("iam", "UntagRole", {**name, "TagKeys": removed})


@role.reads
async def role_attributes(resource: Resource) -> Plain:
    found = (await resource.call("iam", "GetRole", {"RoleName": resource.physical_id}))["Role"]
    return {"Arn": found["Arn"], "RoleId": found["RoleId"]}


@role.deletes
async def delete_role(resource: Resource) -> None:
    name = {"RoleName": resource.physical_id}
    attached = await resource.call("iam", "ListAttachedRolePolicies", name)
    for each in attached.get("AttachedPolicies", []):
        await resource.call("iam", "DetachRolePolicy", {**name, "PolicyArn": each["PolicyArn"]})
    for each in (await resource.call("iam", "ListRolePolicies", name)).get("PolicyNames", []):
        await resource.call("iam", "DeleteRolePolicy", {**name, "PolicyName": each})
    await resource.call("iam", "DeleteRole", name)


@policy.creates
async def create_policy(resource: Resource) -> str:
    await put_policy(resource)
    return resource.name


@policy.updates
async def put_policy(resource: Resource) -> None:
    document, name = _document(resource.get("PolicyDocument")), resource.get("PolicyName")
    was = resource.before["properties"] if resource.before else {}
    for member, holder in HOLDERS:
        for each in was.get(member, []):
            if each not in resource.get(member, []):
                input = {f"{holder}Name": each, "PolicyName": name}
                await resource.call("iam", f"Delete{holder}Policy", input)
        for each in resource.get(member, []):
            input = {f"{holder}Name": each, "PolicyName": name, "PolicyDocument": document}
            await resource.call("iam", f"Put{holder}Policy", input)


@policy.reads
async def policy_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@policy.deletes
async def delete_policy(resource: Resource) -> None:
    for member, holder in HOLDERS:
        for each in resource.get(member, []):
            input = {f"{holder}Name": each, "PolicyName": resource.get("PolicyName")}
            await resource.call("iam", f"Delete{holder}Policy", input)


@managed.creates
async def create_managed(resource: Resource) -> str:
    document = _document(resource.get("PolicyDocument"))
    input = {"PolicyName": resource.name, "PolicyDocument": document, **resource.pick("Description Path")}
    return str((await resource.call("iam", "CreatePolicy", input))["Policy"]["Arn"])


@managed.settles
async def attach_managed(resource: Resource) -> None:
    was = resource.before["properties"] if resource.before else {}
    for member, holder in HOLDERS:
        for each in was.get(member, []):
            if each not in resource.get(member, []):
                await _attachment(resource, "Detach", holder, each)
        for each in resource.get(member, []):
            await _attachment(resource, "Attach", holder, each)


@managed.updates
async def update_managed(resource: Resource) -> None:
    if resource.changed("PolicyDocument"):
        arn = {"PolicyArn": resource.physical_id}
        found = (await resource.call("iam", "ListPolicyVersions", arn))["Versions"]
        spare = [each["VersionId"] for each in found if not each["IsDefaultVersion"]]
        if len(found) >= 5:  # a policy may have five versions
            await resource.call("iam", "DeletePolicyVersion", {**arn, "VersionId": spare[-1]})
        document = _document(resource.get("PolicyDocument"))
        input = {**arn, "PolicyDocument": document, "SetAsDefault": True}
        await resource.call("iam", "CreatePolicyVersion", input)


@managed.reads
async def managed_attributes(resource: Resource) -> Plain:
    found = await resource.call("iam", "GetPolicy", {"PolicyArn": resource.physical_id})
    return {"PolicyArn": resource.physical_id, "PolicyId": found["Policy"]["PolicyId"]}


@managed.deletes
async def delete_managed(resource: Resource) -> None:
    arn = {"PolicyArn": resource.physical_id}
    for member, holder in HOLDERS:
        for each in resource.get(member, []):
            await _attachment(resource, "Detach", holder, each)
    for each in (await resource.call("iam", "ListPolicyVersions", arn))["Versions"]:
        if not each["IsDefaultVersion"]:
            await resource.call("iam", "DeletePolicyVersion", {**arn, "VersionId": each["VersionId"]})
    await resource.call("iam", "DeletePolicy", arn)


@profile.creates
async def create_profile(resource: Resource) -> str:
    input = {"InstanceProfileName": resource.name, **resource.pick("Path")}
    await resource.call("iam", "CreateInstanceProfile", input)
    for each in resource.get("Roles"):
        await _membership(resource, "AddRoleToInstanceProfile", resource.name, each)
    return resource.name


@profile.updates
async def update_profile(resource: Resource) -> None:
    was = resource.before["properties"]["Roles"] if resource.before else []
    for each in was:
        if each not in resource.get("Roles"):
            await _membership(resource, "RemoveRoleFromInstanceProfile", resource.physical_id, each)
    for each in resource.get("Roles"):
        if each not in was:
            await _membership(resource, "AddRoleToInstanceProfile", resource.physical_id, each)


@profile.reads
async def profile_attributes(resource: Resource) -> Plain:
    name = {"InstanceProfileName": resource.physical_id}
    return {"Arn": (await resource.call("iam", "GetInstanceProfile", name))["InstanceProfile"]["Arn"]}


@profile.deletes
async def delete_profile(resource: Resource) -> None:
    for each in resource.get("Roles"):
        await _membership(resource, "RemoveRoleFromInstanceProfile", resource.physical_id, each)
    await resource.call("iam", "DeleteInstanceProfile", {"InstanceProfileName": resource.physical_id})


def _document(given: Any) -> str:
    """The policy as text. AWS takes one that names no version; the IAM borrowed here does not."""
    return as_string({"Version": "2012-10-17", **given} if isinstance(given, dict) else given)


async def _attachment(resource: Resource, verb: str, holder: str, name: str) -> None:
    input = {f"{holder}Name": name, "PolicyArn": resource.physical_id}
    await resource.call("iam", f"{verb}{holder}Policy", input)


async def _membership(resource: Resource, operation: str, profile_name: str, role_name: str) -> None:
    input = {"InstanceProfileName": profile_name, "RoleName": role_name}
    await resource.call("iam", operation, input)
