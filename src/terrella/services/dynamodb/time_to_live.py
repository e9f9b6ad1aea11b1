"""Time to live: items that are deleted some time after the moment they tell.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from ...core.errors import ValidationException
from ...region.service import Context
from ...store.journal import Change
from . import records
from .measuring import meter_of
from .membership import VERSION_2017
from .state import State, Table, expires_by, service
from .table_updates import commit_setting

Plain = dict[str, Any]

SETTLING_S = 2.0
FIXED_INTERVAL_S = 3600.0
AT_ONCE = 500
ELSEWHERE_S = 600.0
"""An item last written in another region is left to that region for so long: one deletion is enough."""
LONGEST_NAME = 255
TOO_OFTEN = "Time to live has been modified multiple times within a fixed interval"


@service.operation
def update_time_to_live(ctx: Context[State], input: Plain) -> Plain:
    """Say which attribute tells when items expire, or that none does. Once an hour, as on AWS."""
    table = ctx.state.existing(input["TableName"], ctx.now)
    if table.strong is not None:
        raise ValidationException("Time to Live is not supported with MultiRegionConsistency STRONG.")
    wanted = input["TimeToLiveSpecification"]
    has, name = expires_by(table.data), wanted["AttributeName"]
    if has is None and not wanted["Enabled"]:
        raise ValidationException("TimeToLive is already disabled")
    if has is not None and has != name:
        raise ValidationException(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {has}"
        )
    if has is not None and wanted["Enabled"]:
        raise ValidationException("TimeToLive is already enabled")
    before = table.data["ttl"]
    if before and ctx.now - before["at"] < ctx.scaled(FIXED_INTERVAL_S):
        raise ValidationException(TOO_OFTEN)
    alike = table.data["version"] != VERSION_2017
    commit_setting(ctx, table, alike, ttl={**wanted, "at": ctx.now})
    return {"TimeToLiveSpecification": wanted}


@service.operation
def describe_time_to_live(ctx: Context[State], input: Plain) -> Plain:
    table = ctx.state.existing(input["TableName"], ctx.now)
    ttl = table.data["ttl"]
    if not ttl:
        return {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
    settling = ctx.now - ttl["at"] < ctx.scaled(SETTLING_S)
    status = ("ENABLING" if settling else "ENABLED") if ttl["Enabled"] else ("DISABLING" if settling else "DISABLED")
    named = {"AttributeName": ttl["AttributeName"]} if status != "DISABLED" else {}
    return {"TimeToLiveDescription": {"TimeToLiveStatus": status, **named}}


@service.change
def expiry_filled(state: State, change: Change, table: str, start: str) -> None:
    """One portion of the items that were there before is in the index too."""
    known = state.known(table)
    if known is None or known.expiry is None:
        return
    key = b""
    portion = list(islice(known.items.scan(bytes.fromhex(start)), AT_ONCE))
    for key, record in portion:
        known.expiry.note(key, None, records.json_of(record))
    rest = (key + b"\0").hex() if len(portion) == AT_ONCE else None
    state.alter(known, unfilled=rest)


@service.change
def items_expired(state: State, change: Change, table: str, keys: list[bytes], to: list[str]) -> None:
    """Items whose time was over are deleted. Only the region that found them says why: elsewhere it is a
    deletion like any other."""
    known = state.known(table)
    if known is not None:
        here = change.origin == known.region
        for key in keys:
            known.write(key, (change.accepted, change.origin), b"", 0, change.time, expired=here)


def fill(ctx: Context[State], table: Table) -> bool:
    """Look through some of the items that were there before; False when all have been."""
    start = table.data.get("unfilled")
    if table.expiry is None or start is None:
        return False
    ctx.commit("expiry_filled", table=table.name, start=start)
    return True


def expire(ctx: Context[State], table: Table) -> bool:
    """Delete some of the items whose time is over; False when there are no more."""
    if table.expiry is None:
        return False
    late = ctx.here.clock.now() - ctx.scaled(ELSEWHERE_S)
    keys = []
    for moment, key in table.expiry.expired(ctx.here.clock.now()):
        if moment < late or _is_ours(table, key):
            keys.append(key)
        if len(keys) == AT_ONCE:
            break
    if keys:
        to = list(table.replicas) if table.data["version"] != VERSION_2017 else []
        ctx.commit("items_expired", table=table.name, keys=keys, to=to)
        meter_of(ctx, "TimeToLiveDeletedItemCount", (("TableName", table.name),)).add(ctx.here.clock.now(), len(keys))
    return len(keys) == AT_ONCE


def _is_ours(table: Table, key: bytes) -> bool:
    """Was the item last written here, or where the table is no longer?"""
    record = table.items.get(key)
    origin = records.unpack(record).stamp[1] if record is not None else table.region
    return origin == table.region or origin not in table.others
