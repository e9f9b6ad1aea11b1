"""Running one event within the limits on concurrency.

Concurrency is counted here, where its limits are known, and not in the sandboxes: so it holds in every world.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
"""

from __future__ import annotations

from typing import Any

from ...region.ports import NoRoom, Outcome
from ...region.service import Context
from . import configuration, measuring
from .errors import TooManyRequestsException
from .state import State

ACCOUNT_CONCURRENCY = 1000


async def run(ctx: Context[State], config: dict[str, Any], event: bytes, context: dict[str, Any]) -> Outcome:
    """Run one event within the limits on concurrency. Raises TooManyRequestsException."""
    state, name = ctx.state, config["FunctionName"]
    try:
        reserved = _admit(state, name)
    except TooManyRequestsException:
        measuring.throttled(ctx, name)
        raise
    state.running[name] += 1
    if not reserved:
        state.unreserved_running += 1
    measuring.began(ctx, name)
    try:
        outcome: Outcome = await ctx.here.ports.functions.invoke(configuration.spec(state, config), event, context)
        measuring.ran(ctx, name, outcome)
        return outcome
    except NoRoom as full:
        measuring.throttled(ctx, name)
        raise TooManyRequestsException(str(full), Reason="ConcurrentInvocationLimitExceeded") from None
    finally:
        state.running[name] -= 1
        if not reserved:
            state.unreserved_running -= 1


def trace_id(now: float, request_id: str) -> str:
    """As X-Ray writes it; nothing here samples."""
    return (
        f"Root=1-{int(now):08x}-{request_id.replace('-', '')[8:]};Parent={request_id[:8]}00000000;Sampled=0"
    )


def _admit(state: State, name: str) -> bool:
    """Whether concurrency is reserved for this function; refuses when there is none left."""
    record = state.functions.get(name)
    reserved = record["reserved"] if record is not None else None
    if reserved is not None:
        if state.running[name] >= reserved:
            reason = "ReservedFunctionConcurrentInvocationLimitExceeded"
            raise TooManyRequestsException("Rate Exceeded.", Reason=reason)
        return True
    if state.unreserved_running >= ACCOUNT_CONCURRENCY - state.reserved():
        raise TooManyRequestsException("Rate Exceeded.", Reason="ConcurrentInvocationLimitExceeded")
    return False
