"""BatchGetItem and BatchWriteItem: many items of many tables in one request, each for itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable
from typing import Any

import orjson

from ...core.errors import AwsError, ValidationException
from ...region.service import Context
from ...wire.encoded import Encoded
from . import capacity, item_collections, items, parameters, records
from .errors import ProvisionedThroughputExceededException
from .state import State, Table, service
from .strong.deciding import agreed, caught_up, undecided
from .values import LARGEST_ITEM, TOO_LARGE, check_item

Plain = dict[str, Any]

MOST_GETS, MOST_WRITES = 100, 25
ANSWER_BYTES = 16 * 1024 * 1024
DUPLICATES = "Provided list of item keys contains duplicates"


@service.operation
def batch_get_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Up to 100 items; what would make the answer larger than 16 MB is left for another request."""
    asked = input["RequestItems"]
    if sum(len(each["Keys"]) for each in asked.values()) > MOST_GETS:
        raise ValidationException("Too many items requested for the BatchGetItem call")
    found = {}
    for name, each in asked.items():
        parameters.check_given(each, ("ProjectionExpression",))
        for key in each["Keys"]:
            check_item(key)
        found[name] = parameters.read(each)
    wanted = {name: _keys(ctx.state.active(name, ctx.now), each["Keys"]) for name, each in asked.items()}
    tables = [ctx.state.active(name, ctx.now) for name, each in asked.items() if each.get("ConsistentRead")]
    behind = [table for table in tables if table.strong is not None and undecided(ctx, table)]
    if behind:
        return caught_up(ctx, "BatchGetItem", behind, input)
    answers: Plain = {name: [] for name in asked}
    left: Plain = {}
    units: dict[str, float] = {}
    total = 0
    refused: list[AwsError] = []
    for name, keys in wanted.items():
        table, consistent = ctx.state.active(name, ctx.now), bool(asked[name].get("ConsistentRead"))
        found[name].check_scalars(table)
        for key, given in keys:
            record = table.items.get(key)
            size = records.size_of(record) if record else 0
            if total + size > ANSWER_BYTES or _throttled(ctx, table, refused):
                left.setdefault(name, {**asked[name], "Keys": []})["Keys"].append(given)
                continue
            total += size
            cost = capacity.read_units(size, consistent)
            units[name] = units.get(name, 0.0) + cost
            table.throttle.spend_read(cost)
            json = records.json_of(record) if record else b""
            if json:
                projection = found[name].projection
                shown = Encoded(json) if projection is None else projection.of(orjson.loads(json))
                answers[name].append(shown)
    if refused and not units:
        raise refused[0]
    return {"Responses": answers, "UnprocessedKeys": left, **_consumed(input, units)}


