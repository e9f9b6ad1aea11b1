"""The members of clusters at work in one region: time passes, messages go and come, what is agreed is told.

A message is a request to an entrance of the other region, so it takes the world's network; a reply is held back
there until the journal is durable, and here nothing is sent before what was saved for it is.

Invariant: what Raft asks to be saved is in the journal before anything else happens.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import ormsgpack

from ...core.errors import AwsError, ServiceUnavailable
from ...region.raft import Pace, Raft
from ...region.service import Context
from ...wire.http import Request
from . import state as keeping
from .errors import EndpointTemporarilyUnavailableException
from .state import State

Plain = dict[str, Any]

HOST = "recovery.internal"
PACE = Pace(0.5, 2.0)  # switches are turned rarely: an idle cluster should cost little
TICK_S = PACE.heartbeat_s / 4
SYNC_S = 0.0005
MOST_WAITING = 8  # messages to one region that have neither a reply nor failed: the way may be cut
GONE = 410
UNAVAILABLE = "The cluster endpoint isn't available. Try another cluster endpoint."


class Council:
    """One cluster as this member sees it. `awaited` has the words somebody waits for here: None, until they are
    agreed, then [refusal]."""

    def __init__(self, cluster: str, members: list[str], raft: Raft) -> None:
        self.cluster, self.members, self.raft = cluster, members, raft
        self.awaited: dict[str, list[Any] | None] = {}
        self.waiting = dict.fromkeys(raft.peers, 0)


class Councils:
    """All of one region."""

    def __init__(self, ctx: Context[State]) -> None:
        self.ctx, self.here, self.clock = ctx, ctx.here, ctx.here.clock
        self.journal = ctx.here.journal
        self.all: dict[str, Council] = {}
        self._waiting: list[Any] = []
        self._unsent: list[tuple[int, Council, str, Plain]] = []
        self._at_work = self._flushing = False

    def begin(self, cluster: str) -> Council:
        """Take part from now on in a cluster this region has founded or was told of."""
        if cluster in self.all:
            return self.all[cluster]
        members = self.ctx.state.cluster(cluster)["members"]
        rng = random.Random(self.here.rng.getrandbits(64))
        raft = Raft(self.here.name, members, rng, self.clock.now(), keeping.kept(self.ctx.state, cluster), pace=PACE)
        council = self.all[cluster] = Council(cluster, members, raft)
        self._tell(council)
        if not self._at_work:
            self._at_work = True
            self.here.ports.tasks.spawn("routing controls: agree", self._tick_on())
        return council

    def joined(self, cluster: str, members: list[str]) -> Council | None:
        """This region's part in a cluster, begun if need be; None if the cluster has ended."""
        data = self.ctx.state.clusters.get(cluster)
        if data is None:
            self.ctx.commit("cluster_founded", cluster=cluster, members=members)
        elif data["ended"]:
            return None
        return self.begin(cluster)

    def end(self, cluster: str) -> None:
        """A majority agreed that a cluster is no more."""
        if self.all.pop(cluster, None) is not None:
            self.ctx.commit("cluster_ended", cluster=cluster)
        self.wake()

    # What Raft wants.

    def act(self, council: Council) -> None:
        """Save, send and tell what came of the last step."""
        raft, cluster = council.raft, council.cluster
        saves, raft.saves = raft.saves, []
        ended = False
        for kind, *body in saves:
            if kind == "voted":
                self.ctx.commit("cluster_voted", cluster=cluster, term=body[0], vote=body[1])
            elif kind == "appended":
                self.ctx.commit("words_appended", cluster=cluster, after=body[0], entries=[list(e) for e in body[1]])
            elif kind == "agreed":
                ended = self._agreed(council, body[0]) or ended
            else:
                self.ctx.commit("words_dropped", cluster=cluster, upto=body[0], term=body[1])
        out, raft.out = raft.out, []
        self._unsent += [(self.here.journal.last, council, peer, message) for peer, message in out]
        self._send_safe()
        if ended:
            self.end(cluster)
        self.wake()

    def _agreed(self, council: Council, upto: int) -> bool:
        """Words have been agreed; True if the last of them ends the cluster."""
        ended = False
        for word, refusal in self.ctx.commit("words_agreed", cluster=council.cluster, upto=upto):
            if word["id"] in council.awaited:
                council.awaited[word["id"]] = [refusal]
            ended = ended or (word["kind"] == "config" and word["config"]["ended"])
        self._tell(council)
        return ended

    def _tell(self, council: Council) -> None:
        states = keeping.untold(self.ctx.state, council.cluster)
        if states:
            self.ctx.commit("controls_turned", states=states)

    # Time.

    async def _tick_on(self) -> None:
        while self.all:
            for council in list(self.all.values()):
                council.raft.tick(self.clock.now())
                self.act(council)
            await self.clock.sleep(TICK_S)
        self._at_work = False

    async def until(self, holds: Callable[[], bool], end: float) -> None:
        """Wait until something holds. Raises EndpointTemporarilyUnavailableException when it does not in time: what
        was asked for may yet be done."""
        while not holds():
            if self.clock.now() >= end or self.here.journal is not self.journal:
                raise EndpointTemporarilyUnavailableException(UNAVAILABLE)
            promise = self.here.ports.tasks.promise()
            self._waiting.append(promise)
            await promise

    def wake(self) -> None:
        """Whoever waits may look again."""
        waiting, self._waiting = self._waiting, []
        for promise in waiting:
            promise.resolve(None)

    # Messages.

    def receive(self, council: Council, source: str, message: Plain) -> Plain | None:
        """The reply to a message of Raft."""
        reply = council.raft.receive(source, message, self.clock.now())
        self.act(council)
        return reply

    async def ask(self, council: Council, peer: str, message: Plain) -> Any:
        """The reply of another member. Raises AwsError if it cannot be had."""
        body = ormsgpack.packb([council.cluster, self.here.name, council.members, message])
        response = await self.here.ports.regions.forward(peer, Request("POST", "/", "", {"host": HOST}, body))
        if response.status == GONE:
            self.end(council.cluster)
        if response.status != 200:
            raise ServiceUnavailable(f"{peer} does not take part")
        return ormsgpack.unpackb(response.body)

    def _send_safe(self) -> None:
        """Send what nothing unsaved stands behind."""
        durable = self.here.journal.durable
        while self._unsent and self._unsent[0][0] <= durable:
            _, council, peer, message = self._unsent.pop(0)
            if council.waiting[peer] >= MOST_WAITING:
                if message["kind"] == "append":
                    council.raft.lost(peer)
                continue
            council.waiting[peer] += 1
            self.here.ports.tasks.spawn("routing controls: tell a region", self._send(council, peer, message))
        if self._unsent and not self._flushing:
            self._flushing = True
            self.here.ports.tasks.spawn("routing controls: tell regions", self._flush())

    async def _flush(self) -> None:
        while self._unsent:
            await self.clock.sleep(SYNC_S)
            self._send_safe()
        self._flushing = False

    async def _send(self, council: Council, peer: str, message: Plain) -> None:
        reply = None
        try:
            reply = await self.ask(council, peer, message)
        except AwsError:
            if message["kind"] == "append":
                council.raft.lost(peer)
        finally:
            council.waiting[peer] -= 1
        if reply is not None and self.all.get(council.cluster) is council:
            council.raft.answered(peer, message, reply, self.clock.now())
            self.act(council)
