"""AttributeUpdates: attributes put, added to, deleted, or deleted from."""

from __future__ import annotations

from typing import Any

from ....core.errors import ValidationException
from ..expressions.binding import Steps
from ..expressions.updates import BoundAction, added, without
from ..values import INVALID, Item, Value, check_value, kind_of

Plain = dict[str, Any]

MISMATCH = "Type mismatch for attribute to update"
_ADDABLE, _SETS = ("L", "N", "SS", "NS", "BS"), ("SS", "NS", "BS")


class AttributeUpdates:
    """Updates ready to be applied; named as a bound update expression is."""

    __slots__ = ("_updates", "actions", "nested")

    def __init__(self, updates: dict[str, tuple[str, Value | None]]) -> None:
        self._updates = updates
        self.nested = set[str]()
        self.actions = [
            BoundAction("SET" if verb == "PUT" else verb, (name,), None, kind_of(value) if value else None)
            for name, (verb, value) in updates.items()
        ]

    @property
    def paths(self) -> list[Steps]:
        """Every attribute that is written."""
        return [(name,) for name in self._updates]

    @property
    def only_takes(self) -> bool:
        """Nothing comes of it where there is no item."""
        return bool(self._updates) and all(verb == "DELETE" for verb, _ in self._updates.values())

    def apply(self, old: Item, new: Item) -> None:
        """Alter `new`, which begins as a copy of `old`. ValidationException where types do not fit."""
        for name, (verb, value) in self._updates.items():
            outcome = _outcome(verb, old.get(name), value)
            if outcome is None:
                new.pop(name, None)
            else:
                new[name] = outcome


def updates_of(given: dict[str, Plain]) -> AttributeUpdates:
    """The updates of a request. ValidationException as DynamoDB tells it."""
    found = {}
    for name, each in given.items():
        verb, value = each.get("Action") or "PUT", each.get("Value")
        if value is not None:
            check_value(value)
        _check(verb, value)
        found[name] = (verb, value)
    return AttributeUpdates(found)


def _check(verb: str, value: Value | None) -> None:
    if value is None:
        if verb != "DELETE":
            raise ValidationException(f"{INVALID}Only DELETE action is allowed when no attribute value is specified")
        return
    kind = kind_of(value)
    if verb == "DELETE" and kind not in _SETS:
        raise ValidationException(f"{INVALID}DELETE action with value is not supported for the type {kind}")
    if verb == "ADD" and kind not in _ADDABLE:
        raise ValidationException(f"{INVALID}ADD action is not supported for the type {kind}")


def _outcome(verb: str, existing: Value | None, value: Value | None) -> Value | None:
    """What becomes of an attribute."""
    if verb == "PUT" or value is None:
        return value
    kind = kind_of(value)
    if verb == "DELETE":
        return None if existing is None else without(existing, value, kind, MISMATCH)
    if kind == "L" and existing is not None:
        if "L" not in existing:
            raise ValidationException(MISMATCH)
        return {"L": existing["L"] + value["L"]}
    return added(existing, value, kind, MISMATCH)
