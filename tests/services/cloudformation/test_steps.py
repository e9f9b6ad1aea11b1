"""What a stack's operation does next, and what it deletes: of the replaced, the added, the kept."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.services.cloudformation.handling import _kept
from terrella.services.cloudformation.steps import BACKWARD_CLEAN, FORWARD_CLEAN, doomed, todo

OLD, NEW, ODD = ({"physical": name, "depends": [], "deletion": "Delete", "replacing": "Delete"} for name in "ond")


def record(
    thing: Any = NEW, before: Any = None, *leftovers: Any, touched: bool = True, stage: str | None = None
) -> dict[str, Any]:
    phase = 1 if stage else 0
    return {"thing": thing, "before": before, "leftovers": list(leftovers), "touched": touched, "stage": stage,
            "phase": phase}  # fmt: skip


def stack(status: str, active: Any = (), **more: Any) -> dict[str, Any]:
    return {"StackStatus": status, "phase": 1, "cancel": False, "retain_except_on_create": False,
            "target": {"active": active or {"r": []}}, **more}  # fmt: skip


@pytest.mark.parametrize(("status", "given", "gone"), [
    ("DELETE_IN_PROGRESS", record(NEW, None, ODD), [NEW, ODD]),
    ("DELETE_IN_PROGRESS", record(NEW, OLD, ODD), [NEW, ODD, OLD]),
    ("DELETE_IN_PROGRESS", record(NEW, NEW), [NEW]),
    (FORWARD_CLEAN, record(NEW, OLD, ODD), [OLD, ODD]),
    (FORWARD_CLEAN, record(NEW, NEW, ODD), [ODD]),
    (FORWARD_CLEAN, record(NEW, NEW), None),
    (BACKWARD_CLEAN, record(NEW, None), [NEW]),
    (BACKWARD_CLEAN, record(None, None), []),
    (BACKWARD_CLEAN, record(NEW, None, touched=False), None),
    (BACKWARD_CLEAN, record(OLD, OLD, NEW), [NEW]),
])  # fmt: skip
def test_what_a_phase_wants_gone(status: str, given: dict[str, Any], gone: Any) -> None:
    assert doomed(stack(status), "r", given) == gone


def test_what_a_new_template_left_out_goes_with_all_that_it_left_behind() -> None:
    assert doomed(stack(FORWARD_CLEAN, {"other": []}), "r", record(NEW, NEW, ODD)) == [NEW, ODD]


def test_a_failure_ends_a_phase_when_nothing_is_under_way_any_more() -> None:
    making = stack("UPDATE_IN_PROGRESS", {"a": [], "b": [], "c": ["b"]})
    records = {"a": record(stage="failed"), "b": record(stage="busy")}
    assert (todo(making, records).begin, todo(making, records).outcome) == ([], None)
    assert todo(making, {**records, "b": record(stage="settled")}).outcome == "failed"
    assert todo(making, {"a": record(stage="busy"), "b": record(stage="settled")}).begin == ["c"]


def test_what_was_touched_is_restored_after_what_it_depended_on() -> None:
    restoring = stack("UPDATE_ROLLBACK_IN_PROGRESS")
    needing = {**OLD, "depends": ["a", "untouched"]}
    records = {"b": record(NEW, needing), "a": record(NEW, OLD), "untouched": record(touched=False)}
    assert todo(restoring, records).begin == ["a"]
    assert todo(restoring, {**records, "a": record(NEW, OLD, stage="settled")}).begin == ["b"]


@pytest.mark.parametrize(("status", "thing", "before", "kept", "but_on_create"), [
    ("DELETE_IN_PROGRESS", {"deletion": "Retain"}, OLD, True, True),
    ("DELETE_IN_PROGRESS", {"deletion": "RetainExceptOnCreate"}, OLD, True, True),
    ("DELETE_IN_PROGRESS", {"deletion": "Snapshot"}, OLD, False, False),
    ("ROLLBACK_IN_PROGRESS", {"deletion": "Retain"}, None, True, False),
    ("ROLLBACK_IN_PROGRESS", {"deletion": "RetainExceptOnCreate"}, None, False, False),
    (BACKWARD_CLEAN, {"deletion": "Retain"}, None, True, False),
    (FORWARD_CLEAN, {"physical": "o", "replacing": "Retain"}, OLD, True, True),
    (FORWARD_CLEAN, {"physical": "o", "deletion": "Retain"}, OLD, False, False),
    (BACKWARD_CLEAN, {"physical": "o", "replacing": "Retain"}, OLD, False, False),
])  # fmt: skip
def test_which_policies_keep_a_thing(
    status: str, thing: dict[str, Any], before: Any, kept: bool, but_on_create: bool
) -> None:
    found = [
        _kept(stack(status, retain_except_on_create=each), record(NEW, before), {**NEW, **thing})
        for each in (False, True)
    ]
    assert found == [kept, but_on_create]
