"""What a stack's operation does next: a pure reading of its status and of its resources' records.

    APPLY    make the resources of the target template, each after those it refers to
    RESTORE  put what an update touched back as it was
    REMOVE   delete everything, each after those that refer to it
    CLEAN    delete what an update replaced or left out; a failure here does not fail the stack

Invariant: `todo` depends on nothing but what is in the journal, so a restarted region goes on where it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Plain = dict[str, Any]

APPLY = frozenset(("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"))
RESTORE = frozenset(("UPDATE_ROLLBACK_IN_PROGRESS",))
REMOVE = frozenset(("DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"))
FORWARD_CLEAN = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
BACKWARD_CLEAN = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
CLEAN = frozenset((FORWARD_CLEAN, BACKWARD_CLEAN))
IN_PROGRESS = APPLY | RESTORE | REMOVE | CLEAN


@dataclass(slots=True)
class Todo:
    """Resources to begin with now, and whether the phase has come to an end: "complete", "failed" or not."""

    begin: list[str] = field(default_factory=list)
    outcome: str | None = None


def todo(stack: Plain, records: dict[str, Plain]) -> Todo:
    """What to begin now in the phase the stack is in."""
    status = stack["StackStatus"]
    stages = {name: stage(record, stack["phase"]) for name, record in records.items()}
    if status in APPLY:
        waits: dict[str, set[str]] = {name: set(needs) for name, needs in stack["target"]["active"].items()}
        return _in_order(waits, stages, stop=bool(stack["cancel"]) or "failed" in stages.values())
    if status in RESTORE:
        return _in_order(_restored(records), stages, stop=False)
    dead = {
        name: things
        for name, record in records.items()
        if (things := doomed(stack, name, record)) is not None
    }
    return _in_order(_unneeded(dead), stages, stop=False)


def stage(record: Plain | None, phase: int) -> str | None:
    """busy, settled or failed in this phase; None if not begun."""
    return record["stage"] if record is not None and record["phase"] == phase else None


def doomed(stack: Plain, logical_id: str, record: Plain) -> list[Plain] | None:
    """Things to delete in the phase the stack is in; None if the record is no concern of it."""
    status, thing, before = stack["StackStatus"], record["thing"], record["before"]
    if status in REMOVE:
        return [each for each in (thing, *record["leftovers"], _other(before, thing)) if each]
    if status == FORWARD_CLEAN:
        if logical_id not in stack["target"]["active"]:
            return [each for each in (thing, *record["leftovers"]) if each]
        other = _other(before, thing)
        return (
            [other, *record["leftovers"]]
            if other
            else record["leftovers"] or None
        )
    if status == BACKWARD_CLEAN:
        if record["touched"] and before is None:
            return [thing] if thing else []
        return record["leftovers"] or None
    return None


def _other(before: Plain | None, thing: Plain | None) -> Plain | None:
    """The replaced thing, if there is one."""
    if before is None or (thing is not None and before["physical"] == thing["physical"]):
        return None
    return before


def _restored(records: dict[str, Plain]) -> dict[str, set[str]]:
    touched = {name: record for name, record in records.items() if record["touched"]}
    return {
        name: set(record["before"]["depends"]) & set(touched) if record["before"] else set()
        for name, record in touched.items()
    }


def _unneeded(dead: dict[str, list[Plain]]) -> dict[str, set[str]]:
    """For each name with things to delete, the names whose things depend on it: they go first."""
    users: dict[str, set[str]] = {name: set() for name in dead}
    for name, things in dead.items():
        for needed in {each for thing in things for each in thing["depends"]}:
            if needed in users and needed != name:
                users[needed].add(name)
    return users


def _in_order(waits: dict[str, set[str]], stages: dict[str, str | None], stop: bool) -> Todo:
    """Begin what waits for nothing more; a failure holds up those that wait for it."""
    waits = {name: needs & set(waits) for name, needs in waits.items()}
    settled = {name for name in waits if stages.get(name) == "settled"}
    busy = any(stages.get(name) == "busy" for name in waits)
    if stop:
        return Todo(outcome=None if busy else "failed")
    begin = [name for name, needs in waits.items() if stages.get(name) is None and needs <= settled]
    if begin or busy:
        return Todo(begin)
    return Todo(outcome="complete" if len(settled) == len(waits) else "failed")
