"""BatchGetItem and BatchWriteItem: many items of many tables in one request, each for itself."""

from __future__ import annotations

from typing import Any

import orjson

from ...core.errors import ValidationException
from ...region.service import Context
from ...wire.encoded import Encoded
from . import capacity, items, parameters, records
from .state import State, Table, service
from .values import LARGEST_ITEM, TOO_LARGE, check_item

Plain = dict[str, Any]

MOST_GETS, MOST_WRITES = 100, 25
ANSWER_BYTES = 16 * 1024 * 1024
DUPLICATES = "Provided list of item keys contains duplicates"


@service.operation
def batch_get_item(ctx: Context[State], input: Plain) -> Plain:
    """Up to 100 items; what would make the answer larger than 16 MB is left for another request."""
    asked = input["RequestItems"]
    if sum(len(each["Keys"]) for each in asked.values()) > MOST_GETS:
        raise ValidationException("Too many items requested for the BatchGetItem call")
    found = {}
    for name, each in asked.items():
        found[name] = parameters.read("BatchGetItem", each, ("ProjectionExpression",))
        for key in each["Keys"]:
            check_item(key)
    wanted = {name: _keys(ctx.state.active(name, ctx.now), each["Keys"]) for name, each in asked.items()}
    answers: Plain = {name: [] for name in asked}
    left: Plain = {}
    units: dict[str, float] = {}
    total = 0
    for name, keys in wanted.items():
        table, consistent = ctx.state.active(name, ctx.now), bool(asked[name].get("ConsistentRead"))
        found[name].check_scalars(table)
        for key, given in keys:
            record = table.items.get(key)
            size = records.size_of(record) if record else 0
            if total + size > ANSWER_BYTES:
                left.setdefault(name, {**asked[name], "Keys": []})["Keys"].append(given)
                continue
            total += size
            units[name] = units.get(name, 0.0) + capacity.read_units(size, consistent)
            json = records.json_of(record) if record else b""
            if json:
                projection = found[name].projection
                shown = Encoded(json) if projection is None else projection.of(orjson.loads(json))
                answers[name].append(shown)
    return {"Responses": answers, "UnprocessedKeys": left, **_consumed(input, units)}


@service.operation
def batch_write_item(ctx: Context[State], input: Plain) -> Plain:
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
    if input.get("ReturnConsumedCapacity") in ("TOTAL", "INDEXES"):
        for name, key, item, size in writes:
            _add_units(units, ctx.state.active(name, ctx.now), key, item, size)
    ctx.commit("items_written", writes=writes)
    answer: Plain = {"UnprocessedItems": {}}
    if units:
        mode = input["ReturnConsumedCapacity"]
        answer["ConsumedCapacity"] = [
            capacity.of_table(mode, name, each["units"], None, each["indexes"])
            for name, each in units.items()
        ]
    return answer


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
    put = request.get("PutRequest")
    size = check_item(put["Item"] if put is not None else request["DeleteRequest"]["Key"])
    if put is not None and size > LARGEST_ITEM:
        raise ValidationException(TOO_LARGE)


def _write(table: Table, request: Plain) -> list[Any]:
    put = request.get("PutRequest")
    if put is None:
        return [table.name, table.schema.of_key(request["DeleteRequest"]["Key"]), b"", 0]
    item = put["Item"]
    key = table.schema.of_item(item)
    table.check_index_keys(item)
    return [table.name, key, orjson.dumps(item), check_item(item)]


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
