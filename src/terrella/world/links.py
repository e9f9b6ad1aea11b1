"""Links between the places of a simulated world: what is owed travels in order, is acknowledged, or is sent
again.

Invariant: within a connection a batch lands no sooner than the one before it, and only at a place that runs.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from ..region.region import Region
from ..region.replicate import Batch
from ..store.journal import Change
from .crossing import Crossing

COMMIT_S = 0.001  # what gathering changes into one batch takes, at either end
PATIENCE_S = 2.0  # longer than any round trip on Earth, and most struck ones


class Links:
    """Every link. Made on the first debt."""

    def __init__(self, places: Mapping[str, Region], crossing: Crossing, rng: random.Random) -> None:
        self.places, self.crossing, self.rng = places, crossing, rng
        self.links: dict[tuple[str, str], Link] = {}

    def follow(self, region: Region) -> None:
        """Carry what this place owes from now on."""
        region.journal.follow(lambda change: self._appended(region, change))

    def _appended(self, region: Region, change: Change) -> None:
        for peer in change.to:
            link = self.links.get((region.name, peer))
            if link is None:
                link = self.links[region.name, peer] = Link(self, region, peer)
            link.nudge()


class Link:
    """One place's debts to one other, under way."""

    def __init__(self, links: Links, source: Region, peer: str) -> None:
        self._crossing, self._rng, self._places = links.crossing, links.rng, links.places
        self._clock = links.crossing.clock
        self.source, self.peer, self.outbox = source, peer, source.peer_with(peer)
        self._planned = self._watched = False
        self._landed = 0.0

    def nudge(self) -> None:
        """There is something to send."""
        if not self._planned:
            self._planned = True
            self._clock.at(self._clock.time + COMMIT_S * self._rng.uniform(0.5, 1.5), self._send)

    def _send(self) -> None:
        self._planned = False
        if self._crossing.runs(self.source.name):
            while (batch := self.outbox.due(self._clock.time)) is not None:
                self._carry(batch)
        self._watch()

    def _carry(self, batch: Batch) -> None:
        lands = self._crossing.network.cross(self.source.name, self.peer, self._clock.time)
        if lands is not None:
            self._landed = max(lands, self._landed)
            self._clock.at(self._landed, lambda: self._arrive(batch))

    def _arrive(self, batch: Batch) -> None:
        place = self._places.get(self.peer)
        if place is None or not self._crossing.runs(self.peer):
            return
        seen, came = place.accept(batch), self._clock.time
        sent = self._clock.time + COMMIT_S * self._rng.uniform(0.5, 1.5)
        lands = self._crossing.network.cross(self.peer, self.source.name, sent)
        if lands is not None:
            self._clock.at(lands, lambda: self._acknowledged(seen, batch, came))

    def _acknowledged(self, seen: int, batch: Batch, came: float) -> None:
        if self._crossing.runs(self.source.name):
            if self.outbox.acked < batch.upto <= seen:
                self.source.reached(self.peer, batch.changes, came)
            self.outbox.ack(seen, self._clock.time)

    def _watch(self) -> None:
        """Look again, as long as something is not acknowledged."""
        if not self._watched and self._owes():
            self._watched = True
            self._clock.at(self._clock.time + PATIENCE_S, self._look)

    def _look(self) -> None:
        self._watched = False
        if self.outbox.rewind_if_silent(self._clock.time, PATIENCE_S * 0.99):
            self._landed = 0.0  # a new connection: what is still on its way by the old one holds nothing up
            self._send()
        elif self._unsent():
            self._send()
        else:
            self._watch()

    def _owes(self) -> bool:
        return self.outbox.chained > self.outbox.acked or self._unsent()

    def _unsent(self) -> bool:
        return self.outbox.scanned < self.outbox.journal.durable
