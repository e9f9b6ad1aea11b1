"""The minute's look at every target of DynamoDB that has a policy: what it consumed since the last, and whether it is
to have more or less. A minute is one of the world's, and never less than a second.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from ...core.errors import AwsError, ServiceUnavailable
from ...region.service import Context
from . import tables, tracking
from .namespaces import SCALED, namespace_of
from .state import State, key_of, service, values

Plain = dict[str, Any]

MINUTE_S, SHORTEST_S = 60.0, 1.0
HOUR_S, DAY_S = 3600.0, 86_400.0


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on there is somebody to look, while there is something to look at."""
    scaler = Scaler(ctx)
    ctx.state.stir = scaler.stir
    scaler.stir()


class Seen:
    """What was seen of one target: its counts when it was last looked at, and units a second by minutes."""

    def __init__(self) -> None:
        self.at: float | None = None
        self.counts: dict[str, float] = {}
        self.rates: deque[float] = deque(maxlen=tracking.MINUTES_IN)

    def look(self, now: float, counts: dict[str, float]) -> None:
        """Take new counts. What CloudWatch counts by minutes grows while a minute lasts."""
        if self.at is not None and now > self.at:
            more = sum(map(self._more, counts.items()))
            self.rates.append(more / (now - self.at))
        self.at, self.counts = now, counts

    def _more(self, counted: tuple[str, float]) -> float:
        name, count = counted
        had = self.counts.get(name, 0.0)
        return count - had if count >= had else count  # counting has begun anew


class Scaler:
    """At most one look at a time."""

    def __init__(self, ctx: Context[State]) -> None:
        self._ctx, self._at_work = ctx, False
        self._seen: dict[str, Seen] = {}

    def stir(self) -> None:
        if not self._at_work and self._needed():
            work = self._look_on()
            try:
                self._at_work = True
                self._ctx.here.ports.tasks.spawn("application-autoscaling: look", work)
            except ServiceUnavailable:  # a region without background work scales nothing
                work.close()
                self._at_work = False

    def _needed(self) -> bool:
        return any(_is_scaled(each["target"]) for each in values(self._ctx.state.policies))

    async def _look_on(self) -> None:
        clock = self._ctx.here.clock
        try:
            while self._needed():
                await self.look()
                await clock.sleep(max(self._ctx.scaled(MINUTE_S), SHORTEST_S))
        finally:
            self._at_work = False

    async def look(self) -> None:
        """Look at every target once."""
        for key, target in list(self._ctx.state.targets.items()):
            for policy in list(self._ctx.state.policies_of(key)) if _is_scaled(key) else ():
                await self._see_to(target, policy)
        self._seen = {key: seen for key, seen in self._seen.items() if key in self._ctx.state.targets}

    async def _see_to(self, target: Plain, policy: Plain) -> None:
        ctx = self._ctx
        seen = self._seen.setdefault(key_of(target), Seen())
        try:
            scaled = await tables.look(ctx, target["resource"], target["dimension"])
            seen.look(ctx.here.clock.now(), await tables.consumed(ctx, scaled))
        except tables.Gone:
            return
        except tables.OutOfReach:
            seen.at = None  # what was consumed meanwhile is not known; nothing is altered
            return
        wanted = tracking.within(target, tracking.wanted(policy["config"], scaled.capacity, list(seen.rates)))
        if wanted != scaled.capacity and self._may(target, policy["config"], wanted > scaled.capacity):
            await alter(ctx, target, scaled, wanted, f"policy {policy['name']}")

    def _may(self, target: Plain, config: Plain, out: bool) -> bool:
        """Not while scaling is suspended or cooling down, and not too often."""
        ctx, suspended = self._ctx, target["suspended"]
        if suspended.get("DynamicScalingOutSuspended" if out else "DynamicScalingInSuspended"):
            return False
        now, name = ctx.here.clock.now(), "ScaleOutCooldown" if out else "ScaleInCooldown"
        last = [each["at"] for each in values(ctx.state.activities) if key_of(each) == key_of(target)]
        if last and now - max(last) < ctx.scaled(config.get(name) or 0):
            return False
        earlier = ctx.state.decreases(target, now - ctx.scaled(DAY_S))
        return out or tracking.may_decrease(earlier, now, ctx.scaled(HOUR_S))


async def alter(ctx: Context[State], target: Plain, scaled: tables.Scaled, capacity: int, cause: str) -> None:
    """Give a target another capacity, and note that, or why it could not be done."""
    unit = f"{scaled.verb.lower()} capacity units"
    status, message = "Successful", f"Successfully set {unit} to {capacity}. Change successfully fulfilled by dynamodb."
    try:
        await tables.give(ctx, scaled, capacity)
    except AwsError as refusal:
        status, message = "Failed", refusal.message or refusal.error_code
    now = ctx.here.clock.now()
    ctx.commit(
        "activity_noted", identity=f"{int(now * 1e6):018d}-{ctx.here.rng.getrandbits(32):08x}",
        activity={
            "resource": target["resource"], "dimension": target["dimension"], "at": now, "status": status,
            "description": f"Setting {unit} to {capacity}.", "cause": cause, "message": message,
            "fell": status == "Successful" and capacity < scaled.capacity,
        },
    )  # fmt: skip


def _is_scaled(target: str) -> bool:
    """Whether a target is more than told: by its key, whose last word is its dimension."""
    return namespace_of(target.rsplit(" ", 1)[1]) == SCALED
