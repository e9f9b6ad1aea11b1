"""Operations that set a stack going: create, update, delete, cancel, continue a rollback."""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import source
from .deployment import outputs
from .engine import advance, begin, patiently
from .errors import AlreadyExistsException, TokenAlreadyExistsException, ValidationError
from .intrinsics import unknown_in
from .naming import STACK_NAME, stack_arn
from .outcomes import status_event
from .plan import Step, known_scope, plan
from .state import State, service
from .steps import IN_PROGRESS

Plain = dict[str, Any]
REPLY_AFTER_S = 10.0  # an operation that ends sooner is answered when it has ended: waiters look every 30 s
UPDATABLE = frozenset(
    (
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "CREATE_FAILED",
        "UPDATE_FAILED",
    )
)


@service.operation
async def create_stack(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""
    name = check_name(input["StackName"])
    existing = ctx.state.find(name)
    if existing and _repeated(existing, input, "CREATE"):
        return {"StackId": existing["StackId"]}
    if existing:
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    if "OnFailure" in input and "DisableRollback" in input:
        raise ValidationError("You can specify either OnFailure or DisableRollback, but not both.")
    draft = await source.fetch(ctx, input)
    stack = new_stack(ctx, name, input)
    target = await source.prepare(ctx, input, stack, draft)
    if ctx.state.find(name):  # someone was quicker while the template was fetched
        raise AlreadyExistsException(f"Stack [{name}] already exists")
    stack |= {
        "StackStatus": "CREATE_IN_PROGRESS",
        "phase": 1,
        "target": target,
        "Description": _description(target),
    }
    stack |= {"token": input.get("ClientRequestToken"), "operation": "CREATE"}
    event = status_event(stack, "CREATE_IN_PROGRESS", "User Initiated")
    ctx.commit("stack_created", stack=stack, event=event)
    advance(ctx, stack["StackId"])
    await patiently(ctx, stack["StackId"], REPLY_AFTER_S)
    return {"StackId": stack["StackId"]}


@service.operation
async def update_stack(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html"""
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    if _repeated(stack, input, "UPDATE"):
        return {"StackId": stack["StackId"]}
    must_be_updatable(stack)
    draft = await source.fetch(ctx, input, stack)
    target = await source.prepare(ctx, input, stack, draft)
    stack = ctx.state.stack(stack["StackId"])
    must_be_updatable(stack)
    _, alters = planned(ctx, stack, target)
    if not alters and "NotificationARNs" not in input:
        raise ValidationError("No updates are to be performed.")
    set_out_to_update(ctx, stack, target, input)
    await patiently(ctx, stack["StackId"], REPLY_AFTER_S)
    return {"StackId": stack["StackId"]}


@service.operation
async def delete_stack(ctx: Context[State], input: Plain) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html"""
    stack = ctx.state.find(input["StackName"])
    if stack is None or stack["StackStatus"] in ("DELETE_COMPLETE", "DELETE_IN_PROGRESS"):
        return
    name, status, retain = stack["StackName"], stack["StackStatus"], input.get("RetainResources", [])
    if stack["EnableTerminationProtection"]:
        raise ValidationError(f"Stack [{name}] cannot be deleted while TerminationProtection is enabled")
    if retain and status != "DELETE_FAILED":
        raise ValidationError(
            f"Invalid operation on stack [{stack['StackId']}]. When you delete a stack, specify which "
            "resources to retain only when the stack is in the DELETE_FAILED state."
        )
    for row in stack["outputs"]:
        users = ctx.state.importers(row["ExportName"]) if "ExportName" in row else []
        if users:
            reason = f"Export {row['ExportName']} cannot be deleted as it is in use by {', '.join(users)}"
            raise ValidationError(reason)
    if status == "CREATE_IN_PROGRESS":  # let what is under way come to its end, then delete it all
        values = {"cancel": True, "on_failure": "DELETE"}
        ctx.commit("stack_moved", stack_id=stack["StackId"], values=values)
        advance(ctx, stack["StackId"])
        return
    if status in IN_PROGRESS:
        raise ValidationError(f"Stack [{stack['StackId']}] cannot be deleted while in status {status}")
    drop_change_sets(ctx, stack["StackId"])
    if status == "REVIEW_IN_PROGRESS":
        ctx.commit("stack_forgotten", stack_id=stack["StackId"])
        return
    values = {
        "retain": retain,
        "token": input.get("ClientRequestToken"),
        "operation": "DELETE",
        "deadline": None,
    }
    begin(ctx, stack["StackId"], "DELETE_IN_PROGRESS", "User Initiated", **values)
    await patiently(ctx, stack["StackId"], REPLY_AFTER_S)


@service.operation
def cancel_update_stack(ctx: Context[State], input: Plain) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html"""
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    if stack["StackStatus"] != "UPDATE_IN_PROGRESS":
        raise ValidationError(
            f"CancelUpdateStack cannot be called from current stack status: {stack['StackStatus']}"
        )
    ctx.commit("stack_moved", stack_id=stack["StackId"], values={"cancel": True})
    advance(ctx, stack["StackId"])


@service.operation
async def continue_update_rollback(ctx: Context[State], input: Plain) -> Plain:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html"""
    stack = ctx.state.stack(input["StackName"], "Stack [{}] does not exist")
    if stack["StackStatus"] != "UPDATE_ROLLBACK_FAILED":
        raise ValidationError(
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not continue rolling back"
        )
    skip = input.get("ResourcesToSkip", [])
    records = ctx.state.resources(stack["StackId"])
    for name in skip:
        if name not in records or records[name]["status"] != "UPDATE_FAILED":
            raise ValidationError(
                "Only resources in the UPDATE_FAILED state can be skipped: "
                f"[{name}] does not exist or is in another state"
            )
    begin(ctx, stack["StackId"], "UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated", skip=skip)
    await patiently(ctx, stack["StackId"], REPLY_AFTER_S)
    return {}


def check_name(name: str) -> str:
    """The name, if a new stack may have it."""
    if not STACK_NAME.match(name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    return name


def must_be_updatable(stack: Plain) -> None:
    """Raise ValidationError unless an update may begin now."""
    if stack["StackStatus"] not in UPDATABLE:
        raise ValidationError(
            f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        )


def new_stack(ctx: Context[State], name: str, input: Plain) -> Plain:
    """A stack in which nothing has happened yet."""
    minutes = input.get("TimeoutInMinutes")
    return {
        "StackId": stack_arn(ctx, name),
        "StackName": name,
        "StackStatus": "REVIEW_IN_PROGRESS",
        "StackStatusReason": None,
        "Description": None,
        "CreationTime": ctx.now,
        "LastUpdatedTime": None,
        "DeletionTime": None,
        "ChangeSetId": None,
        "DisableRollback": bool(input.get("DisableRollback")),
        "TimeoutInMinutes": minutes,
        "NotificationARNs": input.get("NotificationARNs", []),
        "RoleARN": input.get("RoleARN"),
        "RollbackConfiguration": input.get("RollbackConfiguration", {}),
        "EnableTerminationProtection": bool(input.get("EnableTerminationProtection")),
        "ParentId": None,
        "RootId": None,
        "policy": input.get("StackPolicyBody"),
        "on_failure": _on_failure(input),
        "retain_except_on_create": bool(input.get("RetainExceptOnCreate")),
        "phase": 0,
        "events": 0,
        "deadline": ctx.now + 60 * minutes if minutes else None,
        "cancel": False,
        "token": None,
        "operation": None,
        "retain": [],
        "skip": [],
        "current": None,
        "target": None,
        "outputs": [],
        "imports": [],
    }


def planned(ctx: Context[State], stack: Plain, target: Plain) -> tuple[list[Step], bool]:
    """The steps to a deployment, and whether it alters anything at all (outputs and tags count)."""
    records, exports = ctx.state.resources(stack["StackId"]), ctx.state.exports()
    scope = known_scope(
        stack, target, records, ctx.region, ctx.account, lambda name: exports.get(name, (None, None))[0]
    )
    found = plan(scope, stack, target, records)
    if found or stack["current"] is None or stack["current"]["tags"] != target["tags"]:
        return found, True
    if any(not record["thing"]["made"] for record in records.values() if record["thing"]):
        return found, True
    given = outputs(target, scope)
    return found, bool(unknown_in(given)) or given != stack["outputs"]


def set_out_to_update(ctx: Context[State], stack: Plain, target: Plain, input: Plain) -> None:
    """Begin an update of a stack to a deployment."""
    values: Plain = {
        "target": target,
        "LastUpdatedTime": ctx.here.clock.now(),
        "Description": _description(target),
        "token": input.get("ClientRequestToken"),
        "operation": "UPDATE",
        "DisableRollback": bool(input.get("DisableRollback")),
        "retain_except_on_create": bool(input.get("RetainExceptOnCreate")),
        "cancel": False,
        "skip": [],
    }
    for name in ("NotificationARNs", "RoleARN", "RollbackConfiguration"):
        if name in input:
            values[name] = input[name]
    if "StackPolicyBody" in input:
        values["policy"] = input["StackPolicyBody"]
    drop_change_sets(ctx, stack["StackId"], keep=input.get("ChangeSetId"))
    begin(ctx, stack["StackId"], "UPDATE_IN_PROGRESS", "User Initiated", **values)


def drop_change_sets(ctx: Context[State], stack_id: str, keep: str | None = None) -> None:
    """Change sets were made for a stack as it was; once it moves they mean nothing."""
    for change_set_id, change_set in ctx.state.change_sets.items():
        if change_set["StackId"] == stack_id and change_set_id != keep:
            ctx.commit("change_set_removed", change_set_id=change_set_id)


def _description(target: Plain) -> str | None:
    return target["template"].get("Description")


def _on_failure(input: Plain) -> str:
    if input.get("DisableRollback"):
        return "DO_NOTHING"
    return str(input.get("OnFailure") or input.get("OnStackFailure") or "ROLLBACK")


def _repeated(stack: Plain, input: Plain, operation: str) -> bool:
    """A client sends a token so that a request it repeats is not carried out twice."""
    token = input.get("ClientRequestToken")
    if token is None or stack["token"] != token:
        return False
    if stack["operation"] != operation:
        raise TokenAlreadyExistsException(f"ClientRequestToken {token} has been used for another operation")
    return True
