"""Capacity units an operation consumes (developer guide, "DynamoDB provisioned capacity mode").

A write costs one unit per 1 KB, of the larger of the item before and after; a read one per 4 KB, half of that
when it is eventually consistent, twice in a transaction.
"""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]

_INDEXES = {True: "GlobalSecondaryIndexes", False: "LocalSecondaryIndexes"}  # is it a global one?


def write_units(size: int, transactional: bool = False) -> float:
    """Units to write an item of that many bytes."""
    return float(max(1, -(-size // 1024)) * (2 if transactional else 1))


def read_units(size: int, consistent: bool = False, transactional: bool = False) -> float:
    """Units to read that many bytes."""
    units = max(1, -(-size // 4096))
    return float(units * 2) if transactional else float(units) if consistent else units / 2


def told(
    asked: str | None,
    table: str,
    units: float,
    index_units: dict[str, tuple[bool, float]] | None = None,
) -> Plain:
    """`{"ConsumedCapacity": ...}` as far as ReturnConsumedCapacity asks for it: of the table, and of indexes with
    whether they are global ones."""
    if asked not in ("TOTAL", "INDEXES"):
        return {}
    return {"ConsumedCapacity": of_table(asked, table, units, index_units)}


def of_transaction(
    asked: str,
    table: str,
    units: float,
    reading: bool,
    index_units: dict[str, tuple[bool, float]] | None = None,
) -> Plain:
    """What a transaction consumed of one table and its indexes, all of which also say whether it read or wrote."""
    found = of_table(asked, table, units, index_units)
    indexes = [each for member in _INDEXES.values() for each in found.get(member, {}).values()]
    for place in (found, found.get("Table"), *indexes):
        if place is not None:
            place["ReadCapacityUnits" if reading else "WriteCapacityUnits"] = place["CapacityUnits"]
    return found


def of_table(
    asked: str,
    table: str,
    units: float,
    index_units: dict[str, tuple[bool, float]] | None = None,
) -> Plain:
    """What one table and its indexes consumed."""
    used = index_units or {}
    total = units + sum(each for _, each in used.values())
    found: Plain = {"TableName": table, "CapacityUnits": total}
    if asked == "INDEXES":
        found["Table"] = {"CapacityUnits": units}
        for is_global, member in _INDEXES.items():
            shown = {name: {"CapacityUnits": each} for name, (at, each) in used.items() if at is is_global}
            if shown:
                found[member] = shown
    return found
