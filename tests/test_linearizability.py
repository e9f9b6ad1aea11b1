"""The checker finds what is wrong, and nothing else."""

from __future__ import annotations

import itertools
import random
from typing import Any

import known_histories
import pytest
from linearizability import NEVER, Operation, is_linearizable, register, wrong_keys


def op(began: float, ended: float, *asked: Any, answer: Any = None) -> Operation:
    return Operation("k", began, ended, asked, answer)


GOOD = {
    "nothing": [],
    "one after the other": [op(0, 1, "write", "a"), op(2, 3, "read", answer="a")],
    "a read beside a write sees it or not": [
        op(0, 10, "write", "a"), op(1, 2, "read", answer=None), op(3, 4, "read", answer="a"),
    ],
    "two writes at once, in either order": [
        op(0, 10, "write", "a"), op(0, 10, "write", "b"), op(11, 12, "read", answer="a"),
        op(13, 14, "read", answer="a"),
    ],
    "an unknown outcome that comes late": [
        op(0, 1, "write", "a"), op(2, NEVER, "write", "b"), op(3, 4, "read", answer="a"), op(9, 10, "read", answer="b"),
    ],
    "an unknown outcome that never comes": [op(0, NEVER, "write", "b"), op(3, 4, "read", answer=None)],
    "one of two conditions holds": [
        op(0, 5, "cas", None, "a", answer=True), op(1, 6, "cas", None, "b", answer=False), op(7, 8, "read", answer="a"),
    ],
}
BAD = {
    "what was never written": [op(0, 1, "write", "a"), op(2, 3, "read", answer="b")],
    "a stale read": [op(0, 1, "write", "a"), op(2, 3, "write", "b"), op(4, 5, "read", answer="a")],
    "back and forth": [
        op(0, 10, "write", "a"), op(1, 2, "read", answer="a"), op(3, 4, "read", answer=None),
    ],
    "a lost write": [op(0, 1, "write", "a"), op(2, 3, "read", answer=None)],
    "both conditions hold": [op(0, 5, "cas", None, "a", answer=True), op(1, 6, "cas", None, "b", answer=True)],
    "neither condition holds": [op(0, 5, "cas", None, "a", answer=False)],
    "an unknown outcome that comes and goes": [
        op(0, 1, "write", "a"), op(2, NEVER, "write", "b"), op(3, 4, "read", answer="b"), op(5, 6, "read", answer="a"),
    ],
    "two readers in two orders": [
        op(0, 10, "write", "a"), op(0, 10, "write", "b"), op(11, 12, "read", answer="a"),
        op(11.5, 13, "read", answer="b"),
        op(14, 15, "read", answer="a"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_history_has_an_order(name: str) -> None:
    assert is_linearizable(GOOD[name])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_history_has_none(name: str) -> None:
    assert not is_linearizable(BAD[name])


@pytest.mark.parametrize("name", known_histories.LINEARIZABLE)
def test_what_others_found_linearizable_is(name: str) -> None:
    assert is_linearizable(known_histories.operations(known_histories.LINEARIZABLE[name]))


@pytest.mark.parametrize("name", known_histories.NOT_LINEARIZABLE)
def test_what_others_found_not_linearizable_is_not(name: str) -> None:
    assert not is_linearizable(known_histories.operations(known_histories.NOT_LINEARIZABLE[name]))


def test_the_wrong_key_is_named() -> None:
    history = [Operation("x", 0, 1, ("write", "a"), None), Operation("y", 2, 3, ("read",), "a")]
    assert wrong_keys(history) == ["y"]


@pytest.mark.parametrize("seed", range(120))
def test_it_says_what_trying_all_orders_says(seed: int) -> None:
    rng = random.Random(seed)
    operations = []
    for _ in range(6):
        began = rng.randint(0, 8)
        asked, answer = rng.choice([
            (("read",), rng.choice((None, "a", "b"))), (("write", rng.choice("ab")), None),
            (("cas", rng.choice((None, "a")), "b"), rng.choice((True, False))),
        ])  # fmt: skip
        unknown = asked[0] != "read" and rng.random() < 0.3
        ended = NEVER if unknown else began + rng.randint(1, 6)
        operations.append(op(began, ended, *asked, answer=None if unknown else answer))
    certain = [each for each in operations if each.ended < NEVER]
    unknown = [each for each in operations if each.ended == NEVER]
    chosen = itertools.chain(*(itertools.combinations(unknown, count) for count in range(len(unknown) + 1)))
    orders = itertools.chain(*(itertools.permutations((*certain, *some)) for some in chosen))
    assert is_linearizable(operations) == any(map(_explains, orders))


def _explains(order: tuple[Operation, ...]) -> bool:
    state: Any = None
    for number, each in enumerate(order):
        if any(later.ended < each.began for later in order[number:]):
            return False
        holds, state = register(state, each.asked, each.answer)
        if not holds:
            return False
    return True
