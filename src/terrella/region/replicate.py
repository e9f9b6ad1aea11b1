"""Shipping changes between places. Sans-IO: says what to send and learns what came; others do the carrying.

A link is one ordered, resumable, at-least-once log per source. Each batch says which batch it follows, so a
receiver notices a gap and drops repeats, and one cumulative acknowledgement is all the sender needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..store.journal import Change, Journal


class Batch(NamedTuple):
    """Everything one place owes another in (after, upto] of the source's journal."""

    source: str
    after: int
    upto: int
    changes: tuple[Change, ...]


@dataclass(slots=True)
class Outbox:
    """What one place owes one peer.

    `acked` is all the peer is known to have on disk; `chained` ends the newest batch sent; `scanned` is how
    far the journal has been searched for debts. Always acked <= chained <= scanned.
    """

    place: str
    journal: Journal
    peer: str
    acked: int = 0
    chained: int = 0
    scanned: int = 0
    progress_at: float = 0.0

    def due(self, now: float, limit: int = 512) -> Batch | None:
        """The next batch of durable changes, or None. Asking counts it as sent."""
        while self.scanned < self.journal.durable:
            window = self.journal.read(self.scanned, min(limit, self.journal.durable - self.scanned))
            self.scanned = window[-1].seq
            owed = tuple(change for change in window if self.peer in change.to)
            if owed:
                if self.chained == self.acked:
                    self.progress_at = now  # nothing was in flight: patience starts here
                batch = Batch(self.place, self.chained, owed[-1].seq, owed)
                self.chained = batch.upto
                return batch
        return None

    def ack(self, upto: int, now: float) -> None:
        """The peer has everything up to here on disk."""
        if upto > self.acked:
            self.acked, self.progress_at = min(upto, self.chained), now

    def resume(self, seen: int, now: float) -> None:
        """A link begins anew: the peer says what it has."""
        self.acked = self.chained = self.scanned = min(max(seen, 0), self.journal.durable)
        self.progress_at = now

    def rewind_if_silent(self, now: float, patience: float) -> bool:
        """Send again from the last acknowledgement when none came for `patience` seconds."""
        if self.chained > self.acked and now - self.progress_at > patience:
            self.chained = self.scanned = self.acked
            self.progress_at = now
            return True
        return False

    def pending(self) -> list[Change]:
        """Owed and not acknowledged: what a loss at this moment would lose."""
        start = self.scanned if self.chained == self.acked else self.acked
        return [
            change for change in self.journal.read(start, self.journal.last - start) if self.peer in change.to
        ]
