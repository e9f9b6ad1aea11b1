"""A region with DynamoDB is killed at work, while it starts and while its disk is full. `bench soak` takes longer."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest

from bench import soak
from bench.soak_users import Known


@pytest.mark.live
def test_a_region_killed_again_and_again_has_what_it_acknowledged(tmp_path: Path) -> None:
    """On a small disk that is really full once; where none may be made, files may not grow instead."""
    folder, small = tmp_path / "region", soak.may_mount()
    tally = asyncio.run(asyncio.wait_for(soak.soak(folder, 6, seed=4, small=small, full_every=5), 120))
    assert (tally.kills, tally.torn, tally.at_birth, tally.full) == (6, 2, 1, 1) and tally.acknowledged >= 5


def test_what_the_soak_would_call_lost_or_invented() -> None:
    known = Known()
    known.sent("a", 1)
    known.done("a")
    known.sent("a", 2)
    for value in (1, 2):
        dataclasses.replace(known, states={"a": [1, 2]}).compare({"a": {"v": {"N": str(value)}}})
    with pytest.raises(AssertionError, match="a is None, it may be one of"):
        known.compare({})
    with pytest.raises(AssertionError, match="nobody wrote"):
        Known().compare({"b": {"v": {"N": "1"}}})
    known.raised("n", 2, 3)
    with pytest.raises(AssertionError, match="2 were acknowledged"):
        dataclasses.replace(known, states={}).compare({"n": {"n": {"N": "1"}}})
