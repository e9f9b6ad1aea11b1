"""What a task does for one resource: make it, alter it in place, or delete it - and say how that went.

A refusal by a service is the resource's failure. So is a defect in a handler of ours, except that it is
raised again for the log.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from . import dynamic, steps
from .outcomes import stack_event
from .registry import lookup
from .resource import Resource
from .resource_type import ResourceType
from .state import State

Plain = dict[str, Any]
INITIATED = "Resource creation Initiated"
CANCELLED = "Resource creation cancelled"
GONE = ("notfound", "doesnotexist", "nosuchentity", "nosuchbucket", "nonexistent", "nosuchhostedzone")
GONE_CODES = frozenset(("ResourceNotFoundException", "NoSuchEntity", "404", "NoSuchHealthCheck"))
TAKEN = ("alreadyexists", "resourceinuse", "alreadyowned", "resourceconflict")
DEFECTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)


async def make(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    """Create, wait until it can be used, learn its attributes."""
    record = ctx.state.resource(stack_id, logical_id)
    assert record is not None, "a task is started for what has been marked"
    word = "CREATE" if record["action"] == "create" else "UPDATE"
    await _reported(ctx, stack_id, logical_id, phase, word, _make(ctx, stack_id, logical_id, phase, word))


async def update_in_place(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    """Turn the thing as it is into the thing as it should be; a restoration goes the other way."""
    work = _update(ctx, stack_id, logical_id, phase)
    await _reported(ctx, stack_id, logical_id, phase, "UPDATE", work)


async def delete_things(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    """Delete whatever of this resource the phase wants gone, or leave it where its policy says so."""
    await _reported(ctx, stack_id, logical_id, phase, "DELETE", _delete(ctx, stack_id, logical_id, phase))


async def _make(ctx: Context[State], stack_id: str, logical_id: str, phase: int, word: str) -> None:
    resource, kind = _in_hand(ctx, stack_id, logical_id, phase)
    resource.before = None  # what replaces another thing is made, not altered
    thing = resource.thing = await dynamic.resolved(resource)
    if thing["physical"] is None:
        thing = {**thing, "physical": await _created(kind, resource)}
        resource.thing = thing
        values = {"thing": _stored(ctx, resource), "status": f"{word}_IN_PROGRESS", "reason": INITIATED}
        _tell(ctx, resource, values, thing, f"{word}_IN_PROGRESS", INITIATED)
    if "settle" in kind.handlers:
        await kind.handlers["settle"](resource)
    await _finish(ctx, resource, kind, f"{word}_COMPLETE")


async def _created(kind: ResourceType, resource: Resource) -> str:
    try:
        return str(await kind.handlers["create"](resource))
    except AwsError as refusal:
        ours = kind.name is not None and resource.properties.get(kind.name) != resource.name
        if ours and refusal.error_code.lower().startswith(TAKEN):
            return (
                resource.name
            )  # a name nobody else can have made up: an attempt before a restart got this far
        raise


async def _update(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    resource, kind = _in_hand(ctx, stack_id, logical_id, phase)
    record = ctx.state.resource(stack_id, logical_id)
    assert record is not None and record["before"] is not None, "an update has a before"
    if record["action"] == "restore":
        resource.thing, resource.before = record["before"], record["thing"]
    resource.thing = await dynamic.resolved(resource)
    await kind.handlers["update"](resource)
    if "settle" in kind.handlers:
        await kind.handlers["settle"](resource)
    await _finish(ctx, resource, kind, "UPDATE_COMPLETE")


async def _finish(ctx: Context[State], resource: Resource, kind: ResourceType, status: str) -> None:
    attributes = await kind.handlers["read"](resource) if "read" in kind.handlers else {}
    resource.thing = {**resource.thing, "attributes": attributes, "made": True}
    if kind.stirs:
        await _read_again(ctx, resource)
    values = {"thing": _stored(ctx, resource), "stage": "settled", "status": status, "reason": None}
    _tell(ctx, resource, values, resource.thing, status, None)


async def _read_again(ctx: Context[State], resource: Resource) -> None:
    """Attributes of what a resource refers to, before anything learns of it that comes after: a VPC has its IPv6 block
    from another resource."""
    stack_id = resource.stack["StackId"]
    for logical_id in resource.thing["depends"]:
        record = ctx.state.resource(stack_id, logical_id)
        thing = record["thing"] if record else None
        kind = lookup(thing["type"]) if thing else None
        if thing is None or kind is None or "read" not in kind.handlers:
            continue
        other = Resource(ctx, resource.stack, logical_id, thing["type"], thing, None, resource.interrupted)
        made = {**thing, "attributes": await kind.handlers["read"](other)}
        ctx.commit("resource_moved", stack_id=stack_id, logical_id=logical_id, values={"thing": made})


async def _delete(ctx: Context[State], stack_id: str, logical_id: str, phase: int) -> None:
    resource, _ = _in_hand(ctx, stack_id, logical_id, phase)
    stack, record = ctx.state.stack(stack_id), ctx.state.resource(stack_id, logical_id)
    assert record is not None, "a task is started for what has been marked"
    things = steps.doomed(stack, logical_id, record) or []
    whole = stack["StackStatus"] in steps.REMOVE
    status = "DELETE_COMPLETE"
    for thing in things:
        resource.thing = thing
        if _kept(stack, record, thing) or logical_id in stack["retain"]:
            status = "DELETE_SKIPPED"
            _event(ctx, resource, thing, status, None)
        else:
            await _delete_one(ctx, resource, whole)
    if whole:
        last = things[0] if things else record["thing"]
        values = {"stage": "settled", "status": status, "reason": None, "thing": None, "before": None, "last": last}
        values["leftovers"] = []
        _tell(ctx, resource, values, None, status, None)
    else:
        _cleaned(ctx, stack, logical_id, record)


def _cleaned(ctx: Context[State], stack: Plain, logical_id: str, record: Plain) -> None:
    """After clean-up: what an update left out, or a rolled back one had added, leaves no record."""
    if stack["StackStatus"] == steps.FORWARD_CLEAN:
        survives = logical_id in stack["target"]["active"]
    else:
        survives = record["before"] is not None or not record["touched"]
    where = {"stack_id": stack["StackId"], "logical_id": logical_id}
    if survives:
        ctx.commit("resource_moved", **where, values={"stage": "settled", "leftovers": []})
    else:
        ctx.commit("resource_gone", **where)


async def _delete_one(ctx: Context[State], resource: Resource, whole: bool) -> None:
    thing = resource.thing
    kind = lookup(thing["type"])
    assert kind is not None, "what was made has a type"
    _event(ctx, resource, thing, "DELETE_IN_PROGRESS", None, record=whole)
    if thing["physical"] is not None and "delete" in kind.handlers:
        try:
            await kind.handlers["delete"](resource)
        except AwsError as refusal:
            if not is_gone(refusal, kind):
                raise
    _event(ctx, resource, thing, "DELETE_COMPLETE", None)


def is_gone(refusal: AwsError, kind: ResourceType) -> bool:
    """Was what we wanted to delete not there any more?"""
    code = refusal.error_code
    return code in GONE_CODES or code in kind.gone.split() or any(word in code.lower() for word in GONE)


def _kept(stack: Plain, record: Plain, thing: Plain) -> bool:
    """Does a policy say that this thing outlives its place in the stack?"""
    status = stack["StackStatus"]
    added = status in ("ROLLBACK_IN_PROGRESS", steps.BACKWARD_CLEAN) and record["before"] is None
    replaced = status in steps.CLEAN and record["thing"] and thing["physical"] != record["thing"]["physical"]
    if replaced:
        return status == steps.FORWARD_CLEAN and bool(thing["replacing"] == "Retain")
    if added:
        return bool(thing["deletion"] == "Retain") and not stack["retain_except_on_create"]
    return thing["deletion"] in ("Retain", "RetainExceptOnCreate")


async def _reported(
    ctx: Context[State], stack_id: str, logical_id: str, phase: int, word: str, work: Awaitable[None]
) -> None:
    """Do it; whatever goes wrong becomes the resource's status."""
    try:
        await work
    except AwsError as refusal:
        _failed(ctx, stack_id, logical_id, phase, word, _reason(refusal))
    except OSError as lost:  # the road to the service broke; whoever carries requests has its own words
        _failed(ctx, stack_id, logical_id, phase, word, f"The service could not be reached: {lost}")
    except DEFECTS as defect:
        _failed(ctx, stack_id, logical_id, phase, word, f"Internal failure: {type(defect).__name__}")
        raise


