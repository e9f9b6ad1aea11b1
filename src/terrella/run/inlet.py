"""The receiving end of a link: batches are applied, and acknowledged once they are on this disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from ..core.errors import AwsError
from .frames import BadFrame, FrameReader, batch_of, frame
from .lane import Lane

if TYPE_CHECKING:
    from .peers import Links

log = logging.getLogger(__name__)

SAMPLES = 4096


class Lags:
    """How long changes of one source took from being accepted there to being committed here."""

    def __init__(self) -> None:
        self.count = 0
        self._recent: deque[float] = deque(maxlen=SAMPLES)

    def add(self, seconds: float) -> None:
        self.count += 1
        self._recent.append(seconds)

    def summary(self) -> dict[str, Any]:
        """Of the newest changes, in milliseconds."""
        ordered = sorted(self._recent)
        if not ordered:
            return {"changes": 0}
        return {
            "changes": self.count,
            "lag_p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
            "lag_p99_ms": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1000, 2),
        }


class Inlet(asyncio.Protocol):
    """One link, seen from the place that receives."""

    def __init__(self, links: Links, all: set[Inlet]) -> None:
        self._links, self._all = links, all
        self._reader = FrameReader()
        self._source = ""
        self._transport: Any = None
        self._lane: Lane[bytes] | None = None
        self._owed: deque[tuple[int, list[Any]]] = deque()  # what to say once this disk is safe up to there

    def close(self) -> None:
        self._transport.abort()

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._all.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._all.discard(self)
        if self._lane is not None:
            self._lane.close()

    def data_received(self, data: bytes) -> None:
        try:
            for parts in self._reader.feed(data):
                self._take(parts)
        except (BadFrame, TypeError) as wrong:
            log.warning("a link from %s ends: %s", self._source or "somewhere", wrong)
            self._transport.abort()
        except AwsError as refused:  # the disk takes nothing at the moment; the source will come again
            log.warning("a link from %s ends: %s", self._source, refused.message)
            self._transport.abort()
        except Exception:
            log.exception("a link from %s ends: a defect", self._source)
            self._transport.abort()

    def durable(self, upto: int) -> None:
        """This disk is safe up to here."""
        said: list[Any] = []
        while self._owed and self._owed[0][0] <= upto:
            said = self._owed.popleft()[1]
        if said and self._lane is not None:
            self._lane.put(frame(*said))  # the newest tells all

    def _take(self, parts: list[Any]) -> None:
        links = self._links
        if parts[0] == "hello":
            if len(parts) != 2 or parts[1] not in links.here.peers:
                raise BadFrame("nobody of this world")
            self._source = parts[1]
            self._lane = Lane(links.crossing, links.here.name, self._source, self._transport.write)
            self._owed.append((links.journal.last, ["seen", links.region().seen(self._source), 0.0]))
            self.durable(links.journal.durable)
        elif parts[0] == "batch" and self._source:
            self._accept(parts)
        else:
            raise BadFrame(f"an unexpected {parts[0]!r}")

    def _accept(self, parts: list[Any]) -> None:
        links = self._links
        batch = batch_of(self._source, parts)
        region = links.region()
        before = region.seen(self._source)
        seen = region.accept(batch)
        now = time.time()
        lags = links.lags.setdefault(self._source, Lags())
        for change in batch.changes:
            if before < change.origin_seq <= seen:
                lags.add(now - change.accepted)
        self._owed.append((links.journal.last, ["ack", seen, now]))
        self.durable(links.journal.durable)
