"""INSERT, UPDATE and DELETE as puts, updates and deletes with conditions; EXISTS as the check of one.

An INSERT wants the key free, an UPDATE wants the item there, a DELETE does nothing where there is none (developer
guide, "PartiQL insert, update and delete statements").
"""

from __future__ import annotations

from typing import Any

from ....core.errors import ValidationException
from ....region.service import Context
from .. import items
from ..errors import DuplicateItemException
from ..expressions import conditions, nodes, updates
from ..expressions.nodes import All, Call, Condition, Path
from ..expressions.syntax import Malformed
from ..parameters import Expressions
from ..state import State, Table
from ..transactions import Action
from ..values import LARGEST_ITEM, TOO_LARGE, Item, check_item, kind_of
from .binding import StatementBinding
from .judging import no_set
from .nodes import Delete, Exists, Insert, SetChange, Source, Update, Write
from .where import key_named

Plain = dict[str, Any]

NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"
NOT_ON_INDEX = "This operation is not supported on an index"
DUPLICATE = "Duplicate primary key exists in table"
EXISTS_NEEDS_MORE = "EXISTS() must contain a single item read with additional condition"


class Unoccupied(conditions.BoundCondition):
    """The condition of an INSERT: there is nothing yet. DuplicateItemException tells that it does not hold."""

    __slots__ = ()

    def __init__(self, tree: Condition) -> None:
        super().__init__(tree, _unoccupied, [])


def planned(ctx: Context[State], statement: Write | Exists, binding: StatementBinding, asked: Plain) -> Action:
    """The verb of TransactWriteItems for a statement, its parameters, and its expressions. ValidationException,
    ResourceNotFoundException."""
    try:
        match statement:
            case Insert():
                return _insertion(ctx, statement, binding, asked)
            case Update():
                return _alteration(ctx, statement, binding, asked)
            case Delete():
                return _removal(ctx, statement, binding, asked)
            case Exists():
                return _check(ctx, statement, binding, asked)
    except Malformed as problem:
        raise ValidationException(str(problem)) from None


def write(ctx: Context[State], action: Action) -> Plain:
    """Do what a statement says, as PutItem, UpdateItem and DeleteItem do."""
    verb, asked, found = action
    if verb == "Put":
        return items.put(ctx, asked, check_item(asked["Item"]), found)
    return items.alter(ctx, asked, found) if verb == "Update" else items.remove(ctx, asked, found)


def table_of(ctx: Context[State], source: Source) -> Table:
    """The table a statement names, which must be no index. ResourceNotFoundException, ValidationException."""
    table = ctx.state.active(source.table, ctx.now)
    if source.index is not None:
        raise ValidationException(NOT_ON_INDEX)
    return table


def _insertion(ctx: Context[State], statement: Insert, binding: StatementBinding, asked: Plain) -> Action:
    table = table_of(ctx, statement.source)
    item = binding.item(statement.item)
    if check_item(item) > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)
    found = Expressions({}, binding)
    found.condition = Unoccupied(_there(table, False))
    return "Put", _parameters(table, asked, Item=item), found


def _alteration(ctx: Context[State], statement: Update, binding: StatementBinding, asked: Plain) -> Action:
    table = table_of(ctx, statement.source)
    key, rest = _named(table, statement.where, binding)
    for action in statement.actions:
        if isinstance(action, SetChange):
            assert isinstance(action.value, nodes.Placeholder)
            if kind_of(binding.value(action.value)) not in ("SS", "NS", "BS"):
                raise no_set(action.section, action.at)
    found = Expressions({}, binding)
    found.update = updates.bound_tree(nodes.Update(statement.actions, ()), binding)
    found.condition = conditions.bound_tree(_all([_there(table, True), *rest]), binding)
    return "Update", _parameters(table, asked, Key=key, ReturnValues=statement.returning), found


def _removal(ctx: Context[State], statement: Delete, binding: StatementBinding, asked: Plain) -> Action:
    table = table_of(ctx, statement.source)
    key, rest = _named(table, statement.where, binding)
    found = Expressions({}, binding)
    if rest:
        found.condition = conditions.bound_tree(nodes.Any((_there(table, False), _all(rest))), binding)
    return "Delete", _parameters(table, asked, Key=key, ReturnValues=statement.returning), found


def _check(ctx: Context[State], statement: Exists, binding: StatementBinding, asked: Plain) -> Action:
    table = ctx.state.active(statement.select.source.table, ctx.now)
    named = key_named(statement.select.where, table.schema, binding)
    if named is None or not named[1] or statement.select.source.index is not None:
        raise ValidationException(EXISTS_NEEDS_MORE)
    key, rest = named
    found = Expressions({}, binding)
    found.condition = conditions.bound_tree(_all(rest), binding)
    return "ConditionCheck", _parameters(table, asked, Key=key), found


def _named(table: Table, where: Condition | None, binding: StatementBinding) -> tuple[Item, list[Condition]]:
    named = key_named(where, table.schema, binding)
    if named is None:
        raise ValidationException(NO_KEY)
    return named


def _parameters(table: Table, asked: Plain, **more: Any) -> Plain:
    """The parameters of the operation that a statement comes to."""
    shared = {name: asked.get(name) for name in ("ReturnConsumedCapacity", "ReturnValuesOnConditionCheckFailure")}
    return {"TableName": table.name, **shared, **more}


def _there(table: Table, wanted: bool) -> Condition:
    name = "attribute_exists" if wanted else "attribute_not_exists"
    return Call(name, (Path((table.schema.hash,)),))


def _all(parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _unoccupied(item: Item) -> bool:
    if item:
        raise DuplicateItemException(DUPLICATE)
    return True
