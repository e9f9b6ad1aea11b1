"""writes: what became of every acknowledged write in the end.

lost         missing from a region that holds the table
late         in no other region when its own was lost, but everywhere in the end
overwritten  reached every region, but a later write stands in its place
"""

from __future__ import annotations

from typing import Any

from ...world.history import History
from . import rpo

MOST_TAGS = 20


def measure(history: History) -> dict[str, Any]:
    tags = [a.tag for a in history.attempts if a.what == "write" and a.ok and a.tag is not None]
    arrived: dict[str, set[str]] = {}
    overwritten: dict[str, set[str]] = {}
    for each in history.arrivals:
        arrived.setdefault(each.tag, set()).add(each.region)
        if each.overwritten:
            overwritten.setdefault(each.tag, set()).add(each.region)
    holders = set(history.digests)
    lost = [tag for tag in tags if not holders or holders - arrived.get(tag, set())]
    gone, risked = set(lost), {each.tag for each in rpo.at_risk(history)}
    return {
        "acknowledged": len(tags),
        "lost": len(lost),
        "late": sum(tag in risked and tag not in gone for tag in tags),
        "overwritten": sum(tag in overwritten and tag not in gone for tag in tags),
        "tags_lost": sorted(lost)[:MOST_TAGS],
    }
