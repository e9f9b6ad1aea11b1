"""AWS::Lambda: functions, their permissions, versions, aliases, URLs, layers and event sources."""

from __future__ import annotations

from typing import Any

from ..errors import HandlerFailed
from ..inline_code import zipped
from ..resource import Resource
from ..resource_type import ResourceType

Plain = dict[str, Any]

CONFIGURATION = (
    "DeadLetterConfig Description Environment EphemeralStorage FileSystemConfigs Handler ImageConfig Layers "
    "LoggingConfig MemorySize Role Runtime SnapStart Timeout TracingConfig VpcConfig"
)
function = ResourceType(
    "AWS::Lambda::Function",
    properties=f"{CONFIGURATION} Architectures Code CodeSigningConfigArn FunctionName KmsKeyArn PackageType "
    "RecursiveLoop ReservedConcurrentExecutions RuntimeManagementConfig Tags",
    required="Code Role",
    create_only="FunctionName PackageType",
    attributes="Arn",
    name="FunctionName",
    tagged=True,
    note="RuntimeManagementConfig and RecursiveLoop are accepted and not acted on.",
)
permission = ResourceType(
    "AWS::Lambda::Permission",
    properties="Action EventSourceToken FunctionName FunctionUrlAuthType InvokedViaFunctionUrl Principal "
    "PrincipalOrgID SourceAccount SourceArn",
    required="FunctionName Action Principal",
    attributes="Id",
)
version = ResourceType(
    "AWS::Lambda::Version",
    properties="CodeSha256 Description FunctionName",
    required="FunctionName",
    attributes="Version FunctionArn",
)
alias = ResourceType(
    "AWS::Lambda::Alias",
    properties="Description FunctionName FunctionVersion Name RoutingConfig",
    required="FunctionName FunctionVersion Name",
    create_only="Name FunctionName",
    attributes="AliasArn",
)
url = ResourceType(
    "AWS::Lambda::Url",
    properties="AuthType Cors InvokeMode Qualifier TargetFunctionArn",
    required="TargetFunctionArn AuthType",
    create_only="TargetFunctionArn Qualifier",
    attributes="FunctionUrl FunctionArn",
)
layer = ResourceType(
    "AWS::Lambda::LayerVersion",
    properties="CompatibleArchitectures CompatibleRuntimes Content Description LayerName LicenseInfo",
    required="Content",
    attributes="LayerVersionArn",
    name="LayerName",
)
invocation = ResourceType(
    "AWS::Lambda::EventInvokeConfig",
    properties="DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier",
    required="FunctionName Qualifier",
    create_only="FunctionName Qualifier",
)
MAPPING_SETTINGS = (
    "BatchSize BisectBatchOnFunctionError DestinationConfig Enabled FilterCriteria FunctionName "
    "FunctionResponseTypes MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts "
    "ParallelizationFactor ScalingConfig TumblingWindowInSeconds"
)
mapping = ResourceType(
    "AWS::Lambda::EventSourceMapping",
    properties=f"{MAPPING_SETTINGS} EventSourceArn StartingPosition StartingPositionTimestamp Tags",
    required="FunctionName",
    create_only="EventSourceArn StartingPosition StartingPositionTimestamp",
    attributes="Id EventSourceMappingArn",
)


@function.creates
async def create_function(resource: Resource) -> str:
    more = "Architectures CodeSigningConfigArn PackageType"
    input = {**resource.pick(f"{CONFIGURATION} {more}"), "FunctionName": resource.name}
    input |= {"Code": _code(resource), "KMSKeyArn": resource.get("KmsKeyArn")}
    if isinstance(resource.get("Code"), dict) and "ImageUri" in resource.get("Code"):
        input.setdefault("PackageType", "Image")
    await resource.call("lambda", "CreateFunction", {**input, "Tags": resource.tags() or None})
    return resource.name


