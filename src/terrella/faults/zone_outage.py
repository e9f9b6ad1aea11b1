"""zone-outage: one availability zone answers nobody and reaches nobody.

Every packet that touches an address of the zone is lost without a word: nodes of load balancers there, and the
servers that stand there. The region's other zones, and its regional services, which run in all of them, go on.
AWS's nearest is the FIS scenario "AZ Availability: Power Interruption".
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..net.network import Fate, Packet
from ._fault import Fault
from ._words import parameter, zone


@dataclass(frozen=True)
class ZoneOutage(Fault):
    """The zone vanishes from the network."""

    fis = "aws:network:disrupt-connectivity"
    zone: str = parameter(zone)

    def on_packet(self, packet: Packet, fate: Fate, rng: random.Random) -> Fate:
        return Fate(None) if self.cuts(packet.source, packet.target) else fate

    def cuts(self, source: str, target: str) -> bool:
        return self.zone in (source, target)

    def describe(self) -> str:
        return f"{self.zone} answers nobody and reaches nobody"
