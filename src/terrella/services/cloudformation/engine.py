"""Carries a stack's operation out, one journaled step after another.

`advance` asks `steps.todo` what comes next and starts a task for each resource whose turn it is; a task that
ends asks again. Nothing is remembered outside the journal, so `resume` after a restart is the same question:
tasks that were busy begin again, and a thing that has its physical id is waited for, not made twice.
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from . import steps
from .deployment import Plain, scope_of, wanted
from .errors import ValidationError
from .handling import DEFECTS, delete_things, make, update_in_place
from .intrinsics import Scope
from .naming import resource_name
from .outcomes import conclude, enter, stack_event
from .plan import attribute_of, decide, physical_of
from .registry import lookup
from .state import State, service

REPLACING = "Requested update requires the creation of a new physical resource; hence creating one."
WAIT_STEP_S = 0.02


def begin(ctx: Context[State], stack_id: str, status: str, reason: str | None, **values: Any) -> None:
    """Move a stack into a phase and set out."""
    enter(ctx, stack_id, status, reason, **values)
    advance(ctx, stack_id)


def advance(ctx: Context[State], stack_id: str) -> None:
    """Do what can be done now: start tasks, settle what needs none, conclude phases."""
    while True:
        stack = ctx.state.stack(stack_id)
        if stack["StackStatus"] not in steps.IN_PROGRESS:
            return
        todo = steps.todo(stack, ctx.state.resources(stack_id))
        settled = [_set_out(ctx, stack, logical_id) for logical_id in todo.begin]
        if todo.outcome:
            conclude(ctx, stack, todo.outcome, live_scope(ctx, stack))
        elif not any(settled):
            return


@service.start
def resume(ctx: Context[State]) -> None:
    """Pick up every operation that was under way when the region stopped."""
    for stack in list(ctx.state.living()):
        if stack["StackStatus"] in steps.IN_PROGRESS:
            stack_id = stack["StackId"]
            for logical_id, record in ctx.state.resources(stack_id).items():
                if steps.stage(record, stack["phase"]) == "busy":
                    _spawn(ctx, stack, logical_id)
            advance(ctx, stack_id)


async def patiently(ctx: Context[State], stack_id: str, seconds: float) -> None:
    """Wait a little for an operation to end, so that most callers never have to ask a second time."""
    clock = ctx.here.clock
    until = clock.now() + seconds
    while ctx.state.stack(stack_id)["StackStatus"] in steps.IN_PROGRESS and clock.now() < until:
        await clock.sleep(WAIT_STEP_S)


def live_scope(ctx: Context[State], stack: Plain, deployed: Plain | None = None) -> Scope:
    """The situation as it is now: what is made is known, what is not is an error."""
    deployed = deployed or stack["target"] or stack["current"]
    active, records = deployed["active"], ctx.state.resources(stack["StackId"])
    exports = ctx.state.exports()
    return scope_of(
        deployed,
        stack,
        ctx.region,
        ctx.account,
        physical=lambda name: physical_of(records.get(name)) if name in active else None,
        attribute=lambda name, attribute: (
            attribute_of(records.get(name), attribute) if name in active else None
        ),
        exported=lambda name: exports.get(name, (None, None))[0],
    )


def _set_out(ctx: Context[State], stack: Plain, logical_id: str) -> bool:
    """Begin with one resource. True if it is settled already."""
    record = ctx.state.resource(stack["StackId"], logical_id)
    status = stack["StackStatus"]
    if status in steps.APPLY:
        settled = _set_out_to_make(ctx, stack, logical_id, record)
    elif status in steps.RESTORE:
        assert record is not None, "only what was touched is restored"
        settled = _set_out_to_restore(ctx, stack, logical_id, record)
    else:
        _mark(ctx, stack, logical_id, {"action": "delete"})
        settled = False
    if not settled:
        _spawn(ctx, stack, logical_id)
    return settled


def _set_out_to_make(ctx: Context[State], stack: Plain, logical_id: str, record: Plain | None) -> bool:
    try:
        new = wanted(stack["target"], live_scope(ctx, stack), logical_id)
    except ValidationError as refusal:
        return _refuse(ctx, stack, logical_id, record, refusal.message)
    old = record["thing"] if record else None
    action = decide(record, new)
    kind = lookup(new["type"])
    assert kind is not None, "types are looked up before a stack is begun"
    wrong = kind.complaint(new["properties"]) if action != "keep" else None
    if wrong:
        return _refuse(ctx, stack, logical_id, record, wrong)
    if action == "keep":
        assert old is not None, "what is kept exists"
        kept = {name: new[name] for name in ("metadata", "deletion", "replacing", "depends", "tags")}
        _mark(ctx, stack, logical_id, {"thing": {**old, **kept}, "stage": "settled", "action": "keep"})
        return True
    if action == "update":
        assert old is not None, "what is updated exists"
        thing = {**new, **{name: old[name] for name in ("physical", "name", "attributes")}}
    else:
        own = new["properties"].get(kind.name) if kind.name else None
        rng, stack_name = ctx.here.rng, stack["StackName"]
        thing = {**new, "name": str(own) if own else resource_name(kind, stack_name, logical_id, rng)}
    values: Plain = {"thing": thing, "action": action}
    if not (record and record["touched"]):
        values |= {"touched": True, "before": old}
    elif action == "replace" and old:
        values["leftovers"] = [*record["leftovers"], old]
    word = "CREATE" if action == "create" else "UPDATE"
    reason = REPLACING if action == "replace" else None
    _mark(ctx, stack, logical_id, values, f"{word}_IN_PROGRESS", reason)
    return False


def _set_out_to_restore(ctx: Context[State], stack: Plain, logical_id: str, record: Plain) -> bool:
    thing, before = record["thing"], record["before"]
    if before is None or logical_id in stack["skip"]:  # what was added goes in clean-up
        values: Plain = {"stage": "settled", "action": "keep"}
        if before is not None:
            values["thing"] = before
        _mark(ctx, stack, logical_id, values, "UPDATE_COMPLETE" if before else None)
        return True
    if thing["physical"] == before["physical"]:
        _mark(ctx, stack, logical_id, {"action": "restore"}, "UPDATE_IN_PROGRESS")
        return False
    leftovers = [*record["leftovers"], thing] if thing["physical"] else record["leftovers"]
    values = {"thing": before, "leftovers": leftovers, "stage": "settled", "action": "keep"}
    _mark(ctx, stack, logical_id, values, "UPDATE_COMPLETE")
    return True


def _refuse(ctx: Context[State], stack: Plain, logical_id: str, record: Plain | None, reason: str) -> bool:
    """The resource fails before anything was asked of its service."""
    definition = stack["target"]["template"]["Resources"][logical_id]
    word = "UPDATE" if record and record["thing"] else "CREATE"
    for status, why in ((f"{word}_IN_PROGRESS", None), (f"{word}_FAILED", reason)):
        _mark(ctx, stack, logical_id, {"stage": "failed"}, status, why, definition["Type"])
    return True


def _mark(
    ctx: Context[State],
    stack: Plain,
    logical_id: str,
    values: Plain,
    status: str | None = None,
    reason: str | None = None,
    type_name: str | None = None,
) -> None:
    """Commit that a resource is being dealt with in this phase."""
    values = {"stage": "busy", "phase": stack["phase"], **values}
    event = None
    if status is not None:
        record = ctx.state.resource(stack["StackId"], logical_id) or {}
        thing = values.get("thing") or record.get("thing") or {"type": type_name, "physical": None}
        values |= {"status": status, "reason": reason}
        event = stack_event(logical_id, thing, status, reason)
        if type_name and not values.get("thing") and not record.get("thing"):
            values["type"] = type_name
    ctx.commit("resource_moved", stack_id=stack["StackId"], logical_id=logical_id, values=values, event=event)


def _spawn(ctx: Context[State], stack: Plain, logical_id: str) -> None:
    here = ctx.here
    work = _deal_with(here.context("cloudformation"), stack["StackId"], logical_id, stack["phase"])
    here.ports.tasks.spawn(f"cloudformation {stack['StackName']} {logical_id}", work)


async def _deal_with(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    record = ctx.state.resource(stack_id, logical_id)
    assert record is not None, "a task is started for what has been marked"
    work = WORK[record["action"]](ctx, stack_id, logical_id, phase)
    try:
        await work
    except DEFECTS:  # it has been noted as this resource's failure; others must not wait for it for ever
        advance(ctx, stack_id)
        raise
    advance(ctx, stack_id)


WORK = {
    "create": make,
    "replace": make,
    "update": update_in_place,
    "restore": update_in_place,
    "delete": delete_things,
}
