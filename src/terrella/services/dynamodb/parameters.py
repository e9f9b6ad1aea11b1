"""The expression parameters that operations have in common: which go together, and what they are bound to.

Expressions are judged before a table is looked for, as the service does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...core.errors import ValidationException
from .expressions import conditions, keys, projections, updates
from .expressions.binding import Binding, bind
from .keys import KeySchema
from .legacy import comparing, expected, updating
from .state import Table
from .values import INVALID

Plain = dict[str, Any]

OLDER = (
    "AttributesToGet", "QueryFilter", "ScanFilter", "AttributeUpdates", "Expected", "ConditionalOperator",
    "KeyConditions",
)  # fmt: skip
_OLDER = frozenset(OLDER)


class Expressions:
    """The expressions of one request, bound; None for those it does not have."""

    __slots__ = ("condition", "filter", "key_conditions", "projection", "update")

    update: updates.BoundUpdate | updating.AttributeUpdates | None
    condition: conditions.BoundCondition | comparing.Conditions | None
    filter: conditions.BoundCondition | comparing.Conditions | None

    def __init__(self, input: Plain, binding: Binding) -> None:
        update, condition = input.get("UpdateExpression"), input.get("ConditionExpression")
        key, filter = input.get("KeyConditionExpression"), input.get("FilterExpression")
        projection = input.get("ProjectionExpression")
        self.update = None if update is None else updates.bound(update, binding)
        self.condition = None if condition is None else conditions.bound(condition, binding)
        bound_key = None if key is None else conditions.bound(key, binding, "KeyConditionExpression")
        self.filter = None if filter is None else conditions.bound(filter, binding, "FilterExpression")
        self.projection = None if projection is None else projections.bound(projection, binding)
        binding.check_all_used()
        self.key_conditions = None if bound_key is None else keys.from_expression(bound_key, binding)

    def check_scalars(self, table: Table) -> None:
        """Key attributes are scalars: no path may lead into one. ValidationException."""
        nested: set[Any] = set()
        for each in (self.condition, self.filter, self.projection, self.update):
            if each is not None:
                nested |= each.nested
        if nested:
            _check_scalars(nested, table.schema, "Key")
            for index in table.indexes.values():
                _check_scalars(nested, index.schema, "IndexKey")


def check_given(input: Plain, allowed: tuple[str, ...]) -> None:
    """Judge which parameters go together, before what they say. `allowed` are the expressions an operation has,
    in the order it names them. ValidationException."""
    given = [name for name in allowed if input.get(name) is not None]
    if given and not _OLDER.isdisjoint(input):
        _check_unmixed([name for name in OLDER if input.get(name) is not None], given)
    if not given and input.get("ExpressionAttributeNames") is not None:
        raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
    if input.get("ExpressionAttributeValues") is not None:
        _check_values_wanted(given, allowed)


def read(input: Plain, then: Callable[[], None] | None = None) -> Expressions:
    """Judge the older parameters, then what `then` judges, then the expressions. ValidationException."""
    older = not _OLDER.isdisjoint(input)
    instead = _older(input) if older else {}
    if then is not None:
        then()
    found = Expressions(input, bind(input.get("ExpressionAttributeNames"), input.get("ExpressionAttributeValues")))
    for name, bound in instead.items():
        setattr(found, name, bound)
    if older and input.get("KeyConditions") is not None:
        found.key_conditions = comparing.key_conditions_of(input["KeyConditions"])
    return found


def _check_unmixed(older: list[str], given: list[str]) -> None:
    """Expressions go with none of the older parameters, but for KeyConditions, which go with any expression
    except the one in their place."""
    if "KeyConditionExpression" not in given:
        older = [name for name in older if name != "KeyConditions"]
    if older:
        raise ValidationException(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(older)}}} Expression parameters: {{{', '.join(given)}}}"
        )


def _check_values_wanted(given: list[str], allowed: tuple[str, ...]) -> None:
    taking_values = [name for name in allowed if name != "ProjectionExpression"]
    if not any(name in given for name in taking_values):
        are = "are" if len(taking_values) > 1 else "is"
        raise ValidationException(
            "ExpressionAttributeValues can only be specified when using expressions: "
            f"{' and '.join(taking_values)} {are} null"
        )


def _older(input: Plain) -> Plain:
    """What the older parameters say, under the names of the expressions that took their places."""
    found: Plain = {}
    joined_by = input.get("ConditionalOperator")
    filter = input["QueryFilter"] if input.get("QueryFilter") is not None else input.get("ScanFilter")
    if joined_by is not None:
        expected.check_operator(input.get("Expected") if filter is None else filter, joined_by)
    if input.get("QueryFilter"):
        found["filter"] = comparing.filter_of(input["QueryFilter"], joined_by)
    if input.get("AttributesToGet") is not None:
        found["projection"] = _attributes_to_get(input["AttributesToGet"])
    if input.get("ScanFilter"):
        found["filter"] = comparing.filter_of(input["ScanFilter"], joined_by)
    if input.get("AttributeUpdates") is not None:
        found["update"] = updating.updates_of(input["AttributeUpdates"])
    if input.get("Expected") is not None:
        found["condition"] = expected.condition_of(input["Expected"], joined_by)
    return found


def _attributes_to_get(names: list[str]) -> projections.BoundProjection:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise ValidationException(f"{INVALID}Duplicate value in attribute name: {name}")
    return projections.BoundProjection([(name,) for name in names])


def _check_scalars(nested: set[Any], schema: KeySchema, what: str) -> None:
    for name in schema.names:
        if name in nested:
            raise ValidationException(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                f"{what}: {name}"
            )
