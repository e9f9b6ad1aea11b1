"""Record sets: changed in atomic batches, listed in the order of their reversed names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import batch, names, pace, terms, zones
from .changes import new_change, submitted
from .errors import InvalidInput
from .paging import page, page_size
from .state import State, service

LONGEST_PAGE = 300


@service.operation
def change_resource_record_sets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    changes = batch.resolve(ctx.state, zone, input["ChangeBatch"]["Changes"])
    pace.begin_change(ctx, zone["Id"])
    info = new_change(ctx, input["ChangeBatch"].get("Comment"), zone)
    ctx.commit("records_changed", zone=zone["Id"], changes=changes, info=info, **terms.stamp(ctx.state, zone["Id"]))
    return {"ChangeInfo": submitted(info)}


@service.operation
def list_resource_record_sets(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone, size = zones.find(ctx.state, input["HostedZoneId"]), page_size(input, LONGEST_PAGE)
    found, following = page(_from(ctx.state, zone["Id"], *_start(input)), size)
    answer = {
        "ResourceRecordSets": found,
        "IsTruncated": following is not None,
        "MaxItems": str(size),
    }
    if following is not None:
        answer |= {"NextRecordName": following["Name"], "NextRecordType": following["Type"]}
        if "SetIdentifier" in following:
            answer["NextRecordIdentifier"] = following["SetIdentifier"]
    return answer


@service.change
def records_changed(
    state: State, change: Change, *, zone: str, changes: list[dict[str, Any]], info: dict[str, Any], term: int = 0
) -> None:
    if terms.is_late(state, zone, term):
        return
    for each in changes:
        record = each["ResourceRecordSet"]
        identifier = record.get("SetIdentifier")
        group = state.group(zone, record["Name"], record["Type"])
        kept = [other for other in group if other.get("SetIdentifier") != identifier]
        if each["Action"] == "UPSERT":
            kept.append(record)
        kept.sort(key=lambda record: record.get("SetIdentifier") or "")
        state.put_group(zone, record["Name"], record["Type"], kept)
    state.remember(change, info)


def _start(input: dict[str, Any]) -> tuple[str, str, str]:
    name, type = input.get("StartRecordName"), input.get("StartRecordType")
    identifier = input.get("StartRecordIdentifier")
    if type and not name:
        raise InvalidInput("The input is not valid: StartRecordType requires StartRecordName")
    if identifier and not type:
        raise InvalidInput("The input is not valid: StartRecordIdentifier requires StartRecordType")
    try:
        return names.canonical(name) if name else "", type or "", identifier or ""
    except names.BadName as bad:
        raise InvalidInput(f"The input is not valid: {bad}") from bad


def _from(state: State, zone: str, name: str, type: str, identifier: str) -> Iterator[dict[str, Any]]:
    for group in state.groups(zone, name, type):
        for record in group:
            first = record["Name"] == name and record["Type"] == type
            if not first or (record.get("SetIdentifier") or "") >= identifier:
                yield record
