"""region-outage: one region answers nobody and reaches nobody.

Every packet that touches the region, or the health checkers that stand in it, is lost without a word: a
black hole, both ways, for the operator too. Callers see timeouts, not refusals; that is how a region goes.
Its process lives on, cut off, so what it had acknowledged is there again when the fault heals. AWS's own
fault injection has no such action; nearest is its scenario "Cross-Region: Connectivity".
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..net.network import Fate, Packet
from ..net.places import inside
from ._fault import Fault
from ._words import parameter, region


@dataclass(frozen=True)
class RegionOutage(Fault):
    """The region vanishes from the network."""

    region: str = parameter(region)

    def on_packet(self, packet: Packet, fate: Fate, rng: random.Random) -> Fate:
        return Fate(None) if self.cuts(packet.source, packet.target) else fate

    def cuts(self, source: str, target: str) -> bool:
        lost = inside(self.region)
        return source in lost or target in lost

    def describe(self) -> str:
        return f"{self.region} answers nobody and reaches nobody"
