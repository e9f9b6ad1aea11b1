"""Time as a value that is handed in. Nothing below `run` reads the machine's clock.

Times are seconds since the epoch, as floats. Waiting is awaiting `sleep`: live it is asyncio's, simulated it
costs nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol


class Clock(Protocol):
    """What the pure floors may know of time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def sleep(self, seconds: float) -> Awaitable[None]:
        """Resume after that many seconds of this clock."""
        ...
