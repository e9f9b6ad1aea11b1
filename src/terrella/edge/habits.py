"""What resolvers do beside caching by TTL: the shares of people whose resolver is not the usual one.

    plain       keeps every answer for its TTL, and says for which client subnet it asks
    least-ttl   keeps every answer for at least so many seconds: 8.74 % of resolvers were seen to lengthen TTLs
                (Bhowmick et al., "TTL Violation of DNS Resolvers in the Wild", PAM 2023). By how much is assumed.
    stale       says what it last knew when no name server answers (RFC 8767). The share is assumed.
    far         sends no client subnet and stands in the largest hub of the continent, so that name servers see
                a client there. Share and places are assumed.

Invariant: everybody has one habit. With all shares 0 every resolver is plain.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..net.places import Place, find

HUBS = {
    "AF": "cape-town", "AN": "sydney", "AS": "singapore", "EU": "frankfurt", "NA": "new-york", "OC": "sydney",
    "SA": "sao-paulo",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Habit:
    """How one resolver behaves; times in seconds of the world."""

    name: str = "plain"
    least_ttl_s: float = 0.0
    stale_s: float = 0.0
    far: bool = False

    def stands(self, place: str) -> Place:
        """Where the resolver of people at a place stands. Raises UnknownPlace."""
        here = find(place)
        return find(HUBS[here.continent]) if self.far and here.continent in HUBS else here

    def sends_subnet(self, place: str) -> bool:
        """Does it say for whom it asks? VPCs' own resolvers need not: they are known by their region."""
        return not self.far and find(place).kind == "city"


PLAIN = Habit()


@dataclass(frozen=True, slots=True)
class Habits:
    """How many people have a resolver of which habit: shares of 1. What they leave is plain."""

    least_ttl: float = 0.0874
    least_ttl_s: float = 300.0
    stale: float = 0.1
    stale_s: float = 86_400.0
    far: float = 0.1

    def shares(self) -> tuple[tuple[Habit, float], ...]:
        """Every habit beside the plain one, with its share."""
        return (
            (Habit("least-ttl", least_ttl_s=self.least_ttl_s), self.least_ttl),
            (Habit("stale", stale_s=self.stale_s), self.stale),
            (Habit("far", far=True), self.far),
        )

    def draw(self, rng: random.Random) -> Habit:
        """The resolver of somebody, by the shares."""
        left = rng.random()
        for habit, share in self.shares():
            if left < share:
                return habit
            left -= share
        return PLAIN

    def named(self, name: str) -> Habit:
        """The habit of that name. Raises ValueError."""
        known = {habit.name: habit for habit, _ in self.shares()} | {PLAIN.name: PLAIN}
        if name not in known:
            raise ValueError(f"There is no resolver {name!r}; there are: {', '.join(sorted(known))}.")
        return known[name]
