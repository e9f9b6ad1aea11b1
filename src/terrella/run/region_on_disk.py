"""A region and the disk it lives on: built from disk at the start, and built anew when the disk refused a
write.

Invariant: what nobody was promised is not state. When the journal gives up changes that had been applied, the
region that applied them is left behind, unable to commit, and a new one is made of what is on disk.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Generic, NoReturn, Protocol, TypeVar

from ..core.errors import InternalServerError
from ..region.region import Begun, UnknownChange
from ..store.journal import Change, Journal
from ..store.maps import Maps
from ..wire.http import Request, Response
from .disk import Disk, DiskError

log = logging.getLogger(__name__)


class Answering(Protocol):
    """What must be kept on disk: a `region.Region`."""

    name: str
    journal: Journal

    def handle(self, request: Request) -> Response | Awaitable[Response]: ...
    def begin(self, request: Request) -> Begun: ...
    def failure(self, request: Request) -> Response: ...
    def replay(self, change: Change) -> None: ...
    def start(self) -> None: ...


R = TypeVar("R", bound=Answering)


class RegionOnDisk(Generic[R]):
    """Answers by the region of the moment. `build` makes a region of a journal and maps and is called again
    after a failure; `rebuilt` is told of each later region, to connect what belongs to it."""

    def __init__(
        self, disk: Disk, build: Callable[[Journal, Maps], R], rebuilt: Callable[[R], None] | None = None
    ) -> None:
        self.disk, self._build, self._rebuilt = disk, build, rebuilt
        self.region = self._from_disk()
        self._left_behind = False  # the region knows of changes that are not in the journal
        disk.journal.when_broken(self._begin_anew)
        disk.journal.when_well(self._go_on)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        if self._left_behind:
            return self.region.failure(request)
        return self.region.handle(request)

    def begin(self, request: Request) -> Begun:
        """The same in two steps; both are taken before anything else happens here."""
        if self._left_behind:
            return self.region.failure(request)
        return self.region.begin(request)

    def failure(self, request: Request) -> Response:
        return self.region.failure(request)

    def _from_disk(self) -> R:
        region = self._build(self.disk.journal, self.disk.maps)
        count = self.disk.replay(lambda change: self._replay(region, change))
        log.info("%s: %d changes applied to the maps", region.name, count)
        return region

    def _replay(self, region: R, change: Change) -> None:
        """A change that cannot be applied broke in the same place when it was made, and its maker was told.
        To go on after it leads to the same state as then; not to would keep the region from ever starting."""
        try:
            region.replay(change)
        except UnknownChange as unknown:
            message = f"{self.disk.folder} was written by another version: {unknown}, which this one does not know."
            raise DiskError(message) from None
        except (sqlite3.Error, DiskError, OSError):
            raise
        except Exception:
            what = f"{change.service} {change.kind}"
            log.exception("%s: change %d (%s) could not be applied", region.name, change.seq, what)

    def _begin_anew(self) -> None:
        self.region.journal = Closed()
        self._left_behind = True
        try:
            self._read_back()
        except (sqlite3.Error, DiskError, OSError):
            log.exception(
                "%s: its disk cannot be read either; nothing is answered until it can", self.region.name
            )

    def _read_back(self) -> None:
        self.disk.reread()
        self.region = self._from_disk()
        self._left_behind = False

    def _go_on(self) -> None:
        """Only now may the region commit what it picks up."""
        if self._left_behind:
            self._read_back()
        self.region.start()
        if self._rebuilt is not None:
            self._rebuilt(self.region)


class Closed:
    """The journal of a region that was left behind: takes nothing, has nothing."""

    last = durable = 0

    def append(self, change: Change) -> NoReturn:
        raise InternalServerError("This region had to begin anew from its disk.")

    def read(self, after: int, limit: int) -> list[Change]:
        return []

    def follow(self, tell: Callable[[Change], None]) -> None:
        """Nothing will ever be told."""
