"""One item at a time: put, get, update, delete, with conditions and returned values."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import orjson

from ...core.errors import ValidationException
from ...region.service import Context
from ...store.journal import Change
from ...wire.encoded import Encoded
from . import capacity, item_collections, records
from .errors import ConditionalCheckFailedException, EmptyKeyException
from .expressions.conditions import BoundCondition
from .expressions.paths import picked
from .expressions.updates import BoundUpdate
from .legacy.comparing import Conditions
from .legacy.updating import AttributeUpdates
from .parameters import Expressions, check_given, read
from .state import State, Table, service
from .strong.deciding import agreed, caught_up, undecided
from .values import INVALID, LARGEST_ITEM, TOO_LARGE, Item, check_item, kind_of

Plain = dict[str, Any]

TOO_LARGE_UPDATED = "Item size to update has exceeded the maximum allowed size"
FAILED = "The conditional request failed"
EMPTY_UPDATED = (
    "One or more parameter values are not valid. The update expression attempted to update a secondary index key "
    "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {} value."
)
_PLAIN_PUT = frozenset(("TableName", "Item"))
_PLAIN_GET = frozenset(("TableName", "Key", "ConsistentRead"))
_WRITTEN, _READ = ("ConditionExpression",), ("ProjectionExpression",)
_UPDATED = ("UpdateExpression", "ConditionExpression")


@service.operation
def put_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Write an item whole. ConditionalCheckFailedException if its condition does not hold."""
    item = input["Item"]
    if input.keys() != _PLAIN_PUT:
        return _put_with_options(ctx, input, item)
    size = check_item(item)
    if size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)
    table = ctx.state.active(input["TableName"], ctx.now)
    if table.strong is not None and undecided(ctx, table):
        return agreed(ctx, "PutItem", table, input)
    key = table.schema.of_item(item)
    if table.indexes:
        table.check_index_keys(item)
    if table.throttle.limits or table.global_indexes:
        old = table.items.get(key)
        pay(ctx, table, records.item_of(old), _size(old), item, size)
    else:
        table.throttle.wrote(ctx.now, size)  # type: ignore[union-attr]
    ctx.commit("item_put", table=table.name, key=key, item=records.json_from(item), size=size)
    return {}


@service.operation
def get_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Read an item. Every read here sees what this region has; another region's writes may still be on
    their way, as with eventually consistent global tables, unless the table is a strongly consistent one."""
    key = input["Key"]
    if not input.keys() <= _PLAIN_GET:
        return _get_with_options(ctx, input, key)
    check_item(key)
    table = ctx.state.active(input["TableName"], ctx.now)
    if table.strong is not None and undecided(ctx, table, input):
        return caught_up(ctx, "GetItem", [table], input)
    record = table.items.get(table.schema.of_key(key))
    if table.throttle.limits:
        table.throttle.check_read(ctx.now)
        table.throttle.spend_read(capacity.read_units(_size(record), bool(input.get("ConsistentRead"))))
    else:
        table.throttle.read(ctx.now, _size(record), bool(input.get("ConsistentRead")))  # type: ignore[union-attr]
    if record is None:
        return {}
    json = records.json_of(record)
    return {"Item": Encoded(json)} if json else {}


@service.operation
def update_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Alter an item, or make one. ConditionalCheckFailedException if its condition does not hold."""
    check_given(input, _UPDATED)
    given_key = input["Key"]
    check_item(given_key)
    found, table = read(input), ctx.state.active(input["TableName"], ctx.now)
    if table.strong is not None and undecided(ctx, table):
        return agreed(ctx, "UpdateItem", table, input)
    return alter(ctx, input, found)


