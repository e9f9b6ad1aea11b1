"""Capacity: what a provisioned table may do each second, and what it saved up; what a table that pays per request did.

A table and each global index has a bucket for reads and one for writes, filled at the provisioned rate and
holding five minutes of it (developer guide, "Burst and adaptive capacity"). A request is let through while there
is a unit, whatever it costs in the end: a bucket is never in debt. Buckets live in memory; a restart fills them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...region.measures import Meter
from .capacity import read_units, write_units
from .errors import ProvisionedThroughputExceededException

Plain = dict[str, Any]

BURST_S = 300.0
OF_TABLE = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
OF_INDEX = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table was "
    "exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes "
    "with the UpdateTable API"
)


class Bucket:
    """Units that may be spent: 0 <= units <= rate * 300 s."""

    __slots__ = ("meter", "rate", "units", "updated_at")

    def __init__(self, rate: float) -> None:
        self.rate, self.units, self.updated_at = rate, rate * BURST_S, 0.0
        self.meter = Meter()

    def has_unit(self, now: float) -> bool:
        """Whether anything may be spent now."""
        self.units = min(self.rate * BURST_S, self.units + max(0.0, now - self.updated_at) * self.rate)
        self.updated_at = now
        return self.units >= 1.0

    def spend(self, units: float) -> None:
        """Take units out, as far as there are any."""
        self.units = max(0.0, self.units - units)
        self.meter.add(self.updated_at, units)


class Throttle:
    """The buckets of a table, which has the name "", and of its global indexes."""

    __slots__ = ("_arn", "_reads", "_writes", "exceeded", "given")
    limits = True

    def __init__(self, arn: str, given: dict[str, tuple[int, int]]) -> None:
        self._arn, self.given = arn, given
        self._reads = {name: Bucket(reads) for name, (reads, _) in given.items()}
        self._writes = {name: Bucket(writes) for name, (_, writes) in given.items()}
        self.exceeded: dict[tuple[str, str], Meter] = {}  # (verb, index or "") -> how often

    def altered(self, given: dict[str, tuple[int, int]]) -> Throttle:
        """The same with other rates: what was counted so far is not forgotten."""
        found = Throttle(self._arn, given)
        found.exceeded = self.exceeded
        for before, after in ((self._reads, found._reads), (self._writes, found._writes)):
            for name in before.keys() & after.keys():
                after[name].meter = before[name].meter
        return found

    def check_read(self, now: float, index: str = "") -> None:
        """ProvisionedThroughputExceededException if nothing may be read now."""
        if not self._bucket(self._reads, index).has_unit(now):
            raise self._exceeded(now, index, "Read")

    def spend_read(self, units: float, index: str = "") -> None:
        self._bucket(self._reads, index).spend(units)

    def write(self, now: float, units: float, indexes: dict[str, tuple[bool, float]]) -> None:
        """Pay for a write to the table and to its indexes. ProvisionedThroughputExceededException."""
        costs = {"": units, **{name: each for name, (is_global, each) in indexes.items() if is_global}}
        for name in costs:
            if not self._bucket(self._writes, name).has_unit(now):
                raise self._exceeded(now, name, "Write")
        for name, cost in costs.items():
            self._bucket(self._writes, name).spend(cost)

    def meters(self) -> Iterator[tuple[str, str, Meter]]:
        """What was spent: (metric, global index or "", by minutes)."""
        for verb, buckets in (("Read", self._reads), ("Write", self._writes)):
            for name, bucket in buckets.items():
                if bucket.meter.minutes:
                    yield f"Consumed{verb}CapacityUnits", name, bucket.meter
        for (verb, name), meter in self.exceeded.items():
            yield f"{verb}ThrottleEvents", name, meter

    def _bucket(self, buckets: dict[str, Bucket], index: str) -> Bucket:
        return buckets.get(index) or buckets[""]  # local indexes live on the table's

    def _exceeded(self, now: float, index: str, verb: str) -> ProvisionedThroughputExceededException:
        self.exceeded.setdefault((verb, index), Meter()).add(now, 1.0)
        what, arn = ("Index", f"{self._arn}/index/{index}") if index else ("Table", self._arn)
        reason = {"reason": f"{what}{verb}ProvisionedThroughputExceeded", "resource": arn}
        return ProvisionedThroughputExceededException(OF_INDEX if index else OF_TABLE, ThrottlingReasons=[reason])


class Tally:
    """What a table that pays per request and its global indexes read and write: all they are asked for."""

    __slots__ = ("_now", "_reads", "_writes", "given")
    limits = False

    def __init__(self, given: tuple[str, ...]) -> None:
        self.given = given
        self._reads, self._writes = ({name: Meter() for name in ("", *given)} for _ in range(2))
        self._now = 0.0

    def read(self, now: float, size: int, consistent: bool) -> None:
        """An item of so many bytes was read, or none."""
        units = 1.0 if size <= 4096 else read_units(size, True)
        self._reads[""].add(now, units if consistent else units / 2)

    def wrote(self, now: float, size: int) -> None:
        """An item of so many bytes was written, whatever it replaced."""
        self._writes[""].add(now, 1.0 if size <= 1024 else write_units(size))

    def check_read(self, now: float, index: str = "") -> None:
        """Reading is never refused."""
        self._now = now

    def spend_read(self, units: float, index: str = "") -> None:
        self._reads[index if index in self._reads else ""].add(self._now, units)

    def write(self, now: float, units: float, indexes: dict[str, tuple[bool, float]]) -> None:
        self._writes[""].add(now, units)
        for name, (is_global, more) in indexes.items():
            self._writes[name if is_global else ""].add(now, more)

    def meters(self) -> Iterator[tuple[str, str, Meter]]:
        """What was consumed: (metric, global index or "", by minutes)."""
        for verb, meters in (("Read", self._reads), ("Write", self._writes)):
            for name, meter in meters.items():
                if meter.minutes:
                    yield f"Consumed{verb}CapacityUnits", name, meter


def throttle_of(about: Plain, before: Throttle | Tally | None) -> Throttle | Tally:
    """The throttle of a table as it is described, a mere tally where it pays per request; the one before it, if
    nothing about capacity has changed."""
    if (about.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        indexes = tuple(each["IndexName"] for each in about.get("GlobalSecondaryIndexes") or ())
        return before if isinstance(before, Tally) and before.given == indexes else Tally(indexes)
    given = {"": _rates(about["ProvisionedThroughput"])}
    for index in about.get("GlobalSecondaryIndexes") or ():
        given[index["IndexName"]] = _rates(index.get("ProvisionedThroughput") or about["ProvisionedThroughput"])
    if not isinstance(before, Throttle):
        return Throttle(about["TableArn"], given)
    return before if before.given == given else before.altered(given)


def _rates(throughput: Plain) -> tuple[int, int]:
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]
