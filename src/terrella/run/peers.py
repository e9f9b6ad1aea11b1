"""Links between places: every change owed to a peer is carried there, in order, at the network's pace.

A link is one TCP connection from the place that owes to the place owed, opened when the first debt is made.
Batches cross as fates say, are applied, and are acknowledged once they are on the peer's disk; the
acknowledgement crosses back. A link that breaks begins anew with what the peer says it has seen.

Invariant: nothing is sent that is not durable here, and nothing acknowledged that is not durable there.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..net.addresses import address_of
from ..region.region import Region
from ..region.replicate import Batch
from ..store.journal import Change
from .crossing import Crossing
from .debts import Debts, Notes
from .disk.journal_file import JournalFile
from .frames import BadFrame, FrameReader, batch_frame, frame
from .inlet import Inlet, Lags
from .lane import Lane

log = logging.getLogger(__name__)

AT_ONCE = 256  # changes per batch
UNACKED_BYTES = 8 << 20
UNACKED_CHANGES = 16_384
BATCH_BYTES = 2 << 20
RETRY_S, SLOWEST_RETRY_S = 0.2, 5.0
NOTE_EVERY_S = 5.0
SEARCH_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Here:
    """Where the links of a place begin: its name and address, the port for links, who the others are."""

    name: str
    port: int
    peers: frozenset[str]

    @property
    def address(self) -> str:
        return address_of(self.name)


class Links:
    """All links of one place, both ways."""

    def __init__(
        self, here: Here, crossing: Crossing, journal: JournalFile, region: Callable[[], Region], notes: Path
    ) -> None:
        self.here, self.crossing, self.journal, self.region = here, crossing, journal, region
        self.lags: dict[str, Lags] = {}
        self._links: dict[str, Link] = {}
        self._inlets: set[Inlet] = set()
        self._notes, self._noted_at = Notes(notes), time.monotonic()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen, and take up what is owed. Raises OSError when the port is taken."""
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Inlet(self, self._inlets), self.here.address, self.here.port, backlog=128
        )
        self._search()
        self.journal.follow(self._appended)
        self.journal.when_durable(self._durable)

    def begin_anew(self) -> None:
        """The region was made anew from its disk: some numbers owed are no more."""
        for link in self._links.values():
            link.close()
        for inlet in list(self._inlets):
            inlet.close()
        self._links.clear()
        self._search()
        self._durable(self.journal.durable)

    def nudge(self, peer: str) -> None:
        """A peer is up again: do not wait to try."""
        link = self._links.get(peer)
        if link is not None:
            link.nudge()

    def settled(self) -> int:
        """Everything up to here has reached everybody it was owed to."""
        return min([self.journal.durable, *(link.debts.settled for link in self._links.values())])

    def status(self) -> dict[str, Any]:
        """What is owed and how old it is; what comes in and how late."""
        return {
            "out": {peer: link.status() for peer, link in sorted(self._links.items())},
            "in": {source: lags.summary() for source, lags in sorted(self.lags.items())},
        }

    def close(self) -> None:
        """Hang up and keep how far things are."""
        if self._server is not None:
            self._server.close()
        for link in self._links.values():
            link.close()
        for inlet in list(self._inlets):
            inlet.close()
        self.note()

    def note(self) -> None:
        self._noted_at = time.monotonic()
        self._notes.write(self.journal.durable, {peer: link.debts for peer, link in self._links.items()})

    def note_now_and_then(self) -> None:
        """Called when something was acknowledged, so that an idle place needs no timer."""
        if time.monotonic() - self._noted_at > NOTE_EVERY_S:
            self.note()

    def _link(self, peer: str) -> Link:
        link = self._links.get(peer)
        if link is None:
            outbox = self.region().peer_with(peer)
            outbox.acked = outbox.chained = outbox.scanned = self._notes.acked.get(peer, 0)
            link = self._links[peer] = Link(self, peer, Debts(outbox))
        return link

    def _search(self) -> None:
        """Find in the journal what may still be owed."""
        for peer in self._notes.acked:
            self._link(peer)  # so that services can see what has been acknowledged
        after = max(self._notes.start(), self.journal.first - 1)
        while window := self.journal.read(after, SEARCH_AT_ONCE):
            for change in window:
                for peer in change.to:
                    if self._notes.owes(peer, change.seq):
                        self._link(peer).owe(change.seq)
            after = window[-1].seq
        self._durable(self.journal.durable)

    def _appended(self, change: Change) -> None:
        for peer in change.to:
            self._link(peer).owe(change.seq)

    def _durable(self, upto: int) -> None:
        for link in self._links.values():
            if link.dirty:
                link.pump()
        for inlet in self._inlets:
            inlet.durable(upto)