@service.operation
def batch_write_item(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Up to 25 puts and deletes, without conditions."""
    asked = input["RequestItems"]
    if sum(map(len, asked.values())) > MOST_WRITES:
        raise ValidationException("Too many items requested for the BatchWriteItem call")
    for requests in asked.values():
        for request in requests:
            _check_request(request)
    writes: list[list[Any]] = []
    units: dict[str, dict[str, Any]] = {}
    for name, requests in asked.items():
        table = ctx.state.active(name, ctx.now)
        seen = set()
        for request in requests:
            write = _write(table, request)
            if write[1] in seen:
                raise ValidationException(DUPLICATES)
            seen.add(write[1])
            writes.append(write)
    if any(undecided(ctx, ctx.state.active(name, ctx.now)) for name in asked):
        return _table_by_table(ctx, input)
    writes, left = _paid(ctx, writes)
    if input.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
        for name, key, item, size in writes:
            _add_units(units, ctx.state.active(name, ctx.now), key, item, size)
    ctx.commit("items_written", writes=writes)
    answer: Plain = {"UnprocessedItems": _unprocessed(asked, left)}
    if input.get("ReturnItemCollectionMetrics") == "SIZE":
        tables = {name: ctx.state.active(name, ctx.now) for name in asked}
        written = [(tables[name], _item(each)) for name, requests in asked.items() for each in requests]
        answer |= item_collections.told_of_many(written)
    if units:
        mode = input["ReturnConsumedCapacity"]
        answer["ConsumedCapacity"] = [
            capacity.of_table(mode, name, each["units"], each["indexes"]) for name, each in units.items()
        ]
    return answer


async def _table_by_table(ctx: Context[State], input: Plain) -> Plain:
    """A batch of which some tables are strongly consistent. If it is refused half way, other tables were written."""
    answer: Plain = {"UnprocessedItems": {}}
    for given, requests in input["RequestItems"].items():
        table = ctx.state.active(given, ctx.here.clock.now())
        part = {**input, "RequestItems": {table.name: requests}}
        if undecided(ctx, table):
            done = await agreed(ctx, "BatchWriteItem", table, part)
        else:
            now = ctx.here.clock.now()
            done = batch_write_item(dataclasses.replace(ctx, now=now), part)
        answer["UnprocessedItems"] |= done["UnprocessedItems"]
        answer.setdefault("ConsumedCapacity", []).extend(done.get("ConsumedCapacity", []))
        answer.setdefault("ItemCollectionMetrics", {}).update(done.get("ItemCollectionMetrics", {}))
    return {name: value for name, value in answer.items() if value or name == "UnprocessedItems"}


def _throttled(ctx: Context[State], table: Table, refused: list[AwsError]) -> bool:
    """Whether a table may not be read now; why is noted."""
    try:
        table.throttle.check_read(ctx.now)
    except ProvisionedThroughputExceededException as problem:
        refused.append(problem)
        return True
    return False


def _paid(ctx: Context[State], writes: list[list[Any]]) -> tuple[list[list[Any]], set[int]]:
    """The writes that capacity is there for, and which of them, counted from 0, it is not there for.
    ProvisionedThroughputExceededException if it is there for none."""
    paid, left, why = [], set(), None
    for number, write in enumerate(writes):
        name, key, item, size = write
        table = ctx.state.active(name, ctx.now)
        try:
            if not table.throttle.limits and not table.global_indexes:
                table.throttle.wrote(ctx.now, size)  # type: ignore[union-attr]
            else:
                record = table.items.get(key)
                old, had = records.item_of(record), records.size_of(record) if record else 0
                items.pay(ctx, table, old, had, orjson.loads(item) if item else None, size)
            paid.append(write)
        except ProvisionedThroughputExceededException as problem:
            why = problem
            left.add(number)
    if why is not None and not paid:
        raise why
    return paid, left


def _keys(table: Table, given: list[Plain]) -> list[tuple[bytes, Plain]]:
    found = [(table.schema.of_key(key), key) for key in given]
    if len({key for key, _ in found}) < len(found):
        raise ValidationException(DUPLICATES)
    return found


def _check_request(request: Plain) -> None:
    given = [each for each in (request.get("PutRequest"), request.get("DeleteRequest")) if each is not None]
    if len(given) != 1:
        count = "more than one datatypes set" if given else "empty"
        raise ValidationException(
            f"Supplied AttributeValue {'has' if given else 'is'} {count}, "
            "must contain exactly one of the supported datatypes"
        )
    size = check_item(_item(request))
    if request.get("PutRequest") is not None and size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)


def _write(table: Table, request: Plain) -> list[Any]:
    put = request.get("PutRequest")
    if put is None:
        return [table.name, table.schema.of_key(request["DeleteRequest"]["Key"]), b"", 0]
    item = put["Item"]
    key = table.schema.of_key({name: item[name] for name in table.schema.names if name in item})  # in its words
    table.check_index_keys(item)
    return [table.name, key, records.json_from(item), check_item(item)]


def _unprocessed(asked: Plain, left: set[int]) -> Plain:
    found: Plain = {}
    requests = ((name, request) for name, each in asked.items() for request in each)
    for number, (name, request) in enumerate(requests):
        if number in left:
            found.setdefault(name, []).append(request)
    return found


def _item(request: Plain) -> Plain:
    """What a request tells of an item: all of it, or its key."""
    put = request.get("PutRequest")
    return put["Item"] if put is not None else request["DeleteRequest"]["Key"]


def _add_units(units: dict[str, Any], table: Table, key: bytes, item: bytes, size: int) -> None:
    record = table.items.get(key)
    old, new = records.item_of(record), orjson.loads(item) if item else None
    each = units.setdefault(table.name, {"units": 0.0, "indexes": {}})
    each["units"] += capacity.write_units(max(size, records.size_of(record) if record else 0))
    for index, (is_global, more) in items.index_units(table, old, new).items():
        each["indexes"][index] = (is_global, each["indexes"].get(index, (is_global, 0.0))[1] + more)


def _consumed(input: Plain, units: dict[str, float]) -> Plain:
    asked = input.get("ReturnConsumedCapacity")
    if asked not in ("TOTAL", "INDEXES"):
        return {}
    return {"ConsumedCapacity": [capacity.of_table(asked, name, each) for name, each in units.items()]}