@service.operation
def delete_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Remove an item, if it is there. ConditionalCheckFailedException if its condition does not hold."""
    check_given(input, _WRITTEN)
    check_item(input["Key"])
    _check_returned(input)
    found, table = read(input), ctx.state.active(input["TableName"], ctx.now)
    if table.strong is not None and undecided(ctx, table):
        return agreed(ctx, "DeleteItem", table, input)
    return remove(ctx, input, found)


# The same with expressions that were read before: PartiQL has its own.


def put(ctx: Context[State], input: Plain, size: int, found: Expressions) -> Plain:
    """Write `Item`, of that size, if the condition holds."""
    item = input["Item"]
    table = ctx.state.active(input["TableName"], ctx.now)
    key = table.schema.of_item(item)
    table.check_index_keys(item)
    found.check_scalars(table)
    record = table.items.get(key)
    old = records.item_of(record)
    check_condition(found.condition, old, input)
    pay(ctx, table, old, _size(record), item, size)
    ctx.commit("item_put", table=table.name, key=key, item=records.json_from(item), size=size)
    answer: Plain = {"Attributes": old} if old and input.get("ReturnValues") == "ALL_OLD" else {}
    units = written_units(table, old, _size(record), item, size, input)
    return {**answer, **units, **item_collections.told(table, item, input)}


def alter(ctx: Context[State], input: Plain, found: Expressions) -> Plain:
    """Update the item at `Key`, if the condition holds."""
    given_key = input["Key"]
    table = ctx.state.active(input["TableName"], ctx.now)
    key = table.schema.of_key(given_key)
    check_update(table, found)
    record = table.items.get(key)
    old = records.item_of(record)
    check_condition(found.condition, old, input)
    if makes_nothing(found.update, old):
        return written_units(table, None, 0, None, 0, input)
    new, size = updated(table, found.update, given_key, old, record)
    pay(ctx, table, old, _size(record), new, size)
    ctx.commit("item_put", table=table.name, key=key, item=records.json_from(new), size=size)
    units = written_units(table, old, _size(record), new, size, input)
    collection = item_collections.told(table, given_key, input)
    return {**_returned_of_update(input, found, old, new), **units, **collection}


def remove(ctx: Context[State], input: Plain, found: Expressions) -> Plain:
    """Delete the item at `Key`, if the condition holds."""
    given_key = input["Key"]
    table = ctx.state.active(input["TableName"], ctx.now)
    key = table.schema.of_key(given_key)
    found.check_scalars(table)
    record = table.items.get(key)
    old = records.item_of(record) if found.condition or len(input) > 2 or table.global_indexes else None
    check_condition(found.condition, old, input)
    pay(ctx, table, old, _size(record), None, 0)
    if record is not None and records.json_of(record):
        ctx.commit("item_deleted", table=table.name, key=key)
    answer: Plain = {"Attributes": old} if old and input.get("ReturnValues") == "ALL_OLD" else {}
    units = written_units(table, old, _size(record), None, 0, input)
    return {**answer, **units, **item_collections.told(table, given_key, input)}


@service.change
def item_put(state: State, change: Change, table: str, key: bytes, item: bytes, size: int) -> None:
    """An item stands, unless it was written later elsewhere."""
    known = state.known(table)
    if known is not None:  # a late change of a table that was dropped concerns nobody
        known.write(key, (change.accepted, change.origin), item, size, change.time)


@service.change
def item_deleted(state: State, change: Change, table: str, key: bytes) -> None:
    """A tombstone stands while there are replicas: an older put may still be on its way from one."""
    known = state.known(table)
    if known is not None:
        known.write(key, (change.accepted, change.origin), b"", 0, change.time)


@service.change
def items_written(state: State, change: Change, writes: list[list[Any]], token: Plain | None = None) -> None:
    """Several items at once: [table, key, JSON or nothing, size]. All of them or, after a crash, none; and where
    it was accepted, the token of the transaction that wrote them."""
    for table, key, item, size in writes:
        known = state.known(table)
        if known is not None:
            known.write(key, (change.accepted, change.origin), item, size, change.time)
    if token is not None and change.time == change.accepted:  # elsewhere it is committed later
        state.tokens.remember(change.time, **token)


# What writes have in common; transactions and batches use these too.


def check_condition(condition: BoundCondition | Conditions | None, old: Item | None, input: Plain) -> None:
    """ConditionalCheckFailedException if the condition does not hold of what is there."""
    if condition is not None and not condition.holds(old or {}):
        wanted = input.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old
        raise ConditionalCheckFailedException(FAILED, **({"Item": old} if wanted else {}))


def check_update(table: Table, found: Expressions) -> None:
    """An update may not touch the key, nor make an index key of another type. ValidationException."""
    if found.update is not None:
        heads = {steps[0] for steps in found.update.paths}
        for name in table.schema.names:
            if name in heads:
                raise ValidationException(f"{INVALID}Cannot update attribute {name}. This attribute is part of the key")
        if table.indexes:
            _check_index_types(table, found.update)
    found.check_scalars(table)


def makes_nothing(update: BoundUpdate | AttributeUpdates | None, old: Item | None) -> bool:
    """Whether an update only takes away, and there is nothing to take from."""
    return old is None and update is not None and update.only_takes


def updated(
    table: Table, update: BoundUpdate | AttributeUpdates | None, key: Item, old: Item | None, record: bytes | None
) -> tuple[Item, int]:
    """The item an update makes, and its size. ValidationException where they do not fit."""
    new: Item = dict(key) if old is None else records.item_of(record) or {}
    if update is not None:
        update.apply(old or key, new)
    size = check_item(new)
    if size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE_UPDATED)
    if table.indexes:
        _check_new_index_keys(table, update, new)
    return new, size


def written_units(
    table: Table, old: Item | None, old_size: int, new: Item | None, new_size: int, input: Plain
) -> Plain:
    """The capacity a write consumed, where it is asked for."""
    asked = input.get("ReturnConsumedCapacity")
    if asked is None or asked == "NONE":
        return {}
    units = capacity.write_units(max(old_size, new_size))
    return capacity.told(asked, table.name, units, index_units=index_units(table, old, new))


def pay(ctx: Context[State], table: Table, old: Item | None, old_size: int, new: Item | None, new_size: int) -> None:
    """Spend what a write costs. ProvisionedThroughputExceededException where capacity is provisioned."""
    units = capacity.write_units(max(old_size, new_size))
    table.throttle.write(ctx.now, units, index_units(table, old, new) if table.global_indexes else {})


def index_units(table: Table, old: Item | None, new: Item | None) -> dict[str, tuple[bool, float]]:
    """What a write costs in each index: nothing where the index sees no difference, two writes where the
    item moves."""
    found = {}
    for index in table.indexes.values():
        before = index.projected(old) if old and index.schema.of_index(old) else None
        after = index.projected(new) if new and index.schema.of_index(new) else None
        if before != after:
            moved = before and after and index.schema.of_index(before) != index.schema.of_index(after)
            size = max(check_item(each) for each in (before, after) if each)
            found[index.name] = (index.is_global, capacity.write_units(size) * (2 if moved else 1))
    return found


def _put_with_options(ctx: Context[State], input: Plain, item: Any) -> Plain | Awaitable[Plain]:
    check_given(input, _WRITTEN)
    size = check_item(item)
    _check_returned(input)
    if size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)
    found, table = read(input), ctx.state.active(input["TableName"], ctx.now)
    if table.strong is not None and undecided(ctx, table):
        return agreed(ctx, "PutItem", table, input)
    return put(ctx, input, size, found)


def _get_with_options(ctx: Context[State], input: Plain, key: Item) -> Plain | Awaitable[Plain]:
    check_given(input, _READ)
    check_item(key)
    found = read(input)
    table = ctx.state.active(input["TableName"], ctx.now)
    found_key = table.schema.of_key(key)
    found.check_scalars(table)
    if table.strong is not None and undecided(ctx, table, input):
        return caught_up(ctx, "GetItem", [table], input)
    record = table.items.get(found_key)
    json = records.json_of(record) if record else b""
    size = records.size_of(record) if record and json else 0
    units = capacity.read_units(size, bool(input.get("ConsistentRead")))
    table.throttle.check_read(ctx.now)
    table.throttle.spend_read(units)
    answer = capacity.told(input.get("ReturnConsumedCapacity"), table.name, units)
    if json:
        kept = found.projection
        answer["Item"] = Encoded(json) if kept is None else kept.of(orjson.loads(json))
    return answer


def _check_returned(input: Plain) -> None:
    if input.get("ReturnValues") not in (None, "NONE", "ALL_OLD"):
        raise ValidationException("Return values set to invalid value")


def _size(record: bytes | None) -> int:
    return records.size_of(record) if record else 0


def _returned_of_update(input: Plain, found: Expressions, old: Item | None, new: Item) -> Plain:
    asked = input.get("ReturnValues")
    paths = found.update.paths if found.update else []
    shown: Item | None = None
    if asked == "ALL_OLD":
        shown = old
    elif asked == "ALL_NEW":
        shown = new
    elif asked == "UPDATED_OLD":
        shown = picked(old, paths) if old else None
    elif asked == "UPDATED_NEW":
        shown = picked(new, paths)
    return {"Attributes": shown} if shown else {}


def _check_index_types(table: Table, update: BoundUpdate | AttributeUpdates) -> None:
    for action in update.actions:
        if len(action.steps) > 1 or action.kind is None or action.section == "DELETE":
            continue
        for index in table.indexes.values():
            for name in index.schema.names:
                if name == action.steps[0] and table.types[name] != action.kind:
                    raise ValidationException(
                        f"{INVALID}Type mismatch for Index Key {name} Expected: {table.types[name]} "
                        f"Actual: {action.kind} IndexName: {index.name}"
                    )


def _check_new_index_keys(table: Table, update: BoundUpdate | AttributeUpdates | None, new: Item) -> None:
    """A value that came from elsewhere in the item may be no index key. What the update leaves alone is not
    judged: it may have been there before the index was."""
    written = {steps[0] for steps in update.paths} if update else set()
    for index in table.indexes.values():
        for name, kind in index.schema.types.items():
            if name not in written or name not in new:
                continue
            if kind_of(new[name]) != kind:
                raise ValidationException(
                    "The update expression attempted to update the secondary index key to unsupported type"
                )
            if new[name][kind] == "":
                raise EmptyKeyException(EMPTY_UPDATED.format("string" if kind == "S" else "binary"))
    table.check_index_keys({name: new[name] for name in written if name in new})
