"""What may stand where in a statement, whatever its parameters: which functions a WHERE clause and a SET may call."""

from __future__ import annotations

from typing import Any as Anything

from ..expressions import nodes
from ..expressions.nodes import All, Among, Any, Between, Call, Compare, Not, Path, Sum
from ..expressions.syntax import CONDITION_FUNCTIONS, MOST_OPERATORS, Malformed
from .nodes import Function, Literal, Nested, Parameter, Place, SetChange

_SET_FUNCTIONS = {"set_add": "ADD", "set_delete": "DELETE"}


class NotWellFormed(Malformed):
    """A statement that cannot be read. The message is what the service says of it after a colon."""


def check_condition(tree: Anything) -> None:
    """A WHERE clause is made of conditions, those of operands, and not too many. Raises Malformed."""
    waiting = [tree]
    operators = 0
    while waiting:
        node = waiting.pop()
        operators += 1
        if operators > MOST_OPERATORS:
            raise Malformed(f"The expression contains too many operators; operator count: {operators}")
        if isinstance(node, Not | All | Any):
            operators -= isinstance(node, All | Any)
            waiting.extend(nodes.children(node))
        elif isinstance(node, Compare | Between | Among):
            for operand in nodes.children(node):
                _check_operand(operand)
        elif isinstance(node, Call):
            _check_call(node, wanted=True)
        else:
            raise Malformed("The WHERE clause must be made of conditions")


def assigned(path: Place, value: Anything) -> nodes.Action:
    """What SET does at a path. Raises Malformed."""
    if not isinstance(value, Function) or value.function not in _SET_FUNCTIONS:
        _check_assigned(value)
        return nodes.Action("SET", path, value)
    name = value.function.upper()
    if len(value.arguments) != 2:
        raise Malformed(f"{name} must have exactly two arguments at {value.at}")
    first, second = value.arguments
    if not isinstance(first, Place) or first.steps != path.steps:
        raise Malformed(f"The first argument to {name} must equal the assignment value at {value.at}")
    template = second.template if isinstance(second, Literal) else None
    if not isinstance(template, Parameter) and not (isinstance(template, Nested) and template.kind == "BAG"):
        raise no_set(_SET_FUNCTIONS[value.function], first.at)
    return SetChange(_SET_FUNCTIONS[value.function], path, second, first.at)


def no_set(section: str, at: str) -> Malformed:
    """The refusal of what is added to or deleted from a set and is none."""
    name = "SET_ADD" if section == "ADD" else "SET_DELETE"
    return Malformed(f"The second argument to {name} must be a value with type SET at {at}")


def _check_operand(node: Anything) -> None:
    if isinstance(node, Call):
        _check_call(node, wanted=False)
    elif not isinstance(node, Path | Literal):
        raise Malformed("Only paths, values and functions can be compared in a WHERE clause")


def _check_call(call: Call, wanted: bool) -> None:
    """Only size() gives a value; it alone gives no condition, which is `wanted` here or not."""
    if call.function not in CONDITION_FUNCTIONS and call.function != "size":
        raise _unrecognized(call)
    if wanted == (call.function == "size"):
        raise Malformed(
            f"The function is not allowed to be used this way in an expression; function: {call.function}"
        )
    for argument in call.arguments:
        _check_operand(argument)


def _check_assigned(value: Anything) -> None:
    if isinstance(value, Sum):
        _check_assigned(value.left)
        _check_assigned(value.right)
    elif isinstance(value, Call):
        if value.function != "list_append":
            raise _unrecognized(value)
        for argument in value.arguments:
            _check_assigned(argument)
    elif not isinstance(value, Path | Literal):
        raise Malformed("Conditions cannot be assigned to attributes")


def _unrecognized(call: Call) -> Malformed:
    place = f" at {call.at}" if isinstance(call, Function) else ""
    return Malformed(f"Unrecognized function: {call.function}{place}")
