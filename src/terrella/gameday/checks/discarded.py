"""discarded: acknowledged writes that the last writer won over without having seen them.

A write is replaced when a later write of the same item takes its place where it was made. If that write had been
made where this one had already arrived, its author could have seen it, and nothing is wrong. If it came from another
region, accepted there before this one arrived, two people wrote at the same time and one of them has lost what was
acknowledged: it is *discarded*, and nobody was told. Every write is one of: stands, replaced, discarded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...world.history import Arrival, History
from .. import words
from ..tags import ITEMS, item_of
from ._figures import finding, phase_of

MOST_TAGS = 20
ABOUT = (
    "Of two writes of an item that could not know of one another the later stays. The other was acknowledged and is "
    "gone: discarded. Replaced by somebody who could have seen it is as it should be."
)


def measure(history: History) -> dict[str, Any]:
    phases = history.phases()
    accepted = [a for a in history.attempts if a.what == "write" and a.ok and a.tag is not None]
    fates = fates_of(history.arrivals)
    where = {a.tag: a.origin for a in history.arrivals}
    counts: dict[str, dict[str, int]] = {}
    for each in accepted:
        name = f"{words.phase(phase_of(phases, each.began) or 'after')}, {where.get(each.tag or '', 'nowhere')}"
        row = counts.setdefault(name, {})
        fate = fates.get(each.tag or "", "nowhere")
        row[fate] = row.get(fate, 0) + 1
    gone = sorted(a.tag for a in accepted if a.tag is not None and fates.get(a.tag) == "discarded")
    head = ("Written in", "Acknowledged", "Stands", "Replaced", "Discarded")
    rows = [[name, str(sum(row.values())), *(str(row.get(fate, 0)) for fate in ("stands", "replaced", "discarded"))]
            for name, row in counts.items()]  # fmt: skip
    differing = _differing(history)
    about = ABOUT if differing is None else f"{ABOUT} When the way was opened {differing} of {ITEMS} items differed."
    total = sum(row.get("discarded", 0) for row in counts.values())
    rows.append(["everywhere", str(len(accepted)), *(str(sum(row.get(fate, 0) for row in counts.values()))
                                                     for fate in ("stands", "replaced", "discarded"))])  # fmt: skip
    return finding(
        "discarded", "What the last writer won over", about, head, rows,
        acknowledged=len(accepted), discarded=total, differing=differing, by=counts, tags=gone[:MOST_TAGS],
    )  # fmt: skip


def fates_of(arrivals: Iterable[Arrival]) -> dict[str, str]:
    """What became of each tagged write: stands, replaced or discarded."""
    by_place: dict[tuple[str, str], list[Arrival]] = {}
    at: dict[tuple[str, str], float] = {}
    for each in arrivals:
        by_place.setdefault((item_of(each.tag), each.region), []).append(each)
        at[each.tag, each.region] = each.at
    return {
        own.tag: _fate(own, sequence, at)
        for (_, region), sequence in by_place.items()
        for own in sequence
        if own.origin == region
    }


def _fate(own: Arrival, sequence: list[Arrival], at: dict[tuple[str, str], float]) -> str:
    """By what first replaced it where it was made; `at` is when each tag came to each region."""
    after = (a for a in sequence if a.at >= own.at and _stamp(a) > _stamp(own))
    winner = min(after, key=lambda a: a.at, default=None)
    if winner is None:
        return "stands"
    known = at.get((own.tag, winner.origin))
    return "replaced" if known is not None and known <= winner.accepted else "discarded"


def _stamp(arrival: Arrival) -> tuple[float, str]:
    return arrival.accepted, arrival.origin


def _differing(history: History) -> int | None:
    """How many items were not the same in all regions at the moment of the first healing."""
    healed = next((e.at for e in history.events if e.what == "healed"), None)
    if healed is None:
        return None
    held: dict[str, dict[str, Arrival]] = {}
    for each in history.arrivals:
        if each.at <= healed:
            here = held.setdefault(item_of(each.tag), {})
            before = here.get(each.region)
            here[each.region] = each if before is None or _stamp(each) > _stamp(before) else before
    regions = set(history.digests)
    return sum(len({(here[r].tag if r in here else None) for r in regions}) > 1 for here in held.values())
