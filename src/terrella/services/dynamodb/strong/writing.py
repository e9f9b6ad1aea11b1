"""Writing to a strongly consistent table and reading it from any of its regions.

A write is decided by the region that leads and told to the others; a region that is not leading asks it, and as it
takes the entry itself, that is a majority: one round trip. A read that must see everything asks the leader how far
its list goes and waits until it has that; the question tells that asker and leader are of one term, and that is
a majority too.

Invariant: an answer is given only to what stands in the list, agreed, or to what was read when a majority still
followed the leader that was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import ormsgpack

from ....core.errors import AwsError, InternalServerError
from ....region.service import Context
from ....wire.http import Request, Response
from ..errors import ReplicatedWriteConflictException
from ..state import State, Table, service
from . import deciding
from .groups import HOST, Group, Groups
from .keeping import SETTINGS, Word

Plain = dict[str, Any]

PATIENCE_S = 4.0
AGAIN_S, ASKED_S = 0.05, 1.0
ELECTED_S, SHORTLY_S = 5.0, 0.5
"""A region that had no leader for longer than elections take is cut off: whoever asks hears so soon."""
CONFLICT = "One or more items in this request are being modified by a request in another Region."
ELSEWHERE = {"elsewhere": True}
FAILED = "Internal server error"


class StrongTables(Groups):
    """All of one region, as its operations use them."""

    async def write(self, operation: str, table: Table, input: Plain, keys: list[bytes]) -> Plain:
        """Do one write operation on one table and these of its items; on none, it is of the table's settings.
        InternalServerError without a majority: whether it will be done is then not known.
        ReplicatedWriteConflictException."""
        group, end = self.of_table(table.name), self.clock.now() + PATIENCE_S
        word = self.here.new_request_id()
        group.awaited[word] = False
        began = end - PATIENCE_S
        asked = {
            "kind": "decide", "id": word, "operation": operation, "input": input, "keys": keys, "began": began,
            "end": end,
        }  # fmt: skip
        try:
            reply = await _led(self, group, asked, end)
            if reply["proposed"]:
                await self.until(lambda: group.awaited[word], end)
            answer: Plain = reply["answer"]
            return answer
        finally:
            del group.awaited[word]

    async def read(self, ctx: Context[State], operation: str, tables: list[Table], input: Plain) -> Plain:
        """Do a read operation once this region has all that was agreed of these tables. InternalServerError without
        a majority."""
        end = self.clock.now() + PATIENCE_S
        for table in tables:
            group = self.of_table(table.name)
            reply = await _led(self, group, {"kind": "read", "end": end}, end)
            await self.until(lambda group=group, reply=reply: group.raft.kept.commit >= reply["index"], end)  # type: ignore[misc]
        answer: Plain = service.operations[operation](deciding.settled(ctx), input)
        return answer

    async def end(self, table: Table) -> None:
        """Agree that this region keeps the table alone. InternalServerError without a majority."""
        group, until = self.of_table(table.name), self.clock.now() + PATIENCE_S
        word = self.here.new_request_id()
        group.awaited[word] = False
        try:
            await _led(self, group, {"kind": "end", "id": word, "end": until}, until)
            await self.until(lambda: group.awaited[word], until)
        finally:
            del group.awaited[word]


@service.door(lambda state, here, host: host == HOST, fixed=True)
def arrive(ctx: Context[State], request: Request) -> Response | Awaitable[Response]:
    """The entrance for other regions, and for nobody else."""
    if request.source not in ctx.here.world.regions:
        return Response(403)
    id, source, message = ormsgpack.unpackb(request.body)
    groups = ctx.state.strong
    group = groups.groups.get(id) if groups is not None else None
    if groups is None or group is None or source not in group.raft.peers:
        return Response(404)
    if message["kind"] in ("vote", "append", "lead"):
        return _response(groups.receive(group, source, message))
    return _answer(ctx, groups, group, source, message)


async def _answer(ctx: Context[State], groups: Groups, group: Group, source: str, message: Plain) -> Response:
    try:
        return _response(await _lead(groups, group, source, message))
    except AwsError as error:
        return _response({"error": deciding.told(error)})


async def _led(groups: Groups, group: Group, asked: Plain, end: float) -> Plain:
    """What the leader of the moment says to a question. What was not done is asked again."""
    raft, here = group.raft, groups.here
    while True:
        now = groups.clock.now()
        given_up = raft.leader is None and now - raft.alone_since > ELECTED_S
        await groups.until(lambda: raft.leader is not None, min(end, now + SHORTLY_S) if given_up else end)
        leader = raft.leader
        assert leader is not None
        message = {**asked, "term": raft.kept.term}
        if leader == here.name:
            reply = await _lead(groups, group, here.name, message)
        else:
            reply = await _asked(groups, group, leader, message, end)
        if "error" in reply:
            raise deciding.heard(reply["error"])
        if "elsewhere" not in reply:
            return reply
        await groups.clock.sleep(AGAIN_S)


async def _asked(groups: Groups, group: Group, leader: str, message: Plain, end: float) -> Plain:
    """What another region says. Only a question that alters nothing may be asked again when no reply came."""
    reading = message["kind"] == "read"
    left = min(end - groups.clock.now(), ASKED_S if reading else PATIENCE_S)
    try:
        reply: Plain = await groups.here.ports.tasks.within(left, groups.ask(group, leader, message))
    except (TimeoutError, AwsError):
        if reading and groups.clock.now() < end:
            return ELSEWHERE
        raise InternalServerError(FAILED) from None
    return reply


async def _lead(groups: Groups, group: Group, source: str, message: Plain) -> Plain:
    """Answer as the leader, if this is the leader the asker believes in."""
    raft, end = group.raft, message["end"]

    def leading() -> bool:
        return raft.leads and not raft.witness and raft.kept.term == message["term"]

    if message["kind"] == "decide" and leading():
        table = groups.ctx.state.known(group.table)
        assert table is not None, "who may lead holds the table"
        keys = message["keys"] or [SETTINGS]
        await groups.until(lambda: not leading() or not _busy(group, keys, source, message["began"]), end)
        if table.active_at > groups.clock.now():
            return ELSEWHERE  # the asker has heard sooner that the table is there
    if not leading() or groups.clock.now() >= end or group.ending:
        return ELSEWHERE
    if message["kind"] == "end":
        groups.propose(group, Word("ended", message["id"], source, groups.clock.now(), source))
        return {"proposed": True}
    if message["kind"] == "read":
        reply: Plain = {"index": raft.last}
    else:
        reply = _decide(groups, group, source, message)
        if reply["proposed"]:
            return reply
    return reply if source != groups.here.name or await _followed(groups, group, end) else ELSEWHERE


def _busy(group: Group, keys: list[bytes], source: str, began: float) -> bool:
    """Is one of the items being written? ReplicatedWriteConflictException if another region does it that surely
    had no answer yet when this write began. One that may have had is waited for: whoever writes one after the
    other must not be told of a conflict; nor whoever alters settings, who will find the table being updated."""
    under_way = [group.pending[key] for key in keys if key in group.pending]
    if keys != [SETTINGS] and any(word.origin != source and began <= word.accepted for word in under_way):
        raise ReplicatedWriteConflictException(CONFLICT)
    return bool(under_way)


def _decide(groups: Groups, group: Group, source: str, message: Plain) -> Plain:
    """Evaluate a write, and ask the others to agree to what it does."""
    ctx = deciding.settled(groups.ctx)
    reply: Plain = {"proposed": False}
    try:
        reply["answer"] = service.operations[message["operation"]](ctx, message["input"])
    except AwsError as error:
        reply["error"] = deciding.told(error)
    kind, body = ("write", ctx.writes) if ctx.altered is None else ("altered", ctx.altered)
    if body:
        groups.propose(group, Word(kind, message["id"], source, groups.clock.now(), body))
        reply["proposed"] = True
    return reply


async def _followed(groups: Groups, group: Group, end: float) -> bool:
    """Does a majority still follow this leader? One that asks from elsewhere is part of a majority itself."""
    raft, term = group.raft, group.raft.kept.term
    round = raft.beat()
    groups.act(group)
    await groups.until(lambda: raft.confirmed(round) or not raft.leads or raft.kept.term != term, end)
    return raft.leads and raft.kept.term == term


def _response(reply: Any) -> Response:
    return Response(200, [("content-type", "application/x-msgpack")], ormsgpack.packb(reply))
