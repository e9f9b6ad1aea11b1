"""How one member gets the others to agree, and how it knows that what it has is the newest there is.

Any member may be asked; it turns to the leader of the moment. A word whose fate is not known is not said again: if it
has not come back agreed in time, whoever asked hears that this endpoint is not available.
"""

from __future__ import annotations

from typing import Any

from ...core.errors import AwsError
from . import errors
from .council import UNAVAILABLE, Council, Councils
from .state import packed

Plain = dict[str, Any]
PATIENCE_S = 5.0
AGAIN_S = 0.05
ELSEWHERE: Plain = {"elsewhere": True}


async def agree(councils: Councils, council: Council, word: Plain) -> None:
    """Have a word agreed on. Raises what its evaluation came to, and EndpointTemporarilyUnavailableException."""
    end, id = councils.clock.now() + PATIENCE_S, word["id"]
    council.awaited[id] = None
    try:
        await _led(councils, council, {"kind": "word", "word": packed(word), "end": end}, end)
        await councils.until(lambda: council.awaited[id] is not None, end)
        result = council.awaited[id]
    finally:
        del council.awaited[id]
    refusal = result[0] if result else None
    if refusal is not None:
        code, message, resource, kind = refusal
        raise getattr(errors, code)(message, resourceId=resource, resourceType=kind)


async def catch_up(councils: Councils, council: Council) -> None:
    """Have all that was agreed before now. Raises EndpointTemporarilyUnavailableException without a majority."""
    end = councils.clock.now() + PATIENCE_S
    reply = await _led(councils, council, {"kind": "read", "end": end}, end)
    await councils.until(lambda: council.raft.kept.commit >= reply["index"], end)


async def lead(councils: Councils, council: Council, message: Plain) -> Plain:
    """Answer as the leader, if this is one."""
    raft = council.raft
    if not raft.leads or raft.kept.term != message["term"] or councils.clock.now() >= message["end"]:
        return ELSEWHERE
    if message["kind"] == "word":
        raft.propose(message["word"])
        councils.act(council)
        return {}
    index, term, round = raft.last, raft.kept.term, raft.beat()
    councils.act(council)
    await councils.until(lambda: raft.confirmed(round) or not raft.leads or raft.kept.term != term, message["end"])
    return {"index": index} if raft.leads and raft.kept.term == term else ELSEWHERE


async def _led(councils: Councils, council: Council, asked: Plain, end: float) -> Plain:
    """What the leader of the moment says. What was not done is asked again."""
    raft = council.raft
    while True:
        await councils.until(lambda: raft.leader is not None or council.cluster not in councils.all, end)
        leader = raft.leader
        if leader is None:
            raise errors.EndpointTemporarilyUnavailableException(UNAVAILABLE)
        message = {**asked, "term": raft.kept.term}
        if leader == councils.here.name:
            reply = await lead(councils, council, message)
        else:
            reply = await _asked(councils, council, leader, message, end)
        if "elsewhere" not in reply:
            return reply
        await councils.clock.sleep(AGAIN_S)


async def _asked(councils: Councils, council: Council, leader: str, message: Plain, end: float) -> Plain:
    """What another member says. Only a question that alters nothing may be asked again when no reply came; a word
    may have been heard, and whether it was agreed shows here."""
    reading = message["kind"] == "read"
    left = min(end - councils.clock.now(), 2.0 if reading else PATIENCE_S)
    try:
        reply: Plain = await councils.here.ports.tasks.within(left, councils.ask(council, leader, message))
    except (TimeoutError, AwsError):
        return ELSEWHERE if reading else {}
    return reply
