"""load: what health checks and people write to the service's table, per second, phase by phase.

Counted from the table's own stream in one region, where every write is a record: the canaries of deep health checks
are known by their room, and by the region they are of. A deep check reads once for each of its writes.
"""

from __future__ import annotations

from typing import Any

from ...world.history import History
from .. import words
from ._figures import finding

ABOUT = (
    "Writes per second of the world to the table in one region, from its stream. Each deep probe that is not answered "
    "from memory writes once and reads once; through the global table the other region's probes write here, too."
)
KINDS = ("checks here", "checks elsewhere", "people")
NOTED = "writes"


def measure(history: History) -> dict[str, Any]:
    noted: dict[str, Any] = next((e.detail for e in history.events if e.what == NOTED), {"times": {}, "checks": {}})
    values: dict[str, Any] = {}
    for name, begin, end in history.phases():
        counts = {kind: sum(begin <= at < end for at in noted["times"].get(kind, ())) for kind in KINDS}
        lasts_s = (end - begin) * history.speed
        rates = {kind: count / lasts_s if lasts_s else 0.0 for kind, count in counts.items()}
        people = rates["people"]
        times = (rates["checks here"] + rates["checks elsewhere"]) / people if people else None
        values[name] = {**rates, "times_people": times}
    told = [name for name in values if name in noted["checks"]]
    rows = [[words.phase(name), str(noted["checks"][name]), *(f"{values[name][kind]:.2f}" for kind in KINDS),
             words.times(values[name]["times_people"])]
            for name in told]  # fmt: skip
    head = ("Phase", "Checks", *(f"{kind}, per s" for kind in KINDS), "Checks against people")
    return finding("load", "What the checks cost their dependency", ABOUT, head, rows, **values)
