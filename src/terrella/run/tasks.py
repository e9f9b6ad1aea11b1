"""Background work that belongs to a place and dies with it."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Promise(asyncio.Future[Any]):
    """`region.ports.Promise`."""

    def resolve(self, value: Any) -> None:
        if not self.done():
            self.set_result(value)


class Tasks:
    """`region.ports.Tasks`: what breaks is logged with its name."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._promises: weakref.WeakSet[Promise] = weakref.WeakSet()

    def promise(self) -> Promise:
        promise = Promise()
        self._promises.add(promise)
        return promise

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.get_running_loop().create_task(work, name="work with a limit")
        self._tasks.add(task)
        task.add_done_callback(self._over)
        done, _ = await asyncio.wait((task,), timeout=seconds)
        if not done:
            raise TimeoutError
        return task.result()

    def cancel_all(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        for promise in list(self._promises):
            promise.resolve(None)

    def _over(self, task: asyncio.Task[Any]) -> None:
        """Whoever asked has the outcome, or has stopped waiting: then a refusal is nobody's business."""
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("%s: a defect", task.get_name(), exc_info=task.exception())