@function.settles
async def function_active(resource: Resource) -> None:
    name = {"FunctionName": resource.physical_id}

    async def ready() -> bool:
        found = await resource.call("lambda", "GetFunctionConfiguration", name)
        if found.get("State") == "Failed" or found.get("LastUpdateStatus") == "Failed":
            raise HandlerFailed(str(found.get("StateReason") or found.get("LastUpdateStatusReason")))
        pending = ("Pending", "InProgress")
        return found.get("State") not in pending and found.get("LastUpdateStatus") not in pending

    await resource.until(ready, f"Function {resource.physical_id}")
    reserved = resource.get("ReservedConcurrentExecutions")
    if reserved is not None:
        await resource.call(
            "lambda", "PutFunctionConcurrency", {**name, "ReservedConcurrentExecutions": reserved}
        )
    elif resource.before and "ReservedConcurrentExecutions" in resource.before["properties"]:
        await resource.call("lambda", "DeleteFunctionConcurrency", name)


@function.updates
async def update_function(resource: Resource) -> None:
    name = {"FunctionName": resource.physical_id}
    if resource.changed("Code") or resource.changed("Architectures"):
        input = {**name, **_code(resource), **resource.pick("Architectures")}
        await resource.call("lambda", "UpdateFunctionCode", input)
        await function_active(resource)
    changed = {each: resource.get(each) for each in CONFIGURATION.split() if resource.changed(each)}
    if changed or resource.changed("KmsKeyArn"):
        input = {**name, **{each: _emptied(each, value) for each, value in changed.items()}}
        input["KMSKeyArn"] = resource.get("KmsKeyArn")
        await resource.call("lambda", "UpdateFunctionConfiguration", input)
    added, removed = resource.tag_changes()
    if added or removed:
        found = await resource.call("lambda", "GetFunctionConfiguration", name)
        await resource.retag("lambda", found["FunctionArn"], "Resource", as_list=False)


@function.reads
async def function_attributes(resource: Resource) -> Plain:
    name = {"FunctionName": resource.physical_id}
    return {"Arn": (await resource.call("lambda", "GetFunctionConfiguration", name))["FunctionArn"]}


@function.deletes
async def delete_function(resource: Resource) -> None:
    await resource.call("lambda", "DeleteFunction", {"FunctionName": resource.physical_id})


@permission.creates
async def create_permission(resource: Resource) -> str:
    input = {**resource.properties, "StatementId": resource.name}
    await resource.call("lambda", "AddPermission", input)
    return resource.name


@permission.reads
async def permission_attributes(resource: Resource) -> Plain:
    return {"Id": resource.physical_id}


@permission.deletes
async def delete_permission(resource: Resource) -> None:
    input = {"FunctionName": resource.get("FunctionName"), "StatementId": resource.physical_id}
    await resource.call("lambda", "RemovePermission", input)


@version.creates
async def create_version(resource: Resource) -> str:
    input = resource.pick("CodeSha256 Description FunctionName")
    return str((await resource.call("lambda", "PublishVersion", input))["FunctionArn"])


@version.reads
async def version_attributes(resource: Resource) -> Plain:
    arn = resource.physical_id
    return {"Version": arn.rpartition(":")[2], "FunctionArn": arn}


@version.deletes
async def delete_version(resource: Resource) -> None:
    function_arn, _, qualifier = resource.physical_id.rpartition(":")
    await resource.call("lambda", "DeleteFunction", {"FunctionName": function_arn, "Qualifier": qualifier})


@alias.creates
async def create_alias(resource: Resource) -> str:
    return str((await resource.call("lambda", "CreateAlias", _alias(resource)))["AliasArn"])


@alias.updates
async def update_alias(resource: Resource) -> None:
    await resource.call("lambda", "UpdateAlias", _alias(resource))


@alias.reads
async def alias_attributes(resource: Resource) -> Plain:
    return {"AliasArn": resource.physical_id}


@alias.deletes
async def delete_alias(resource: Resource) -> None:
    await resource.call("lambda", "DeleteAlias", resource.pick("FunctionName Name"))


@url.creates
async def create_url(resource: Resource) -> str:
    return str((await resource.call("lambda", "CreateFunctionUrlConfig", _url(resource)))["FunctionArn"])


@url.updates
async def update_url(resource: Resource) -> None:
    await resource.call("lambda", "UpdateFunctionUrlConfig", _url(resource))


