"""Histories other checkers have judged, for judging ours: of etcd 0.4 under partitions, recorded by Jepsen, and of a
register, as the porcupine checker's tests have them (https://github.com/anishathalye/porcupine, MIT licence).

A word is an event: `3?r` process 3 begins to read, `3?w2` to write 2, `3?c14` to write 4 if it finds 1; `3!4` it has
read 4 (`3!-` nothing), `3!` written, `3!y` or `3!n` compared. What has no end was never answered.
"""

from __future__ import annotations

from typing import Any

from linearizability import NEVER, Operation

LINEARIZABLE = {
    "etcd 101": (
        "2?r 4?r 1?w1 0?w3 3?c43 2!- 1! 4!- 0! 3!n 2?w3 1?w3 4?c01 2! 1! 4!n 0?r 3?r 0!3 3!3 2?r 1?r 2!3 "
        "4?c21 1!3 4!n 0?r 0!3 3?w4 3! 2?w0 1?r 2! 4?w4 1!0 0?r 4! 0!4 3?r 3!4 2?r 1?r 4?r 0?r 1!4 4!4 3?w1 "
        "3! 1?w3 1! 4?c21 3?w3 3! 4!n 2?w4 0?c00 1?c23 1!n 3?c42 4?r 1?r 1!3 4!3 3!n 7?w4 5?r 1?w2 1! 4?r "
        "3?c34 4!2 3!n 1?w0 4?c10 1! 4!n 12?w1 3?w0 5?r 1?c12 4?c44 17?r 8?r 5?w1 6?c00 17!1 5! 8!0 9?w0 9! "
        "6!n 17?r 5?c04 8?c12 9?c01 5!y 6?w0 9!n 17!4 8!n 6! 5?c13 9?r 17?c41 6?c03 8?w3 5!n 9!0 17!n 8! 6!y "
        "5?c40 9?c02 9!n 17?c02 17!n 8?c24 6?w4 6! 9?c24 9!n 17?w4 6?w0 17! 6! 10?c43 9?w2 9! 13?r 17?r 6?w2 "
        "17!2 6! 9?w1 9! 17?c31 17!n 6?r 6!1"
    ),
    "etcd 102": (
        "0?r 2?w2 0!- 3?c11 4?c32 1?c34 4!n 1!n 2! 3!n 0?c00 0!n 4?w1 4! 1?c14 2?r 3?w2 1!y 2!4 3! 0?w0 0! "
        "4?r 4!0 1?r 1!0 2?r 2!0 3?r 3!0 0?w0 4?w2 0! 1?c00 1!n 4! 2?r 2!2 3?c04 3!n 0?w2 1?c24 1!y 0! 4?w0 "
        "2?w1 3?c44 3!y 1?w1 1! 0?r 0!1 3?w0 3! 1?c03 1!y 9?c10 7?w0 0?r 0!3 3?w1 1?r 1!1 3! 0?c04 0!n 1?w0 "
        "14?c24 1! 3?r 3!0 12?w4 0?c23 0!n 1?r 1!0 3?r 3!0 0?r 19?r 1?w0 17?w3 3?c42 0?w3 19?c24 6?r 22?r "
        "8?c03 6!0 5?r 5!3 6?w3 6! 24?w3 24! 22?w2 22! 13?r 13!2 5?r 6?c00 6!n 5!2 24?r 22?c13 13?r 6?r 5?r "
        "24?w4 27?w4 13?w2 6?c00 5?w3 29?w2 29! 32?w1 32! 18?r 18!1 11?r 11!1"
    ),
    "a write others see while it is made": "0?w1 1?r 2?r 2!- 1!1 0!",
}
NOT_LINEARIZABLE = {
    "etcd 22": (
        "0?w2 1?w4 3?w3 2?c12 4?c24 1! 0! 3! 4!y 2!n 1?c00 0?c14 1!n 3?c11 4?c30 4!n 2?c04 0!n 3!n 2!n 1?c12 "
        "1!n 4?r 4!4 0?r 3?c42 0!4 3!y 2?c03 1?r 1!2 4?w3 2!n 4! 0?r 0!3 3?r 3!3 1?w1 2?c31 1! 4?r 2!n 4!3 "
        "0?w1 3?r 3!1 1?c33 2?r 4?c12 2!1 3?w1 3! 1!n 2?c42 5?r 5!3 3?w2 1?c13 2!n 3! 1!n 9?c44 5?w2 2?c24 "
        "2!y 3?c13 3!n 1?r 1!4 2?c43 2!y 3?r 3!3 1?c44 1!n 14?r 14!3 10?c11 2?w3 2! 3?w3 1?r 1!3 14?c24 3! "
        "2?c12 1?r 1!3 3?w2 15?c34 1?c04 19?w4 7?c34 8?r 8!3 20?w2 6?w4 24?c44 8?w1 6! 12?c40 12!n 24!y 8! "
        "25?r 25!2 6?r 6!2 12?c23 24?r 24!2 8?w4 12!y 25?c24 6?w0 6! 24?c14 12?r 24!n 12!0 6?r 6!0 13?r 13!2 "
        "24?r 12?r 24!0 12!0 30?c14 6?w4 6! 13?w0 24?w2 12?c21 24! 12!y 6?w3 6! 24?r 24!3"
    ),
    "etcd 97": (
        "3?r 2?r 3!- 2!- 1?w2 4?w1 0?c10 1! 4! 0!n 3?w1 2?c32 1?w2 2!n 1! 3! 4?r 0?r 4!2 0!2 2?r 2!2 1?r 1!2 "
        "3?w1 4?r 0?c20 4!2 3! 0!n 2?w0 2! 1?c30 4?r 4!0 3?r 3!0 1!n 0?w2 0! 2?w2 2! 4?c01 3?c40 1?r 1!2 0?w4 "
        "2?r 2!2 1?c40 2?r 2!2 9?w4 8?c34 5?w1 8!n 2?c10 2!y 5! 6?w3 8?w4 8! 2?r 2!4 5?w4 5! 14?w1 8?w0 2?c31 "
        "8! 5?r 5!0 2!n 11?w1 8?c23 8!n 5?r 5!0 19?r 19!2 2?w4 2! 8?c23 5?r 5!4 19?r 19!2 8!n 16?r 16!4 2?w1 "
        "5?r 5!4 19?w2 8?w2 16?c23 5?c21 7?w0 24?c31 13?r 13!4 7! 24!y 21?c31 21!n 10?r 10!1 13?w4 7?w3 24?r "
        "24!1 21?c14 10?r 10!1 24?r 24!1 10?r 10!1 18?r 18!1 12?c02 24?c41 26?w3 24!n 26! 10?c13 18?r 18!3 "
        "24?w3 24! 26?w3 26! 18?r 18!3 17?w1 24?r 24!3"
    ),
    "a write that is seen and then is not": "0?w2 1?r 1!2 2?r 2!- 0!",
}


def operations(history: str) -> list[Operation]:
    """A history as the checker takes it: its events are a second apart."""
    found: list[Operation] = []
    begun: dict[str, int] = {}
    for at, word in enumerate(history.split()):
        if "?" in word:
            process, _, asked = word.partition("?")
            begun[process] = len(found)
            found.append(Operation("register", at, NEVER, _asked(asked), None))
        else:
            process, _, answer = word.partition("!")
            number = begun.pop(process)
            found[number] = found[number]._replace(ended=at, answer=_answer(answer))
    return found


def _asked(said: str) -> tuple[Any, ...]:
    verb, *values = said
    return {"r": "read", "w": "write", "c": "cas"}[verb], *values


def _answer(said: str) -> Any:
    return {"": None, "-": None, "y": True, "n": False}.get(said, said)
