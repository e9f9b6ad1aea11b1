"""What a WHERE clause says of keys: the one item it names, or the ranges of keys to read.

The whole clause remains the filter of what is read; ranges only spare reading what it would refuse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cmp_to_key

from ....core.errors import ValidationException
from .. import comparing
from ..expressions.keys import KeyCondition, KeyRange, check_schema, key_range
from ..expressions.nodes import All, Among, Any, Between, Call, Compare, Condition, Not, Operand, Path, walk
from ..keys import KeySchema
from ..values import Item, Value
from .binding import StatementBinding
from .nodes import Literal, Order

Range = tuple[bytes, bytes | None]

MOST_PARTITIONS = 50
TOO_MANY = "Too many decomposed read operations for a given query."
OVERLAPPING = "Overlapping conditions with range keys are not supported in where clause"
_COMPARED = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_MIRRORED = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(slots=True)
class Reading:
    """Ranges of keys in the order to read them, each backwards if `reverse`; `single` if they hold one item at
    most, `exact` if they hold nothing that the clause would refuse."""

    ranges: list[Range]
    reverse: bool
    single: bool
    exact: bool


@dataclass(slots=True)
class _Branch:
    """One partition, what of it is asked for, and what the clause says of its sort key."""

    hash: Value
    conditions: dict[str, KeyCondition]
    range: KeyRange
    bounded: bool  # by a condition on the sort key
    negated: bool  # there is one that bounds nothing: <> or NOT
    exact: bool  # nothing else is said


def key_named(
    where: Condition | None, schema: KeySchema, binding: StatementBinding
) -> tuple[Item, list[Condition]] | None:
    """The key that a clause states in full, and what else it says; None if it does not state one."""
    rest = _conjuncts(where)
    key: Item = {}
    for name in schema.names:
        found = next((each for each in rest if _equals(each, name)), None)
        if found is None:
            return None
        rest.remove(found)
        key[name] = _stated(found, name, binding).values[0]
    return key, rest


def reading(
    where: Condition | None, order: tuple[Order, ...], schema: KeySchema, binding: StatementBinding
) -> Reading | None:
    """What to read of a table or index with that schema; None for all of it. ValidationException."""
    branches = _branches(where, schema, binding)
    if order:
        _check_order(order, where, branches, schema)
    if branches is None:
        return None
    if len(branches) > MOST_PARTITIONS:
        raise ValidationException(TOO_MANY)
    _check_overlaps(branches)
    reverse = _reverse(order, schema)
    single = len(branches) == 1 and all(
        name in branches[0].conditions and branches[0].conditions[name].operator == "EQ" for name in schema.names
    )
    exact = all(branch.exact for branch in branches)
    return Reading(_ranges(_sorted(branches, order, schema), reverse), reverse, single, exact)


def _conjuncts(where: Condition | None) -> list[Condition]:
    """The conditions that must all hold."""
    if where is None:
        return []
    if isinstance(where, All):
        return [inner for each in where.conditions for inner in _conjuncts(each)]
    return [where]


def _branches(where: Condition | None, schema: KeySchema, binding: StatementBinding) -> list[_Branch] | None:
    """The partitions a clause names; None if it does not name all it may hold in."""
    found: list[_Branch] = []
    for alternative in where.conditions if isinstance(where, Any) else (where,):
        conjuncts = _conjuncts(alternative)
        partitions = _partitions(conjuncts, schema, binding)
        if partitions is None:
            return None
        sort, negated = _sort_conditions(conjuncts, schema, binding)
        for partition in partitions:
            conditions = {**partition, **sort}
            check_schema(conditions, schema)
            part, exact = key_range(conditions, schema), len(conjuncts) == len(conditions)
            found.append(
                _Branch(partition[schema.hash].values[0], conditions, part, bool(sort), negated, exact)
            )
    return found


def _partitions(
    conjuncts: list[Condition], schema: KeySchema, binding: StatementBinding
) -> list[dict[str, KeyCondition]] | None:
    equal: dict[str, KeyCondition] = {}
    for name in schema.hashes:
        found = next((each for each in conjuncts if _equals(each, name)), None)
        if found is not None:
            equal[name] = _stated(found, name, binding)
    if len(equal) == len(schema.hashes):
        return [equal]
    among = next((each for each in conjuncts if _is_among(each, schema.hash)), None)
    if among is None or len(schema.hashes) > 1:
        return None
    assert isinstance(among, Among)
    values = [binding.value(each) for each in among.candidates if isinstance(each, Literal)]
    return [{schema.hash: KeyCondition("EQ", [value])} for value in values]


def _sort_conditions(
    conjuncts: list[Condition], schema: KeySchema, binding: StatementBinding
) -> tuple[dict[str, KeyCondition], bool]:
    """Conditions on sort keys that make a range, and whether there are others that do not."""
    found: dict[str, KeyCondition] = {}
    for name in schema.ranges:
        stated = [each for each in conjuncts if _bounds(each, name)]
        if not stated:
            break
        exact = next((each for each in stated if _equals(each, name)), stated[0])
        found[name] = _stated(exact, name, binding)
        if found[name].operator != "EQ":
            break
    names = set(schema.ranges)
    negated = any(
        not _bounds(each, name) and isinstance(each, Not | Compare) and _mentions(each, name)
        for each in conjuncts
        for name in names
    )
    return found, negated


def _mentions(condition: Condition, name: str) -> bool:
    return any(isinstance(node, Path) and node.steps == (name,) for node in walk(condition))


def _equals(condition: Condition, name: str) -> bool:
    return isinstance(condition, Compare) and condition.operator == "=" and _bounds(condition, name)


def _is_among(condition: Condition, name: str) -> bool:
    return (
        isinstance(condition, Among)
        and _is_name(condition.operand, name)
        and all(isinstance(each, Literal) for each in condition.candidates)
    )


def _bounds(condition: Condition, name: str) -> bool:
    """Whether a condition compares that attribute with values so that a range of keys comes of it."""
    if isinstance(condition, Compare) and condition.operator in _COMPARED:
        left, right = condition.left, condition.right
        return (_is_name(left, name) and isinstance(right, Literal)) or (
            isinstance(left, Literal) and _is_name(right, name)
        )
    if isinstance(condition, Between):
        values = (condition.low, condition.high)
        return _is_name(condition.operand, name) and all(isinstance(each, Literal) for each in values)
    if isinstance(condition, Call) and condition.function == "begins_with" and len(condition.arguments) == 2:
        return _is_name(condition.arguments[0], name) and isinstance(condition.arguments[1], Literal)
    return False


def _is_name(operand: Operand, name: str) -> bool:
    return isinstance(operand, Path) and operand.steps == (name,)


def _stated(condition: Condition, name: str, binding: StatementBinding) -> KeyCondition:
    """A condition that bounds an attribute, as Query has it."""
    if isinstance(condition, Compare):
        mirrored = not _is_name(condition.left, name)
        operator = _MIRRORED[condition.operator] if mirrored else condition.operator
        value = condition.left if mirrored else condition.right
        assert isinstance(value, Literal)
        return KeyCondition(_COMPARED[operator], [binding.value(value)])
    if isinstance(condition, Between):
        bounds = [each for each in (condition.low, condition.high) if isinstance(each, Literal)]
        return KeyCondition("BETWEEN", [binding.value(each) for each in bounds])
    assert isinstance(condition, Call) and isinstance(condition.arguments[1], Literal)
    return KeyCondition("BEGINS_WITH", [binding.value(condition.arguments[1])])


# Order.


def _check_order(
    order: tuple[Order, ...], where: Condition | None, branches: list[_Branch] | None, schema: KeySchema
) -> None:
    if where is None:
        raise ValidationException("Must have WHERE clause in the statement when using ORDER BY clause.")
    for key in order:
        if key.name not in schema.names:
            raise ValidationException(f"Attribute {key.name} in ORDER BY clause must be part of the primary key")
    if branches is None:
        raise ValidationException(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause."
        )
    if len(branches) > 1 and all(key.name != schema.hash for key in order):
        raise ValidationException(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause."
        )


def _reverse(order: tuple[Order, ...], schema: KeySchema) -> bool:
    """ORDER BY without the sort key turns its order around: that is what the service does."""
    sort = next((key for key in order if key.name in schema.ranges), None)
    return bool(order) if sort is None else sort.descending


def _sorted(branches: list[_Branch], order: tuple[Order, ...], schema: KeySchema) -> list[_Branch]:
    by_hash = next((key for key in order if key.name == schema.hash), None)
    if by_hash is None:
        return branches
    return sorted(branches, key=cmp_to_key(_hash_order), reverse=by_hash.descending)


def _hash_order(one: _Branch, other: _Branch) -> int:
    return comparing.order(one.hash, other.hash) or 0


def _ranges(branches: list[_Branch], reverse: bool) -> list[Range]:
    """Each partition once, its ranges apart from one another and in order."""
    partitions: dict[bytes, list[Range]] = {}
    for branch in branches:
        partitions.setdefault(branch.range.partition, []).append((branch.range.start, branch.range.end))
    found: list[Range] = []
    for ranges in partitions.values():
        merged: list[Range] = []
        for start, end in sorted(ranges, key=lambda each: each[0]):
            if merged and (merged[-1][1] is None or start <= merged[-1][1]):
                before = merged[-1]
                merged[-1] = (before[0], None if None in (before[1], end) else max(before[1], end))  # type: ignore[type-var]
            else:
                merged.append((start, end))
        found += reversed(merged) if reverse else merged
    return found


def _check_overlaps(branches: list[_Branch]) -> None:
    """Alternatives in one partition must not share keys, unless a sort key's condition is negated."""
    for number, one in enumerate(branches):
        for other in branches[:number]:
            if one.range.partition != other.range.partition or one.negated or other.negated:
                continue
            apart = _before(one.range, other.range) or _before(other.range, one.range)
            if (one.bounded or other.bounded) and not apart:
                raise ValidationException(OVERLAPPING)


def _before(one: KeyRange, other: KeyRange) -> bool:
    return one.end is not None and one.end <= other.start
