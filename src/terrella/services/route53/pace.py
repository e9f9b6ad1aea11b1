"""How fast Route 53's API may be used: five requests a second by an account, and one change of a zone at a time.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests

Only where the world's description asks for it (`limits = ["route53"]`), as what is rehearsed here need not wait; and by
the machine's time, whatever the world's speed. Requests of this world's own services are not counted.

Invariant: a request that is refused for its pace has altered nothing.
"""

from __future__ import annotations

from typing import Any

from ...region.service import Context
from .errors import PriorRequestNotComplete, Throttling
from .state import State


def check(ctx: Context[State]) -> None:
    """Raises Throttling for a request beyond the rate."""
    if is_kept(ctx) and not ctx.state.pace.takes(ctx.now):
        raise Throttling("Rate exceeded")


def begin_change(ctx: Context[State], zone: str) -> None:
    """A change of a zone is about to be made. Raises PriorRequestNotComplete while the one before it is not on disk,
    so that nobody was told of it yet."""
    if not is_kept(ctx):
        return
    journal, under_way = ctx.here.journal, ctx.state.under_way
    if under_way.get(zone, 0) > journal.durable:
        raise PriorRequestNotComplete(
            "The request was rejected because Route 53 was still processing a prior request."
        )
    if len(under_way) > 1000:
        under_way.clear()  # nearly all are long done
    under_way[zone] = journal.last + 1


def is_kept(ctx: Context[Any]) -> bool:
    """Does this world keep Route 53's limits?"""
    return "route53" in ctx.here.world.limits
