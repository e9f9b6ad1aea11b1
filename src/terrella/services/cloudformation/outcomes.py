"""From phase to phase: what the end of one means for the stack, and the events that say so.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html (stack status codes)
"""

from __future__ import annotations

import json
from typing import Any

from ...region.service import Context
from . import steps
from .deployment import imported, outputs
from .errors import ValidationError
from .intrinsics import Scope
from .state import State

Plain = dict[str, Any]
STACK_TYPE = "AWS::CloudFormation::Stack"


def enter(ctx: Context[State], stack_id: str, status: str, reason: str | None, **values: Any) -> None:
    """A stack is now in this status; whatever its resources did in another phase is behind them."""
    stack = ctx.state.stack(stack_id)
    moved = {"StackStatus": status, "StackStatusReason": reason, "phase": stack["phase"] + 1, **values}
    event = status_event(stack, status, reason)
    ctx.commit("stack_moved", stack_id=stack_id, values=moved, event=event)


def conclude(ctx: Context[State], stack: Plain, outcome: str, scope: Scope) -> None:
    """The phase a stack is in has come to this end."""
    CONCLUSIONS[stack["StackStatus"], outcome](ctx, stack, scope)


def status_event(stack: Plain, status: str, reason: str | None) -> Plain:
    thing = {"type": STACK_TYPE, "physical": stack["StackId"]}
    return stack_event(stack["StackName"], thing, status, reason)


def stack_event(logical_id: str, thing: Plain, status: str, reason: str | None) -> Plain:
    """One event about a resource, as DescribeStackEvents lists it."""
    event = {
        "LogicalResourceId": logical_id,
        "PhysicalResourceId": thing["physical"] or "",
        "ResourceType": thing["type"],
        "ResourceStatus": status,
    }
    if thing.get("properties"):
        event["ResourceProperties"] = json.dumps(thing["properties"], separators=(",", ":"))
    if reason:
        event["ResourceStatusReason"] = reason
    return event


