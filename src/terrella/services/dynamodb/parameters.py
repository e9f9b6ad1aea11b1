"""The expression parameters that operations have in common: which go together, and what they are bound to.

Expressions are judged before a table is looked for, as the service does.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import NotImplementedHere, ValidationException
from .expressions import conditions, keys, projections, updates
from .expressions.binding import Binding, bind
from .keys import KeySchema
from .state import Table
from .values import INVALID

Plain = dict[str, Any]

LEGACY = frozenset(
    ("AttributeUpdates", "AttributesToGet", "ConditionalOperator", "Expected", "KeyConditions", "QueryFilter",
     "ScanFilter")
)  # fmt: skip
_EXPRESSIONS = (
    "UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression",
    "ProjectionExpression",
)  # fmt: skip


class Expressions:
    """The expressions of one request, bound; None for those it does not have."""

    __slots__ = ("condition", "filter", "key_conditions", "projection", "update")

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


def read(operation: str, input: Plain, allowed: tuple[str, ...]) -> Expressions:
    """Judge the expressions of a request; `allowed` are those the operation has, in the order it names them.

    Raises ValidationException, and NotImplementedHere for the older parameters this world does not act on.
    """
    given = [name for name in allowed if input.get(name) is not None]
    older = [name for name in input if name in LEGACY]
    if older and given:
        raise ValidationException(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(older)}}} Expression parameters: {{{', '.join(given)}}}"
        )
    if older and older != ["AttributesToGet"]:
        raise NotImplementedHere("dynamodb", f"{operation} with {older[0]}")
    names, values = input.get("ExpressionAttributeNames"), input.get("ExpressionAttributeValues")
    if names is not None and not given:
        raise ValidationException("ExpressionAttributeNames can only be specified when using expressions")
    taking_values = [name for name in allowed if name != "ProjectionExpression"]
    if values is not None and not any(name in given for name in taking_values):
        are = "are" if len(taking_values) > 1 else "is"
        raise ValidationException(
            "ExpressionAttributeValues can only be specified when using expressions: "
            f"{' and '.join(taking_values)} {are} null"
        )
    found = Expressions(input, bind(names, values))
    if older:
        found.projection = _attributes_to_get(input["AttributesToGet"])
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
