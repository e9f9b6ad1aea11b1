"""Query and Scan: ranges of keys, a page at a time.

A page ends at `Limit` items or at 1 MB read, whichever comes first, before the filter is applied (developer
guide, "Paginating table query results").
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Any

import orjson

from ...core.errors import ValidationException
from ...region.service import Context
from ...wire.encoded import Encoded
from . import capacity, keys, parameters, records, starting
from .expressions.keys import check_schema, key_range
from .expressions.projections import BoundProjection
from .keys import KeySchema
from .legacy.comparing import Conditions
from .parameters import Expressions
from .state import Index, State, Table, service
from .strong.deciding import caught_up, undecided
from .values import INVALID, Item

Plain = dict[str, Any]
Range = tuple[bytes, bytes | None]

_SCAN = ("ProjectionExpression", "FilterExpression")
_QUERY = (*_SCAN, "KeyConditionExpression")
PAGE_BYTES = 1024 * 1024


@service.operation
def query(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """Items of one partition, in order of the sort key."""
    parameters.check_given(input, _QUERY)
    found = parameters.read(input, lambda: _check_query(input))
    conditions = found.key_conditions
    assert conditions is not None
    source = source_of(ctx, input)
    given = input.get("ExclusiveStartKey")
    if given is None:
        check_schema(conditions, source.schema)
    else:
        starting.check_names(given, source.table.schema, source.schema, source.index is not None, querying=True)
        check_schema(conditions, source.schema, lambda name, kind: starting.check_one(given, name, kind))
    start = _start(source, given)
    part = key_range(conditions, source.schema)
    if given is not None:
        starting.check_within(given, conditions, source.schema, source.index is not None)
    _check_filter(found, source.schema)
    if undecided(ctx, source.table, input):
        return caught_up(ctx, "Query", [source.table], input)
    return page(ctx, source, found, input, [(part.start, part.end)], start, input.get("ScanIndexForward") is False)


@service.operation
def scan(ctx: Context[State], input: Plain) -> Plain | Awaitable[Plain]:
    """All items, or one segment of them; partitions come in no order that means anything."""
    parameters.check_given(input, _SCAN)
    found = parameters.read(input, lambda: _check_scan(input))
    first, end = _segment(input)
    source = source_of(ctx, input)
    given = input.get("ExclusiveStartKey")
    if given is not None:
        starting.check_names(given, source.table.schema, source.schema, source.index is not None, querying=False)
    start = _start(source, given)
    if start is not None and not (first <= start and (end is None or start < end)):
        raise ValidationException(
            f"{starting.BAD_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
            f"TotalSegments: {input['TotalSegments']} Segment: {input['Segment']}"
        )
    if undecided(ctx, source.table, input):
        return caught_up(ctx, "Scan", [source.table], input)
    return page(ctx, source, found, input, [(first, end)], start, False)


class Source:
    """What is read: a table, or one of its indexes."""

    __slots__ = ("fetches", "index", "items", "key_names", "schema", "table")

    def __init__(self, table: Table, index: Index | None) -> None:
        self.table, self.index = table, index
        self.schema = table.schema if index is None else index.schema
        self.items = table.items if index is None else index.entries
        self.key_names = tuple(dict.fromkeys((*table.schema.names, *self.schema.names)))
        self.fetches = False

    def key_of(self, item: Item) -> bytes:
        """Where an item stands here."""
        if self.index is None:
            return self.table.schema.of_key(item)
        found = self.index.key_of(item, self.table.schema.of_item(item))
        assert found is not None
        return found


def source_of(ctx: Context[State], input: Plain) -> Source:
    """The table or index that a request reads. ResourceNotFoundException, ValidationException."""
    table = ctx.state.active(input["TableName"], ctx.now)
    name = input.get("IndexName")
    if name is None:
        return Source(table, None)
    index = table.indexes.get(name)
    if index is None:
        raise ValidationException(f"The table does not have the specified index: {name}")
    if index.is_global and input.get("ConsistentRead"):
        raise ValidationException("Consistent reads are not supported on global secondary indexes")
    if ctx.now < index.active_at:
        raise ValidationException(f"Cannot read from backfilling global secondary index: {name}")
    return Source(table, index)


def _segment(input: Plain) -> tuple[bytes, bytes | None]:
    number, total = input.get("Segment"), input.get("TotalSegments")
    if number is not None and total is None:
        raise ValidationException(
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment parameter "
            "is present"
        )
    if total is None:
        return b"", None
    if number is None:
        raise ValidationException(
            "The Segment parameter is required but was not present in the request when "
            "parameter TotalSegments "
            "is present"
        )
    if number >= total:
        raise ValidationException(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {number} is not less than TotalSegments: {total}"
        )
    return keys.segment(number, total)


# Where to go on.


def _check_query(input: Plain) -> None:
    starting.check_values(input)
    if input.get("KeyConditions") is None and input.get("KeyConditionExpression") is None:
        raise ValidationException(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )


def _check_scan(input: Plain) -> None:
    starting.check_values(input)
    _segment(input)


def _start(source: Source, given: Item | None) -> bytes | None:
    if given is None:
        return None
    starting.check_primary(given, source.table.schema)
    return source.key_of(given)


# What to tell.


def _check_filter(found: Expressions, schema: KeySchema) -> None:
    if found.filter is not None:
        what = "QueryFilter" if isinstance(found.filter, Conditions) else "Filter Expression"
        for name in schema.names:
            if name in found.filter.heads:
                raise ValidationException(
                    f"{what} can only contain non-primary key attributes: Primary key attribute: {name}"
                )


def _check_select(source: Source, found: Expressions, input: Plain) -> None:
    select, index = input.get("Select"), source.index
    if found.projection is not None and select not in (None, "SPECIFIC_ATTRIBUTES"):
        given = "AttributesToGet" if input.get("AttributesToGet") else "ProjectionExpression"
        wanted = "only the Count" if select == "COUNT" else select
        raise ValidationException(f"Cannot specify the {given} when choosing to get {wanted}")
    if select == "SPECIFIC_ATTRIBUTES" and found.projection is None:
        raise ValidationException(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
        )
    if select == "ALL_PROJECTED_ATTRIBUTES" and index is None:
        raise ValidationException(
            f"{INVALID}ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
        )
    if index is None or index.projection == "ALL":
        return
    lacks = found.projection.heads - index.keeps if found.projection is not None else set()
    if index.is_global and select == "ALL_ATTRIBUTES":
        raise ValidationException(
            f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name} "
            "because its projection type is not ALL"
        )
    if index.is_global and lacks:
        raise ValidationException(
            f"{INVALID}Global secondary index {index.name} does not project [{', '.join(sorted(lacks))}]"
        )
    source.fetches = bool(lacks) or select == "ALL_ATTRIBUTES"


def page(
    ctx: Context[State],
    source: Source,
    found: Expressions,
    input: Plain,
    ranges: list[Range],
    start: bytes | None,
    reverse: bool,
) -> Plain:
    """What is asked for of the items in these ranges, from `start` on, as far as one answer goes."""
    _check_select(source, found, input)
    found.check_scalars(source.table)
    if start is not None:
        ranges = _rest(ranges, start, reverse)
    throttle, index = source.table.throttle, source.index
    bucket = index.name if index else ""
    throttle.check_read(ctx.now, bucket)
    limit = input.get("Limit")
    kept: list[Any] = []
    consistent = bool(input.get("ConsistentRead"))
    scanned = read = total = matched = 0
    fetched = 0.0
    last: bytes | None = None
    counting = input.get("Select") == "COUNT"
    as_it_is = found.filter is None and found.projection is None
    for record, json, size in _records(source, ranges, reverse):
        scanned += 1
        read, total = read + size, total + records.size_of(record)
        if source.fetches:
            fetched += capacity.read_units(records.size_of(record), consistent)
        shown = Encoded(json) if as_it_is else _shown(found, json)
        if shown is not None:
            matched += 1
            if not counting:
                kept.append(shown)
        if scanned == limit or total >= PAGE_BYTES:
            last = record
            break
    answer: Plain = {"Count": matched, "ScannedCount": scanned}
    if not counting:
        answer["Items"] = kept
    if last is not None:
        item = orjson.loads(records.json_of(last))
        answer["LastEvaluatedKey"] = {name: item[name] for name in source.key_names}
    units = capacity.read_units(read, consistent)
    throttle.spend_read(units, bucket)
    asked, name = input.get("ReturnConsumedCapacity"), source.table.name
    if index is None:
        return {**answer, **capacity.told(asked, name, units)}
    if fetched:
        throttle.spend_read(fetched)
    return {**answer, **capacity.told(asked, name, fetched, {index.name: (index.is_global, units)})}


def _rest(ranges: list[Range], start: bytes, reverse: bool) -> list[Range]:
    """What of the ranges comes after a key."""
    for number, (first, end) in enumerate(ranges):
        if len(ranges) == 1 or (first <= start and (end is None or start < end)):
            return [(first, start) if reverse else (start + b"\0", end), *ranges[number + 1 :]]
    return []


def _records(source: Source, ranges: list[Range], reverse: bool) -> Iterator[tuple[bytes, bytes, int]]:
    """The records of ranges, with their JSON and what had to be read here; those of an index completed from the
    table where more is asked for: each of these is a read of the table beside (developer guide, "Local secondary
    indexes", provisioned throughput considerations)."""
    table, fetches, json_of = source.table, source.fetches, records.json_of
    for first, end in ranges:
        if end is None or first < end:
            for _, record in source.items.scan(first, end, reverse):
                json, size = json_of(record), records.size_of(record)
                if fetches:
                    key = table.schema.of_item(orjson.loads(json))
                    record = table.items.get(key) or record
                    json = json_of(record)
                if json:  # tombstones are nothing to see
                    yield record, json, size


def _shown(found: Expressions, json: bytes) -> Any:
    """What a page tells of an item: nothing where the filter does not hold."""
    item = orjson.loads(json)
    if found.filter is not None and not found.filter.holds(item):
        return None
    projection: BoundProjection | None = found.projection
    return Encoded(json) if projection is None else projection.of(item)
