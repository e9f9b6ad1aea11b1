"""Update expressions: bound to names and values they make a new item of an old one.

Every action sees the item as it was before the update (developer guide, "Update expressions"), so values and
list positions are those of the old item whatever order the actions stand in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....core.errors import ValidationException
from .. import numbers
from ..values import Item, Value, kind_of
from .binding import Binding, Steps, check_count, check_path, check_types, named
from .nodes import Action, Call, Operand, Path, Placeholder, Sum, Update
from .paths import check_apart, value_at, within
from .syntax import ARITY, Malformed
from .syntax import update as parse

Compute = Callable[[Item], Value]

INVALID_PATH = "The document path provided in the update expression is invalid for update"
WRONG_TYPE = "An operand in the update expression has an incorrect data type"
NOT_THERE = "The provided expression refers to an attribute that does not exist in the item"
TYPE_WORDS = {
    "S": "STRING", "N": "NUMBER", "B": "BINARY", "BOOL": "BOOLEAN", "NULL": "NULL", "L": "LIST", "M": "MAP",
    "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
}  # fmt: skip
_ADDABLE, _DELETABLE = ("N", "SS", "NS", "BS"), ("SS", "NS", "BS")
_GONE: Any = object()  # stands in a list for an element removed, until all actions have found their places


class BoundAction:
    """One action: where, what kind, and how its value comes about."""

    __slots__ = ("compute", "kind", "section", "steps")

    def __init__(self, section: str, steps: Steps, compute: Compute | None, kind: str | None) -> None:
        self.section, self.steps, self.compute, self.kind = section, steps, compute, kind


class BoundUpdate:
    """An update ready to be applied."""

    __slots__ = ("actions", "nested")

    def __init__(self, actions: list[BoundAction], nested: set[str]) -> None:
        self.actions, self.nested = actions, nested

    @property
    def paths(self) -> list[Steps]:
        """Every path the update writes, in the order written."""
        return [action.steps for action in self.actions]

    @property
    def only_takes(self) -> bool:
        """Nothing comes of it where there is no item."""
        return all(action.section in ("REMOVE", "DELETE") for action in self.actions)

    def apply(self, old: Item, new: Item) -> None:
        """Alter `new`, which begins as a deep copy of `old`. ValidationException where the two do not fit."""
        computed = [action.compute(old) if action.compute else None for action in self.actions]
        lists: dict[int, _ChangedList] = {}
        for action, value in zip(self.actions, computed, strict=True):
            _act(action, value, old, new, lists)
        for changed in lists.values():
            changed.settle()


def bound(text: str, binding: Binding) -> BoundUpdate:
    """An update of a request. ValidationException under the name of its parameter."""
    try:
        return bound_tree(parse(text), binding)
    except Malformed as problem:
        raise named("UpdateExpression", problem) from None


def bound_tree(tree: Update, binding: Binding) -> BoundUpdate:
    """An update that is no text any more. Raises Malformed."""
    for action in tree.actions:
        binding.steps(action.path)
        if action.value is not None:
            binding.resolve(action.value)
    paths = [binding.steps(action.path) for action in tree.actions]
    check_apart(paths)
    for action in tree.actions:
        _check_operand(action, binding)
    for action in tree.actions:
        _check_value(action.value, binding)
    actions = [_bound_action(action, binding) for action in tree.actions]
    read = [binding.steps(path) for action in tree.actions for path in _paths(action.value)]
    nested = {str(steps[0]) for steps in [*paths, *read] if len(steps) > 1}
    return BoundUpdate(actions, nested)


def _bound_action(action: Action, binding: Binding) -> BoundAction:
    steps, value = binding.steps(action.path), action.value
    if value is None:
        return BoundAction(action.section, steps, None, None)
    return BoundAction(action.section, steps, _computing(value, binding), _kind(value, binding))


def _paths(value: Any) -> list[Path]:
    if isinstance(value, Path):
        return [value]
    if isinstance(value, Sum):
        return _paths(value.left) + _paths(value.right)
    if isinstance(value, Call):
        return [path for argument in value.arguments for path in _paths(argument)]
    return []


def _kind(value: Operand | Sum, binding: Binding) -> str | None:
    """The type the value is sure to have."""
    if isinstance(value, Sum):
        return "N"
    if isinstance(value, Call):
        return "L" if value.function == "list_append" else _kind(value.arguments[1], binding)
    return kind_of(binding.value(value)) if isinstance(value, Placeholder) else None


# Judging.


def _check_operand(action: Action, binding: Binding) -> None:
    if action.section in ("ADD", "DELETE"):
        kind = kind_of(binding.value(action.value))  # type: ignore[arg-type]
        if kind not in (_ADDABLE if action.section == "ADD" else _DELETABLE):
            raise Malformed(
                "Incorrect operand type for operator or function; "
                f"operator: {action.section}, operand type: {TYPE_WORDS[kind]}, "
                f"typeSet: ALLOWED_FOR_{action.section}_OPERAND"
            )


def _check_value(value: Any, binding: Binding) -> None:
    if isinstance(value, Sum):
        _check_value(value.left, binding)
        _check_value(value.right, binding)
        check_types(value.operator, (value.left, value.right), "N", binding)
    elif isinstance(value, Call):
        for argument in value.arguments:
            _check_value(argument, binding)
        check_count(value, ARITY[value.function])
        if value.function == "if_not_exists":
            check_path(value)
        else:
            check_types(value.function, value.arguments, "L", binding)


# Computing what SET writes.


def _computing(value: Operand | Sum, binding: Binding) -> Compute:
    match value:
        case Placeholder():
            constant = binding.value(value)
            return lambda item: constant
        case Path():
            steps = binding.steps(value)
            return lambda item: _there(value_at(item, steps))
        case Sum():
            left, right = _computing(value.left, binding), _computing(value.right, binding)
            compute = numbers.add if value.operator == "+" else numbers.subtract
            return lambda item: {"N": compute(_content(left(item), "N"), _content(right(item), "N"))}
        case Call(function="list_append"):
            first, second = (_computing(argument, binding) for argument in value.arguments)
            return lambda item: {"L": [*_content(first(item), "L"), *_content(second(item), "L")]}
    return _if_not_exists(value, binding)


def _if_not_exists(call: Call, binding: Binding) -> Compute:
    steps = binding.steps(call.arguments[0])  # type: ignore[arg-type]
    otherwise = _computing(call.arguments[1], binding)

    def compute(item: Item) -> Value:
        found = value_at(item, steps)
        return otherwise(item) if found is None else found

    return compute


def _there(value: Value | None) -> Value:
    if value is None:
        raise ValidationException(NOT_THERE)
    return value


def _content(value: Value, kind: str) -> Any:
    if kind not in value:
        raise ValidationException(WRONG_TYPE)
    return value[kind]


# Applying.


class _ChangedList:
    """A list in which elements were removed or set beyond its end; positions hold until `settle`."""

    __slots__ = ("beyond", "elements")

    def __init__(self, elements: list[Value]) -> None:
        self.elements, self.beyond = elements, dict[int, Value]()

    def settle(self) -> None:
        """Close gaps; what was set beyond the end follows in the order of its indexes."""
        self.elements[:] = [element for element in self.elements if element is not _GONE]
        self.elements += [self.beyond[index] for index in sorted(self.beyond)]


def _act(
    action: BoundAction, value: Value | None, old: Item, new: Item, lists: dict[int, _ChangedList]
) -> None:
    existing = value_at(old, action.steps)
    if action.section == "ADD":
        value = added(existing, value, action.kind)  # type: ignore[arg-type]
    elif action.section == "DELETE":
        if existing is None:
            _parent(new, action.steps)
            return
        value = without(existing, value, action.kind)  # type: ignore[arg-type]
    parent = _parent(new, action.steps)
    last: Any = action.steps[-1]
    if isinstance(parent, list):
        _put_element(parent, last, value, lists)
    elif value is None:
        parent.pop(last, None)
    else:
        parent[last] = value


def _parent(item: Item, steps: Steps) -> Any:
    """The map or list that holds the last step. ValidationException if there is none of its kind."""
    if len(steps) == 1:
        return item
    value: Value | None = item.get(steps[0])  # type: ignore[arg-type]
    for step in steps[1:-1]:
        value = None if value is None or value is _GONE else within(value, step)
    kind = "L" if isinstance(steps[-1], int) else "M"
    if value is None or value is _GONE or kind not in value:
        raise ValidationException(INVALID_PATH)
    return value[kind]


def _put_element(
    elements: list[Value], index: int, value: Value | None, lists: dict[int, _ChangedList]
) -> None:
    changed = lists.setdefault(id(elements), _ChangedList(elements))
    if index < len(elements):
        elements[index] = _GONE if value is None else value
    elif value is not None:
        changed.beyond[index] = value


def added(existing: Value | None, value: Value, kind: str, refusal: str = WRONG_TYPE) -> Value:
    """ADD: the sum of numbers, the union of sets; the value alone where there was nothing."""
    if existing is None:
        return value
    if kind not in existing:
        raise ValidationException(refusal)
    if kind == "N":
        return {"N": numbers.add(existing["N"], value["N"])}
    return {kind: existing[kind] + [member for member in value[kind] if member not in existing[kind]]}


def without(existing: Value, value: Value, kind: str, refusal: str = WRONG_TYPE) -> Value | None:
    """DELETE: a set less members; None when that leaves none."""
    if kind not in existing:
        raise ValidationException(refusal)
    left = [member for member in existing[kind] if member not in value[kind]]
    return {kind: left} if left else None
