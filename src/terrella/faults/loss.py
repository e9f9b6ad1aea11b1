"""loss: some packets never arrive.

Each packet touching a place, or passing between two, is lost with the stated probability, independently of
the others. What a lost packet means is for whoever sent it: a query without an answer, a request that times
out, a replication batch to be sent again. With 100 % nothing passes, which is a partition.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..net.network import Fate, Packet
from ._fault import Fault
from ._words import EVERYWHERE, parameter, place_or_everywhere, share
from .latency import between, touches


@dataclass(frozen=True)
class Loss(Fault):
    """Each packet of `place` (with `other`: only between the two) is lost with this probability."""

    fis = "aws:network:disrupt-connectivity"
    place: str = parameter(place_or_everywhere)
    probability: float = parameter(share)
    other: str = parameter(place_or_everywhere, EVERYWHERE)

    def on_packet(self, packet: Packet, fate: Fate, rng: random.Random) -> Fate:
        if fate.lands is None or not touches(packet.source, packet.target, self.place, self.other):
            return fate
        return Fate(None) if rng.random() < self.probability else fate

    def cuts(self, source: str, target: str) -> bool:
        return self.probability >= 1 and touches(source, target, self.place, self.other)

    def describe(self) -> str:
        return f"{self.probability * 100:g} % of packets {between(self.place, self.other)} are lost"