class Link(asyncio.Protocol):
    """One link, seen from the place that owes."""

    def __init__(self, links: Links, peer: str, debts: Debts) -> None:
        self.peer, self.debts, self.dirty = peer, debts, False
        self._links, self._crossing = links, links.crossing
        self._reader = FrameReader()
        self._transport: Any = None
        self._lane: Lane[bytes] | None = None
        self._ready = self._closed = self._watching = False
        self._unacked: deque[tuple[Batch, int]] = deque()  # batches under way, and their bytes
        self._changes_out = self._bytes_out = 0
        self._size = 256.0  # bytes per change, roughly
        self._dialling: asyncio.Task[None] | None = None
        self._nudged = asyncio.Event()

    def owe(self, number: int) -> None:
        self.debts.owe(number)
        self.dirty = True

    def pump(self) -> None:
        """Send what is due and durable, as far as the window goes. To a place that this world does not have
        at present it stays owed."""
        if self.peer not in self._links.here.peers:
            return
        if not self._ready:
            self._dial()
            return
        here = self._links.here.name
        if not self._crossing.network.reachable(here, self.peer):
            self._watch()
            return
        now = time.monotonic()
        while self._changes_out < UNACKED_CHANGES and self._bytes_out < UNACKED_BYTES:
            limit = max(1, min(AT_ONCE, int(BATCH_BYTES / self._size)))
            batch = self.debts.due(now, limit)
            if batch is None:
                self.dirty = self.debts.waiting  # what is not durable yet goes out once it is
                return
            data = batch_frame(batch)
            self._size += (len(data) / len(batch.changes) - self._size) / 4
            self._unacked.append((batch, len(data)))
            self._changes_out += len(batch.changes)
            self._bytes_out += len(data)
            assert self._lane is not None
            self._lane.put(data)

    def nudge(self) -> None:
        self._nudged.set()

    def status(self) -> dict[str, Any]:
        oldest = self.debts.oldest
        found = self._links.journal.read(oldest - 1, 1) if oldest is not None else ()
        return {
            "owed": len(self.debts),
            "oldest_s": round(time.time() - found[0].accepted, 3) if found else 0.0,
            "connected": self._ready,
        }

    def close(self) -> None:
        self._closed = True
        self._hang_up()
        if self._dialling is not None:
            self._dialling.cancel()

    # Connecting.

    def _dial(self) -> None:
        if self._dialling is None and not self._closed:
            self._dialling = asyncio.get_running_loop().create_task(self._keep_dialling())

    async def _keep_dialling(self) -> None:
        wait = RETRY_S
        try:
            while not self._closed and not self._transport:
                self._nudged.clear()
                if await self._try():
                    break
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._nudged.wait(), wait)
                wait = min(2 * wait, SLOWEST_RETRY_S)
        finally:
            self._dialling = None

    async def _try(self) -> bool:
        here = self._links.here
        await self._crossing.cross(here.name, self.peer)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: self, address_of(self.peer), here.port, local_addr=(here.address, 0)
            )
        except OSError:
            return False  # its process is not there; we are nudged when it is back
        self._transport.write(frame("hello", here.name))
        return True

    # From the event loop.

    def connection_made(self, transport: Any) -> None:
        self._transport, self._reader = transport, FrameReader()
        self._lane = Lane(self._crossing, self._links.here.name, self.peer, transport.write)

    def connection_lost(self, error: Exception | None) -> None:
        self._hang_up()
        if len(self.debts):
            self.dirty = True
            self._dial()

    def data_received(self, data: bytes) -> None:
        try:
            for parts in self._reader.feed(data):
                self._take(parts)
        except (BadFrame, TypeError, ValueError) as wrong:
            log.error("%s sent what is no frame: %s", self.peer, wrong)
            self._hang_up()

    def _take(self, parts: list[Any]) -> None:
        kind, number, came = parts
        now = time.monotonic()
        if kind == "seen":
            self._unacked.clear()
            self._changes_out = self._bytes_out = 0
            self.debts.resume(number, now)
            self._ready = True
        else:
            self.debts.ack(number, now)
            while self._unacked and self._unacked[0][0].upto <= number:
                batch, size = self._unacked.popleft()
                self._links.region().reached(self.peer, batch.changes, came)
                self._changes_out -= len(batch.changes)
                self._bytes_out -= size
            self._links.note_now_and_then()
        self.pump()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._crossing.watch(self._way_changed)

    def _way_changed(self) -> None:
        self._watching = False
        self._crossing.unwatch(self._way_changed)
        self.pump()

    def _hang_up(self) -> None:
        self._ready = False
        self._crossing.unwatch(self._way_changed)
        self._watching = False
        if self._lane is not None:
            self._lane.close()
        if self._transport is not None:
            transport, self._transport = self._transport, None
            transport.abort()
