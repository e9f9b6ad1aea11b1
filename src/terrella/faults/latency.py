"""latency: every packet touching a place, or passing between two, arrives late.

The delay is added to the way that distance already takes, once per packet and direction; a request and its
answer pay it twice. `jitter` adds between nothing and that much more, drawn for every packet. The operator's
packets are delayed too where they touch the place. With `*` as the place it is late everywhere.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..net.network import Fate, Packet
from ..net.places import with_zones
from ._fault import Fault
from ._words import EVERYWHERE, milliseconds_text, parameter, place_or_everywhere, seconds


@dataclass(frozen=True)
class Latency(Fault):
    """Delay in seconds for what touches `place`; with `other`, only between the two."""

    place: str = parameter(place_or_everywhere)
    delay: float = parameter(seconds)
    jitter: float = parameter(seconds, 0.0)
    other: str = parameter(place_or_everywhere, EVERYWHERE)

    def on_packet(self, packet: Packet, fate: Fate, rng: random.Random) -> Fate:
        if fate.lands is None or not touches(packet.source, packet.target, self.place, self.other):
            return fate
        return Fate(fate.lands + self.delay + (rng.uniform(0, self.jitter) if self.jitter else 0.0))

    def describe(self) -> str:
        more = f" and up to {milliseconds_text(self.jitter)} more" if self.jitter else ""
        return f"packets {between(self.place, self.other)} arrive {milliseconds_text(self.delay)}{more} late"


def touches(source: str, target: str, place: str, other: str) -> bool:
    """Does a packet pass between place and other, either way? `*` is any place."""
    return _passes(source, target, place, other) or _passes(target, source, place, other)


def _passes(a: str, b: str, place: str, other: str) -> bool:
    """A region's packets are also those of its zones."""
    return _is(place, a) and _is(other, b)


def _is(named: str, place: str) -> bool:
    return named == EVERYWHERE or place in with_zones(named)


def between(place: str, other: str) -> str:
    """Which packets those are, in words."""
    if EVERYWHERE in (place, other):
        one = other if place == EVERYWHERE else place
        return "everywhere" if one == EVERYWHERE else f"to and from {one}"
    return f"between {place} and {other}"
