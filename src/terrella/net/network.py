"""When does what passes between two places land, if ever? Distance, then the faults in force.

Pure: the caller owns clock and socket and carries the packet; here is only its fate. Every process of a
world holds its own `Network`, and the whole set of faults is replaced at once wherever it changes.

Invariant: without faults every packet lands, never sooner than nine tenths of the distance. Jitter may let
a later packet land first, as it may out there; what carries a stream must deliver it in order all the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, Protocol

from .distance import INTERNET, NOTHING, SAME_PLACE_MS, carrier, nearest_edge, round_trip_ms
from .places import Place, UnknownPlace, all_places

BACKBONE_JITTER_MS = 0.2  # VPC peering pings of 2019 stayed within 2 ms, all of them
INTERNET_JITTER = 0.04  # of the one-way time


class Packet(NamedTuple):
    """Something that wants to cross: `size` in bytes, `sent` in seconds."""

    source: str
    target: str
    size: int
    sent: float


class Fate(NamedTuple):
    """When a packet lands (seconds, on the clock it was sent by), or None if it never does."""

    lands: float | None


class Fault(Protocol):
    """Harm as the network sees it. A fault without `on_packet` leaves packets alone."""

    def to_dict(self) -> dict[str, Any]: ...


class Network:
    """Distances between places, and the faults now in force."""

    def __init__(
        self,
        places: Mapping[str, Place] | None = None,
        rng: random.Random | None = None,
        faults: tuple[Any, ...] = (),
    ) -> None:
        self.places = dict(all_places() if places is None else places)
        self.rng = rng or random.Random(0)
        self.faults = faults
        self._links: dict[tuple[str, str], tuple[float, float, float]] = {}

    @property
    def faults(self) -> tuple[Any, ...]:
        return self._faults

    @faults.setter
    def faults(self, faults: tuple[Any, ...]) -> None:
        self._faults = tuple(faults)
        self._on_packet = tuple(fault.on_packet for fault in self._faults if hasattr(fault, "on_packet"))
        self._cuts = tuple(fault.cuts for fault in self._faults if hasattr(fault, "cuts"))

    def one_way(self, source: str, target: str) -> float:
        """Seconds from source to target with nothing broken and no jitter. Raises UnknownPlace."""
        return self.link(source, target)[0]

    def round_trip_ms(self, source: str, target: str) -> float:
        """Milliseconds there and back with nothing broken and no jitter. Raises UnknownPlace."""
        return self.link(source, target)[0] * 2000

    def fate(self, packet: Packet) -> Fate:
        """What becomes of one packet. Raises UnknownPlace."""
        link = self._links.get((packet.source, packet.target)) or self.link(packet.source, packet.target)
        one_way, sigma, least = link
        if sigma:
            late = one_way + self.rng.gauss(0.0, sigma)
            one_way = late if late > least else least
        fate = Fate(packet.sent + one_way)
        for on_packet in self._on_packet:
            fate = on_packet(packet, fate, self.rng)
        return fate

    def cross(self, source: str, target: str, now: float, size: int = 0) -> float | None:
        """When something sent now lands, or None if it never does. Raises UnknownPlace."""
        if self._on_packet:
            return self.fate(Packet(source, target, size, now)).lands
        one_way, sigma, least = self._links.get((source, target)) or self.link(source, target)
        if sigma:
            late = one_way + self.rng.gauss(0.0, sigma)
            return now + (late if late > least else least)
        return now + one_way

    def reachable(self, source: str, target: str) -> bool:
        """Is there any way from source to target under the faults in force? Chance aside."""
        return not any(cuts(source, target) for cuts in self._cuts)

    def at_once(self, source: str, target: str) -> bool:
        """Does whatever is sent from source to target land that very moment? Raises UnknownPlace."""
        return not self._on_packet and self.link(source, target)[:2] == (0.0, 0.0)

    def nearest_edge(self, name: str) -> Place:
        """The edge location anycast leads to from a place. Raises UnknownPlace."""
        return nearest_edge(self.place(name))

    def place(self, name: str) -> Place:
        """The place called `name`. Raises UnknownPlace."""
        try:
            return self.places[name]
        except KeyError:
            raise UnknownPlace(name, self.places) from None

    def description(self) -> dict[str, Any]:
        """Plain data from which another process makes the same network (its faults by their `to_dict`)."""
        known = all_places()
        own = [asdict(place) for name, place in self.places.items() if known.get(name) != place]
        return {"places": own, "faults": [fault.to_dict() for fault in self._faults]}

    @classmethod
    def from_description(
        cls, description: dict[str, Any], rng: random.Random, faults: tuple[Any, ...] = ()
    ) -> Network:
        """The network another process described. Its faults are read by the floor that knows them."""
        own = {place["name"]: Place(**place) for place in description["places"]}
        return cls({**all_places(), **own}, rng, faults)

    def link(self, source: str, target: str) -> tuple[float, float, float]:
        """(one way, standard deviation, least) in seconds, without faults; worked out once per pair. Raises
        UnknownPlace."""
        found = self._links.get((source, target))
        if found is None:
            a, b = self.place(source), self.place(target)
            found = self._links[source, target] = _measure(a, b)
        return found


def _measure(a: Place, b: Place) -> tuple[float, float, float]:
    one_way_ms, by = round_trip_ms(a, b) / 2, carrier(a, b)
    if by == NOTHING or one_way_ms <= SAME_PLACE_MS / 2:
        sigma_ms = 0.0
    elif by == INTERNET:
        sigma_ms = INTERNET_JITTER * one_way_ms
    else:
        sigma_ms = min(BACKBONE_JITTER_MS, 0.02 * one_way_ms)
    return one_way_ms / 1000, sigma_ms / 1000, 0.9 * one_way_ms / 1000