def _reason(refusal: AwsError) -> str:
    return refusal.message or refusal.error_code


def _failed(ctx: Context[State], stack_id: str, logical_id: str, phase: int, word: str, reason: str) -> None:
    resource, _ = _in_hand(ctx, stack_id, logical_id, phase)
    stack = ctx.state.stack(stack_id)
    if word == "DELETE" and stack["StackStatus"] in steps.CLEAN:  # the stack goes on without it
        _event(ctx, resource, resource.thing, "DELETE_FAILED", reason)
        record = ctx.state.resource(stack_id, logical_id)
        assert record is not None, "clean-up has not removed what it failed to delete"
        _cleaned(ctx, stack, logical_id, record)
        return
    values = {"stage": "failed", "status": f"{word}_FAILED", "reason": reason}
    _tell(ctx, resource, values, resource.thing, f"{word}_FAILED", reason)


def _in_hand(
    ctx: Context[State], stack_id: str, logical_id: str, phase: int
) -> tuple[Resource, ResourceType]:
    record = ctx.state.resource(stack_id, logical_id)
    assert record is not None, "a task is started for what has been marked"
    thing = record["thing"] or record.get("last") or {"type": record.get("type"), "physical": None}
    kind = lookup(thing["type"])
    assert kind is not None, "types are looked up before a stack is begun"
    stack = ctx.state.stack(stack_id)

    def interrupted() -> str | None:
        now = ctx.state.stack(stack_id)
        others = ctx.state.resources(stack_id).values()
        if now["deadline"] is not None and ctx.here.clock.now() > now["deadline"]:
            return "Stack creation time exceeded the specified timeout"
        failed = any(steps.stage(each, phase) == "failed" for each in others)
        stopping = now["phase"] != phase or (now["StackStatus"] in steps.APPLY and (failed or now["cancel"]))
        return CANCELLED if stopping else None

    resource = Resource(ctx, stack, logical_id, thing["type"], thing, record["before"], interrupted)
    return resource, kind


def _stored(ctx: Context[State], resource: Resource) -> Plain:
    """The thing for the record: with dynamic references as they were written, never the secret itself."""
    record = ctx.state.resource(resource.stack["StackId"], resource.logical_id)
    assert record is not None, "a task is started for what has been marked"
    written = record["before"] if record["action"] == "restore" else record["thing"]
    return {**resource.thing, "properties": written["properties"]}


def _tell(
    ctx: Context[State],
    resource: Resource,
    values: Plain,
    thing: Plain | None,
    status: str | None,
    reason: str | None,
) -> None:
    """Commit values of the record, with an event about the thing if there is one."""
    event = stack_event(resource.logical_id, thing, status, reason) if thing and status else None
    ctx.commit(
        "resource_moved",
        stack_id=resource.stack["StackId"],
        logical_id=resource.logical_id,
        values=values,
        event=event,
    )


def _event(
    ctx: Context[State],
    resource: Resource,
    thing: Plain,
    status: str,
    reason: str | None,
    record: bool = False,
) -> None:
    values: Plain = {"status": status, "reason": reason} if record else {}
    _tell(ctx, resource, values, thing, status, reason)
