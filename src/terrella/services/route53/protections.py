"""Protections of record sets: as long as one stands, ChangeResourceRecordSets leaves its name and type alone.

Invariant: a request makes or removes all protections it names, or none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...region.service import Context
from ...store.journal import Change
from . import names, zones
from .errors import (
    InvalidInput,
    InvalidPaginationToken,
    InvalidResourceRecordSetProtectionBatch,
    ProtectionAlreadyExists,
)
from .paging import page, results_size
from .state import State, service

Protection = dict[str, Any]
MOST_IN_A_REQUEST, LONGEST_PAGE = 100, 300
EXISTS, MISSING, INVALID, TWICE = "ProtectionAlreadyExists", "NoSuchProtection", "InvalidName", "DuplicateEntry"


@service.operation
def create_resource_record_set_protections(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    """Invalid entries are told before those that exist. https://docs.aws.amazon.com/Route53/latest/APIReference/"""
    zone = zones.find(ctx.state, input["HostedZoneId"])
    wanted = _entries(zone, input["Protections"])
    present = [each for each in wanted if find(ctx.state, zone["Id"], each) is not None]
    if present:
        error = ProtectionAlreadyExists if len(present) == len(wanted) else InvalidResourceRecordSetProtectionBatch
        _refuse(error, present, EXISTS, "A protection already exists for this name and type.")
    ctx.commit("protections_put", zone=zone["Id"], protections=wanted)
    return {}


@service.operation
def delete_resource_record_set_protections(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    wanted = _entries(zone, input["Protections"])
    missing = [each for each in wanted if find(ctx.state, zone["Id"], each) is None]
    if missing:
        said = "No protection exists for this name and type."
        _refuse(InvalidResourceRecordSetProtectionBatch, missing, MISSING, said)
    ctx.commit("protections_deleted", zone=zone["Id"], protections=wanted)
    return {}


@service.operation
def list_resource_record_set_protections(ctx: Context[State], input: dict[str, Any]) -> dict[str, Any]:
    zone = zones.find(ctx.state, input["HostedZoneId"])
    start = _start(input)
    found = sorted(ctx.state.protections_of(zone["Id"]), key=_place)
    shown, following = page((each for each in found if _place(each) >= start), results_size(input, LONGEST_PAGE))
    answer: dict[str, Any] = {"ResourceRecordSetProtections": shown}
    if following:
        answer["NextToken"] = f"{following['RecordName']}/{following['RecordType']}"
    return answer


@service.change
def protections_put(state: State, change: Change, *, zone: str, protections: list[Protection]) -> None:
    for each in protections:
        state.protections.put(_key(zone, each), each)


@service.change
def protections_deleted(state: State, change: Change, *, zone: str, protections: list[Protection]) -> None:
    for each in protections:
        state.protections.delete(_key(zone, each))


def find(state: State, zone: str, entry: Protection) -> Protection | None:
    """The protection of a name and type."""
    found: Protection | None = state.protections.get(_key(zone, entry))
    return found


def _entries(zone: dict[str, Any], asked: list[Protection]) -> list[Protection]:
    """The entries of a request in canonical form. Raises the batch's error for any that is none."""
    if len(asked) > MOST_IN_A_REQUEST:
        raise InvalidInput(f"The input is not valid: a request can name at most {MOST_IN_A_REQUEST} protections")
    entries: list[Protection] = []
    wrong: list[dict[str, str]] = []
    for each in asked:
        try:
            entry = each | {"RecordName": names.canonical(each["RecordName"])}
        except names.BadName as bad:
            wrong.append(_error(each, INVALID, str(bad)))
            continue
        if not names.lies_within(entry["RecordName"], zone["Name"]):
            wrong.append(_error(entry, INVALID, f"The name is not permitted in zone {zone['Name']}"))
        elif any(_place(entry) == _place(other) for other in entries):
            wrong.append(_error(entry, TWICE, "The name and type appear more than once in the request."))
        entries.append(entry)
    if wrong:
        raise InvalidResourceRecordSetProtectionBatch("One or more entries in the request are invalid.", Errors=wrong)
    return entries


def _refuse(error: Callable[..., Exception], entries: list[Protection], code: str, message: str) -> None:
    raise error(message, Errors=[_error(each, code, message) for each in entries])


def _error(entry: Protection, code: str, message: str) -> dict[str, str]:
    return {
        "RecordName": entry["RecordName"],
        "RecordType": entry["RecordType"],
        "Code": code,
        "Message": message,
    }


def _start(input: dict[str, Any]) -> tuple[str, str]:
    """Where a list begins: at the token, else at the name and type asked for."""
    token, name, type = input.get("NextToken"), input.get("StartRecordName"), input.get("StartRecordType")
    if token:
        name, _, type = token.rpartition("/")
        if not name:
            raise InvalidPaginationToken(f"The pagination token {token} is invalid.")
    elif type and not name:
        raise InvalidInput("The input is not valid: StartRecordType requires StartRecordName")
    try:
        return (names.order(names.canonical(name)) if name else "", type or "")
    except names.BadName as bad:
        raise InvalidInput(f"The input is not valid: {bad}") from bad


def _place(entry: Protection) -> tuple[str, str]:
    return names.order(entry["RecordName"]), entry["RecordType"]


def _key(zone: str, entry: Protection) -> str:
    return f"{zone}/{entry['RecordName']}/{entry['RecordType']}"
