"""The journal: one ordered list of everything that ever changed in a place.

State is what you get by applying it; streams, replication, the console's timeline and RPO are readings of it.

Invariant: sequence numbers count up from 1 without a gap, and a change never alters once it is appended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol


class Change(NamedTuple):
    """One fact.

    `(accepted, origin)` is the stamp that last-writer-wins compares: it travels with the change. `seq` and
    `time` belong to the journal the change stands in.
    """

    seq: int
    time: float  # when this place committed it
    origin: str  # the place that first accepted it
    accepted: float  # when that was
    origin_seq: int  # its place in the origin's journal
    service: str
    kind: str
    body: dict[str, Any]  # plain data: str, int, float, bool, None, bytes, list, dict
    to: tuple[str, ...] = ()  # peers it is owed to


class Journal(Protocol):
    """What the kernel needs of a journal. In memory for simulated worlds; on disk in `run`."""

    last: int
    """Sequence number of the newest change."""
    durable: int
    """Everything up to this number survives a crash. Nothing later may be acknowledged to anybody."""

    def append(self, change: Change) -> None: ...

    def read(self, after: int, limit: int) -> Sequence[Change]:
        """Up to `limit` changes that follow number `after`, oldest first. Very old ones may have been
        dropped: what follows `after` then begins later."""
        ...

    def follow(self, tell: Callable[[Change], None]) -> None:
        """Call `tell` after each append."""
        ...


class MemoryJournal:
    """A journal that lives as long as its process; durable at once."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.last = self.durable = 0
        self._followers: list[Callable[[Change], None]] = []

    def append(self, change: Change) -> None:
        assert change.seq == self.last + 1, "the journal has no gaps"
        self.changes.append(change)
        self.last = self.durable = change.seq
        for tell in self._followers:
            tell(change)

    def read(self, after: int, limit: int) -> Sequence[Change]:
        return self.changes[after : after + limit]

    def follow(self, tell: Callable[[Change], None]) -> None:
        self._followers.append(tell)
