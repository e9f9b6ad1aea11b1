"""partition: nothing passes between two groups of places, either way.

Each side is a list of places separated by commas; `*` stands for everything that is not on the other side.
Within a side all is well, and the operator, who stands everywhere, is never cut off. A region takes its
health checkers to its side. Packets are lost without a word, as between routers that no longer know a way.
"""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass

from ..net.network import Fate, Packet
from ..net.places import OPERATOR, inside
from ._fault import Fault
from ._words import EVERYWHERE, FaultError, parameter, places


@dataclass(frozen=True)
class Partition(Fault):
    """A cut between `ours` and `theirs`."""

    fis = "aws:network:route-table-disrupt-cross-region-connectivity"
    ours: tuple[str, ...] = parameter(places)
    theirs: tuple[str, ...] = parameter(places, (EVERYWHERE,))

    def __post_init__(self) -> None:
        both = set(self.ours) & set(self.theirs)
        if both:
            raise FaultError(f"{', '.join(sorted(both))} cannot be on both sides")

    def on_packet(self, packet: Packet, fate: Fate, rng: random.Random) -> Fate:
        return Fate(None) if self.cuts(packet.source, packet.target) else fate

    def cuts(self, source: str, target: str) -> bool:
        if OPERATOR in (source, target):
            return False
        here, there = _side(self.ours, self.theirs), _side(self.theirs, self.ours)
        return (here(source) and there(target)) or (here(target) and there(source))

    def describe(self) -> str:
        ours, theirs = (
            " + ".join(side).replace(EVERYWHERE, "everything else") for side in (self.ours, self.theirs)
        )
        return f"nothing passes between {ours} and {theirs}"


class _Side:
    """Is a place on this side? `*` takes in all that the other side does not name."""

    def __init__(self, names: tuple[str, ...], others: tuple[str, ...]) -> None:
        self.everywhere = EVERYWHERE in names
        self.names = frozenset().union(*(inside(name) | {name} for name in names))
        self.others = frozenset().union(*(inside(name) | {name} for name in others))

    def __call__(self, name: str) -> bool:
        return name in self.names or (self.everywhere and name not in self.others)


@functools.lru_cache(maxsize=64)
def _side(names: tuple[str, ...], others: tuple[str, ...]) -> _Side:
    return _Side(names, others)
