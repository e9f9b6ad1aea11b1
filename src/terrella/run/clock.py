"""The machine's clock, as the pure floors know it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable


class WallClock:
    """`core.clock.Clock` of a live world."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)
