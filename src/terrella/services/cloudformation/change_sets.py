"""Change sets: what an update would do, shown before it is done. Every client of today deploys by them."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import source, steps
from .engine import begin, patiently
from .errors import (
    AlreadyExistsException,
    ChangeSetNotFoundException,
    InvalidChangeSetStatusException,
    TransformFailed,
    ValidationError,
)
from .naming import change_set_arn
from .outcomes import status_event
from .pages import page
from .parameters import shown
from .plan import as_change
from .stacks import (
    REPLY_AFTER_S,
    check_name,
    drop_change_sets,
    must_be_updatable,
    new_stack,
    planned,
    set_out_to_update,
)
from .state import State, service

Plain = dict[str, Any]
NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)
SUMMARY = (
    "StackId StackName ChangeSetId ChangeSetName ExecutionStatus Status StatusReason CreationTime Description"
)


@service.operation
async def create_change_set(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html"""
    kind, name = input.get("ChangeSetType", "UPDATE"), input["ChangeSetName"]
    if kind == "IMPORT":
        raise ValidationError("ChangeSetType IMPORT is not supported in this world. CREATE and UPDATE are.")
    stack = _stack_for(ctx, input, kind)
    draft = await source.fetch(ctx, input, stack)
    try:
        target = await source.prepare(ctx, input, stack, draft, reviewed=True)
        failure = None
    except TransformFailed as refusal:
        target, failure = None, refusal.message
    stack = _stack_for(ctx, input, kind, stack)  # nothing read before an await is trusted after it
    if _named(ctx, stack["StackId"], name) is not None:
        raise AlreadyExistsException(f"ChangeSet {name} already exists")
    changes: list[Plain] = []
    if target is not None:
        found, alters = planned(ctx, stack, target)
        changes, failure = [as_change(step) for step in found], None if alters else NO_CHANGES
    if ctx.state.find(stack["StackId"]) is None:
        event = status_event(stack, "REVIEW_IN_PROGRESS", "User Initiated")
        ctx.commit("stack_created", stack=stack, event=event)
    change_set = _change_set(ctx, input, kind, stack, target, changes, failure)
    change_set["body"] = draft.body
    ctx.commit("change_set_put", change_set=change_set)
    return {"Id": change_set["ChangeSetId"], "StackId": stack["StackId"]}


@service.operation
def describe_change_set(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html"""
    found = find(ctx, input)
    names = f"{SUMMARY} NotificationARNs RollbackConfiguration Capabilities Tags OnStackFailure"
    answer = {name: found[name] for name in names.split() if found.get(name) is not None}
    target = found["target"]
    if target is not None:
        answer["Parameters"] = shown(target["template"], target["parameters"], target["looked_up"])
    return {
        **answer,
        "IncludeNestedStacks": False,
        **page("Changes", enumerate(found["Changes"]), input.get("NextToken"), 100),
    }


@service.operation
async def execute_change_set(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html"""
    found = find(ctx, input)
    change_set_id, stack_id = found["ChangeSetId"], found["StackId"]
    if found["ExecutionStatus"] != "AVAILABLE":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{change_set_id}] cannot be executed in its current status of [{found['Status']}]"
        )
    stack = ctx.state.stack(stack_id)
    if stack["StackStatus"] in steps.IN_PROGRESS:
        must_be_updatable(stack)
    ctx.commit("change_set_put", change_set={**found, "ExecutionStatus": "EXECUTE_IN_PROGRESS"})
    ctx.commit("stack_moved", stack_id=stack_id, values={"ChangeSetId": change_set_id})
    settings = {name: value for name, value in found["settings"].items() if value is not None}
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        _create(ctx, stack, found, {**settings, **input})
    else:
        set_out_to_update(ctx, stack, found["target"], {**settings, **input, "ChangeSetId": change_set_id})
    await patiently(ctx, stack_id, REPLY_AFTER_S)
    return {}


