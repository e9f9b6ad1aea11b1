"""Tests that are coroutines run on the loop the live world runs on."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any

import uvloop


def on_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine test to its end on a loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(test(*args, **kwargs))

    return run


async def until(true: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for something to be so. Raises TimeoutError when it is not in time."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
