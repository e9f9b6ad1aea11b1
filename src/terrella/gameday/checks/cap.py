"""cap: the same partition, two tables: what each gave up.

Available is counted where it counts: in the region that is cut off, while it is. Consistent is judged from outside, by
when things began and ended: a read *missed* a write that had been acknowledged before it began, if it found an older
one; that one had ended before the missed one began. Discarded writes are those of `discarded`.
"""

from __future__ import annotations

from typing import Any

from ...world.history import Attempt, History
from .. import words
from ..tags import item_of
from ._figures import finding, percentile, share, told
from .discarded import fates_of

ABOUT = (
    "The same traffic and the same partition. MREC: an ordinary global table. MRSC: one with multi-region strong "
    "consistency. A read missed a write if it found an older one than the last acknowledged before it began."
)

HEARD_S = 0.5  # until word of a strike has come to every process of a live world: real seconds


def measure(history: History) -> dict[str, Any]:
    tables = list(dict.fromkeys(each.city.partition(" ")[0] for each in told(history)))
    values = {table: _verdict(history, table) for table in sorted(tables)}
    rows = [[said, *(show(found[name]) for found in values.values())] for name, said, show in ROWS]
    head = ("During and after the same partition", *values)
    return finding("cap", "What each table gave up", ABOUT, head, rows, **values)


def _verdict(history: History, table: str) -> dict[str, Any]:
    alone, cut, healed = _partition(history)
    mine = [each for each in told(history) if each.city.partition(" ")[0] == table]
    during = [each for each in mine if cut <= each.began < healed]
    writes = [each for each in mine if each.what == "write"]
    known = {each.tag: each for each in writes if each.tag is not None}
    fates = fates_of(a for a in history.arrivals if a.tag in known)
    took = [(a.ended - a.began) * 1000 for a in writes if a.ok and not cut <= a.began < healed]
    missed = [each for each in mine if _missed(each, known)]
    return {
        **{
            f"{what}s_alone": share((a for a in during if a.what == what and a.region == alone),
                                    lambda each: each.ok and each.ended < healed)
            for what in ("write", "read")
        },
        "others": share(a for a in during if a.region != alone),
        "acknowledged": sum(each.ok for each in writes),
        "discarded": sum(a.ok and fates.get(a.tag or "", "nowhere") in ("discarded", "nowhere") for a in writes),
        "missed": len(missed),
        "missed_cut": sum(cut <= each.began < healed for each in missed),
        "same": len({str(held) for held in _held(history, table).values()}) == 1,
        "p50_ms": percentile(took, 0.5),
        "p99_ms": percentile(took, 0.99),
    }


ROWS: tuple[tuple[str, str, Any], ...] = (
    ("writes_alone", "writes done in the region cut off, while it was", words.percent),
    ("reads_alone", "consistent reads answered there, while it was", words.percent),
    ("others", "everything answered in the two others then", words.percent),
    ("acknowledged", "writes acknowledged, all in all", words.value),
    ("discarded", "of them discarded by the last writer", words.value),
    ("missed", "reads that missed an acknowledged write", words.value),
    ("missed_cut", "of them while the way was cut", words.value),
    ("same", "the same in all regions in the end", words.value),
    ("p50_ms", "a write with the way open, p50", words.milliseconds),
    ("p99_ms", "a write with the way open, p99", words.milliseconds),
)


def _missed(read: Attempt, writes: dict[str, Attempt]) -> bool:
    """Was a write acknowledged before this read began, and begun after the one it found had ended?"""
    if read.what != "read" or not read.ok or read.tag is None or read.tag not in writes:
        return False
    found = writes[read.tag]
    item = item_of(read.tag)
    return any(
        each.ok and found.ok and found.ended < each.began and each.ended < read.began and item_of(tag) == item
        for tag, each in writes.items()
    )


def _partition(history: History) -> tuple[str | None, float, float]:
    """The region the first partition cut off, when every place had heard of it, and when it was about to be healed: at
    the end of the phase. Live, the event of a healing comes a moment after the way is open."""
    struck = next((e for e in history.events if e.what == "struck" and e.detail["kind"] == "partition"), None)
    if struck is None:
        return None, history.ended, history.ended
    end = next(end for _, begin, end in history.phases() if begin <= struck.at < end)
    return struck.detail["fault"]["ours"][0], struck.at + HEARD_S, end


def _held(history: History, table: str) -> dict[str, dict[str, str]]:
    """What each region held of a table in the end."""
    looked = next((e for e in history.events if e.what == "tables"), None)
    return {} if looked is None else looked.detail["held"].get(table, {})
