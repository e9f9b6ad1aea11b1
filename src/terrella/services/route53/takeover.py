"""The control plane moves: us-west-2 takes zones with accelerated recovery over, and gives them back.

Only us-west-2 makes these changes, so there is one order of them. Taking over, it tells the edge and us-east-1 what
each zone is as it knows it: what us-east-1 had accepted and us-west-2 never heard of is undone wherever it got, and
GetChange knows it no more. Giving back strands nothing, for it waits until everybody has everything.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html

Invariant: of two regions at most one has its changes of a zone come to the edge.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import ServiceUnavailable
from ...region.service import Context
from ...store.journal import Change
from . import pace, terms
from .features import contents
from .state import EDGE, HOME, STANDBY, State, seat, service

WHILE_AWAY = frozenset({
    "ChangeResourceRecordSets", "GetChange", "GetGeoLocation", "GetHostedZone", "GetHostedZoneCount",
    "GetHostedZoneLimit", "GetReusableDelegationSet", "GetReusableDelegationSetLimit", "ListGeoLocations",
    "ListHostedZones", "ListHostedZonesByName", "ListResourceRecordSets", "ListReusableDelegationSets",
})  # fmt: skip
_OF_DELEGATION_SETS = ("GetReusableDelegationSet", "ListReusableDelegationSets")
READING = ("Get", "List", "Test")


@service.admission
def admit(ctx: Context[State], operation: str, input: dict[str, Any], outside: bool) -> None:
    """While us-west-2 is in charge it does what AWS lists, and us-east-1 leaves the zones it has given up alone.

    What us-west-2 says of other zones AWS does not tell. That they are not there would be wrong, and lead tools to
    make them anew."""
    if outside:
        pace.check(ctx)
    if seat(ctx.state) == HOME:
        return
    zone = _zone_of(ctx.state, operation, input)
    if ctx.region != STANDBY:
        late = zone in ctx.state.taken or operation == "UpdateHostedZoneFeatures"
        if late and not operation.startswith(READING):
            raise ServiceUnavailable(f"The hosted zone {zone} is changed in {STANDBY} for now.")
    elif operation not in WHILE_AWAY:
        raise ServiceUnavailable(f"{operation} is not available while {HOME} is impaired.")
    elif zone is not None and zone not in ctx.state.taken:
        raise ServiceUnavailable(f"The hosted zone {zone} is not available while {HOME} is impaired.")


def take_over(ctx: Context[State]) -> None:
    """From now on us-west-2 is in charge of every zone it has a copy of."""
    term, seen = terms.term(ctx.state) + 1, ctx.here.seen(HOME)
    for id, zone in list(ctx.state.zones.items()):
        ctx.commit("zone_taken", zone=zone, term=term, seen=seen, **contents(ctx.state, id))
    ctx.commit("control_moved", to=STANDBY, term=term)


def can_give_back(ctx: Context[State]) -> bool:
    """Has everybody everything?"""
    outboxes = [ctx.here.outboxes.get(peer) for peer in (HOME, EDGE)]
    return all(outbox is not None and not outbox.pending() for outbox in outboxes)


def give_back(ctx: Context[State]) -> None:
    """us-east-1 is in charge again, as soon as it hears so."""
    ctx.commit("control_moved", to=HOME, term=terms.term(ctx.state) + 1)


@service.change
def zone_taken(
    state: State, change: Change, *, zone: dict[str, Any], term: int, seen: int,
    records: list[list[dict[str, Any]]], instances: list[dict[str, Any]],
) -> None:  # fmt: skip
    """A zone is as us-west-2 has it. `seen` is the newest change of us-east-1 that it had."""
    state.zones.put(zone["Id"], zone)
    state.fill_zone(zone["Id"], records, instances)
    state.taken.put(zone["Id"], term)
    for key in [key for key, info in state.changes.items() if info.get("Zone") == zone["Id"]]:
        if key.isdecimal() and int(key) > seen:
            state.changes.delete(key)


@service.change
def control_moved(state: State, change: Change, *, to: str, term: int) -> None:
    state.control.put("now", {"region": to, "term": term, "origin": change.origin, "number": change.origin_seq})


def _zone_of(state: State, operation: str, input: dict[str, Any]) -> str | None:
    """The zone that an operation is about, if it is about one."""
    if operation in ("ListHostedZonesByName", "GetChange", *_OF_DELEGATION_SETS):
        return None  # their ids are others
    given = input.get("HostedZoneId") or input.get("Id")
    id = str(given).rpartition("/")[2]
    instance = state.traffic_instances.get(id)
    return str(instance["HostedZoneId"]) if instance else id if given else None
