"""What a name server says to one question, before it becomes bytes."""

from __future__ import annotations

from typing import NamedTuple

from ..wire.dns import Record


class Answer(NamedTuple):
    """What is said. `chance`: asked again it may differ; `local`: others may be told something else.

    `denied` is the name that has not what was asked for, and the types it does have; `cut` the name at which
    somebody else's zone begins.
    """

    rcode: int
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    authoritative: bool = True
    chance: bool = False
    local: bool = False
    denied: tuple[str, tuple[str, ...]] | None = None
    cut: str | None = None
