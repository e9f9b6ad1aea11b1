"""What one place owes one peer, as numbers in its journal, so that nobody searches the journal for them.

The kernel's Outbox finds debts by reading the journal; here they are noted as they are made, which tells it
where to look. What has been noted is kept in a file now and then, so that a restart reads only the newest
part of the journal. A note that is too old costs reading; one that is too new cannot be.
"""

from __future__ import annotations

import json
import logging
from array import array
from bisect import bisect_right
from pathlib import Path

from ..region.replicate import Batch, Outbox

log = logging.getLogger(__name__)


class Debts:
    """The numbers owed to one peer, oldest first, up to what is acknowledged."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self._numbers = array("Q")
        self._paid = 0  # how many of the numbers are acknowledged

    def __len__(self) -> int:
        return len(self._numbers) - self._paid

    @property
    def oldest(self) -> int | None:
        return self._numbers[self._paid] if len(self) else None

    @property
    def waiting(self) -> bool:
        """Something is owed that was not looked at yet, be it only because it is not durable."""
        return len(self) > 0 and self._numbers[-1] > self.outbox.scanned

    def owe(self, number: int) -> None:
        """A change is owed. Numbers come in order."""
        self._numbers.append(number)

    def resume(self, seen: int, now: float) -> None:
        """A link begins: the peer has everything up to `seen`. One that has less than it acknowledged has
        lost its disk and is sent everything the journal still holds."""
        lost = seen < self.outbox.acked
        self.outbox.resume(seen, now)
        if lost:
            log.warning("%s has lost what it had; it is sent again from %d", self.outbox.peer, seen)
        else:
            self._pay(seen)
            self._skip()

    def due(self, now: float, limit: int) -> Batch | None:
        """The next batch to send, if there is one."""
        return self.outbox.due(now, limit) if len(self) else None

    def ack(self, upto: int, now: float) -> None:
        self.outbox.ack(upto, now)
        self._pay(upto)

    @property
    def settled(self) -> int:
        """Everything up to here is acknowledged or was never owed."""
        oldest = self.oldest
        return self.outbox.journal.durable if oldest is None else oldest - 1

    def _pay(self, upto: int) -> None:
        self._paid = bisect_right(self._numbers, upto, self._paid)
        if self._paid > 4096 and self._paid * 2 > len(self._numbers):
            del self._numbers[: self._paid]
            self._paid = 0

    def _skip(self) -> None:
        """Do not search what is known to hold no debt."""
        self.outbox.scanned = max(self.outbox.scanned, min(self.settled, self.outbox.journal.durable))


class Notes:
    """The file in which a place keeps how far its debts are settled."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.searched = 0  # the journal holds no debt up to here but to those in `settled`
        self.settled: dict[str, int] = {}
        self.acked: dict[str, int] = {}
        try:
            kept = json.loads(path.read_text())
            self.searched, self.settled, self.acked = kept["searched"], kept["settled"], kept["acked"]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be used, the journal is searched instead: %s", path, error)

    def start(self) -> int:
        """Where the journal must be searched from."""
        return min([self.searched, *self.settled.values()])

    def owes(self, peer: str, number: int) -> bool:
        """May this number, found in the journal, still be owed?"""
        return number > self.settled.get(peer, self.searched)

    def write(self, searched: int, debts: dict[str, Debts]) -> None:
        """Keep how things stand. A disk that refuses only makes the next start slower."""
        self.settled = {peer: each.settled for peer, each in debts.items() if len(each)}
        self.acked = {peer: each.outbox.acked for peer, each in debts.items()}
        self.searched = searched
        new = self._path.with_suffix(".new")
        try:
            new.write_text(json.dumps({"searched": searched, "settled": self.settled, "acked": self.acked}))
            new.replace(self._path)
        except OSError as error:
            log.warning("%s: %s", self._path, error)
