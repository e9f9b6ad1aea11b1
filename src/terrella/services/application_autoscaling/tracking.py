"""Target tracking: when the capacity of a table or index is altered, and to how much.

Out after two minutes in a row above the target, in after fifteen in a row well below it: the alarms AWS makes for such
a policy stand at the target and 20 points under it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/AutoScaling.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

Plain = dict[str, Any]

MINUTES_OUT, MINUTES_IN = 2, 15
MARGIN = 20.0
DECREASES_A_DAY = 4
"""And one more in every hour in which there was none:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#decreasing-provisioned-throughput"""


def wanted(config: Plain, capacity: int, consumed: Sequence[float]) -> int:
    """The capacity a policy wants, where `consumed` are units a second by minutes, the newest last."""
    target = config["TargetValue"]
    out, in_ = consumed[-MINUTES_OUT:], consumed[-MINUTES_IN:]
    if len(out) == MINUTES_OUT and min(out) > capacity * target / 100.0:
        return max(capacity + 1, _enough(out[-1], target))
    low = max(target - MARGIN, target / 2.0)
    if len(in_) == MINUTES_IN and max(in_) < capacity * low / 100.0 and not config.get("DisableScaleIn"):
        return min(capacity, _enough(max(in_), target))
    return capacity


def within(target: Plain, capacity: int) -> int:
    """The nearest capacity that a target may have."""
    return int(max(target["least"], min(target["most"], capacity)))


def may_decrease(earlier: Sequence[float], now: float, hour_s: float) -> bool:
    """Whether capacity may be decreased again; `earlier` are the decreases of a day."""
    return len(earlier) < DECREASES_A_DAY or now - max(earlier) >= hour_s


def _enough(consumed: float, target: float) -> int:
    return math.ceil(round(consumed * 100.0 / target, 6))