def _made(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    """All resources stand: publish the outputs, then clean up what an update left behind."""
    created = stack["StackStatus"] == "CREATE_IN_PROGRESS"
    try:
        given = outputs(stack["target"], scope)
        _check_exports(ctx, stack, given)
        uses = imported(stack["target"], scope)
    except ValidationError as refusal:
        _not_made(ctx, stack, scope, refusal.message)
        return
    values = {"outputs": given, "imports": uses, "deadline": None}
    if created:
        _end(ctx, stack, "CREATE_COMPLETE", None, {**values, "current": stack["target"], "target": None})
    else:
        enter(ctx, stack["StackId"], steps.FORWARD_CLEAN, None, **values)


def _not_made(ctx: Context[State], stack: Plain, scope: Scope, reason: str | None = None) -> None:
    stack_id, failed = stack["StackId"], _failed(ctx, stack)
    reason = reason or ("User Initiated" if stack["cancel"] and not failed else _list_failures(ctx, stack))
    if stack["StackStatus"] == "CREATE_IN_PROGRESS":
        values = {"current": stack["target"], "deadline": None}
        if stack["on_failure"] == "DO_NOTHING":
            _stop(ctx, stack, "CREATE_FAILED", reason, {**values, "target": None})
        elif stack["on_failure"] == "DELETE":
            enter(ctx, stack_id, "DELETE_IN_PROGRESS", f"{reason} Delete requested by user.", **values)
        else:
            enter(ctx, stack_id, "ROLLBACK_IN_PROGRESS", f"{reason} Rollback requested by user.", **values)
    elif stack["DisableRollback"] and not stack["cancel"]:
        _stop(ctx, stack, "UPDATE_FAILED", reason, {"deadline": None})
    else:
        enter(ctx, stack_id, "UPDATE_ROLLBACK_IN_PROGRESS", reason, deadline=None, cancel=False)


def _cleaned(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    values = {"current": stack["target"], "target": None}
    _end(ctx, stack, "UPDATE_COMPLETE", None, values)


def _restored(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    enter(ctx, stack["StackId"], steps.BACKWARD_CLEAN, None)


def _not_restored(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    _stop(ctx, stack, "UPDATE_ROLLBACK_FAILED", _list_failures(ctx, stack), {})


def _rollback_cleaned(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    _end(ctx, stack, "UPDATE_ROLLBACK_COMPLETE", None, {"target": None, "skip": []})


def _removed(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    values: Plain = {"target": None, "outputs": [], "imports": []}
    if stack["StackStatus"] == "ROLLBACK_IN_PROGRESS":
        _end(ctx, stack, "ROLLBACK_COMPLETE", None, values)
    else:
        _end(ctx, stack, "DELETE_COMPLETE", None, {**values, "DeletionTime": ctx.here.clock.now()})


def _not_removed(ctx: Context[State], stack: Plain, scope: Scope) -> None:
    status = "ROLLBACK_FAILED" if stack["StackStatus"] == "ROLLBACK_IN_PROGRESS" else "DELETE_FAILED"
    _stop(ctx, stack, status, _list_failures(ctx, stack), {"target": None})


CONCLUSIONS = {
    ("CREATE_IN_PROGRESS", "complete"): _made,
    ("CREATE_IN_PROGRESS", "failed"): _not_made,
    ("UPDATE_IN_PROGRESS", "complete"): _made,
    ("UPDATE_IN_PROGRESS", "failed"): _not_made,
    (steps.FORWARD_CLEAN, "complete"): _cleaned,
    ("UPDATE_ROLLBACK_IN_PROGRESS", "complete"): _restored,
    ("UPDATE_ROLLBACK_IN_PROGRESS", "failed"): _not_restored,
    (steps.BACKWARD_CLEAN, "complete"): _rollback_cleaned,
    ("ROLLBACK_IN_PROGRESS", "complete"): _removed,
    ("ROLLBACK_IN_PROGRESS", "failed"): _not_removed,
    ("DELETE_IN_PROGRESS", "complete"): _removed,
    ("DELETE_IN_PROGRESS", "failed"): _not_removed,
}


def _end(ctx: Context[State], stack: Plain, status: str, reason: str | None, values: Plain) -> None:
    """The operation is over and nothing of it needs remembering."""
    _move(ctx, "operation_ended", stack, status, reason, values)


def _stop(ctx: Context[State], stack: Plain, status: str, reason: str | None, values: Plain) -> None:
    """The operation stops half way; what was before is kept for whoever goes on."""
    _move(ctx, "stack_moved", stack, status, reason, values)


def _move(
    ctx: Context[State], kind: str, stack: Plain, status: str, reason: str | None, values: Plain
) -> None:
    moved = {"StackStatus": status, "StackStatusReason": reason, "cancel": False, **values}
    event = status_event(stack, status, reason)
    ctx.commit(kind, stack_id=stack["StackId"], values=moved, event=event)
    executed = ctx.state.change_sets.get(stack["ChangeSetId"] or "")
    if executed is not None and executed["ExecutionStatus"] == "EXECUTE_IN_PROGRESS":
        good = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
        verdict = "EXECUTE_COMPLETE" if good else "EXECUTE_FAILED"
        ctx.commit("change_set_put", change_set={**executed, "ExecutionStatus": verdict})


def _failed(ctx: Context[State], stack: Plain) -> dict[str, str]:
    """Logical ids of the resources that failed in this phase, with their status."""
    return {
        name: record["status"]
        for name, record in ctx.state.resources(stack["StackId"]).items()
        if steps.stage(record, stack["phase"]) == "failed"
    }


def _list_failures(ctx: Context[State], stack: Plain) -> str:
    failed = _failed(ctx, stack)
    sentences = []
    for word in ("create", "update", "delete"):
        names = [name for name, status in failed.items() if status == f"{word.upper()}_FAILED"]
        if names:
            sentences.append(f"The following resource(s) failed to {word}: [{', '.join(names)}].")
    return " ".join(sentences)


def _check_exports(ctx: Context[State], stack: Plain, given: list[Plain]) -> None:
    new = {row["ExportName"]: row["OutputValue"] for row in given if "ExportName" in row}
    for name, (_, exporter) in ctx.state.exports().items():
        if name in new and exporter != stack["StackId"]:
            other = exporter.split("/")[1]
            raise ValidationError(f"Export with name {name} is already exported by stack {other}")
    for row in stack["outputs"]:
        name = row.get("ExportName")
        users = ctx.state.importers(name) if name and new.get(name) != row["OutputValue"] else []
        if users:
            verb = "updated" if name in new else "deleted"
            raise ValidationError(f"Export {name} cannot be {verb} as it is in use by {', '.join(users)}")
