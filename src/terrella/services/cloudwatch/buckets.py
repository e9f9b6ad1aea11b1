"""Values brought together: how many, their sum, the least, the greatest and, where it is known, each of them.

Percentiles need the values themselves. Of a statistic set only two kinds tell them: one value, or all alike.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import ormsgpack

MOST_VALUES = 500  # different ones in one bucket; beyond, they are told apart by three digits
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d{1,10})?|100)")


@dataclass(slots=True)
class Bucket:
    """`values` counts each value; None where they are not known."""

    count: float = 0.0
    sum: float = 0.0
    least: float = float("inf")
    most: float = float("-inf")
    values: Counter[float] | None = None

    def add(self, other: Bucket) -> None:
        known = self.values if self.count else Counter()
        self.values = None if known is None or other.values is None else _few(known + other.values)
        self.count += other.count
        self.sum += other.sum
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)

    def statistic(self, name: str) -> float | None:
        """One of the five, or a percentile such as p99.9. None where the values it needs are not known."""
        if name == "Average":
            return self.sum / self.count if self.count else None
        if name in STATISTICS:
            return {"SampleCount": self.count, "Sum": self.sum, "Minimum": self.least, "Maximum": self.most}[name]
        return self._percentile(float(name[1:]))

    def packed(self) -> bytes:
        values = None if self.values is None else [[*self.values], [*self.values.values()]]
        return ormsgpack.packb([self.count, self.sum, self.least, self.most, values])

    def _percentile(self, percent: float) -> float | None:
        """The least value that so many percent of all do not exceed."""
        wanted, seen = self.count * percent / 100.0, 0.0
        for value, count in sorted((self.values or {}).items()):
            seen += count
            if seen >= wanted - 1e-9:
                return value
        return None


def bucket_of(values: Iterable[float], counts: Iterable[float]) -> Bucket:
    """Of values that came so many times each."""
    found: Counter[float] = Counter()
    for value, count in zip(values, counts, strict=True):
        if count:
            found[value] += count  # type: ignore[assignment]
    total = sum(value * count for value, count in found.items())
    return Bucket(sum(found.values()), total, min(found), max(found), _few(found))


def bucket_of_set(count: float, sum: float, least: float, most: float) -> Bucket:
    """Of a statistic set."""
    alike = count == 1 or least == most
    return Bucket(count, sum, least, most, Counter({least: count}) if alike else None)


def unpacked(record: bytes) -> Bucket:
    count, total, least, most, values = ormsgpack.unpackb(record)
    known = None if values is None else Counter(dict(zip(*values, strict=True)))
    return Bucket(count, total, least, most, known)


def is_percentile(name: str) -> bool:
    return _PERCENTILE.fullmatch(name) is not None


def _few(values: Counter[float]) -> Counter[float]:
    if len(values) <= MOST_VALUES:
        return values
    found: Counter[float] = Counter()
    for value, count in values.items():
        found[float(f"{value:.3g}")] += count
    return found
