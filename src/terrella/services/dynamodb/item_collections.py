"""Item collections: the items of one partition key with their entries in local indexes.

Only tables with local indexes have them (developer guide, "Item collections in local secondary indexes").
"""

from __future__ import annotations

from typing import Any

from . import keys, records
from .state import Table
from .values import Item, Value

Plain = dict[str, Any]

GIGABYTE = 1024**3


def metrics(table: Table, item: Item) -> Plain | None:
    """The collection of an item: whose it is, and between which sizes its own lies."""
    if not table.local_indexes:
        return None
    name = table.schema.hash
    size = _size(table, item[name]) / GIGABYTE
    return {"ItemCollectionKey": {name: item[name]}, "SizeEstimateRangeGB": [float(int(size)), float(int(size) + 1)]}


def told(table: Table, item: Item, input: Plain) -> Plain:
    """`{"ItemCollectionMetrics": ...}` as far as ReturnItemCollectionMetrics asks for it."""
    found = metrics(table, item) if input.get("ReturnItemCollectionMetrics") == "SIZE" else None
    return {} if found is None else {"ItemCollectionMetrics": found}


def told_of_many(written: list[tuple[Table, Item]]) -> Plain:
    """The same of writes to several tables, each collection once, to be asked only where it is wanted."""
    found: dict[str, list[Plain]] = {}
    for table, item in written:
        each = metrics(table, item)
        if each is not None and each not in found.setdefault(table.name, []):
            found[table.name].append(each)
    return {"ItemCollectionMetrics": found} if found else {}


def _size(table: Table, hash: Value) -> int:
    start = keys.partition(keys.sortable(hash))
    end = keys.after(start)
    maps = [table.items]
    maps += [table.indexes[each["IndexName"]].entries for each in table.local_indexes]
    return sum(records.size_of(record) for each in maps for _, record in each.scan(start, end))
