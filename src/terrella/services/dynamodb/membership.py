"""Which regions belong to a global table, as every one of them keeps it: for each region that ever belonged
the last that is known of it.

    stamp            when and where it was last decided whether the region belongs
    present          what was decided
    source           the region that asked for it
    at               no sooner is it ACTIVE, or gone
    settings         what it has otherwise than the others, decided at `settings_stamp`
    filled           it has everything that was there when it joined
    failed           it could not join: a table of its own has the name
    parted           it has left, and everything it had accepted before is on its way

Invariant: merging is commutative, associative and idempotent, so whatever order regions hear of one another in,
all come to know the same.
"""

from __future__ import annotations

from typing import Any

Plain = dict[str, Any]
Members = dict[str, Plain]

VERSION_2017, VERSION_2019 = "2017.11.29", "2019.11.21"
NEVER = 1e15
"""A moment that does not come."""
_FACTS = ("filled", "failed", "parted")


def entry(
    stamp: list[Any], present: bool, source: str, at: float, settings: Plain | None = None, filled: bool = False
) -> Plain:
    """What is known of a region once something is decided of it."""
    return {
        "stamp": stamp, "present": present, "source": source, "at": at, "settings": settings or {},
        "settings_stamp": stamp, "filled": filled, "failed": False, "parted": False,
    }  # fmt: skip


def merged(one: Members, other: Members) -> Members:
    """What is known by both."""
    regions = sorted({*one, *other})
    return {region: _merged(one.get(region), other.get(region)) for region in regions}


def replica_status(known: Plain, now: float) -> str | None:
    """ReplicaStatus of a region; None when it is no replica."""
    if known["present"]:
        if known["failed"]:
            return "CREATION_FAILED"
        return "ACTIVE" if known["filled"] and now >= known["at"] else "CREATING"
    return "DELETING" if now < known["at"] or not known["parted"] else None


def _merged(one: Plain | None, other: Plain | None) -> Plain:
    if one is None or other is None:
        found = one or other
        assert found is not None
        return found
    if one["stamp"] != other["stamp"]:
        return max(one, other, key=lambda each: each["stamp"])
    facts = {fact: one[fact] or other[fact] for fact in _FACTS}
    later = max(one, other, key=lambda each: each["settings_stamp"])
    return {**later, **facts}
