"""Terms of office: while a zone may be changed in two regions in turn, each change says in whose term it was made.

A term begins when the control plane moves. A change of an earlier term than that in which its zone was last taken over
comes too late, wherever and whenever it arrives: what was accepted in us-east-1 and had not got to us-west-2 before
it took over does not count.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/accelerated-recovery.html calls such changes stranded.
"""

from __future__ import annotations

from .state import State


def stamp(state: State, zone: str) -> dict[str, int]:
    """What to add to a change of a zone: nothing, if nobody ever took it over."""
    return {"term": term(state)} if zone in state.taken else {}


def is_late(state: State, zone: str, term: int) -> bool:
    """Was a change made before its zone was taken over, and comes only now?"""
    return term < (state.taken.get(zone) or 0)


def term(state: State) -> int:
    """The term of now; 0 until the control plane moved for the first time."""
    now = state.control.get("now")
    return int(now["term"]) if now else 0
