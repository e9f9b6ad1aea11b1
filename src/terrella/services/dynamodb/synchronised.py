"""Settings that replicas have alike: whoever alters one, the later alteration stays everywhere.

Capacity, indexes, streams, time to live, encryption and table class are alike; protection against deletion,
tags and point-in-time recovery are each region's own (developer guide, "Global tables: how it works").
A replica may have a read capacity, a table class and a key of its own; altering the table anywhere later
overrides that.
"""

from __future__ import annotations

from typing import Any

from ...store.journal import Change
from .membership import VERSION_2017
from .state import State, Table, index_map, reindex

Plain = dict[str, Any]

OWN = frozenset(("TableArn", "TableId", "TableName", "CreationDateTime", "DeletionProtectionEnabled", "RestoreSummary"))
READS = "ReadCapacityUnits"
"""Under this name stands when the capacity for reads was altered, which a replica may have of its own."""
_OVERRIDES = {
    "ProvisionedThroughputOverride": READS,
    "OnDemandThroughputOverride": "OnDemandThroughput",
    "ReplicaTableClassSummary": "TableClassSummary",
    "KMSMasterKeyId": "SSEDescription",
}
OWN_KEY = "alias/aws/dynamodb"


def sample(table: Table) -> Plain:
    """What another region needs to know of a table to hold it or to have its settings."""
    about = {name: value for name, value in table.about.items() if name not in OWN or name == "TableName"}
    data = table.data
    return {
        "about": about, "arn": table.about["TableArn"], "ttl": data["ttl"], "version": data["version"],
        "stamps": {name: stamp for name, stamp in data["stamps"].items() if name not in OWN},
    }  # fmt: skip


def peers(table: Table) -> list[str]:
    """Who is owed an alteration. Tables of a global table of the 2017 version each have their own settings."""
    return [] if table.data["version"] == VERSION_2017 else list(table.replicas)


def learn(state: State, table: Table, told: Plain) -> Table:
    """Take from what another region tells of its table what was altered later there."""
    if told["version"] == VERSION_2017:
        return table
    mine, theirs = table.data["stamps"], told["stamps"]
    later = {name: stamp for name, stamp in theirs.items() if stamp > mine.get(name, [])}
    if not later:
        return table
    about = {name: told["about"].get(name) for name in later if name != "ttl"}
    data = {"ttl": told["ttl"]} if "ttl" in later else {}
    return altered(state, table, about, {**data, "stamps": {**mine, **later}})


def take(state: State, table: Table, change: Change, about: Plain, data: Plain, **times: float) -> None:
    """An alteration made here or by another replica; what was altered later stays."""
    stamp, stamps = [change.accepted, change.origin], table.data["stamps"]
    fresh = {name: value for name, value in about.items() if stamps.get(name, []) < stamp}
    fresh_data = {name: value for name, value in data.items() if stamps.get(name, []) < stamp}
    noted = {**stamps, **dict.fromkeys((*fresh, *fresh_data), stamp)}
    altered(state, table, fresh, {**fresh_data, "stamps": noted}, **times)


def altered(
    state: State, table: Table, about: Plain, data: Plain, updated_until: float = 0.0, indexed_at: float = 0.0
) -> Table:
    """Members of the description replaced (None: gone), and of the plain data; new indexes filled."""
    merged = {**table.about, **localised(about, table.region)}
    merged = {name: value for name, value in merged.items() if value is not None}
    had, has = set(table.indexes), _index_names(merged)
    times = {name: at for name, at in table.data["indexes"].items() if name in has}
    times |= {name: indexed_at for name in has - had}
    for name in had - has:
        state.maps.drop(index_map(table.name, {"IndexName": name}))
    until = max(updated_until, table.data["updated_until"])
    found = state.alter(table, about=merged, indexes=times, **{**data, "updated_until": until})
    for name in has - had:
        for key, record in found.items.scan():
            reindex(found.indexes[name], key, None, record)
    return found


def localised(about: Plain, region: str) -> Plain:
    """DynamoDB's own key is another one in each region."""
    sse = about.get("SSEDescription")
    if not sse or not str(sse.get("KMSMasterKeyArn", "")).endswith(OWN_KEY):
        return about
    arn = sse["KMSMasterKeyArn"].split(":")
    return {**about, "SSEDescription": {**sse, "KMSMasterKeyArn": ":".join([*arn[:3], region, *arn[4:]])}}


def overrides(table: Table, region: str) -> Plain:
    """What a replica has otherwise than the others, as far as nobody has altered the same for all since."""
    member = table.members.get(region) or (table.strong or {}).get("overrides", {}).get(region)
    if member is None:
        return {}
    since = {name: table.data["stamps"].get(about, []) for name, about in _OVERRIDES.items()}
    return {
        name: value for name, value in member["settings"].items()
        if since.get(name, []) <= member["settings_stamp"]
    }  # fmt: skip


def overridden(table: Table) -> Plain:
    """What a table tells of itself, with what it has otherwise than the other replicas."""
    about = table.about
    settings = overrides(table, table.region)
    if not settings:
        return about
    found = {**about}
    read = settings.get("ProvisionedThroughputOverride")
    if read:
        found["ProvisionedThroughput"] = {**about["ProvisionedThroughput"], **read}
    if settings.get("OnDemandThroughputOverride"):
        limits = {**about.get("OnDemandThroughput", {}), **settings["OnDemandThroughputOverride"]}
        found["OnDemandThroughput"] = limits
    if settings.get("ReplicaTableClassSummary"):
        found["TableClassSummary"] = settings["ReplicaTableClassSummary"]
    if settings.get("KMSMasterKeyId"):
        found["SSEDescription"] = {
            "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": settings["KMSMasterKeyId"]
        }  # fmt: skip
    return found


def _index_names(about: Plain) -> set[str]:
    kinds = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    return {each["IndexName"] for kind in kinds for each in about.get(kind, [])}
