"""The background: every job that is under way has one task that works on it, also after a restart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ....region.service import Context
from .. import jobs
from ..state import State, service
from . import exporting, importing

Work = Callable[[Context[State], str], Awaitable[None]]

WORK: dict[str, Work] = {"exports": exporting.work, "imports": importing.work}


@service.start
def begin(ctx: Context[State]) -> None:
    """From now on whatever is under way is worked on; what a crash interrupted is taken up again."""
    here, at_work = ctx.here, set[str]()

    async def see_to(work: Work, arn: str) -> None:
        try:
            await work(here.context("dynamodb"), arn)
        finally:
            at_work.discard(arn)

    def wake() -> None:
        for kind, work in WORK.items():
            for arn, job in ctx.state.jobs.of[kind].items():
                if job["status"] == jobs.IN_PROGRESS and arn not in at_work:
                    at_work.add(arn)
                    here.ports.tasks.spawn(f"dynamodb: {arn}", see_to(work, arn))

    ctx.state.jobs.wake = wake
    wake()
