"""What all members of Raft groups in one region have in common: they send no sooner than safe, wait, and are told.

A message is a request to an entrance of the other region, so it takes the world's network; a reply is held back
there until the journal is durable, and here nothing is sent before what was saved for it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..core.errors import AwsError
from .raft import Raft
from .service import Context

Plain = dict[str, Any]
SYNC_S = 0.0005
MOST_WAITING = 8  # messages to one region that have neither a reply nor failed: the way may be cut


class Member:
    """One group as this region sees it."""

    def __init__(self, raft: Raft) -> None:
        self.raft = raft
        self.waiting = dict.fromkeys(raft.peers, 0)


M = TypeVar("M", bound=Member)


class Assembly(Generic[M]):
    """All groups of one kind. `what` names its tasks. Whoever makes one says what `act`, `ask`, `takes_part` and
    `late` are."""

    what = ""

    def __init__(self, ctx: Context[Any]) -> None:
        self.ctx, self.here, self.clock = ctx, ctx.here, ctx.here.clock
        self.journal = ctx.here.journal
        self._waiting: list[Any] = []
        self._unsent: list[tuple[int, M, str, Plain]] = []
        self._flushing = False

    def act(self, member: M) -> None:
        """Save, send and tell what came of the last step."""
        raise NotImplementedError

    async def ask(self, member: M, peer: str, message: Plain) -> Any:
        """The reply of another member. Raises AwsError if it cannot be had."""
        raise NotImplementedError

    def takes_part(self, member: M) -> bool:
        """Is a member still this region's?"""
        raise NotImplementedError

    def late(self) -> AwsError:
        """What whoever waited in vain is told."""
        raise NotImplementedError

    def receive(self, member: M, source: str, message: Plain) -> Plain | None:
        """The reply to a message of Raft."""
        reply = member.raft.receive(source, message, self.clock.now())
        self.act(member)
        return reply

    def send(self, member: M) -> None:
        """Send what Raft wants to be sent, once all that was saved before is durable."""
        out, member.raft.out = member.raft.out, []
        self._unsent += [(self.here.journal.last, member, peer, message) for peer, message in out]
        self._send_safe()

    async def until(self, holds: Callable[[], bool], end: float) -> None:
        """Wait until something holds. Raises `late` when it does not in time: what was asked for may yet be done."""
        while not holds():
            if self.clock.now() >= end or self.here.journal is not self.journal:
                raise self.late()
            promise = self.here.ports.tasks.promise()
            self._waiting.append(promise)
            await promise
        if self.here.journal is not self.journal:  # the disk failed: what held may be undone
            raise self.late()

    def wake(self) -> None:
        """Whoever waits may look again."""
        waiting, self._waiting = self._waiting, []
        for promise in waiting:
            promise.resolve(None)

    def _send_safe(self) -> None:
        """Send what nothing unsaved stands behind."""
        durable = self.here.journal.durable
        while self._unsent and self._unsent[0][0] <= durable:
            _, member, peer, message = self._unsent.pop(0)
            if member.waiting[peer] >= MOST_WAITING:
                if message["kind"] == "append":
                    member.raft.lost(peer)
                continue
            member.waiting[peer] += 1
            self.here.ports.tasks.spawn(f"{self.what}: tell a region", self._send(member, peer, message))
        if self._unsent and not self._flushing:
            self._flushing = True
            self.here.ports.tasks.spawn(f"{self.what}: tell regions", self._flush())

    async def _flush(self) -> None:
        while self._unsent:
            await self.clock.sleep(SYNC_S)
            self._send_safe()
        self._flushing = False

    async def _send(self, member: M, peer: str, message: Plain) -> None:
        reply = None
        try:
            reply = await self.ask(member, peer, message)
        except AwsError:
            if message["kind"] == "append":
                member.raft.lost(peer)
        finally:
            member.waiting[peer] -= 1
        if reply is not None and self.takes_part(member):
            member.raft.answered(peer, message, reply, self.clock.now())
            self.act(member)
