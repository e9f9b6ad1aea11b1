"""What a deployment would alter: for a change set to show, and for the engine to do.

A property change needs a new physical resource if the type says so (create-only properties). A change that
hangs on a value not known yet is "Dynamic", and a replacement that hangs on one is "Conditional".
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .deployment import first_draft, scope_of, wanted
from .intrinsics import Scope, Unknown, unknown_in
from .references import referred
from .registry import lookup
from .resource_type import ResourceType

Plain = dict[str, Any]


@dataclass(slots=True)
class Step:
    """What happens to one resource. Action is Add, Modify or Remove; Replacement True, False, Conditional."""

    logical_id: str
    type: str
    action: str
    physical: str | None = None
    replacement: str | None = None
    scope: tuple[str, ...] = ()
    details: tuple[Plain, ...] = ()
    policy: str | None = None


def plan(scope: Scope, stack: Plain, target: Plain, records: dict[str, Plain]) -> list[Step]:
    """The steps from what a stack holds to what a deployment asks for, in the order they would begin.

    `scope` (from `known_scope`) is left knowing what will be unknown once the steps have begun.
    """
    steps = []
    for logical_id in _order(target["active"]):
        step = _step(logical_id, wanted(target, scope, logical_id), records, stack, target)
        if step is not None:
            steps.append(step)
            _forget(scope, step)
    for logical_id, record in records.items():
        if logical_id not in target["active"] and record["thing"]:
            thing = record["thing"]
            policy = "Retain" if thing["deletion"].startswith("Retain") else "Delete"
            steps.append(Step(logical_id, thing["type"], "Remove", thing["physical"], policy=policy))
    return steps


def decide(record: Plain | None, new: Plain) -> str:
    """create, keep, update or replace: what turns the recorded thing into the new one."""
    old = record["thing"] if record else None
    if old is None:
        return "create"
    if not old["made"]:
        return "replace" if old["physical"] else "create"
    kind = lookup(new["type"])
    assert kind is not None, "types are looked up before anything is begun"
    changed = changed_properties(old["properties"], new["properties"])
    if changed and kind.replaces(within(changed, old["properties"], new["properties"])):
        return "replace"
    return "update" if changed or (kind.tagged and old["tags"] != new["tags"]) else "keep"


def changed_properties(old: Plain, new: Plain) -> set[str]:
    """Names of the properties whose values differ."""
    return {name for name in {*old, *new} if old.get(name, _ABSENT) != new.get(name, _ABSENT)}


def within(changed: set[str], old: Plain, new: Plain) -> set[str]:
    """The changed names, and what changed one level inside them as "Outer.Inner"."""
    inner = {
        f"{name}.{each}"
        for name in changed
        if isinstance(old.get(name), dict) and isinstance(new.get(name), dict)
        for each in changed_properties(old[name], new[name])
    }
    return changed | inner


_ABSENT = object()


def as_change(step: Step) -> Plain:
    """One step as `DescribeChangeSet` lists it."""
    change: Plain = {
        "Action": step.action,
        "LogicalResourceId": step.logical_id,
        "ResourceType": step.type,
        "Scope": list(step.scope),
        "Details": list(step.details),
    }
    if step.physical:
        change["PhysicalResourceId"] = step.physical
    if step.replacement:
        change["Replacement"] = step.replacement
    if step.policy and step.policy != "Delete":
        change["PolicyAction"] = step.policy
    return {"Type": "Resource", "ResourceChange": change}


def _step(logical_id: str, new: Plain, records: dict[str, Plain], stack: Plain, target: Plain) -> Step | None:
    record = records.get(logical_id)
    old = record["thing"] if record else None
    if old is None:
        return Step(logical_id, new["type"], "Add")
    kind = lookup(new["type"])
    assert kind is not None, "types are looked up before a plan is made"
    definition = target["template"]["Resources"][logical_id]
    names = sorted(changed_properties(old["properties"], new["properties"]))
    details = tuple(
        detail for name in names for detail in _details(kind, name, definition, new, stack, target)
    )
    scope = ["Properties"] if names else []
    if kind.tagged and old["tags"] != new["tags"]:
        scope.append("Tags")
    scope += ["Metadata"] if old["metadata"] != new["metadata"] else []
    scope += ["DeletionPolicy"] if old["deletion"] != new["deletion"] else []
    scope += ["UpdateReplacePolicy"] if old["replacing"] != new["replacing"] else []
    if not scope and old["made"]:
        return None
    replacement = _replacement(kind, names, old, new) if old["made"] else "True"
    policy = None
    if replacement == "True":
        policy = "ReplaceAndRetain" if old["replacing"] == "Retain" else "ReplaceAndDelete"
    return Step(
        logical_id, new["type"], "Modify", old["physical"], replacement, tuple(scope), details, policy
    )


def _replacement(kind: ResourceType, names: list[str], old: Plain, new: Plain) -> str:
    certain = {name for name in names if unknown_in(new["properties"].get(name)) is None}
    if certain and kind.replaces(within(certain, old["properties"], new["properties"])):
        return "True"
    every = within(set(names), old["properties"], new["properties"])
    return "Conditional" if names and kind.replaces(every) else "False"


def _details(
    kind: ResourceType, name: str, definition: Plain, new: Plain, stack: Plain, target: Plain
) -> list[Plain]:
    unknown = unknown_in(new["properties"].get(name))
    recreation = "Never"
    if kind.replaces({name}):
        recreation = "Conditionally" if unknown else "Always"
    place = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    found: list[Plain] = []
    parameters = target["template"].get("Parameters", {})
    for entity, attribute in referred(definition.get("Properties", {}).get(name)):
        if entity in parameters and _parameter_moved(entity, stack, target):
            source = "ParameterReference"
        elif unknown and entity == unknown.logical_id:
            source = "ResourceAttribute" if attribute else "ResourceReference"
        else:
            continue
        cause = f"{entity}.{attribute}" if attribute else entity
        evaluation = "Static" if source == "ParameterReference" and not unknown else "Dynamic"
        found.append(
            {"Target": place, "Evaluation": evaluation, "ChangeSource": source, "CausingEntity": cause}
        )
    if not found or _definition_moved(name, new, definition, stack):
        evaluation = "Dynamic" if unknown else "Static"
        found.append({"Target": place, "Evaluation": evaluation, "ChangeSource": "DirectModification"})
    return found


def _parameter_moved(name: str, stack: Plain, target: Plain) -> bool:
    current = stack["current"] or {"parameters": {}}
    return bool(current["parameters"].get(name) != target["parameters"].get(name))


def _definition_moved(name: str, new: Plain, definition: Plain, stack: Plain) -> bool:
    if not stack["current"]:
        return False
    earlier = stack["current"]["template"]["Resources"].values()
    written = definition.get("Properties", {}).get(name)
    return all(
        each["Type"] != new["type"] or each.get("Properties", {}).get(name) != written for each in earlier
    )


def known_scope(
    stack: Plain,
    target: Plain,
    records: dict[str, Plain],
    region: str,
    account: str,
    exported: Callable[[str], Any],
) -> Scope:
    """References to what exists give what it is now; to what does not, an Unknown."""
    draft = first_draft(target, stack, region, account)
    return scope_of(
        target,
        stack,
        region,
        account,
        physical=lambda name: physical_of(records.get(name)) or draft.physical(name),
        attribute=lambda name, attribute: (
            attribute_of(records.get(name), attribute) or draft.attribute(name, attribute)
        ),
        exported=exported,
    )


def _forget(scope: Scope, step: Step) -> None:
    if step.action != "Modify":
        return
    physical, attribute, logical_id = scope.physical, scope.attribute, step.logical_id
    if step.replacement != "False":
        scope.physical = lambda name: Unknown(name) if name == logical_id else physical(name)
        scope.attribute = lambda name, each: (
            Unknown(name, each) if name == logical_id else attribute(name, each)
        )


def physical_of(record: Plain | None) -> str | None:
    """The physical id a record's thing has."""
    return record["thing"]["physical"] if record and record["thing"] else None


def attribute_of(record: Plain | None, name: str) -> Any:
    """An attribute a record's thing got when it was made."""
    return record["thing"]["attributes"].get(name) if record and record["thing"] else None


def _order(active: dict[str, list[str]]) -> list[str]:
    """Names so that each comes after those it waits for; template order among equals."""
    done: dict[str, None] = {}
    while len(done) < len(active):
        for name, waits in active.items():
            if name not in done and all(each in done for each in waits):
                done[name] = None
    return list(done)
