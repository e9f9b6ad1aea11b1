"""What follows a state: once for changes made together, again for those made meanwhile, whatever went wrong."""

from __future__ import annotations

import asyncio

import pytest
from run.looping import on_loop, until

from terrella.run.follower import Follower


@on_loop
async def test_changes_made_together_are_followed_once_and_those_made_meanwhile_once_more() -> None:
    begun, go_on = 0, asyncio.Event()

    async def fit() -> None:
        nonlocal begun
        begun += 1
        await go_on.wait()

    follower = Follower("they", fit)
    for _ in range(3):
        follower.follow()
    await until(lambda: begun)
    follower.follow()
    follower.follow()
    assert begun == 1  # never twice at once
    go_on.set()
    await until(lambda: begun == 2)
    await asyncio.sleep(0)
    assert begun == 2
    follower.close()


@on_loop
async def test_a_defect_is_logged_and_the_next_change_followed(caplog: pytest.LogCaptureFixture) -> None:
    begun = 0

    async def fit() -> None:
        nonlocal begun
        begun += 1
        raise ValueError("odd")

    follower = Follower("they", fit)
    follower.follow()
    await until(lambda: begun == 1)
    follower.follow()
    await until(lambda: begun == 2)
    await asyncio.sleep(0)
    assert [record.getMessage() for record in caplog.records] == ["they do not follow a change: a defect"] * 2
    follower.close()
