"""Is there an order of these operations, each at some moment between its beginning and its end, in which a register
would have answered as it did? (Wing and Gong, "Testing and Verifying Concurrent Objects", 1993; Lowe, "Testing for
Linearizability", 2017, for remembering what has been tried.)

Histories are checked key by key: registers are linearizable together when each is (Herlihy and Wing, 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

NEVER = float("inf")
Model = Callable[[Any, Any, Any], tuple[bool, Any]]


class Operation(NamedTuple):
    """What was asked of a key, and answered. One whose outcome is not known has no end, and None as its answer."""

    key: str
    began: float
    ended: float
    asked: tuple[Any, ...]
    answer: Any


def register(state: Any, asked: tuple[Any, ...], answer: Any) -> tuple[bool, Any]:
    """Could a register in this state have answered so? And its state after it. Asked is ("read",), ("write",
    value), ("append", value) or ("cas", value it must have, value); the answer of a cas is whether it was done."""
    verb = asked[0]
    if verb == "read":
        return answer == state, state
    if verb == "write":
        return True, asked[1]
    if verb == "append":
        return True, (state or "") + asked[1]
    done = state == asked[1]
    return answer in (None, done), asked[2] if done else state


def wrong_keys(history: Iterable[Operation], model: Model = register, start: Any = None) -> list[str]:
    """The keys whose operations no order explains."""
    by_key: dict[str, list[Operation]] = {}
    for operation in history:
        by_key.setdefault(operation.key, []).append(operation)
    return [key for key, operations in sorted(by_key.items()) if not is_linearizable(operations, model, start)]


def is_linearizable(operations: list[Operation], model: Model = register, start: Any = None) -> bool:
    """Is there an order of the operations of one key that explains all answers? One without an end may be last,
    where it alters nothing anybody saw, so it is as good as not done."""
    operations = [each for each in operations if each.ended < NEVER or each.asked[0] != "read"]
    operations.sort(key=lambda each: each.began)
    whole = sum(1 << number for number, each in enumerate(operations) if each.ended < NEVER)
    tried: set[tuple[int, Any]] = set()
    stack: list[tuple[int, Any]] = [(0, start)]
    while stack:
        done, state = stack.pop()
        if done & whole == whole:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        stack += _steps(operations, model, done, state)
    return False


def _steps(operations: list[Operation], model: Model, done: int, state: Any) -> list[tuple[int, Any]]:
    """What may come next, what began first at the end. A read, or a comparison that failed, that fits may as well
    come now: whatever order explains all with it later, does so with it here, for it alters nothing anywhere."""
    steps = []
    for number in _next(operations, done):
        explains, after = model(state, operations[number].asked, operations[number].answer)
        if explains and (operations[number].asked[0] == "read" or operations[number].answer is False):
            return [(done | 1 << number, after)]
        if explains:
            steps.append((done | 1 << number, after))
    return steps[::-1]


def _next(operations: list[Operation], done: int) -> list[int]:
    """Those that nothing else still to be done had ended before."""
    found, soonest = [], NEVER
    for number, each in enumerate(operations):
        if each.began > soonest:
            break
        if not done >> number & 1:
            found.append(number)
            soonest = min(soonest, each.ended)
    return found
