"""Provisioned capacity: what a table may do each second, and what it saved up.

A table and each global index has a bucket for reads and one for writes, filled at the provisioned rate and
holding five minutes of it (developer guide, "Burst and adaptive capacity"). A request is let through while there
is a unit, whatever it costs in the end: a bucket is never in debt. Buckets live in memory; a restart fills them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...region.measures import Meter
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

    __slots__ = ("_arn", "_reads", "_writes", "given")

    def __init__(self, arn: str, given: dict[str, tuple[int, int]]) -> None:
        self._arn, self.given = arn, given
        self._reads = {name: Bucket(reads) for name, (reads, _) in given.items()}
        self._writes = {name: Bucket(writes) for name, (_, writes) in given.items()}

    def check_read(self, now: float, index: str = "") -> None:
        """ProvisionedThroughputExceededException if nothing may be read now."""
        if not self._bucket(self._reads, index).has_unit(now):
            raise self._exceeded(index, "Read")

    def spend_read(self, units: float, index: str = "") -> None:
        self._bucket(self._reads, index).spend(units)

    def write(self, now: float, units: float, indexes: dict[str, tuple[bool, float]]) -> None:
        """Pay for a write to the table and to its indexes. ProvisionedThroughputExceededException."""
        costs = {"": units, **{name: each for name, (is_global, each) in indexes.items() if is_global}}
        for name in costs:
            if not self._bucket(self._writes, name).has_unit(now):
                raise self._exceeded(name, "Write")
        for name, cost in costs.items():
            self._bucket(self._writes, name).spend(cost)

    def meters(self) -> Iterator[tuple[str, str, Meter]]:
        """What was spent: (metric, global index or "", by minutes)."""
        for verb, buckets in (("Read", self._reads), ("Write", self._writes)):
            for name, bucket in buckets.items():
                if bucket.meter.minutes:
                    yield f"Consumed{verb}CapacityUnits", name, bucket.meter

    def _bucket(self, buckets: dict[str, Bucket], index: str) -> Bucket:
        return buckets.get(index) or buckets[""]  # local indexes live on the table's

    def _exceeded(self, index: str, verb: str) -> ProvisionedThroughputExceededException:
        what, arn = ("Index", f"{self._arn}/index/{index}") if index else ("Table", self._arn)
        reason = {"reason": f"{what}{verb}ProvisionedThroughputExceeded", "resource": arn}
        return ProvisionedThroughputExceededException(OF_INDEX if index else OF_TABLE, ThrottlingReasons=[reason])


def throttle_of(about: Plain, before: Throttle | None) -> Throttle | None:
    """The throttle of a table as it is described, None where it pays per request; the one before it, if nothing
    about capacity has changed."""
    if (about.get("BillingModeSummary") or {}).get("BillingMode") == "PAY_PER_REQUEST":
        return None
    given = {"": _rates(about["ProvisionedThroughput"])}
    for index in about.get("GlobalSecondaryIndexes") or ():
        given[index["IndexName"]] = _rates(index.get("ProvisionedThroughput") or about["ProvisionedThroughput"])
    if before is not None and before.given == given:
        return before
    return Throttle(about["TableArn"], given)


def _rates(throughput: Plain) -> tuple[int, int]:
    return throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]
