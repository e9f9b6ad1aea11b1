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
    tally = asyncio.run(asyncio.wait_for(soak.soak(tmp_path / "region", 10, seed=6), 60))
    assert tally.torn and tally.at_birth and tally.full and tally.acknowledged > 50


@pytest.mark.live
def test_a_region_whose_disk_is_really_full_refuses_and_recovers(tmp_path: Path) -> None:
    if not soak.may_mount():
        pytest.skip("a small file system needs user namespaces")
    tally = asyncio.run(asyncio.wait_for(soak.soak(tmp_path / "region", 2, seed=1, small=True, full_every=2), 60))
    assert tally.full == 1 and tally.acknowledged


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
