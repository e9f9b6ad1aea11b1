"""us-west-2 stands by: it looks whether us-east-1 accepts changes, and takes over when it has not for long.

Once a minute it tries a change that us-east-1 must refuse. Nobody takes over who is himself cut off: the edge must not
reach us-east-1 either, and must be reached. https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html
promises a recovery within 60 minutes and does not say how long AWS waits; here it waits for 45 of them, and goes back
once us-east-1 was well for ten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.errors import AwsError, ServiceUnavailable
from ...region import seats
from ...region.service import Context
from ...store.journal import Change
from . import takeover
from .state import HOME, STANDBY, State, seat, service

EVERY_S, IMPAIRED_S, WELL_S = 60.0, 2700.0, 600.0  # of the world
LOST_S = 300.0  # of the world: a canary not back by then will not come
LEAST_S = 1.0  # however fast the world is, its distances are what they are
ASKED_S = 10.0  # longer than the edge looks, and any way there and back


@dataclass(slots=True)
class Watch:
    """What is known of us-east-1: since when it has been well, or has not been. `sent` is when the canary under way
    began."""

    well: bool = True
    since: float = 0.0
    sent: float | None = None


@service.start
def begin(ctx: Context[State]) -> None:
    """Watch, if there is anything to watch over."""
    if ctx.region != STANDBY or ctx.state.watch is not None:
        return
    for id in [id for id, zone in ctx.state.zones.items() if not zone["AcceleratedRecovery"]["wanted"]]:
        ctx.commit("copy_dropped", id=id)
    if not len(ctx.state.zones) and seat(ctx.state) == HOME:
        return
    watch = Watch(since=ctx.here.clock.now())
    watching = _watch(ctx, watch)
    try:
        ctx.here.ports.tasks.spawn(f"route53: watch {HOME}", watching)
        ctx.state.watch = watch
    except ServiceUnavailable:  # a region without background work stands by in vain
        watching.close()


@service.on_arrival("zone_copied")
def copied(ctx: Context[State], change: Change) -> None:
    begin(ctx)


async def _watch(ctx: Context[State], watch: Watch) -> None:
    clock, state = ctx.here.clock, ctx.state
    try:
        while len(state.zones) or seat(state) == STANDBY:
            now = clock.now()
            if watch.sent is None or now - watch.sent > max(ctx.scaled(LOST_S), LEAST_S):
                watch.sent = now
                ctx.here.ports.tasks.spawn(f"route53: canary to {HOME}", _canary(ctx, watch, now))
            await clock.sleep(max(ctx.scaled(EVERY_S), LEAST_S))
            if watch.sent is not None:
                _note(watch, False, clock.now())
            await _decide(ctx, watch)
    finally:
        state.watch = None


async def _canary(ctx: Context[State], watch: Watch, sent: float) -> None:
    well = await seats.is_well(ctx.here, service.id, HOME)
    if watch.sent == sent:
        watch.sent = None
        _note(watch, well, ctx.here.clock.now())


def _note(watch: Watch, well: bool, now: float) -> None:
    if watch.well != well:
        watch.well, watch.since = well, now


async def _decide(ctx: Context[State], watch: Watch) -> None:
    lasted = ctx.here.clock.now() - watch.since
    if seat(ctx.state) == HOME:
        if watch.well or lasted < ctx.scaled(IMPAIRED_S) or not len(ctx.state.zones):
            return
        well = await _seen_from_the_edge(ctx)
        if well:
            watch.since = ctx.here.clock.now()
        elif well is False and not watch.well:
            takeover.take_over(ctx)
    elif watch.well and lasted >= ctx.scaled(WELL_S) and takeover.can_give_back(ctx):
        takeover.give_back(ctx)


async def _seen_from_the_edge(ctx: Context[State]) -> bool | None:
    """Does the edge find that us-east-1 accepts changes? None if the edge does not answer."""
    ports = ctx.here.ports
    question: dict[str, Any] = {"kind": "is_well", "service": service.id, "region": HOME}
    try:
        answer: dict[str, Any] = await ports.tasks.within(ASKED_S, ports.edge.ask(question))
    except (TimeoutError, AwsError):
        return None
    return bool(answer["well"])
