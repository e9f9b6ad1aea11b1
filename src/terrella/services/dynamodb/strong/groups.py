"""The strongly consistent tables of one region at work: time passes, messages go and come, what is agreed is told.

Invariant: what Raft asks to be saved is in the journal before anything else happens.
"""

from __future__ import annotations

import random
from typing import Any

import ormsgpack

from ....core.errors import AwsError, InternalServerError
from ....region.assembly import Assembly, Member
from ....region.raft import HEARTBEAT_S, Raft
from ....region.service import Context
from ....wire.http import Request
from ..state import State
from . import keeping
from .keeping import SETTINGS, Word

Plain = dict[str, Any]

HOST = "strong.dynamodb.internal"
TICK_S = HEARTBEAT_S / 4
DELETING_S = 1.0


class Group(Member):
    """One table's members as this region sees them."""

    def __init__(self, id: str, data: Plain, raft: Raft) -> None:
        super().__init__(raft)
        self.id = id
        self.table: str = data["table"]
        self.members: list[str] = data["members"]
        self.pending: dict[bytes, Word] = {}  # item -> the write under way
        self.ending = data["ended"] is not None  # or about to be, as the leader knows
        self.opening = False
        self.awaited: dict[str, bool] = {}  # word -> is it agreed?
        self.led = False


class Groups(Assembly[Group]):
    """All of one region."""

    what = "dynamodb"

    def __init__(self, ctx: Context[State]) -> None:
        super().__init__(ctx)
        self.groups: dict[str, Group] = {}
        self._at_work = False

    def takes_part(self, member: Group) -> bool:
        return self.groups.get(member.id) is member

    def late(self) -> AwsError:
        """Developer guide, "Error handling with DynamoDB": HTTP 500."""
        return InternalServerError("Internal server error")

    # Groups.

    def begin(self, id: str) -> None:
        """Take part from now on."""
        data = self.ctx.state.strong_groups.get(id)
        if data is None or id in self.groups:
            return
        rng = random.Random(self.here.rng.getrandbits(64))
        kept = keeping.kept(self.ctx.state, id)
        witness = data["witness"] == self.here.name
        raft = Raft(self.here.name, data["members"], rng, self.clock.now(), kept, witness)
        self.groups[id] = Group(id, data, raft)
        if not self._at_work:
            self._at_work = True
            self.here.ports.tasks.spawn(f"{self.what}: agree", self._tick_on())

    def of_table(self, name: str) -> Group:
        """The group of a table this region holds."""
        table = self.ctx.state.known(name)
        assert table is not None and table.strong is not None, "found a moment ago"
        return self.groups[table.strong["group"]]

    def forget(self, id: str) -> None:
        """Take part no longer."""
        self.groups.pop(id, None)
        self.wake()

    def close(self, id: str) -> None:
        """If it was agreed that this region keeps the table alone, it does from now on."""
        data = self.ctx.state.strong_groups.get(id)
        if data is None or data["ended"] != self.here.name:
            return
        others = [each for each in data["members"] if each != self.here.name]
        gone_at = self.clock.now() + self.ctx.scaled(DELETING_S)
        self.ctx.commit("group_closed", group=id, keeper=self.here.name, gone_at=gone_at, to=others)
        self.forget(id)

    # What Raft wants.

    def act(self, member: Group) -> None:
        """Save, send and tell what came of the last step."""
        group, raft = member, member.raft
        saves, raft.saves = raft.saves, []
        for kind, *body in saves:
            if kind == "voted":
                self.ctx.commit("group_voted", group=group.id, term=body[0], vote=body[1])
            elif kind == "appended":
                entries = [list(each) for each in body[1]]
                self.ctx.commit("entries_appended", group=group.id, after=body[0], entries=entries)
            elif kind == "agreed":
                for word in self.ctx.commit("entries_agreed", group=group.id, upto=body[0]):
                    self._agreed(group, word)
            else:
                self.ctx.commit("entries_dropped", group=group.id, upto=body[0], term=body[1])
        self._lead(group)
        self.send(group)
        self.wake()

    def _agreed(self, group: Group, word: Word) -> None:
        if word.id in group.awaited:
            group.awaited[word.id] = True
        group.ending = group.ending or word.kind == "ended"
        for key in [key for key, each in group.pending.items() if each.id == word.id]:
            del group.pending[key]

    def _lead(self, group: Group) -> None:
        """Whoever begins to lead looks at what is under way."""
        raft = group.raft
        if raft.leads and not group.led:
            data = keeping.data_of(self.ctx.state, group.id)
            group.pending, group.ending, group.opening = {}, data["ended"] is not None, False
            for index in range(raft.kept.commit + 1, raft.last + 1):
                said = raft.entry(index).data
                if said is not None:
                    self.note(group, keeping.unpack(said))
        group.led = raft.leads

    def note(self, group: Group, word: Word) -> None:
        """A word is under way."""
        if word.kind == "write":
            for key, _, _ in word.body:
                group.pending[key] = word
        elif word.kind == "altered":
            group.pending[SETTINGS] = word
        if word.kind == "opened":
            group.opening = True
        group.ending = group.ending or word.kind == "ended"

    def propose(self, group: Group, word: Word) -> None:
        """Ask the others, as their leader, to agree to a word."""
        self.note(group, word)
        group.raft.propose(keeping.pack(word))
        self.act(group)

    # Time.

    async def _tick_on(self) -> None:
        while self.groups:
            now = self.clock.now()
            for group in list(self.groups.values()):
                group.raft.tick(now)
                self._open(group)
                self.act(group)
                self.close(group.id)
            await self.clock.sleep(TICK_S)
        self._at_work = False

    def _open(self, group: Group) -> None:
        """Once all three take part, the table is there."""
        raft, data = group.raft, keeping.data_of(self.ctx.state, group.id)
        if not raft.leads or raft.witness or data["opened"] or group.opening:
            return
        if min(raft.match.values()) > 0 and not group.ending:
            self.propose(group, Word("opened", "opened", self.here.name, self.clock.now(), None))

    # Messages.

    async def ask(self, member: Group, peer: str, message: Plain) -> Any:
        """The reply of another region. Raises AwsError if it cannot be had."""
        body = ormsgpack.packb([member.id, self.here.name, message])
        request = Request("POST", "/", "", {"host": HOST}, body)
        response = await self.here.ports.regions.forward(peer, request)
        if response.status != 200:
            raise InternalServerError(f"{peer} does not take part")
        return ormsgpack.unpackb(response.body)
