"""The members of clusters at work in one region: time passes, messages go and come, what is agreed is told.

Invariant: what Raft asks to be saved is in the journal before anything else happens.
"""

from __future__ import annotations

import random
from typing import Any

import ormsgpack

from ...core.errors import AwsError, ServiceUnavailable
from ...region.assembly import Assembly, Member
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
GONE = 410
UNAVAILABLE = "The cluster endpoint isn't available. Try another cluster endpoint."


class Council(Member):
    """One cluster as this member sees it. `awaited` has the words somebody waits for here: None, until they are
    agreed, then [refusal]."""

    def __init__(self, cluster: str, members: list[str], raft: Raft) -> None:
        super().__init__(raft)
        self.cluster, self.members = cluster, members
        self.awaited: dict[str, list[Any] | None] = {}


class Councils(Assembly[Council]):
    """All of one region."""

    what = "routing controls"

    def __init__(self, ctx: Context[State]) -> None:
        super().__init__(ctx)
        self.all: dict[str, Council] = {}
        self._at_work = False

    def takes_part(self, member: Council) -> bool:
        return self.all.get(member.cluster) is member

    def late(self) -> AwsError:
        return EndpointTemporarilyUnavailableException(UNAVAILABLE)

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
            self.here.ports.tasks.spawn(f"{self.what}: agree", self._tick_on())
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

    def act(self, member: Council) -> None:
        """Save, send and tell what came of the last step."""
        council, raft, cluster = member, member.raft, member.cluster
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
        self.send(council)
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

    # Messages.

    async def ask(self, member: Council, peer: str, message: Plain) -> Any:
        """The reply of another member. Raises AwsError if it cannot be had."""
        body = ormsgpack.packb([member.cluster, self.here.name, member.members, message])
        response = await self.here.ports.regions.forward(peer, Request("POST", "/", "", {"host": HOST}, body))
        if response.status == GONE:
            self.end(member.cluster)
        if response.status != 200:
            raise ServiceUnavailable(f"{peer} does not take part")
        return ormsgpack.unpackb(response.body)
