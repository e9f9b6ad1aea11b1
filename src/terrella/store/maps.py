"""The ordered maps that hold service state, and their in-memory form.

Two kinds, because two kinds of state exist. `objects` are few and read as Python values: tables, zones,
functions, stacks. `records` are many and read as bytes: the items of a table. On disk (`run/disk.py`) objects
are kept whole in memory and written through; records are not.

Invariant: only the change functions of a service write to its maps, so that a map is always what its journal
makes of it. Values are plain data and are replaced, never altered in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from sortedcontainers import SortedDict


class Objects(Protocol):
    """Name to plain data, in order of names."""

    def get(self, key: str) -> Any | None: ...
    def put(self, key: str, value: Any) -> None: ...
    def delete(self, key: str) -> None: ...
    def items(self) -> Iterator[tuple[str, Any]]: ...
    def __iter__(self) -> Iterator[str]: ...
    def __contains__(self, key: object) -> bool: ...
    def __len__(self) -> int: ...


class Records(Protocol):
    """Bytes to bytes, in order of keys; may be larger than memory."""

    def get(self, key: bytes) -> bytes | None: ...
    def put(self, key: bytes, value: bytes) -> None: ...
    def delete(self, key: bytes) -> None: ...
    def scan(
        self, start: bytes = b"", end: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end, in key order or against it. `None` is after every key."""
        ...


class Maps(Protocol):
    """All maps of one place. A map exists once it is asked for."""

    def objects(self, name: str) -> Objects: ...
    def records(self, name: str) -> Records: ...
    def drop(self, name: str) -> None:
        """Empty a map of either kind."""
        ...


class MemoryObjects:
    """Objects in a sorted dict."""

    def __init__(self) -> None:
        self._values: SortedDict[str, Any] = SortedDict()

    def get(self, key: str) -> Any | None:
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        self._values[key] = value

    def delete(self, key: str) -> None:
        self._values.pop(key, None)

    def items(self) -> Iterator[tuple[str, Any]]:
        return iter(list(self._values.items()))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)


class MemoryRecords:
    """Records in a sorted dict."""

    def __init__(self) -> None:
        self._values: SortedDict[bytes, bytes] = SortedDict()

    def get(self, key: bytes) -> bytes | None:
        found: bytes | None = self._values.get(key)
        return found

    def put(self, key: bytes, value: bytes) -> None:
        self._values[key] = value

    def delete(self, key: bytes) -> None:
        self._values.pop(key, None)

    def scan(
        self, start: bytes = b"", end: bytes | None = None, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        for key in self._values.irange(start, end, inclusive=(True, False), reverse=reverse):
            yield key, self._values[key]


class MemoryMaps:
    """All maps of one place that lives as long as its process."""

    def __init__(self) -> None:
        self._objects: dict[str, MemoryObjects] = {}
        self._records: dict[str, MemoryRecords] = {}

    def objects(self, name: str) -> MemoryObjects:
        return self._objects.setdefault(name, MemoryObjects())

    def records(self, name: str) -> MemoryRecords:
        return self._records.setdefault(name, MemoryRecords())

    def drop(self, name: str) -> None:
        if name in self._objects:
            self._objects[name]._values.clear()
        if name in self._records:
            self._records[name]._values.clear()
