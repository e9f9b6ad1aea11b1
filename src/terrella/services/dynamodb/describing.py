"""A table as DescribeTable tells it. Statuses are read off the clock: nobody wakes up to change them."""

from __future__ import annotations

from typing import Any

from . import records
from .membership import VERSION_2019, replica_status
from .state import Table
from .strong import founding
from .synchronised import overridden, overrides

Plain = dict[str, Any]

COUNTED_EVERY_S = 6 * 3600.0
"""Item counts are as old as this (API reference, TableDescription: "approximately every six hours")."""
ON_DEMAND_WARMTH = {"ReadUnitsPerSecond": 12_000, "WriteUnitsPerSecond": 4_000, "Status": "ACTIVE"}


def description(table: Table, now: float) -> Plain:
    """A TableDescription."""
    count, size = counted(table, now)
    about = {name: value for name, value in overridden(table).items() if value is not None}
    status = table_status(table, now)
    found = {**about, "TableStatus": status, "ItemCount": count, "TableSizeBytes": size}
    found["WarmThroughput"] = warmth(about, "UPDATING" if status == "CREATING" else "ACTIVE")
    for member, global_ in (("GlobalSecondaryIndexes", True), ("LocalSecondaryIndexes", False)):
        if about.get(member):
            found[member] = [_index(table, each, global_, now) for each in about[member]]
    label = table.data["stream_label"]
    if label:  # of the newest stream, even when it has ended
        found |= {"LatestStreamLabel": label, "LatestStreamArn": f"{about['TableArn']}/stream/{label}"}
    if about.get("RestoreSummary"):
        found["RestoreSummary"] = {**about["RestoreSummary"], "RestoreInProgress": status == "CREATING"}
    if table.strong is not None:
        return found | founding.described(table, now)
    shown = replicas(table, now) if table.data["version"] == VERSION_2019 else []
    if shown:
        found |= {"GlobalTableVersion": VERSION_2019, "Replicas": shown}
    return found


def table_status(table: Table, now: float) -> str:
    """CREATING, ACTIVE, UPDATING or DELETING at this moment."""
    if table.data["deleted_at"] is not None:
        return "DELETING"
    if now < table.data["active_at"]:
        return "CREATING"
    if table.strong is not None and (not table.strong["opened"] or now < table.strong["at"]):
        return "UPDATING"
    building = any(now < index.active_at for index in table.indexes.values())
    return "UPDATING" if building or now < table.data["updated_until"] else "ACTIVE"


def replicas(table: Table, now: float) -> list[Plain]:
    """The replicas of other regions."""
    found = []
    for region, member in table.members.items():
        status = replica_status(member, now)
        if region != table.region and status is not None:
            found.append({**overrides(table, region), "RegionName": region, "ReplicaStatus": status})
    return found


def counted(table: Table, now: float) -> tuple[int, int]:
    """How many items there were when they were last counted, and their bytes."""
    if table.counted is None or now - table.counted[0] > COUNTED_EVERY_S:
        table.counted = (now, *weighed(table))
    return table.counted[1], table.counted[2]


def weighed(table: Table) -> tuple[int, int]:
    """How many items there are at this moment, and their bytes."""
    sizes = [records.size_of(record) for _, record in table.items.scan() if records.json_of(record)]
    return len(sizes), sum(sizes)


def _index(table: Table, about: Plain, is_global: bool, now: float) -> Plain:
    index = table.indexes[about["IndexName"]]
    arn = f"{table.about['TableArn']}/index/{index.name}"
    found = {**about, "IndexArn": arn, "ItemCount": 0, "IndexSizeBytes": 0}
    if is_global:
        building = now < index.active_at or now < table.data["active_at"]
        found["IndexStatus"] = "CREATING" if building else "ACTIVE"
        if now < index.active_at:
            found["Backfilling"] = True
        found["ProvisionedThroughput"] = throughput(about.get("ProvisionedThroughput"))
        least = {} if about.get("ProvisionedThroughput") else {"WarmThroughput": ON_DEMAND_WARMTH}
        found["WarmThroughput"] = warmth({**least, **found})
    return found


def warmth(about: Plain, status: str = "ACTIVE") -> Plain:
    """What a table or an index can do at once: what it is provisioned for, unless it was warmed for more."""
    paid, warmed = about["ProvisionedThroughput"], about.get("WarmThroughput") or {}
    units = {
        f"{verb}UnitsPerSecond": max(paid[f"{verb}CapacityUnits"], warmed.get(f"{verb}UnitsPerSecond", 0))
        for verb in ("Read", "Write")
    }
    return {**units, "Status": status}


def just_made(table: Table, input: Plain, now: float) -> Plain:
    """The TableDescription that CreateTable answers with: what is not asked for is decided a moment later."""
    found = description(table, now)
    for each, asked in ((found, input), *zip(
        found.get("GlobalSecondaryIndexes", ()), input.get("GlobalSecondaryIndexes") or (), strict=True
    )):  # fmt: skip
        if not asked.get("WarmThroughput"):
            del each["WarmThroughput"]
    if "BillingModeSummary" in found:
        found["BillingModeSummary"] = {"BillingMode": found["BillingModeSummary"]["BillingMode"]}
    return found


def throughput(given: Plain | None) -> Plain:
    """Provisioned capacity as it is described; zeros when none is."""
    given = given or {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    return {"NumberOfDecreasesToday": 0, **given}


def table_arn(region: str, account: str, name: str) -> str:
    return f"arn:aws:dynamodb:{region}:{account}:table/{name}"