@url.reads
async def url_attributes(resource: Resource) -> Plain:
    input = {"FunctionName": resource.get("TargetFunctionArn"), **resource.pick("Qualifier")}
    found = await resource.call("lambda", "GetFunctionUrlConfig", input)
    return {"FunctionUrl": found["FunctionUrl"], "FunctionArn": found["FunctionArn"]}


@url.deletes
async def delete_url(resource: Resource) -> None:
    input = {"FunctionName": resource.get("TargetFunctionArn"), **resource.pick("Qualifier")}
    await resource.call("lambda", "DeleteFunctionUrlConfig", input)


@layer.creates
async def create_layer(resource: Resource) -> str:
    more = resource.pick("CompatibleArchitectures CompatibleRuntimes Content Description LicenseInfo")
    input = {"LayerName": resource.name, **more}
    return str((await resource.call("lambda", "PublishLayerVersion", input))["LayerVersionArn"])


@layer.reads
async def layer_attributes(resource: Resource) -> Plain:
    return {"LayerVersionArn": resource.physical_id}


@layer.deletes
async def delete_layer(resource: Resource) -> None:
    name, _, number = resource.physical_id.rpartition(":")
    input = {"LayerName": name.rpartition(":")[2], "VersionNumber": int(number)}
    await resource.call("lambda", "DeleteLayerVersion", input)


@invocation.creates
async def create_invocation(resource: Resource) -> str:
    await put_invocation(resource)
    return resource.name


@invocation.updates
async def put_invocation(resource: Resource) -> None:
    await resource.call("lambda", "PutFunctionEventInvokeConfig", resource.properties)


@invocation.deletes
async def delete_invocation(resource: Resource) -> None:
    await resource.call("lambda", "DeleteFunctionEventInvokeConfig", resource.pick("FunctionName Qualifier"))


@mapping.creates
async def create_mapping(resource: Resource) -> str:
    more = "EventSourceArn StartingPosition StartingPositionTimestamp"
    input = {**resource.pick(f"{MAPPING_SETTINGS} {more}"), "Tags": resource.tags() or None}
    return str((await resource.call("lambda", "CreateEventSourceMapping", input))["UUID"])


@mapping.settles
async def mapping_settled(resource: Resource) -> None:
    async def ready() -> bool:
        found = await resource.call("lambda", "GetEventSourceMapping", {"UUID": resource.physical_id})
        return found.get("State") not in ("Creating", "Enabling", "Disabling", "Updating")

    await resource.until(ready, f"Event source mapping {resource.physical_id}")


@mapping.updates
async def update_mapping(resource: Resource) -> None:
    input = {**resource.pick(MAPPING_SETTINGS), "UUID": resource.physical_id}
    await resource.call("lambda", "UpdateEventSourceMapping", input)


@mapping.reads
async def mapping_attributes(resource: Resource) -> Plain:
    where = f"arn:aws:lambda:{resource.region}:{resource.account}:event-source-mapping"
    return {"Id": resource.physical_id, "EventSourceMappingArn": f"{where}:{resource.physical_id}"}


@mapping.deletes
async def delete_mapping(resource: Resource) -> None:
    await resource.call("lambda", "DeleteEventSourceMapping", {"UUID": resource.physical_id})


def _code(resource: Resource) -> Plain:
    given = dict(resource.get("Code"))
    source = given.pop("ZipFile", None)
    given.pop("SourceKMSKeyArn", None)
    if source is not None:
        return {"ZipFile": zipped(str(source), str(resource.get("Runtime", "")))}
    return given


def _emptied(name: str, value: Any) -> Any:
    """What takes a setting away again."""
    empty: Plain = {"Environment": {"Variables": {}}, "Layers": [], "Description": "", "VpcConfig": {}}
    return empty.get(name) if value is None else value


def _alias(resource: Resource) -> Plain:
    input = resource.pick("Description FunctionName FunctionVersion Name")
    weights = resource.get("RoutingConfig", {}).get("AdditionalVersionWeights", [])
    shares = {str(each["FunctionVersion"]): each["FunctionWeight"] for each in weights}
    return {**input, "RoutingConfig": {"AdditionalVersionWeights": shares}} if shares else input


def _url(resource: Resource) -> Plain:
    input = resource.pick("AuthType Cors InvokeMode Qualifier")
    return {**input, "FunctionName": resource.get("TargetFunctionArn")}
