"""A rate that leaves room for a burst. By itself, as the state has one."""

from __future__ import annotations

PER_SECOND = 5.0
BURST = 5.0


class Pace:
    """How many requests are free just now."""

    def __init__(self) -> None:
        self.free, self.at = BURST, 0.0

    def takes(self, now: float) -> bool:
        """Is there room for one more request? Then it has been counted."""
        self.free = min(BURST, self.free + max(0.0, now - self.at) * PER_SECOND)
        self.at = now
        if self.free < 1.0:
            return False
        self.free -= 1.0
        return True
