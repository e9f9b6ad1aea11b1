"""How much of something a client may do: so much at once, and so much more in every second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """A bucket that fills by itself. `left` never exceeds `most`."""

    most: float
    per_s: float
    left: float
    since: float

    @classmethod
    def full(cls, most: float, per_s: float, now: float) -> Allowance:
        return cls(most, per_s, most, now)

    def spend(self, now: float) -> bool:
        """Take one; False when there is none."""
        self.earn((now - self.since) * self.per_s)
        self.since = now
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def earn(self, amount: float) -> None:
        self.left = min(self.most, self.left + amount)
