"""Stacks, their resources, events and change sets, and the only functions that write them.

A stack's whole life is in its `StackStatus`: whatever ends in `_IN_PROGRESS` is picked up again after a
restart from what the records of its resources say. A *thing* is one physical resource: type, physical id, the
properties it was made with and the attributes it got. A *deployment* is one template with its parameters.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from ...region.service import Service
from ...store.journal import Change
from ...store.maps import Maps
from .errors import ValidationError

Plain = dict[str, Any]
_EVENT_NAMES = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")


class State:
    """Every stack this region has ever had, the deleted ones too."""

    def __init__(self, maps: Maps) -> None:
        self.stacks = maps.objects("cloudformation.stacks")  # by stack id
        self.names = maps.objects("cloudformation.names")  # name of a living stack to its id
        self.records = maps.objects("cloudformation.resources")  # by "stack id/logical id"
        self.events = maps.records("cloudformation.events")  # by "stack id/number"
        self.change_sets = maps.objects("cloudformation.change_sets")  # by change set id
        self._logical: dict[str, list[str]] = {}
        for key in self.records:
            stack_id, _, logical_id = key.rpartition("/")
            self._logical.setdefault(stack_id, []).append(logical_id)

    def find(self, name_or_id: str) -> Plain | None:
        """The living stack of that name, or any stack of that id."""
        stack = self.stacks.get(self.names.get(name_or_id) or name_or_id)
        return stack if stack is None else dict(stack)

    def stack(self, name_or_id: str, refusal: str = "Stack with id {} does not exist") -> Plain:
        """That stack, or ValidationError in the words the operation uses."""
        found = self.find(name_or_id)
        if found is None:
            raise ValidationError(refusal.format(name_or_id))
        return found

    def held(self, stack_id: str) -> Plain:
        """The stack of an id that is known to be there."""
        stack: Plain | None = self.stacks.get(stack_id)
        assert stack is not None, stack_id
        return stack

    def living(self) -> Iterator[Plain]:
        """All stacks that are not deleted, by name."""
        for name in self.names:
            yield self.held(str(self.names.get(name)))

    def resources(self, stack_id: str) -> dict[str, Plain]:
        """Records of a stack's resources by logical id, in order of first appearance."""
        found = {name: self.records.get(f"{stack_id}/{name}") for name in self._logical.get(stack_id, ())}
        return {name: record for name, record in found.items() if record is not None}

    def resource(self, stack_id: str, logical_id: str) -> Plain | None:
        return self.records.get(f"{stack_id}/{logical_id}")

    def events_of(self, stack_id: str) -> Iterator[tuple[str, Plain]]:
        """Events of a stack, newest first, with the mark each is found again by."""
        prefix = f"{stack_id}/".encode()
        for key, value in self.events.scan(prefix, prefix + b"~", reverse=True):
            yield key[len(prefix) :].decode(), orjson.loads(value)

    def exports(self) -> dict[str, tuple[str, str]]:
        """Export name to value and exporting stack id."""
        return {
            output["ExportName"]: (output["OutputValue"], stack["StackId"])
            for stack in self.living()
            for output in stack["outputs"]
            if "ExportName" in output
        }

    def importers(self, export: str) -> list[str]:
        """Names of the stacks that import an export."""
        return [stack["StackName"] for stack in self.living() if export in stack["imports"]]

    def note_logical(self, stack_id: str, logical_id: str) -> None:
        """A record came into being: remember where to find it."""
        known = self._logical.setdefault(stack_id, [])
        if logical_id not in known:
            known.append(logical_id)


service = Service("cloudformation", State)


@service.change
def stack_created(state: State, change: Change, stack: Plain, event: Plain) -> None:
    state.stacks.put(stack["StackId"], stack)
    state.names.put(stack["StackName"], stack["StackId"])
    _note(state, change, stack["StackId"], event)


@service.change
def stack_moved(
    state: State, change: Change, stack_id: str, values: Plain, event: Plain | None = None
) -> None:
    """Some values of a stack are now these; the event tells users why."""
    stack = {**state.held(stack_id), **values}
    state.stacks.put(stack_id, stack)
    if stack["StackStatus"] == "DELETE_COMPLETE" and state.names.get(stack["StackName"]) == stack_id:
        state.names.delete(stack["StackName"])
    if event is not None:
        _note(state, change, stack_id, event)


@service.change
def stack_forgotten(state: State, change: Change, stack_id: str) -> None:
    """A stack that never held anything leaves no trace."""
    stack = state.held(stack_id)
    state.names.delete(stack["StackName"])
    state.stacks.delete(stack_id)


@service.change
def resource_moved(
    state: State,
    change: Change,
    stack_id: str,
    logical_id: str,
    values: Plain,
    event: Plain | None = None,
) -> None:
    """Some values of a resource's record are now these. With a status in them, `at` moves too."""
    key = f"{stack_id}/{logical_id}"
    record = {**(state.records.get(key) or BLANK), **values}
    if "status" in values:
        record["at"] = change.time
    state.records.put(key, record)
    state.note_logical(stack_id, logical_id)
    if event is not None:
        _note(state, change, stack_id, event)


@service.change
def resource_gone(
    state: State, change: Change, stack_id: str, logical_id: str, event: Plain | None = None
) -> None:
    state.records.delete(f"{stack_id}/{logical_id}")
    if event is not None:
        _note(state, change, stack_id, event)


@service.change
def operation_ended(state: State, change: Change, stack_id: str, values: Plain, event: Plain) -> None:
    """What was before no longer matters: nothing will be rolled back to it."""
    for logical_id, record in state.resources(stack_id).items():
        settled = {**record, "before": None, "touched": False, "leftovers": []}
        state.records.put(f"{stack_id}/{logical_id}", settled)
    stack_moved(state, change, stack_id, values, event)


@service.change
def change_set_put(state: State, change: Change, change_set: Plain) -> None:
    state.change_sets.put(change_set["ChangeSetId"], change_set)


@service.change
def change_set_removed(state: State, change: Change, change_set_id: str) -> None:
    state.change_sets.delete(change_set_id)


BLANK: Plain = {
    "status": None,
    "reason": None,
    "at": 0.0,
    "phase": 0,  # number of the phase `stage` speaks of
    "stage": "settled",  # busy, settled or failed
    "action": None,
    "touched": False,  # by the operation under way
    "thing": None,
    "before": None,  # the thing as it was when the operation began
    "leftovers": [],  # things replaced, to be deleted in clean-up
}


def _note(state: State, change: Change, stack_id: str, event: Plain) -> None:
    stack = state.held(stack_id)
    number = stack["events"] + 1
    state.stacks.put(stack_id, {**stack, "events": number})
    if event["LogicalResourceId"] == stack["StackName"]:
        event_id = str(uuid.uuid5(_EVENT_NAMES, f"{change.origin}/{change.origin_seq}/{number}"))
    else:
        moment = datetime.fromtimestamp(change.time, UTC).isoformat(timespec="microseconds")
        event_id = f"{event['LogicalResourceId']}-{event['ResourceStatus']}-{moment.replace('+00:00', 'Z')}"
    full = {
        "StackId": stack_id,
        "EventId": event_id,
        "StackName": stack["StackName"],
        **event,
        "Timestamp": change.time,
    }
    if stack.get("token"):
        full["ClientRequestToken"] = stack["token"]
    state.events.put(f"{stack_id}/{number:08d}".encode(), orjson.dumps(full))
