"""Key conditions: one partition, and where in it to begin and end.

Both ways of stating them, KeyConditionExpression and the older KeyConditions, become `KeyCondition`s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ....core.errors import ValidationException
from .. import keys
from ..keys import KeySchema
from ..values import INVALID, Value, kind_of
from . import nodes
from .binding import Binding
from .conditions import BoundCondition
from .nodes import All, Among, Between, Call, Compare, Node, Not, Path

NOT_SUPPORTED = "Query key condition not supported"
WRONG_KEY_TYPE = INVALID + "Condition parameter type does not match schema type"
_COMPARED = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_VALID_TYPES = {
    "EQ": "S N B SS NS BS", "LT": "S N B", "LE": "S N B", "GT": "S N B", "GE": "S N B",
    "BETWEEN": "S N B", "BEGINS_WITH": "S B",
}  # fmt: skip
NOT_INDEXABLE = ("NULL", "NOT_NULL", "NE", "CONTAINS", "NOT_CONTAINS", "IN")


@dataclass(slots=True)
class KeyCondition:
    """One key attribute, a comparison as `KeyConditions` names it, and what it compares with."""

    operator: str
    values: list[Value]


@dataclass(slots=True)
class KeyRange:
    """start <= key < end, all within `partition`."""

    partition: bytes
    start: bytes
    end: bytes | None


def from_expression(condition: BoundCondition, binding: Binding) -> dict[str, KeyCondition]:
    """The conditions of a KeyConditionExpression, by attribute. ValidationException as DynamoDB tells it."""
    found: dict[str, KeyCondition] = {}
    _gather(condition.tree, binding, found)
    for each in found.values():
        for value in each.values:
            if kind_of(value) not in _VALID_TYPES[each.operator].split():
                raise ValidationException(
                    f"{INVALID}ComparisonOperator {each.operator} is not valid for {kind_of(value)} "
                    "AttributeValue type"
                )
    return found


def check_schema(
    conditions: dict[str, KeyCondition],
    schema: KeySchema,
    before: Callable[[str, str], None] = lambda name, kind: None,
) -> None:
    """The conditions must fit the keys of what is queried; `before` is judged before each. ValidationException."""
    if len(schema.hashes) > 1 or len(schema.ranges) > 1:
        _check_several(conditions, schema, before)
        return
    if len(conditions) > 2:
        raise ValidationException("Conditions can be of length 1 or 2 only")
    if schema.range is None and len(conditions) > 1:
        raise ValidationException(NOT_SUPPORTED)
    for name, kind in ((schema.hash, schema.hash_type), (schema.range, schema.range_type)):
        if name is None or kind is None:
            continue
        before(name, kind)
        condition = conditions.get(name)
        if condition is None:
            if name == schema.hash or len(conditions) > 1:
                raise ValidationException(f"Query condition missed key schema element: {name}")
            continue
        if condition.operator in NOT_INDEXABLE:
            raise ValidationException("Attempted conditional constraint is not an indexable operation")
        if any(kind not in value for value in condition.values):
            raise ValidationException(WRONG_KEY_TYPE)
        if name == schema.hash and condition.operator != "EQ":
            raise ValidationException(NOT_SUPPORTED)
        if "" in (value[kind] for value in condition.values) and condition.operator != "BEGINS_WITH":
            what = "string" if kind == "S" else "binary"
            raise ValidationException(
                "One or more parameter values are not valid. "
                f"The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
            )


def key_range(conditions: dict[str, KeyCondition], schema: KeySchema) -> KeyRange:
    """The range of keys that meet conditions which fit the schema."""
    partition = keys.partition(b"".join(keys.sortable(conditions[name].values[0]) for name in schema.hashes))
    given = [conditions[name] for name in schema.ranges if name in conditions]
    if not given:
        return KeyRange(partition, partition, keys.after(partition))
    *equal, condition = given
    first = partition + b"".join(keys.sortable(each.values[0]) for each in equal)
    if condition.operator == "BEGINS_WITH":
        start = first + keys.beginning(condition.values[0])
        return KeyRange(partition, start, keys.after(start))
    edges = [first + keys.sortable(value) for value in condition.values]
    past = keys.after(first)
    bounds: dict[str, tuple[bytes | None, bytes | None]] = {
        "EQ": (edges[0], keys.after(edges[0])),
        "LT": (first, edges[0]),
        "LE": (first, keys.after(edges[0])),
        "GT": (keys.after(edges[0]), past),
        "GE": (edges[0], past),
        "BETWEEN": (edges[0], keys.after(edges[-1])),
    }
    beginning, end = bounds[condition.operator]
    return KeyRange(partition, beginning or b"", end)


def _check_several(
    conditions: dict[str, KeyCondition], schema: KeySchema, before: Callable[[str, str], None]
) -> None:
    """Of an index with keys of several attributes: every HASH, then RANGEs from the left (developer guide,
    "Multi-attribute keys pattern"). The wording is ours."""
    for name, kind in schema.types.items():
        before(name, kind)
        condition = conditions.get(name)
        if name in schema.hashes and (condition is None or condition.operator != "EQ"):
            raise ValidationException(
                f"{INVALID}All HASH key attributes must have an equality condition: {name} has none"
            )
        if condition is not None and any(kind not in value for value in condition.values):
            raise ValidationException(WRONG_KEY_TYPE)
    for name in conditions:
        if name not in schema.types:
            raise ValidationException(f"Query condition on an attribute that is no key: {name}")
    given = [name in conditions for name in schema.ranges]
    number = sum(given)
    earlier = list(schema.ranges)[: max(number - 1, 0)]
    if not all(given[:number]) or any(conditions[name].operator != "EQ" for name in earlier):
        raise ValidationException(
            f"{INVALID}RANGE key attributes ({', '.join(schema.ranges)}) must have conditions from the left "
            "without a gap, all but the last of them equality conditions"
        )


def _gather(tree: Node, binding: Binding, found: dict[str, KeyCondition]) -> None:
    _check_operator(tree)
    if isinstance(tree, All):
        for part in tree.conditions:
            _gather(part, binding, found)
        return
    operands = nodes.children(tree)
    if isinstance(tree, Between | Call) and not isinstance(operands[0], Path):
        operator = "BETWEEN" if isinstance(tree, Between) else tree.function
        raise ValidationException(
            f"Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute "
            "as its first operand"
        )
    name, position = _attribute(operands, binding)
    if name in found:
        raise ValidationException("KeyConditionExpressions must only contain one condition per key")
    values: list[Any] = [
        binding.value(operand) for operand in operands if isinstance(operand, nodes.Placeholder)
    ]
    if isinstance(tree, Compare):
        operator = _COMPARED[_MIRRORED[tree.operator] if position else tree.operator]
    else:
        operator = "BETWEEN" if isinstance(tree, Between) else "BEGINS_WITH"
    found[name] = KeyCondition(operator, values)


def _check_operator(tree: Node) -> None:
    wrong = None
    match tree:
        case nodes.Any():
            wrong = "OR"
        case Not():
            wrong = "NOT"
        case Among():
            wrong = "IN"
        case Compare(operator="<>"):
            wrong = "<>"
        case Call() if tree.function != "begins_with":
            wrong = tree.function
    if wrong:
        raise ValidationException(f"Invalid operator used in KeyConditionExpression: {wrong}")


def _attribute(operands: tuple[Node, ...], binding: Binding) -> tuple[str, int]:
    """The one key attribute among the operands of a condition, and its place."""
    name, position = None, 0
    for number, operand in enumerate(operands):
        if isinstance(operand, Call):
            raise ValidationException("KeyConditionExpressions cannot contain nested operations")
        if isinstance(operand, Path):
            if name is not None:
                raise ValidationException(
                    "Invalid condition in KeyConditionExpression: "
                    "Multiple attribute names used in one condition"
                )
            steps = binding.steps(operand)
            if len(steps) > 1:
                raise ValidationException(
                    "KeyConditionExpressions cannot have conditions on nested attributes"
                )
            name, position = str(steps[0]), number
    if name is None:
        raise ValidationException("Invalid condition in KeyConditionExpression: No key attribute specified")
    return name, position
