"""What is to fit a state is made to, soon after each change: once for all that changed together, one after another.

What opens and closes sockets as a state says follows it so. Invariant: after the last `follow` there is a `fit` that
began later, unless it was closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)


class Follower:
    """Calls `fit` on the running loop, never twice at once. `who` follows, in words for the log."""

    def __init__(self, who: str, fit: Callable[[], Awaitable[None]]) -> None:
        self._who, self._fit = who, fit
        self._loop = asyncio.get_running_loop()
        self._looking: asyncio.Task[None] | None = None
        self._again = False

    def follow(self) -> None:
        """Something may have changed."""
        self._again = True
        if self._looking is None or self._looking.done():
            self._looking = self._loop.create_task(self._look())

    def close(self) -> None:
        """Follow no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        while self._again:
            self._again = False
            await asyncio.sleep(0)  # what is being changed just now is changed as a whole
            try:
                await self._fit()
            except Exception:
                log.exception("%s do not follow a change: a defect", self._who)
