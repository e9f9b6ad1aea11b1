"""Condition and filter expressions: bound to names and values they become a function of an item.

An operand that is not in the item makes every comparison with it false, except <> which it makes true.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import comparing
from ..values import TYPES, Item, Value, binary, kind_of
from . import nodes
from .binding import (
    Binding,
    check_count,
    check_distinct,
    check_path,
    check_types,
    incorrect_type,
    named,
)
from .nodes import All, Among, Atom, Between, Call, Compare, Condition, Not, Operand, Path
from .paths import value_at
from .syntax import ARITY, MOST_CANDIDATES, Malformed
from .syntax import condition as parse

Test = Callable[[Item], bool]
Get = Callable[[Item], Value | None]

ANY_TYPE = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
TYPE_NAMES = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
_ORDERED = "S N B"
_SIZED = "S B SS NS BS L M"


class BoundCondition:
    """A condition ready to be asked of items, and the attributes it looks at."""

    __slots__ = ("heads", "holds", "nested", "tree")

    def __init__(self, tree: Condition, holds: Test, paths: list[tuple[str | int, ...]]) -> None:
        self.tree, self.holds = tree, holds
        self.heads = {steps[0] for steps in paths}
        self.nested = {steps[0] for steps in paths if len(steps) > 1}


def bound(text: str, binding: Binding, parameter: str = "ConditionExpression") -> BoundCondition:
    """A condition of a request. ValidationException under the name of its parameter."""
    try:
        return bound_tree(parse(text), binding)
    except Malformed as problem:
        raise named(parameter, problem) from None


def bound_tree(tree: Condition, binding: Binding) -> BoundCondition:
    """A condition that is no text any more. Raises Malformed."""
    holds = _test(tree, binding)
    paths = [binding.steps(node) for node in nodes.walk(tree) if isinstance(node, Path)]
    return BoundCondition(tree, holds, paths)


def _test(tree: Condition, binding: Binding) -> Test:
    if isinstance(tree, Not):
        inner = _test(tree.condition, binding)
        return lambda item: not inner(item)
    if isinstance(tree, All | nodes.Any):
        tests = [_test(part, binding) for part in tree.conditions]
        wanted = isinstance(tree, nodes.Any)

        def joined(item: Item) -> bool:
            for test in tests:
                if test(item) is wanted:
                    return wanted
            return not wanted

        return joined
    _check(tree, binding)
    match tree:
        case Compare():
            return _comparison(tree, binding)
        case Between():
            return _between(tree, binding)
        case Among():
            return _among(tree, binding)
        case _:
            return _function(tree, binding)


# Judging one comparison or function with all its operands.


def _check(atom: Atom, binding: Binding) -> None:
    for operand in nodes.children(atom):
        binding.resolve(operand)
    for operand in nodes.children(atom):
        _check_calls(operand, binding)
    match atom:
        case Call():
            _check_call(atom, binding)
        case Compare():
            check_distinct(atom.operator, atom.left, (atom.right,), binding)
            if atom.operator not in ("=", "<>"):
                check_types(atom.operator, (atom.left, atom.right), _ORDERED, binding)
        case Between():
            check_distinct("BETWEEN", atom.operand, (atom.low, atom.high), binding)
            check_types("BETWEEN", (atom.operand, atom.low, atom.high), _ORDERED, binding)
            _check_bounds(atom, binding)
        case Among():
            if len(atom.candidates) > MOST_CANDIDATES:
                raise Malformed(
                    "The IN operator is provided with too many operands; "
                    f"number of operands: {len(atom.candidates)}"
                )
            check_distinct("IN", atom.operand, atom.candidates, binding)


def _check_calls(operand: nodes.Node, binding: Binding) -> None:
    """Functions inside operands first: the innermost is judged before what it is given to."""
    if isinstance(operand, Call):
        for argument in operand.arguments:
            _check_calls(argument, binding)
        _check_call(operand, binding)


def _check_call(call: Call, binding: Binding) -> None:
    name, arguments = call.function, call.arguments
    check_count(call, ARITY[name])
    if len(arguments) > 1:
        check_distinct(name, arguments[0], arguments[1:], binding)
    if name in ("attribute_exists", "attribute_not_exists"):
        check_path(call)
    elif name == "begins_with":
        check_types(name, arguments, "S B", binding)
    elif name == "size":
        check_types(name, arguments, _SIZED, binding)
    elif name == "attribute_type":
        kind = binding.static_type(arguments[1])
        if kind != "S":
            raise incorrect_type(name, kind or ANY_TYPE)
        asked = binding.value(arguments[1])["S"]  # type: ignore[arg-type]
        if asked not in TYPES:
            raise Malformed(f"Invalid attribute type name found; type: {asked}, valid types: {TYPE_NAMES}")


def _check_bounds(between: Between, binding: Binding) -> None:
    low, high = between.low, between.high
    if not (isinstance(low, nodes.Placeholder) and isinstance(high, nodes.Placeholder)):
        return
    least, most = binding.value(low), binding.value(high)
    wrong = None
    if kind_of(least) != kind_of(most):
        wrong = "requires same data type for lower and upper bounds"
    elif (comparing.order(least, most) or 0) > 0:
        wrong = "requires upper bound to be greater than or equal to lower bound"
    if wrong:
        raise Malformed(
            f"The BETWEEN operator {wrong}; lower bound operand: {_shown(least)}, "
            f"upper bound operand: {_shown(most)}"
        )


def _shown(value: Value) -> str:
    kind = kind_of(value)
    content = value[kind]
    if kind == "B":
        size = len(binary(content))
        content = f"java.nio.HeapByteBuffer[pos=0 lim={size} cap={size}]"
    return f"AttributeValue: {{{kind}:{content}}}"


# Making functions of an item.


def _getter(operand: Operand, binding: Binding) -> Get:
    if isinstance(operand, Path):
        steps = binding.steps(operand)
        if len(steps) == 1:
            name: str = steps[0]  # type: ignore[assignment]
            return lambda item: item.get(name)
        return lambda item: value_at(item, steps)
    if isinstance(operand, Call):
        inner = _getter(operand.arguments[0], binding)
        return lambda item: _size(inner(item))
    value = binding.value(operand)
    return lambda item: value


def _size(value: Value | None) -> Value | None:
    """Characters of a string, bytes of binary, members of anything else that has members."""
    if value is None:
        return None
    kind = kind_of(value)
    if kind not in _SIZED.split():
        return None
    return {"N": str(len(binary(value["B"]) if kind == "B" else value[kind]))}


def _comparison(tree: Compare, binding: Binding) -> Test:
    left, right = _getter(tree.left, binding), _getter(tree.right, binding)
    if tree.operator in ("=", "<>"):
        wanted = tree.operator == "="

        def same(item: Item) -> bool:
            one, other = left(item), right(item)
            if one is None or other is None:
                return not wanted
            return (one == other or comparing.equal(one, other)) is wanted

        return same
    accepted = {"<": (-1,), "<=": (-1, 0), ">": (1,), ">=": (1, 0)}[tree.operator]

    def ordered(item: Item) -> bool:
        one, other = left(item), right(item)
        return one is not None and other is not None and comparing.order(one, other) in accepted

    return ordered


def _between(tree: Between, binding: Binding) -> Test:
    operand, low, high = (_getter(part, binding) for part in (tree.operand, tree.low, tree.high))

    def test(item: Item) -> bool:
        value, least, most = operand(item), low(item), high(item)
        if value is None or least is None or most is None:
            return False
        return comparing.order(value, least) in (0, 1) and comparing.order(value, most) in (0, -1)

    return test


def _among(tree: Among, binding: Binding) -> Test:
    operand = _getter(tree.operand, binding)
    candidates = [_getter(candidate, binding) for candidate in tree.candidates]

    def test(item: Item) -> bool:
        value = operand(item)
        if value is None:
            return False
        found = (candidate(item) for candidate in candidates)
        return any(other is not None and comparing.equal(value, other) for other in found)

    return test


def _function(call: Call, binding: Binding) -> Test:
    first = _getter(call.arguments[0], binding)
    if call.function == "attribute_exists":
        return lambda item: first(item) is not None
    if call.function == "attribute_not_exists":
        return lambda item: first(item) is None
    second = _getter(call.arguments[1], binding)
    if call.function == "attribute_type":
        return lambda item: (value := first(item)) is not None and kind_of(value) == second(item)["S"]  # type: ignore[index]
    compare = comparing.begins_with if call.function == "begins_with" else comparing.contains

    def test(item: Item) -> bool:
        value, other = first(item), second(item)
        return value is not None and other is not None and compare(value, other)

    return test