@service.operation
def delete_change_set(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html

    Deleting one that is not there succeeds, as long as its stack is.
    """
    try:
        found = find(ctx, input)
    except ChangeSetNotFoundException:
        return {}
    if found["ExecutionStatus"] == "EXECUTE_IN_PROGRESS":
        raise InvalidChangeSetStatusException(
            f"ChangeSet [{found['ChangeSetId']}] cannot be deleted in its current status of "
            f"[{found['Status']}]"
        )
    ctx.commit("change_set_removed", change_set_id=found["ChangeSetId"])
    return {}


@service.operation
def list_change_sets(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html"""
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    rows = [
        {name: each[name] for name in SUMMARY.split() if each.get(name) is not None}
        for _, each in ctx.state.change_sets.items()
        if each["StackId"] == stack["StackId"]
    ]
    rows.sort(key=lambda row: -row["CreationTime"])
    return page("Summaries", enumerate(rows), input.get("NextToken"), 100)


def find(ctx: Context[State], input: Plain) -> Plain:
    """The change set a request names by ARN, or by name and stack."""
    name = input["ChangeSetName"]
    found = ctx.state.change_sets.get(name)
    if found is None and "StackName" in input:
        stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
        found = _named(ctx, stack["StackId"], name)
    elif found is None and not name.startswith("arn:"):
        raise ValidationError("StackName must be specified if ChangeSetName is not specified as an ARN.")
    if found is None:
        raise ChangeSetNotFoundException(f"ChangeSet [{name}] does not exist")
    return dict(found)


def _named(ctx: Context[State], stack_id: str, name: str) -> Plain | None:
    sets = (each for _, each in ctx.state.change_sets.items())
    return next((each for each in sets if (each["StackId"], each["ChangeSetName"]) == (stack_id, name)), None)


def _stack_for(ctx: Context[State], input: Plain, kind: str, drafted: Plain | None = None) -> Plain:
    """The stack a change set is for: a new one (or one only ever reviewed), or one that can be updated."""
    name = input["StackName"]
    existing = ctx.state.find(name)
    if kind == "CREATE":
        if existing is None:
            return drafted or new_stack(ctx, check_name(name), input)
        if existing["StackStatus"] != "REVIEW_IN_PROGRESS":
            raise ValidationError(
                f"Stack [{name}] already exists and cannot be created again with the changeSet "
                f"[{input['ChangeSetName']}]."
            )
        return existing
    if existing is None:
        raise ValidationError(f"Stack [{name}] does not exist")
    must_be_updatable(existing)
    return existing


def _change_set(
    ctx: Context[State],
    input: Plain,
    kind: str,
    stack: Plain,
    target: Plain | None,
    changes: list[Plain],
    failure: str | None,
) -> Plain:
    tags = target["tags"] if target else {}
    kept = ("NotificationARNs", "RollbackConfiguration", "RoleARN")
    return {
        "ChangeSetId": change_set_arn(ctx, input["ChangeSetName"]),
        "ChangeSetName": input["ChangeSetName"],
        "StackId": stack["StackId"],
        "StackName": stack["StackName"],
        "Description": input.get("Description"),
        "CreationTime": ctx.here.clock.now(),
        "Status": "FAILED" if failure else "CREATE_COMPLETE",
        "StatusReason": failure,
        "ExecutionStatus": "UNAVAILABLE" if failure else "AVAILABLE",
        "NotificationARNs": input.get("NotificationARNs"),
        "RollbackConfiguration": input.get("RollbackConfiguration"),
        "Capabilities": input.get("Capabilities", []),
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        "OnStackFailure": input.get("OnStackFailure"),
        "Changes": changes,
        "type": kind,
        "target": target,
        "settings": {name: input.get(name) for name in (*kept, "OnStackFailure")},
    }


def _create(ctx: Context[State], stack: Plain, found: Plain, input: Plain) -> None:
    drop_change_sets(ctx, stack["StackId"], keep=found["ChangeSetId"])
    on_failure = "DO_NOTHING" if input.get("DisableRollback") else input.get("OnStackFailure") or "ROLLBACK"
    values: Plain = {
        "target": found["target"],
        "Description": found["target"]["template"].get("Description"),
        "LastUpdatedTime": ctx.here.clock.now(),
        "DisableRollback": bool(input.get("DisableRollback")),
        "on_failure": on_failure,
        "retain_except_on_create": bool(input.get("RetainExceptOnCreate")),
        "token": input.get("ClientRequestToken"),
        "operation": "EXECUTE",
    }
    for name in ("NotificationARNs", "RoleARN", "RollbackConfiguration"):
        if input.get(name) is not None:
            values[name] = input[name]
    begin(ctx, stack["StackId"], "CREATE_IN_PROGRESS", "User Initiated", **values)
