"""Operations that tell what is: stacks, events, resources, exports, policies."""

from __future__ import annotations

import json
from typing import Any

from ...region.service import Context
from . import parameters
from .errors import ValidationError
from .pages import page
from .state import State, service

Plain = dict[str, Any]
PLAIN_MEMBERS = (
    "StackId StackName StackStatus StackStatusReason Description CreationTime LastUpdatedTime DeletionTime "
    "ChangeSetId DisableRollback TimeoutInMinutes NotificationARNs RoleARN RollbackConfiguration "
    "EnableTerminationProtection ParentId RootId"
)
SUMMARY_MEMBERS = (
    "StackId StackName CreationTime LastUpdatedTime DeletionTime StackStatus StackStatusReason "
    "ParentId RootId"
)
NOT_CHECKED = {"StackDriftStatus": "NOT_CHECKED"}
RESOURCE_NOT_CHECKED = {"StackResourceDriftStatus": "NOT_CHECKED"}


@service.operation
def describe_stacks(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html"""
    if "StackName" in input:
        return {"Stacks": [_described(ctx.state.stack(input["StackName"]))]}
    rows = ((stack["StackId"], _described(stack)) for stack in ctx.state.living())
    return page("Stacks", rows, input.get("NextToken"), 100)


@service.operation
def list_stacks(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html"""
    wanted = input.get("StackStatusFilter")
    stacks = [stack for _, stack in ctx.state.stacks.items() if not wanted or stack["StackStatus"] in wanted]
    stacks.sort(key=lambda stack: -stack["CreationTime"])
    rows = ((stack["StackId"], _summary(stack)) for stack in stacks)
    return page("StackSummaries", rows, input.get("NextToken"), 100)


@service.operation
def describe_stack_events(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html"""
    stack = ctx.state.stack(input.get("StackName", ""), "Stack [{}] does not exist")
    hidden = _secrets(stack)
    rows = ((mark, _masked(event, hidden)) for mark, event in ctx.state.events_of(stack["StackId"]))
    return page("StackEvents", rows, input.get("NextToken"), 100)


@service.operation
def describe_stack_resource(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResource.html"""
    name, logical_id = input["StackName"], input["LogicalResourceId"]
    stack = ctx.state.stack(name, "Stack '{}' does not exist")
    record = ctx.state.resource(stack["StackId"], logical_id)
    if record is None or record["status"] is None:
        raise ValidationError(f"Resource {logical_id} does not exist for stack {name}")
    row = _resource(stack, logical_id, record, "LastUpdatedTimestamp")
    thing = record["thing"]
    if thing and thing.get("metadata") is not None:
        row["Metadata"] = json.dumps(thing["metadata"])
    return {"StackResourceDetail": row}


@service.operation
def describe_stack_resources(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html"""
    if "StackName" in input:
        stack = ctx.state.stack(input["StackName"])
    elif "PhysicalResourceId" in input:
        stack = _holder(ctx, input["PhysicalResourceId"])
    else:
        raise ValidationError("Either StackName or PhysicalResourceId must be specified.")
    rows = [
        _resource(stack, name, record, "Timestamp")
        for name, record in sorted(ctx.state.resources(stack["StackId"]).items())
        if record["status"] and input.get("LogicalResourceId", name) == name
    ]
    if not rows and "LogicalResourceId" in input:
        raise ValidationError(
            f"Resource {input['LogicalResourceId']} does not exist for stack {stack['StackName']}"
        )
    return {"StackResources": rows[:100]}


@service.operation
def list_stack_resources(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html"""
    stack = ctx.state.stack(input["StackName"])
    rows = (
        (name, _summarized(_resource(stack, name, record, "LastUpdatedTimestamp")))
        for name, record in sorted(ctx.state.resources(stack["StackId"]).items())
        if record["status"]
    )
    return page("StackResourceSummaries", rows, input.get("NextToken"), 100)


@service.operation
def list_exports(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListExports.html"""
    rows = (
        (name, {"ExportingStackId": stack_id, "Name": name, "Value": value})
        for name, (value, stack_id) in sorted(ctx.state.exports().items())
    )
    return page("Exports", rows, input.get("NextToken"), 100)


@service.operation
def list_imports(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListImports.html"""
    name = input["ExportName"]
    users = ctx.state.importers(name)
    if not users:
        raise ValidationError(f"Export '{name}' is not imported by any stack.")
    return page("Imports", ((user, user) for user in users), input.get("NextToken"), 100)


@service.operation
def update_termination_protection(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateTerminationProtection.html"""
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    values = {"EnableTerminationProtection": input["EnableTerminationProtection"]}
    ctx.commit("stack_moved", stack_id=stack["StackId"], values=values)
    return {"StackId": stack["StackId"]}


@service.operation
def set_stack_policy(ctx: Context[State], input: Plain) -> None:
    """Kept and given back; it does not yet hold up updates.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html
    """
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    if "StackPolicyBody" not in input:
        raise ValidationError(
            "StackPolicyBody must be specified; StackPolicyURL is not supported in this world."
        )
    try:
        json.loads(input["StackPolicyBody"])
    except ValueError:
        raise ValidationError("Error validating stack policy: Invalid stack policy") from None
    ctx.commit("stack_moved", stack_id=stack["StackId"], values={"policy": input["StackPolicyBody"]})


@service.operation
def get_stack_policy(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetStackPolicy.html"""
    policy = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")["policy"]
    return {"StackPolicyBody": policy} if policy else {}


def _described(stack: Plain) -> Plain:
    row = {name: stack[name] for name in PLAIN_MEMBERS.split() if stack[name] is not None}
    deployed = stack["target"] or stack["current"]
    if deployed:
        row["Parameters"] = parameters.shown(
            deployed["template"], deployed["parameters"], deployed["looked_up"]
        )
        row["Capabilities"] = deployed["capabilities"]
        row["Tags"] = [{"Key": key, "Value": value} for key, value in deployed["tags"].items()]
    row["Outputs"] = stack["outputs"]
    row["DriftInformation"] = NOT_CHECKED
    return row


def _summary(stack: Plain) -> Plain:
    row = {name: stack[name] for name in SUMMARY_MEMBERS.split() if stack[name] is not None}
    if stack["Description"]:
        row["TemplateDescription"] = stack["Description"]
    return {**row, "DriftInformation": NOT_CHECKED}


def _resource(stack: Plain, logical_id: str, record: Plain, moment: str) -> Plain:
    thing = record["thing"] or record.get("last") or {"type": record.get("type"), "physical": None}
    row = {
        "StackName": stack["StackName"],
        "StackId": stack["StackId"],
        "LogicalResourceId": logical_id,
        "ResourceType": thing["type"],
        moment: record["at"],
        "ResourceStatus": record["status"],
        "DriftInformation": RESOURCE_NOT_CHECKED,
    }
    if thing["physical"]:
        row["PhysicalResourceId"] = thing["physical"]
    if record["reason"]:
        row["ResourceStatusReason"] = record["reason"]
    return row


def _summarized(row: Plain) -> Plain:
    return {name: value for name, value in row.items() if name not in ("StackName", "StackId")}


def _holder(ctx: Context[State], physical: str) -> Plain:
    for stack in ctx.state.living():
        for record in ctx.state.resources(stack["StackId"]).values():
            if record["thing"] and record["thing"]["physical"] == physical:
                return stack
    raise ValidationError(f"Stack for {physical} does not exist")


def _secrets(stack: Plain) -> list[str]:
    deployed = stack["target"] or stack["current"]
    if not deployed:
        return []
    names = parameters.secret(deployed["template"])
    return [value for name, value in deployed["parameters"].items() if name in names and value]


def _masked(event: Plain, hidden: list[str]) -> Plain:
    """What a NoEcho parameter holds is not told by an event either."""
    text = event.get("ResourceProperties")
    if not text or not hidden:
        return event
    for value in hidden:
        text = text.replace(json.dumps(value)[1:-1], parameters.MASK)
    return {**event, "ResourceProperties": text}
